//! The timers that a thread uses without naming them.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use std::time::{Duration, Instant};

use crate::clock;
use crate::interval::Interval;
use crate::queue::{Clock, Lease};
use crate::sleep::Sleep;
use crate::timers::Timers;

motet_prim::thread_local! {
    static AMBIENT: Cell<Option<Ambient>> = const { Cell::new(None) };
    static GUARDS: Cell<Guards> = const { Cell::new(Guards { alive: 0, depth: 0 }) };
}

/// The guards of a thread. Each has the number of the depth at which it was made, which is above those of all that live.
#[derive(Clone, Copy, Default)]
struct Guards {
    alive: u32,
    /// The number of the guard whose timers are ambient.
    depth: u32,
}

impl Guards {
    fn of_this_thread() -> Self {
        // As in `entered`.
        GUARDS.try_with(Cell::get).unwrap_or_default()
    }

    /// With these guards goes that choice of timers.
    fn set(self, ambient: Option<Ambient>) {
        let _torn_down = GUARDS.try_with(|guards| guards.set(self));
        let _torn_down = AMBIENT.try_with(|chosen| chosen.set(ambient));
    }
}

/// Timers that were entered.
#[derive(Clone, Copy)]
pub(crate) struct Ambient {
    pub(crate) lease: Lease,
    /// The shard that this thread arms in.
    pub(crate) home: u8,
}

/// The entered timers, which may have closed while ambient; none for the global ones.
#[inline]
fn entered() -> Option<Ambient> {
    // A thread that is being torn down has entered nothing.
    AMBIENT.try_with(Cell::get).ok().flatten()
}

/// The entered timers, if their clock is the real one.
#[inline]
pub(crate) fn real() -> Option<Ambient> {
    entered().filter(|ambient| ambient.lease.queue.clock() == Clock::Real)
}

/// The shard of a queue that this thread arms in.
#[inline]
pub(crate) fn home_in(lease: Lease) -> Ambient {
    match entered() {
        Some(ambient) if ambient.lease.is(lease) => ambient,
        _ => Ambient { lease, home: lease.shared_home() },
    }
}

/// The ambient time, and where a sleep by it may be armed: nowhere but in that queue, if its clock is virtual.
#[inline]
fn here() -> (u64, Option<Lease>) {
    let virtual_ = entered().map(|ambient| ambient.lease).filter(|lease| lease.queue.clock() == Clock::Virtual);
    match virtual_.and_then(|lease| Some((lease.nanos()?, lease))) {
        Some((now, lease)) => (now, Some(lease)),
        None => (clock::now(), None),
    }
}

/// Whether time is virtual here, or was when its timers were entered.
#[inline]
fn is_virtual() -> bool {
    entered().is_some_and(|ambient| ambient.lease.queue.clock() == Clock::Virtual)
}

/// A sleep by virtual time: apart, so that one by the real clock, which has no home, is made of constants.
#[cold]
#[inline(never)]
fn sleep_in_virtual_time(duration: Duration) -> Sleep {
    let (now, home) = here();
    Sleep::lasting(duration, now, home)
}

/// Where a sleep by the ambient clock may be armed.
fn home() -> Option<Lease> {
    let lease = entered()?.lease;
    (lease.queue.clock() == Clock::Virtual && lease.nanos().is_some()).then_some(lease)
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
    match entered().and_then(|ambient| ambient.lease.now()) {
        Some(now) => now,
        None => Instant::now(),
    }
}

/// Waits for a duration, on the ambient timers: asyncio's `sleep`.
///
/// Never early; late by what the operating system needs to wake a thread, some 50 µs. Zero is ready at the first poll, unlike
/// asyncio's `sleep(0)`, which gives way once: take an executor's `yield_now` for that. [`Duration::MAX`] is "never".
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
    if is_virtual() {
        return sleep_in_virtual_time(duration);
    }
    Sleep::lasting(duration, clock::now(), None)
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
///
/// # Panics
///
/// Its first poll panics if that needs the helper thread, and the system refuses to start one.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep::until(clock::nanos(deadline), home())
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
    let (now, home) = here();
    Interval::new(now, period, home)
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
    Interval::new(clock::nanos(start), period, home())
}

/// Keeps some timers ambient on this thread; see [`Timers::enter`].
///
/// Drop guards in the reverse order of entering, as scopes do. Out of order, the timers that were entered last stay until their guard
/// goes; then the thread may go back to timers that it had left already, until its last guard goes. No more than that choice is at stake.
#[must_use = "the timers are left when the guard is dropped"]
pub struct Entered {
    timers: Timers,
    before: Option<Ambient>,
    depth: u32,
    /// The shard that is this thread's until the guard is dropped; none if it has one already, or there are none left.
    own: Option<u8>,
    /// It belongs to the thread that it was made on.
    _thread: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn new(timers: Timers) -> Self {
        let lease = timers.lease();
        let before = entered();
        let known = before.filter(|before| before.lease.is(lease));
        let own = if known.is_some() { None } else { lease.take_home() };
        let home = own.or(known.map(|known| known.home)).unwrap_or_else(|| lease.shared_home());
        let Guards { alive, depth } = Guards::of_this_thread();
        let depth = depth + 1;
        Guards { alive: alive + 1, depth }.set(Some(Ambient { lease, home }));
        Self { timers, before, depth, own, _thread: PhantomData }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Guards { alive, depth } = Guards::of_this_thread();
        match alive.saturating_sub(1) {
            0 => Guards::default().set(None),
            alive if depth == self.depth => Guards { alive, depth: depth - 1 }.set(self.before),
            // Dropped out of order: the timers that were entered last stay.
            alive => Guards { alive, depth }.set(entered()),
        }
        if let Some(home) = self.own {
            self.timers.lease().give_back_home(home);
        }
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("timers", &self.timers).finish_non_exhaustive()
    }
}
