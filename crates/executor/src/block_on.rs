//! Runs one future on this thread, with no executor.

use crate::pool::hand_over;
use crate::seam;
use core::future::Future;

/// Runs a future to its end on this thread, which sleeps between polls; no executor.
///
/// The future is a scope: what its guards left behind is cleaned up before this returns. On a worker of an executor, in a
/// task, the worker's queues go to the other workers first; better use `.await` there.
///
/// ```
/// assert_eq!(motet_executor::block_on(async { 1 + 1 }), 2);
/// ```
///
/// # Panics
///
/// With the future's panic.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let _nested = hand_over();
    motet_prim::park::block_on(seam::root(future))
}
