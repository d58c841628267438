//! Wheels and their clock behind a cheap clone.
#![forbid(unsafe_code)]

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::Waker;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::ambient::Entered;
use crate::clock;
use crate::host::Host;
use crate::interval::Interval;
use crate::pool;
use crate::queue::{Clock, Lease, Unhosted};
use crate::sleep::Sleep;
use crate::timer::Timer;
use crate::virtual_time::VirtualClock;

/// A clock and its timer wheels, one for each thread that enters. Clones share them.
///
/// | timers | clock | who drives them |
/// | --- | --- | --- |
/// | [`global`](Self::global) | real | a helper thread, or a [`Host`] while there is one |
/// | [`new`](Self::new), [`builder`](Self::builder) | real | you, by [`advance`](Self::advance), or a [`Host`]; after the last host has left, the helper thread |
/// | [`virtual_time`](Self::virtual_time) | virtual | the [`VirtualClock`] |
///
/// An event loop drives timers in four lines: it asks for the next deadline, waits for that and for its other events,
/// and advances.
///
/// ```
/// use motet_timer::{Timer, Timers};
/// use motet_prim::park::Parker;
/// use std::{pin::pin, task::{Context, Poll, Waker}, time::{Duration, Instant}, future::Future};
///
/// let timers = Timers::new();
/// let parker = Parker::new();
/// let host = timers.host(parker.waker());
///
/// let start = Instant::now();
/// let mut sleep = pin!(timers.sleep(Duration::from_millis(2)));
/// while sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
///     match timers.next_deadline() {
///         Some(next) => { parker.park_until(next); }
///         None => parker.park(),
///     }
///     timers.advance(Instant::now());
/// }
/// assert!(start.elapsed() >= Duration::from_millis(2));
/// ```
///
/// When the last clone goes, and with it the wheel, the timers that wait in it are woken, and wait on in the ambient
/// wheel from their next poll on: a [`Sleep`] outlives the runtime that it was armed in.
#[derive(Clone)]
pub struct Timers(Arc<Tenant>);

/// Ends a lease when the last clone is dropped.
struct Tenant(Lease);

// A panic comes out of a waker, which is called under no lock and leaves nothing half-changed behind.
impl UnwindSafe for Timers {}
impl RefUnwindSafe for Timers {}

impl Timers {
    /// Timers on the real clock, with a wheel of their own, which you drive.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "timers that nobody drives are no sensible default")]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Timers on the real clock with options.
    ///
    /// ```
    /// use motet_timer::Timers;
    /// use std::time::Duration;
    ///
    /// let timers = Timers::builder().tick(Duration::from_millis(1)).build();
    /// assert_eq!(timers.next_deadline(), None);
    /// ```
    pub fn builder() -> Builder {
        Builder { tick: Duration::from_nanos(1) }
    }

    /// Timers whose time stands still but for what the clock is told.
    ///
    /// Nothing fires but by an advance, in the order of deadlines, and equal deadlines in the order armed.
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use motet_test::WakeCount;
    /// use std::{pin::pin, task::Poll, time::Duration};
    ///
    /// let (timers, clock) = Timers::virtual_time();
    /// let wakes = WakeCount::new();
    /// let mut sleep = pin!(timers.sleep(Duration::from_secs(3600)));
    /// assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    /// clock.advance(Duration::from_secs(3600));
    /// assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
    /// ```
    #[must_use]
    pub fn virtual_time() -> (Self, VirtualClock) {
        let timers = Self::lend(Clock::Virtual, 1, Unhosted::User);
        (timers.clone(), VirtualClock::new(timers))
    }

