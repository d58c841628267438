//! The seam through which time comes.
#![forbid(unsafe_code)]

use core::future::Future;
use std::time::{Duration, Instant};

use crate::clock;

/// Where time comes from: our wheel, virtual time, or another runtime's timers.
///
/// Write libraries against it, and let the application choose: [`Timers`](crate::Timers) implements it for Motet,
/// for virtual time and for any executor; `motet-tokio` and `motet-smol` implement it for those runtimes.
///
/// ```
/// use motet_timer::{Timer, Timers};
/// use std::time::Duration;
///
/// async fn backoff(timer: &impl Timer, attempt: u32) {
///     timer.sleep(Duration::from_millis(1) * 2u32.pow(attempt)).await;
/// }
///
/// futures::executor::block_on(async {
///     let timer = Timers::global();
///     let before = timer.now();
///     backoff(timer, 1).await;
///     assert!(timer.now() - before >= Duration::from_millis(2));
/// });
/// ```
pub trait Timer: Clone + Send + Sync + 'static {
    /// Completes at its deadline, never earlier. Those of Motet, `motet-tokio` and `motet-smol` stay complete when polled again.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// The time by this timer's clock.
    fn now(&self) -> Instant;

    /// Waits until `deadline`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    fn sleep_until(&self, deadline: Instant) -> Self::Sleep;

    /// Waits for `duration` from now on; a duration that the clock cannot say, such as [`Duration::MAX`], is "never".
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.sleep_until(clock::saturating_add(self.now(), duration))
    }
}
