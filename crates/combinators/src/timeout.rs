//! `timeout` and its kin: one future with a limit of time.

use crate::deadline::{Elapsed, Limited};
use crate::lazy::{Arm, Lazy};
use crate::settle::Settle;
use crate::try_gather::TryFuture;
use core::fmt;
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll};
use motet_timer::{Sleep, Timer};
use pin_project_lite::pin_project;
use std::time::{Duration, Instant};

/// Gives a future so much time: its output, or [`Elapsed`] once it is dropped and cleaned up.
///
/// The time runs from the first poll, on the ambient timers. The future is polled before the clock is looked at: a result that is ready
/// in the poll in which the time is up wins, and a limit of zero takes effect at the first suspension, not before. Over a task, dropping
/// it cancels it and waits for its end. asyncio: `wait_for`, and `timeout` as a context manager, which is [`TimeoutScope`](crate::TimeoutScope).
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{Elapsed, timeout};
/// use std::time::Duration;
///
/// assert_eq!(timeout(Duration::from_secs(1), async { 7 }).await, Ok(7));
/// assert_eq!(timeout(Duration::ZERO, std::future::pending::<()>()).await, Err(Elapsed::new()));
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
/// [`Elapsed`] once the time is up and the cleanup of the future is done.
#[doc(alias = "wait_for")]
pub fn timeout<F: IntoFuture>(limit: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { settle: limited(Ambient::After(limit), future) }
}

/// [`timeout`] until a point in time; one that has passed takes effect at the first suspension.
///
/// For several steps that share one deadline. asyncio: `timeout_at`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::timeout_at;
/// use std::time::{Duration, Instant};
///
/// let deadline = Instant::now() + Duration::from_secs(1);
/// assert_eq!(timeout_at(deadline, async { 7 }).await, Ok(7));
/// # });
/// ```
///
/// # Cancel safety
///
/// As that of [`timeout`].
///
/// # Errors
///
/// As those of [`timeout`].
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout { settle: limited(Ambient::At(deadline), future) }
}

/// [`timeout`] on a timer of your choice: another runtime's, or virtual time.
///
/// For libraries that take an `impl Timer`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::timeout_with;
/// use motet_timer::Timers;
/// use std::time::Duration;
///
/// let timers = Timers::new();
/// assert_eq!(timeout_with(&timers, Duration::from_secs(1), async { 7 }).await, Ok(7));
/// # });
/// ```
///
/// # Cancel safety
///
/// As that of [`timeout`].
///
/// # Errors
///
/// As those of [`timeout`].
pub fn timeout_with<T: Timer, F: IntoFuture>(timer: &T, limit: Duration, future: F) -> TimeoutWith<T, F::IntoFuture> {
    TimeoutWith { settle: limited(After { timer: timer.clone(), limit }, future) }
}

/// [`timeout`] for a fallible future whose error can say that time is up: one `Result`, one `?`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::try_timeout;
/// use std::{io, time::Duration};
///
/// let hangs = std::future::pending::<io::Result<()>>();
/// let error = try_timeout(Duration::ZERO, hangs).await.unwrap_err();
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// # });
/// ```
///
/// # Cancel safety
///
/// As that of [`timeout`].
///
/// # Errors
///
/// The future's own, or one made from [`Elapsed`].
pub fn try_timeout<F, T, E>(limit: Duration, future: F) -> TryTimeout<F::IntoFuture>
where
    F: IntoFuture<Output = Result<T, E>>,
    E: From<Elapsed>,
{
    TryTimeout { timeout: timeout(limit, future) }
}

fn limited<A: Arm, F: IntoFuture>(arm: A, future: F) -> Settle<Limited<Lazy<A>, F::IntoFuture>, ()> {
    Settle::new(Limited::new(Lazy::Unarmed { arm }, future.into_future()))
}

/// A limit on the ambient timers.
pub(crate) enum Ambient {
    /// So long from the first poll.
    After(Duration),
    /// Until then.
    At(Instant),
}

impl Arm for Ambient {
    type Limit = Sleep;

    fn arm(&self) -> Sleep {
        match *self {
            Self::After(limit) => motet_timer::sleep(limit),
            Self::At(deadline) => motet_timer::sleep_until(deadline),
        }
    }
}

/// So long from the first poll, on the ambient timers.
pub(crate) type AfterPolled = Lazy<Ambient>;

/// So long from the first poll of what this gives.
pub(crate) fn after(limit: Duration) -> AfterPolled {
    Lazy::Unarmed { arm: Ambient::After(limit) }
}

/// A limit on a timer that was given.
pub(crate) struct After<T> {
    timer: T,
    limit: Duration,
}

impl<T: Timer> Arm for After<T> {
    type Limit = T::Sleep;

    fn arm(&self) -> T::Sleep {
        self.timer.sleep(self.limit)
    }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Timeout<F> where F: Future {
        #[pin]
        settle: Settle<Limited<Lazy<Ambient>, F>, ()>,
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().settle.poll(cx)
    }
}

pin_project! {
    /// The future of [`timeout_with`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TimeoutWith<T, F> where T: Timer, F: Future {
        #[pin]
        settle: Settle<Limited<Lazy<After<T>>, F>, ()>,
    }
}

impl<T: Timer, F: Future> Future for TimeoutWith<T, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().settle.poll(cx)
    }
}

pin_project! {
    /// The future of [`try_timeout`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TryTimeout<F> where F: Future {
        #[pin]
        timeout: Timeout<F>,
    }
}

impl<F> Future for TryTimeout<F>
where
    F: TryFuture,
    F::Error: From<Elapsed>,
{
    type Output = Result<F::Ok, F::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let output = core::task::ready!(self.project().timeout.poll(cx));
        Poll::Ready(output.unwrap_or_else(|elapsed| Err(elapsed.into())))
    }
}

impl<F: Future> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").finish_non_exhaustive()
    }
}

impl<T: Timer, F: Future> fmt::Debug for TimeoutWith<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutWith").finish_non_exhaustive()
    }
}

impl<F: Future> fmt::Debug for TryTimeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryTimeout").finish_non_exhaustive()
    }
}
