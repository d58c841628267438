//! Ticks at a steady period.
#![forbid(unsafe_code)]

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use futures_core::stream::FusedStream;

use crate::clock;
use crate::queue::Lease;
use crate::sleep::Sleep;

/// How late a tick may be taken before it counts as missed.
const SLACK: Duration = Duration::from_millis(5);

/// What an [`Interval`] does when ticks were due before they were asked for.
///
/// With a period of ten seconds, first tick at 0, and nobody asking between 12 and 35:
///
/// | | due | taken at |
/// | --- | --- | --- |
/// | `Burst` | 10, 20, 30, 40, 50 | 10, 35, 35, 40, 50 |
/// | `Delay` | 10, 20, 45, 55 | 10, 35, 45, 55 |
/// | `Skip` | 10, 20, 40, 50 | 10, 35, 40, 50 |
///
/// A tick taken late by no more than five milliseconds, and by no more than the period, is not missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissedTick {
    /// Catch up: the missed ticks come at once, one after another. The default, as tokio's.
    #[default]
    Burst,
    /// Start over: the next tick is a period after the late one was taken.
    Delay,
    /// Leave them out: the next tick is the next multiple of the period from the start.
    Skip,
}

/// A stream of ticks; made by [`interval`](crate::interval()), [`interval_at`](crate::interval_at) and
/// [`Timers::interval`](crate::Timers::interval).
///
/// As a [`Stream`] it never ends.
///
/// ```
/// use futures::StreamExt;
/// use motet_timer::{MissedTick, interval};
/// use std::time::Duration;
///
/// futures::executor::block_on(async {
///     let period = Duration::from_millis(1);
///     let ticks: Vec<_> = interval(period).missed_tick(MissedTick::Burst).take(3).collect().await;
///     assert_eq!(ticks[2] - ticks[0], 2 * period);
/// });
/// ```
///
/// # Complexity
///
/// One allocation, when it is made.
///
/// # Panics
///
/// As a [`Sleep`] does, if the system refuses to start the helper thread that is needed.
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval {
    sleep: Pin<Box<Sleep>>,
    period: Duration,
    missed_tick: MissedTick,
}

impl Interval {
    #[track_caller]
    pub(crate) fn new(start: u64, period: Duration, home: Option<Lease>) -> Self {
        assert!(!period.is_zero(), "the period of an interval has to be greater than zero");
        Self { sleep: Box::pin(Sleep::until(start, home)), period, missed_tick: MissedTick::default() }
    }

