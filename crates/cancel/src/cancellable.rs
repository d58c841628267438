//! Work that can be asked to stop and then be awaited: what `timeout` over a task needs beyond dropping it.
//!
//! ```text
//!   Running ──the limit is ready: ask──▶ Asked ──the work is ready──▶ ended
//!      └──────────the work is ready───────────────────────────────────▲
//! ```

use crate::raw::CancelWord;
use crate::reason::{Cancelled, Reason};
use crate::scope::{LocalScope, Scope};
use futures_util::future::{BoxFuture, FutureExt};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A future whose work can be cancelled while somebody goes on awaiting it: a [`Scope`], an executor's task.
///
/// Who drops such a future cancels the work and learns nothing more. Who asks it to stop and then awaits it gets what the work gave in
/// spite of that: a value, or the error of its last steps. For combinators ([`cancel_when`]), and for authors of tasks.
pub trait Cancellable: Future {
    /// Asks the work to end: at once, or by itself until `grace` is ready. `false`: it has ended.
    ///
    /// The future stays to be awaited, and is ready when the work has cleaned up.
    fn cancel(self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool;

    /// Whether an output says that the work was cancelled, and has given nothing of its own.
    fn was_cancelled(output: &Self::Output) -> bool;
}

fn ask(word: &CancelWord, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
    match grace {
        None => word.cancel(reason),
        Some(limit) => word.cancel_with_grace(reason, limit),
    }
}

impl<F: Future> Cancellable for Scope<F> {
    fn cancel(self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
        ask(self.word(), reason, grace)
    }

    fn was_cancelled(output: &Self::Output) -> bool {
        output.is_err()
    }
}

impl<F: Future> Cancellable for LocalScope<F> {
    fn cancel(self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
        ask(self.word(), reason, grace)
    }

    fn was_cancelled(output: &Self::Output) -> bool {
        output.is_err()
    }
}

impl<C: Cancellable + Unpin + ?Sized> Cancellable for &mut C {
    fn cancel(mut self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
        Pin::new(&mut **self).cancel(reason, grace)
    }

    fn was_cancelled(output: &Self::Output) -> bool {
        C::was_cancelled(output)
    }
}

impl<P: DerefMut<Target: Cancellable>> Cancellable for Pin<P> {
    fn cancel(self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
        self.as_deref_mut().cancel(reason, grace)
    }

    fn was_cancelled(output: &Self::Output) -> bool {
        P::Target::was_cancelled(output)
    }
}

/// Awaits `work`; when `limit` is ready first, cancels the work and awaits its end.
///
/// What the work gives in spite of the cancel counts: a value that was ready in that very poll, or what it came to in its
/// [grace](CancelWhen::grace). The limit's output is the reason; the work is polled before the limit. asyncio: `wait_for`.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{cancel_when, scope};
/// use std::future::{pending, ready};
///
/// let (work, _handle) = scope(pending::<()>());
/// let cancelled = block_on(cancel_when(ready("too slow"), work)).unwrap_err();
/// assert_eq!(cancelled.reason, "too slow");
///
/// let (work, _handle) = scope(ready(7));
/// assert_eq!(block_on(cancel_when(ready("too slow"), work)), Ok(Ok(7)));
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the work, whose cleanup goes to the frame around it.
///
/// # Errors
///
/// [`Cancelled`], with the limit's reason, if the limit was ready before the work had ended, and the work gave nothing of its own. A cancel from elsewhere is the
/// work's output if the work ended before the limit. If it still cleaned up when the limit came, the limit's reason counts, not the first one:
/// as asyncio's `wait_for` then raises `TimeoutError`.
pub fn cancel_when<L, C>(limit: L, work: C) -> CancelWhen<L::IntoFuture, C>
where
    L: IntoFuture<Output: Into<Reason>>,
    C: Cancellable,
{
    CancelWhen { work, limit: limit.into_future(), asked: None, grace: None }
}

pin_project_lite::pin_project! {
    /// Awaits work until a limit, then cancels it and awaits its end; given by [`cancel_when`].
    #[must_use = "futures do nothing unless polled"]
    pub struct CancelWhen<L, C> {
        #[pin]
        work: C,
        #[pin]
        limit: L,
        asked: Option<Reason>,
        grace: Option<BoxFuture<'static, ()>>,
    }
}

impl<L, C> CancelWhen<L, C> {
    /// Lets the work go on after the limit until `grace` is ready, too.
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use motet_cancel::{cancel_when, checkpoint, scope};
    /// use std::future::{pending, ready};
    ///
    /// let (work, handle) = scope(async {
    ///     checkpoint().await;
    ///     "in spite of the cancel"
    /// });
    /// let ended = block_on(cancel_when(ready(()), work).grace(pending()));
    /// assert_eq!(ended, Ok(Ok("in spite of the cancel")));
    /// assert!(handle.is_finished());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`cancel_when`].
    pub fn grace(self, grace: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { grace: Some(grace.boxed()), ..self }
    }
}

impl<L, C> Future for CancelWhen<L, C>
where
    L: Future<Output: Into<Reason>>,
    C: Cancellable,
{
    type Output = Result<C::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Poll::Ready(output) = this.work.as_mut().poll(cx) {
                return Poll::Ready(match this.asked.take() {
                    Some(reason) if C::was_cancelled(&output) => Err(Cancelled { reason }),
                    _ => Ok(output),
                });
            }
            if this.asked.is_some() {
                return Poll::Pending;
            }
            let reason = ready!(this.limit.as_mut().poll(cx)).into();
            *this.asked = Some(reason.clone());
            // `false` or not: it is polled once more, and if it has ended, it says so.
            this.work.as_mut().cancel(reason, this.grace.take());
        }
    }
}

impl<L, C> fmt::Debug for CancelWhen<L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelWhen").field("asked", &self.asked).finish_non_exhaustive()
    }
}
