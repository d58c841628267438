//! The timers that a thread uses without naming them.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use std::time::{Duration, Instant};

use crate::interval::Interval;
use crate::queue::{Clock, Lease};
use crate::sleep::{Origin, Sleep};
use crate::timers::Timers;

motet_prim::thread_local! {
    static AMBIENT: Cell<Option<Lease>> = const { Cell::new(None) };
}

/// The lease of the entered timers; none for the global ones, or if those entered have closed while ambient.
fn entered() -> Option<Lease> {
    // A thread that is being torn down has entered nothing.
    AMBIENT.try_with(Cell::get).ok().flatten()
}

/// The entered timers, if their clock is the real one.
pub(crate) fn real() -> Option<Lease> {
    entered().filter(|lease| lease.queue.clock() == Clock::Real)
}

/// The ambient time, and where a sleep on it may be armed.
fn here() -> (Instant, Origin) {
    let virtual_ = entered().filter(|lease| lease.queue.clock() == Clock::Virtual);
    match virtual_.and_then(|lease| Some((lease.now()?, Origin::Of(lease)))) {
        Some(here) => here,
        None => (Instant::now(), Origin::Ambient),
    }
}

/// The time by the ambient clock: virtual inside a simulation, else the system's.
///
/// ```
/// use motet_timer::{Timers, now};
/// use std::time::Duration;
///
/// let (timers, clock) = Timers::virtual_time();
/// let _entered = timers.enter();
/// let before = now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(now() - before, Duration::from_secs(60));
/// ```
#[must_use]
pub fn now() -> Instant {
    here().0
}

/// Waits for a duration, on the ambient timers: asyncio's `sleep`.
///
/// Never early; late by what the operating system needs to wake a thread, some 50 µs. Zero is ready at the first poll;
/// [`Duration::MAX`] is "never".
///
/// ```
/// use motet_timer::sleep;
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// futures::executor::block_on(sleep(Duration::from_millis(1)));
/// assert!(start.elapsed() >= Duration::from_millis(1));
/// ```
///
/// # Cancel safety
///
/// Cancel safe: dropped, it frees its place in the wheel at once.
///
/// # Panics
///
/// Its first poll panics if that needs the helper thread, and the system refuses to start one.
pub fn sleep(duration: Duration) -> Sleep {
    let (now, origin) = here();
    Sleep::lasting(duration, now, origin)
}

/// Waits until an instant, on the ambient timers. One that has passed is ready at the first poll.
///
/// ```
/// use motet_timer::{now, sleep_until};
/// use std::time::Duration;
///
/// let deadline = now() + Duration::from_millis(1);
/// futures::executor::block_on(sleep_until(deadline));
/// assert!(now() >= deadline);
/// ```
///
/// # Cancel safety
///
/// Cancel safe: dropped, it frees its place in the wheel at once.
pub fn sleep_until(deadline: Instant) -> Sleep {
    let (_, origin) = here();
    Sleep::until(deadline, origin)
}

/// Ticks at once, and then every `period`, on the ambient timers.
///
/// ```
/// use motet_timer::interval;
/// use std::time::{Duration, Instant};
///
/// futures::executor::block_on(async {
///     let mut ticks = interval(Duration::from_millis(1));
///     let first = ticks.tick().await;
///     let second = ticks.tick().await;
///     assert_eq!(second - first, Duration::from_millis(1));
/// });
/// ```
///
/// # Panics
///
/// If `period` is zero: such an interval would keep its task busy for ever.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    let (now, origin) = here();
    Interval::new(now, period, origin)
}

/// Ticks at `start`, and then every `period`, on the ambient timers.
///
/// ```
/// use motet_timer::{interval_at, now};
/// use std::time::Duration;
///
/// let start = now() + Duration::from_millis(2);
/// let first = futures::executor::block_on(async { interval_at(start, Duration::from_secs(1)).tick().await });
/// assert_eq!(first, start);
/// ```
///
/// # Panics
///
/// If `period` is zero: such an interval would keep its task busy for ever.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    let (_, origin) = here();
    Interval::new(start, period, origin)
}

/// Keeps some timers ambient on this thread; see [`Timers::enter`].
///
/// Drop guards in the reverse order of entering, as scopes do. Out of order, the thread may go back to timers that it had
/// left already; no more than that choice is at stake.
#[must_use = "the timers are left when the guard is dropped"]
pub struct Entered {
    timers: Timers,
    before: Option<Lease>,
    /// It belongs to the thread that it was made on.
    _thread: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn new(timers: Timers) -> Self {
        let lease = timers.lease();
        let before = AMBIENT.try_with(|ambient| ambient.replace(Some(lease))).ok().flatten();
        Self { timers, before, _thread: PhantomData }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mine = self.timers.lease();
        let _torn_down = AMBIENT.try_with(|ambient| {
            // Dropped out of order, the timers that were entered last stay.
            if ambient.get().is_some_and(|lease| lease.is(mine)) {
                ambient.set(self.before);
            }
        });
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("timers", &self.timers).finish_non_exhaustive()
    }
}
