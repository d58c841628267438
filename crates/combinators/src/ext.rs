//! `FutureExt`: the combinators as methods.

use crate::deadline::{Deadline, deadline};
use crate::join::{Join, join};
use crate::race::{Race, race};
use motet_cancel::{Shield, shield};

#[cfg(feature = "timer")]
use crate::{Elapsed, Timeout, TimeoutWith, TryFuture, TryTimeout, timeout, timeout_at, timeout_with, try_timeout};
#[cfg(feature = "timer")]
use std::time::{Duration, Instant};

/// The combinators as methods, for chains.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::FutureExt;
/// use std::time::Duration;
///
/// assert_eq!(async { 7 }.timeout(Duration::from_secs(1)).await, Ok(7));
/// assert_eq!(async { 7 }.race_with(std::future::pending()).await, 7);
/// # });
/// ```
pub trait FutureExt: Future {
    /// Gives it so much time; see [`timeout`](crate::timeout()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`timeout`](crate::timeout()).
    #[cfg(feature = "timer")]
    fn timeout(self, limit: Duration) -> Timeout<Self>
    where
        Self: Sized,
    {
        timeout(limit, self)
    }

    /// Gives it time until then; see [`timeout_at`](crate::timeout_at()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`timeout`](crate::timeout()).
    #[cfg(feature = "timer")]
    fn timeout_at(self, deadline: Instant) -> Timeout<Self>
    where
        Self: Sized,
    {
        timeout_at(deadline, self)
    }

    /// Gives it so much time on that timer; see [`timeout_with`](crate::timeout_with()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`timeout`](crate::timeout()).
    #[cfg(feature = "timer")]
    fn timeout_with<T: motet_timer::Timer>(self, timer: &T, limit: Duration) -> TimeoutWith<T, Self>
    where
        Self: Sized,
    {
        timeout_with(timer, limit, self)
    }

    /// Gives it so much time, with one `Result`; see [`try_timeout`](crate::try_timeout()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`timeout`](crate::timeout()).
    #[cfg(feature = "timer")]
    fn try_timeout(self, limit: Duration) -> TryTimeout<Self>
    where
        Self: TryFuture + Sized,
        Self::Error: From<Elapsed>,
    {
        try_timeout::<Self, Self::Ok, Self::Error>(limit, self)
    }

    /// Gives it until another future is ready; see [`deadline`](crate::deadline()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`deadline`](crate::deadline()).
    fn deadline<D: Future>(self, limit: D) -> Deadline<D, Self>
    where
        Self: Sized,
    {
        deadline(limit, self)
    }

    /// Lets it finish even if its awaiter goes; see [`shield`](crate::shield()).
    ///
    /// # Cancel safety
    ///
    /// Dropped while pending, it goes on at the reaper, and completes.
    fn shield(self) -> Shield<Self>
    where
        Self: Sized + Send + 'static,
    {
        shield(self)
    }

    /// The first output of the two; see [`race`](crate::race()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`race`](crate::race()).
    fn race_with<F: Future<Output = Self::Output>>(self, other: F) -> Race<(Self, F)>
    where
        Self: Sized,
    {
        race((self, other))
    }

    /// Both outputs; see [`join`](crate::join()).
    ///
    /// # Cancel safety
    ///
    /// As that of [`join`](crate::join()).
    fn join_with<F: Future>(self, other: F) -> Join<(Self, F)>
    where
        Self: Sized,
    {
        join((self, other))
    }
}

impl<F: Future + ?Sized> FutureExt for F {}
