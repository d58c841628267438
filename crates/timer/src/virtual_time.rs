//! A clock that moves only when it is told to.
#![forbid(unsafe_code)]

use core::fmt;
use std::time::{Duration, Instant};

use crate::clock;
use crate::timers::Timers;

/// Moves the time of the [`Timers`] that it was made with; see [`Timers::virtual_time`].
///
/// Time starts at the real time of its making, so that it compares sensibly with instants from elsewhere. Clones move the
/// same time.
#[derive(Clone)]
pub struct VirtualClock {
    timers: Timers,
}

impl VirtualClock {
    pub(crate) fn new(timers: Timers) -> Self {
        Self { timers }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.timers.now()
    }

    /// Moves time on by `duration`, deadline by deadline: at each, the clock shows that deadline while its timers fire.
    ///
    /// `duration` counts from the time at the call. If a waker or another thread moves the clock meanwhile, it ends at the latest of their
    /// times.
    ///
    /// It runs no tasks. What a woken task arms for a time within `duration` fires too: in its turn if the waker ran the
    /// task in place, else at its first poll, since the time has passed by then. A scheduler that wants each
    /// task to see its own deadline on the clock goes by [`advance_to_next`](Self::advance_to_next), and runs the ready
    /// tasks in between.
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use motet_test::Stepped;
    /// use std::{task::Poll, time::Duration};
    ///
    /// let (timers, clock) = Timers::virtual_time();
    /// let start = clock.now();
    /// let mut task = Stepped::new(async move {
    ///     timers.sleep_until(start + Duration::from_secs(1)).await;
    ///     timers.sleep_until(start + Duration::from_secs(2)).await;
    /// });
    /// assert_eq!(task.poll(), Poll::Pending);
    /// clock.advance(Duration::from_secs(3));
    /// assert_eq!(task.poll(), Poll::Ready(()));
    /// ```
    pub fn advance(&self, duration: Duration) {
        self.timers.advance(clock::saturating_add(self.now(), duration));
    }

    /// Moves time on to the next deadline and fires all that is due then; the new time, or none if nothing is armed (a
    /// deadline of "never" does not count).
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use motet_test::WakeCount;
    /// use std::{pin::pin, time::Duration};
    ///
    /// let (timers, clock) = Timers::virtual_time();
    /// assert_eq!(clock.advance_to_next(), None);
    /// let mut sleep = pin!(timers.sleep(Duration::from_secs(7)));
    /// let _ = WakeCount::new().poll(sleep.as_mut());
    /// assert_eq!(clock.advance_to_next(), Some(sleep.deadline()));
    /// assert_eq!(clock.now(), sleep.deadline());
    /// ```
    pub fn advance_to_next(&self) -> Option<Instant> {
        self.timers.lease().advance_to_next().map(clock::instant)
    }

    /// The timers on this clock.
    #[must_use]
    pub fn timers(&self) -> &Timers {
        &self.timers
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock").field("now", &self.now()).finish_non_exhaustive()
    }
}
