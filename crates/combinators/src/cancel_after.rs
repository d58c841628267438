//! `cancel_after`: work that is cancelled at a limit of time, and awaited to its end.

use crate::deadline::Elapsed;
use crate::timeout::{AfterPolled, after};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use motet_cancel::{CancelWhen, Cancellable, cancel_when};
use pin_project_lite::pin_project;
use std::time::Duration;

/// Gives a task so much time, then cancels it and awaits its end: its output, or [`Elapsed`].
///
/// What the task gives in spite of the cancel counts: a value that was ready in that very moment, or a value or an error of the
/// [grace](CancelAfter::grace) that it was given. [`timeout`](crate::timeout()) drops the task instead, waits as long for its cleanup, and learns nothing more of it.
/// asyncio: `wait_for`, to the letter.
///
/// ```
/// use motet_combinators::{Elapsed, cancel_after};
/// use motet_executor::LocalExecutor;
/// use std::{future::pending, time::Duration};
///
/// let tasks = LocalExecutor::new();
/// let hangs = tasks.spawn(pending::<()>());
/// let ended = tasks.block_on(cancel_after(Duration::ZERO, hangs));
/// assert!(matches!(ended, Err(Elapsed { .. })));
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the task, which cancels it; the wait for its cleanup goes to the frame around it.
///
/// # Errors
///
/// [`Elapsed`] if the time was up first, and the task gave nothing of its own. A task that was cancelled by somebody else, and ended
/// before the limit, says so in its output.
#[doc(alias = "wait_for")]
pub fn cancel_after<C: Cancellable>(limit: Duration, work: C) -> CancelAfter<C> {
    CancelAfter { cancelled: cancel_when(after(limit), work) }
}

pin_project! {
    /// The future of [`cancel_after`].
    #[must_use = "futures do nothing unless polled"]
    pub struct CancelAfter<C> {
        #[pin]
        cancelled: CancelWhen<AfterPolled, C>,
    }
}

impl<C> CancelAfter<C> {
    /// Lets the task go on for so much more time after the limit: it can see that it is cancelled, and end by itself.
    ///
    /// # Cancel safety
    ///
    /// As that of [`cancel_after`].
    pub fn grace(self, limit: Duration) -> Self {
        Self { cancelled: self.cancelled.grace(after(limit)) }
    }
}

impl<C: Cancellable> Future for CancelAfter<C> {
    type Output = Result<C::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().cancelled.poll(cx).map(|ended| ended.map_err(|_| Elapsed::new()))
    }
}

impl<C> fmt::Debug for CancelAfter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelAfter").finish_non_exhaustive()
    }
}