    /// Waits for the next tick, and returns when it was due.
    ///
    /// ```
    /// use motet_timer::{interval_at, now};
    /// use std::time::Duration;
    ///
    /// futures::executor::block_on(async {
    ///     let start = now();
    ///     let mut ticks = interval_at(start, Duration::from_millis(1));
    ///     assert_eq!(ticks.tick().await, start);
    ///     assert_eq!(ticks.tick().await, start + Duration::from_millis(1));
    /// });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a tick that was not returned is not lost.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// [`tick`](Self::tick) for futures written by hand.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        if self.sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let due = self.sleep.deadline();
        let next = match self.missed_tick {
            MissedTick::Burst => clock::saturating_add(due, self.period),
            // A virtual clock that is gone shows no time; by it, no tick is ever late.
            other => other.next(due, self.sleep.now().unwrap_or(due), self.period),
        };
        self.sleep.as_mut().reset(next);
        Poll::Ready(due)
    }

    /// Sets what happens to ticks that were missed.
    pub fn missed_tick(mut self, missed_tick: MissedTick) -> Self {
        self.missed_tick = missed_tick;
        self
    }

    /// Sets what happens to missed ticks from the next one on: [`missed_tick`](Self::missed_tick) for an interval in use.
    ///
    /// ```
    /// use motet_timer::{MissedTick, interval};
    /// use std::time::Duration;
    ///
    /// let mut ticks = interval(Duration::from_secs(1));
    /// ticks.set_missed_tick(MissedTick::Skip);
    /// assert!(format!("{ticks:?}").contains("Skip"));
    /// ```
    pub fn set_missed_tick(&mut self, missed_tick: MissedTick) {
        self.missed_tick = missed_tick;
    }

    /// Starts over: the next tick is a period from now, and the others follow it. A task that awaits a tick need not poll again.
    ///
    /// ```
    /// use motet_timer::{Timers, interval, now};
    /// use motet_test::Stepped;
    /// use std::{task::Poll, time::Duration};
    ///
    /// let (timers, clock) = Timers::virtual_time();
    /// let _entered = timers.enter();
    /// let mut ticks = interval(Duration::from_secs(10));
    /// clock.advance(Duration::from_secs(3));
    /// ticks.reset();
    /// let due = now() + Duration::from_secs(10);
    /// let mut tick = Stepped::new(ticks.tick());
    /// assert_eq!(tick.poll(), Poll::Pending);
    /// clock.advance(Duration::from_secs(10));
    /// assert_eq!(tick.poll(), Poll::Ready(due));
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Starts over: the next tick is at `deadline`, and the others follow it. One that has passed is a tick at once, which
    /// was due then.
    ///
    /// ```
    /// use motet_timer::{interval, now};
    /// use std::time::Duration;
    ///
    /// futures::executor::block_on(async {
    ///     let (soon, mut ticks) = (now() + Duration::from_millis(1), interval(Duration::from_secs(3600)));
    ///     ticks.reset_at(soon);
    ///     assert_eq!(ticks.tick().await, soon);
    /// });
    /// ```
    pub fn reset_at(&mut self, deadline: Instant) {
        self.sleep.as_mut().reset(deadline);
    }

    /// Starts over: the next tick is in so much time, and the others follow it.
    ///
    /// ```
    /// use motet_timer::{interval, now};
    /// use std::time::Duration;
    ///
    /// futures::executor::block_on(async {
    ///     let (start, mut ticks) = (now(), interval(Duration::from_secs(3600)));
    ///     ticks.reset_after(Duration::from_millis(1));
    ///     assert!(ticks.tick().await >= start + Duration::from_millis(1));
    /// });
    /// ```
    pub fn reset_after(&mut self, duration: Duration) {
        // A virtual clock that is gone shows no time, and ticks no more.
        if let Some(now) = self.sleep.now() {
            self.reset_at(clock::saturating_add(now, duration));
        }
    }

    /// Starts over: the next tick is now, and the others follow it.
    ///
    /// ```
    /// use motet_timer::{interval, now};
    /// use std::time::Duration;
    ///
    /// futures::executor::block_on(async {
    ///     let mut ticks = interval(Duration::from_secs(3600));
    ///     let first = ticks.tick().await;
    ///     ticks.reset_immediately();
    ///     assert!(ticks.tick().await < first + Duration::from_secs(3600));
    /// });
    /// ```
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// The time between ticks.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }
}

impl MissedTick {
    /// When the tick is due that follows one which was due at `due` and taken at `now`.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        let late = now.saturating_duration_since(due);
        let is_missed = late > SLACK.min(period);
        match self {
            Self::Delay if is_missed => clock::saturating_add(now, period),
            Self::Skip if is_missed => {
                let into_period = late.as_nanos() % period.as_nanos();
                // Less than a period, which is a `Duration`; and the nanoseconds of 64 bits are 584 years.
                let ahead = period.saturating_sub(Duration::from_nanos(u64::try_from(into_period).unwrap_or(u64::MAX)));
                clock::saturating_add(now, ahead)
            }
            Self::Burst | Self::Delay | Self::Skip => clock::saturating_add(due, period),
        }
    }
}

impl Stream for Interval {
    type Item = Instant;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.get_mut().poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedStream for Interval {
    fn is_terminated(&self) -> bool {
        false
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("next", &self.sleep.deadline())
            .field("period", &self.period)
            .field("missed_tick", &self.missed_tick)
            .finish()
    }
}