    /// The timers of every thread that has entered no others. A helper thread drives them while no [`Host`] does; it is
    /// started when the first timer is armed in them. It calls the wakers of what is due, so one that blocks makes others late. A
    /// process that was forked off, and runs on without an `exec`, has no such thread: host them there.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Timers> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::lend(Clock::Real, 1, Unhosted::Helper))
    }

    /// The earliest deadline, or none if nothing is armed; also a promise to wait for it: from now on, an earlier one
    /// wakes the host.
    ///
    /// The calling thread is taken for the one that will wait. On Linux its waits end without the usual slack of 50 µs from
    /// now on (`PR_SET_TIMERSLACK`), unless the tick is coarser than that.
    ///
    /// It is rounded up to the tick, if a coarser one was asked for. On the real clock it may be too early now and then,
    /// when timers were reset or dropped: advance, and ask again.
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use std::{pin::pin, time::Duration};
    ///
    /// let timers = Timers::new();
    /// let mut sleep = pin!(timers.sleep(Duration::from_secs(1)));
    /// assert_eq!(timers.next_deadline(), None, "armed by its first poll, not before");
    /// let _ = motet_test::WakeCount::new().poll(sleep.as_mut());
    /// assert_eq!(timers.next_deadline(), Some(sleep.deadline()));
    /// ```
    ///
    /// # Complexity
    ///
    /// One short lock for each thread's wheel that has timers.
    #[must_use = "the host has to wait for it"]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.lease().next_deadline().map(clock::instant)
    }

    /// Fires the timers that are due at `now`, and returns how many. Their wakers are called without any lock.
    ///
    /// Any thread may call it at any time. A virtual clock is moved to `now`, deadline by deadline, and never back. On the
    /// real clock `now` should not lie ahead: what is armed later for a time before it would fire late, though never early. While another
    /// thread looks for the [next deadline](Self::next_deadline), what is due is left to that thread, and this returns 0.
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use std::{pin::pin, time::Duration};
    ///
    /// let timers = Timers::new();
    /// let mut sleep = pin!(timers.sleep(Duration::from_secs(1)));
    /// let _ = motet_test::WakeCount::new().poll(sleep.as_mut());
    /// assert_eq!(timers.advance(timers.now()), 0);
    /// assert_eq!(timers.advance(sleep.deadline()), 1);
    /// ```
    ///
    /// # Complexity
    ///
    /// O(1) for each timer that fires, and as much again, at most ten times in its life, for moving it to a finer level.
    #[expect(clippy::must_use_candidate, reason = "most event loops need not know how many")]
    pub fn advance(&self, now: Instant) -> usize {
        self.lease().advance(clock::nanos(now))
    }

    /// Takes over from the helper thread: `waker` is called whenever a timer is armed that is due before the deadline
    /// which [`next_deadline`](Self::next_deadline) last returned.
    ///
    /// The waker should be cheap and sticky, such as an unparker. It may be called once too often. Several hosts at the
    /// same time are all woken. Dropping the `Host` gives the timers back.
    ///
    /// ```
    /// use motet_timer::{Timer, Timers};
    /// use motet_test::WakeCount;
    /// use std::{pin::pin, time::Duration};
    ///
    /// let (timers, host_wakes) = (Timers::new(), WakeCount::new());
    /// let host = timers.host(host_wakes.waker());
    /// assert_eq!(timers.next_deadline(), None);
    /// let mut sleep = pin!(timers.sleep(Duration::from_secs(1)));
    /// let _ = WakeCount::new().poll(sleep.as_mut());
    /// assert_eq!(host_wakes.count(), 1);
    /// ```
    pub fn host(&self, waker: Waker) -> Host {
        Host::new(self.clone(), waker)
    }

    /// Makes these the ambient timers of this thread, until the guard is dropped: those of [`sleep`](crate::sleep()),
    /// [`interval`](crate::interval()) and [`now`](crate::now).
    ///
    /// ```
    /// use motet_timer::Timers;
    /// use std::time::Duration;
    ///
    /// let (timers, clock) = Timers::virtual_time();
    /// let _entered = timers.enter();
    /// let sleep = motet_timer::sleep(Duration::from_secs(3600));
    /// clock.advance(Duration::from_secs(3600));
    /// assert!(sleep.is_elapsed());
    /// ```
    #[must_use = "the timers are left when the guard is dropped"]
    pub fn enter(&self) -> Entered {
        Entered::new(self.clone())
    }

    /// The time by the clock of these timers.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the lease ends with the last clone, and this is one")]
    pub fn now(&self) -> Instant {
        self.lease().now().expect("a lease is good until the last clone is dropped")
    }

    /// Ticks at once, and then every `period`, on these timers: [`interval`](crate::interval()) on timers by name.
    ///
    /// ```
    /// use motet_timer::Timers;
    /// use std::time::Duration;
    ///
    /// futures::executor::block_on(async {
    ///     let mut ticks = Timers::global().interval(Duration::from_millis(1));
    ///     let first = ticks.tick().await;
    ///     assert_eq!(ticks.tick().await - first, Duration::from_millis(1));
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If `period` is zero: such an interval would keep its task busy for ever.
    #[track_caller]
    pub fn interval(&self, period: Duration) -> Interval {
        self.interval_at(self.now(), period)
    }

    /// Ticks at `start`, and then every `period`, on these timers.
    ///
    /// ```
    /// use motet_timer::Timers;
    /// use std::time::Duration;
    ///
    /// let start = Timers::global().now() + Duration::from_millis(1);
    /// let mut ticks = Timers::global().interval_at(start, Duration::from_secs(1));
    /// assert_eq!(futures::executor::block_on(ticks.tick()), start);
    /// ```
    ///
    /// # Panics
    ///
    /// If `period` is zero: such an interval would keep its task busy for ever.
    #[track_caller]
    pub fn interval_at(&self, start: Instant, period: Duration) -> Interval {
        Interval::new(clock::nanos(start), period, Some(self.lease()))
    }

    pub(crate) fn lend(of: Clock, tick: u64, unhosted: Unhosted) -> Self {
        Self(Arc::new(Tenant(pool::take(of).open(clock::now(), tick, unhosted))))
    }

    pub(crate) fn lease(&self) -> Lease {
        self.0.0
    }
}

impl Timer for Timers {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::until(clock::nanos(deadline), Some(self.lease()))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let now = self.lease().nanos().expect("a lease is good until the last clone is dropped");
        Sleep::lasting(duration, now, Some(self.lease()))
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.0.close();
        pool::put(self.0);
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("clock", &self.lease().queue.clock()).finish_non_exhaustive()
    }
}

/// Options for [`Timers`] on the real clock; made by [`Timers::builder`].
#[derive(Clone, Debug)]
#[must_use = "call `build`"]
pub struct Builder {
    tick: Duration,
}

impl Builder {
    /// How finely the host's waits are told apart: deadlines of the same tick cost it one wake, and fire up to a tick
    /// late, never early. A nanosecond unless set: every deadline is waited for as it is.
    ///
    /// Set a millisecond or more to save wakes when thousands of timers need no precision. Zero is the finest.
    pub fn tick(mut self, tick: Duration) -> Self {
        self.tick = tick;
        self
    }

    /// The timers.
    #[must_use]
    pub fn build(self) -> Timers {
        Timers::lend(Clock::Real, clock::span(self.tick), Unhosted::User)
    }
}
