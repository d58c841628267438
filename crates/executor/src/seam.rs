//! The seam to `motet_cancel`: what an executor does with frames and reapers.

use crate::pool::Shared;
use crate::task::Origin;
use core::future::Future;
use motet_cancel::frame::{self, EnteredReaper};
use motet_cancel::{Cancelled, scope_local};
use std::panic::Location;
use std::sync::Arc;

/// Runs `f` with no frame: what it hands over goes to this thread's reaper.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    frame::outside(f)
}

/// Whether there is a frame that would take work.
pub(crate) fn has_frame() -> bool {
    frame::is_open()
}

/// Hands work that only waits to the current frame, of which there is one.
pub(crate) fn adopt_into_frame(work: impl Future<Output = ()> + Send + 'static) {
    // A frame that abandons everything gives it back.
    drop(frame::adopt_wait(work));
}

/// What is left behind on this thread outside of any task becomes detached tasks of this executor.
pub(crate) fn reap_into(shared: &Arc<Shared>) -> EnteredReaper {
    let shared = shared.clone();
    frame::enter_reaper(move |exit| {
        let mut origin = Origin::at(Location::caller());
        origin.name = Some("reaped exit".into());
        shared.spawn_cleanup(exit, origin);
    })
}

/// The root future of a `block_on`: a local scope that nobody cancels, so that it is drained before it is ready.
pub(crate) async fn root<F: Future>(future: F) -> F::Output {
    let (root, _uncancelled) = scope_local(future);
    match root.await {
        Ok(output) => output,
        Err(Cancelled { .. }) => unreachable!("nobody else has the handle"),
    }
}
