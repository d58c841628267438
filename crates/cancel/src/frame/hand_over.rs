//! Handing over work that may leave its thread: to the current frame, else to a reaper.

use super::carried::Carried;
use super::kind::{Kind, Sendable, Tree};
use super::place::{self, Place};
use super::run::Run;
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::reaper::Reaper;
use futures_util::future::{BoxFuture, FutureExt};
use std::future::Future;

type Exit = BoxFuture<'static, ()>;

/// Hands work to the frame that is current on this thread; it runs beside the frame's body, and the frame ends after it.
///
/// For authors of futures and guards: call it in a `Drop`, with what is left to do. Where there is no frame, the reaper gets it
/// ([`set_reaper`](crate::set_reaper)).
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{adopt, scope};
/// use std::sync::mpsc;
///
/// let (done, log) = mpsc::channel();
/// let (work, _handle) = scope(async {
///     adopt(async move { done.send("adopted work ran").unwrap() }).unwrap_or_else(|_| unreachable!("there is a frame"));
/// });
/// block_on(work).unwrap();
/// assert_eq!(log.try_recv(), Ok("adopted work ran"));
/// ```
///
/// # Errors
///
/// Gives the work back, boxed, if there is neither a frame nor a reaper.
pub fn adopt(work: impl Future<Output = ()> + Send + 'static) -> Result<(), BoxFuture<'static, ()>> {
    let work = work.boxed();
    if place::place() == Place::Nowhere && Reaper::nearest().is_none() {
        return Err(work);
    }
    hand_over(Mark::LATEST, work);
    Ok(())
}

/// [`adopt`](crate::adopt) for work that does nothing but wait, for something that ends by itself: a frame waits for it too.
///
/// If it is abandoned, as where the frame itself is dropped and there is no reaper, no cleanup is lost: it does not count among the
/// [abandoned](crate::abandoned()) exits. For the handles of executors and groups, which are dropped while their work is still cleaning up.
///
/// ```
/// use motet_cancel::{abandoned, frame, scope};
/// use std::{future::pending, pin::pin, task::{Context, Waker}};
///
/// let before = abandoned();
/// {
///     let (work, _handle) = scope(async {
///         frame::adopt_wait(pending()).unwrap_or_else(|_| unreachable!("there is a frame"));
///     });
///     assert!(pin!(work).poll(&mut Context::from_waker(Waker::noop())).is_pending());
/// }
/// assert_eq!(abandoned(), before);
/// ```
///
/// # Errors
///
/// Gives the work back, boxed, if there is neither a frame nor a reaper.
pub fn adopt_wait(work: impl Future<Output = ()> + Send + 'static) -> Result<(), BoxFuture<'static, ()>> {
    let work = work.boxed();
    if place::place() == Place::Nowhere && Reaper::nearest().is_none() {
        return Err(work);
    }
    hand_over(Mark::WAIT, work);
    Ok(())
}

/// Hands an exit over that waits for what the frame adopted after `mark`. Abandons it if nobody takes it.
pub(crate) fn hand_over(mark: Mark, exit: Exit) {
    Sendable::hand_over(mark, Run::new(exit));
}

/// Gives a tree to a reaper, or abandons it.
pub(super) fn reap(tree: Run<Exit, Sendable>) {
    match Reaper::nearest() {
        Some(reaper) => reaper.reap(Carried::from(tree).boxed()),
        None => tree.abandon(Abandoned::NoReaper),
    }
}
