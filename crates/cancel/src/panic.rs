//! Catching panics: the first payload wins, later ones are forgotten, for a payload's own drop may panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs foreign code; a panic comes back as its payload.
///
/// Whatever `run` touched is either dropped, or only touched again to be dropped, or the first panic goes on later:
/// nobody goes on with half-changed state, which is what `UnwindSafe` warns of.
#[inline]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(run))
}

/// Runs foreign code whose panic nobody is to hear of, since another came first.
pub(crate) fn silence(run: impl FnOnce()) {
    if let Err(later) = catch(run) {
        std::mem::forget(later);
    }
}
