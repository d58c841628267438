//! `deadline`: one future with another as its limit.

use crate::settle::{Clear, Decide, Settle};
use core::fmt;
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;
use std::io;

/// The limit was reached before there was a result.
///
/// Converts into an [`io::Error`] of the kind `TimedOut`. asyncio: `TimeoutError`.
///
/// ```
/// use motet_combinators::Elapsed;
/// use std::io;
///
/// let error = io::Error::from(Elapsed::new());
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Elapsed;

impl Elapsed {
    /// For limits of your own.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time limit was reached")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}

/// Runs a future until another, the limit, is ready: then drops it, awaits its cleanup, and gives [`Elapsed`].
///
/// For limits that are not a span of time (a signal, a token), or timers of other crates. The future is polled before the limit: a result that is
/// ready in the poll in which the limit is reached wins. [`timeout`](crate::timeout()) is this with a sleep.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{Elapsed, deadline};
///
/// let stop = async {};
/// assert_eq!(deadline(stop, std::future::pending::<()>()).await, Err(Elapsed::new()));
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the future; the cleanup that this hands over goes to the frame around it. Dropped while that cleanup runs after a
/// result, it loses the result.
///
/// # Errors
///
/// [`Elapsed`] once the limit is ready and the cleanup of the future is done.
pub fn deadline<D, F>(limit: D, future: F) -> Deadline<D::IntoFuture, F::IntoFuture>
where
    D: IntoFuture,
    F: IntoFuture,
{
    Deadline { settle: Settle::new(Limited::new(limit.into_future(), future.into_future())) }
}

pin_project! {
    /// The future of [`deadline`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Deadline<D, F> where D: Future, F: Future {
        #[pin]
        settle: Settle<Limited<D, F>, ()>,
    }
}

impl<D: Future, F: Future> Future for Deadline<D, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().settle.poll(cx)
    }
}

impl<D: Future, F: Future> fmt::Debug for Deadline<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").finish_non_exhaustive()
    }
}

pin_project! {
    /// A future and its limit.
    pub struct Limited<D, F> where F: Future {
        #[pin]
        limit: D,
        #[pin]
        future: Option<F>,
    }
}

impl<D, F: Future> Limited<D, F> {
    pub(crate) fn new(limit: D, future: F) -> Self {
        Self { limit, future: Some(future) }
    }
}

impl<D, F: Future> Clear for Limited<D, F> {
    fn clear(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }
}

impl<D: Future, F: Future> Decide<()> for Limited<D, F> {
    type Output = Result<F::Output, Elapsed>;

    #[inline]
    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let future = this.future.as_pin_mut().expect("polled again after it was ready");
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        this.limit.poll(cx).map(|_| Err(Elapsed))
    }
}
