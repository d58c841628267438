//! A wheel behind its lock, and all that happens under that lock.
//!
//! Queues are never freed: [`pool`](crate::pool) lends them out, so that an armed timer may point at its queue without
//! a count. Who borrows one gets a [`Lease`], whose number the queue checks under its lock: a lease that has ended gets
//! `Closed` for an answer, never somebody else's wheel.
//!
//! One lock guards the wheel, the links and the wakers of its entries, and who drives it. No waker is called, cloned or
//! dropped under it, and no driver either: what is due is moved out, and the lock released first.

mod drive;
mod driver;

use core::pin::Pin;
use core::task::Waker;
use std::time::Instant;

use motet_prim::lock::Mutex;

use crate::clock::{self, NEVER};
use crate::entry::{Entry, Linked, List};
use crate::state::{Postpone, State};
use crate::wheel::{Order, Wheel};
use driver::Driver;

pub(crate) use driver::{Alarm, HostWaker};

/// What moves the time of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The system's monotonic clock.
    Real,
    /// Nothing but `advance`.
    Virtual,
}

/// Who looks after a queue for which no host was ever named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unhosted {
    /// Its user, by `advance`.
    User,
    /// The helper thread.
    Helper,
}

/// See the file's head.
pub(crate) struct TimerQueue {
    clock: Clock,
    locked: Mutex<Locked>,
}

/// What the lock guards.
struct Locked {
    /// The number of the lease that is good; ended leases have lower ones.
    lease: u64,
    wheel: Wheel<List>,
    /// Virtual time; the real one is asked of the system.
    now: u64,
    /// Hosts wait until a multiple of so many nanoseconds.
    tick: u64,
    /// What the host waits for: an earlier deadline has to wake it.
    published: u64,
    driver: Driver,
}

/// The right to use a queue until it is given back.
#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) queue: &'static TimerQueue,
    number: u64,
}

/// What came of [`Lease::arm`]; a waker that was not registered comes back, to be dropped without the lock.
#[must_use]
pub(crate) enum Arm {
    /// It is in the wheel. The alarm is to be rung once the owner remembers that, for to ring may panic.
    Armed(Alarm),
    /// The deadline has passed.
    IsDue(Waker),
    /// The lease has ended.
    Closed(Waker),
}

/// What came of [`TimerQueue::replace_waker`].
#[must_use]
pub(crate) enum Replace {
    /// The former waker.
    Replaced(Waker),
    /// The timer has left the wheel; the new waker comes back.
    IsOver(Waker),
}

/// What came of [`TimerQueue::rearm`].
#[must_use]
pub(crate) enum Rearm {
    /// It waits for the new deadline.
    Moved,
    /// The new deadline has passed: the timer is out of the wheel, and this waker is to be called.
    IsDue(Waker),
    /// The timer had left the wheel; its waker was called.
    IsOver,
}

impl TimerQueue {
    /// A queue that nobody has leased.
    pub(crate) fn new(clock: Clock) -> Self {
        let order = match clock {
            Clock::Real => Order::Loose,
            Clock::Virtual => Order::Strict,
        };
        let locked =
            Locked { lease: 0, wheel: Wheel::new(0, order), now: 0, tick: 1, published: NEVER, driver: Driver::User };
        Self { clock, locked: Mutex::new(locked) }
    }

    /// Lends the queue to a new user, from that time on. The caller has it from the pool, where nobody else does.
    pub(crate) fn open(&'static self, start: u64, tick: u64, unhosted: Unhosted) -> Lease {
        let mut locked = self.locked.lock();
        locked.wheel.restart(start);
        locked.now = start;
        locked.tick = tick.max(1);
        locked.published = NEVER;
        locked.driver = Driver::unhosted(unhosted);
        Lease { queue: self, number: locked.lease }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Gives an armed timer another waker.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it in this queue.
    pub(crate) unsafe fn replace_waker(&self, entry: &Entry, waker: Waker) -> Replace {
        let _locked = self.locked.lock();
        if !matches!(entry.word().state(), State::Armed(_)) {
            return Replace::IsOver(waker);
        }
        // SAFETY: armed in this queue, whose lock is held; the next line puts another waker in its place.
        let former = unsafe { entry.take_waker() };
        // SAFETY: the caller is the owner, and the lock is held.
        unsafe { entry.put_waker(waker) };
        Replace::Replaced(former)
    }

    /// Takes a timer out, if it is still in; its waker is to be called or dropped without the lock.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it in this queue.
    pub(crate) unsafe fn disarm(&self, entry: Pin<&Entry>) -> Option<Waker> {
        let mut locked = self.locked.lock();
        // Once more, under the lock: it may have fired since the caller looked.
        if !matches!(entry.word().state(), State::Armed(_)) {
            return None;
        }
        // SAFETY: pinned and alive, armed in this queue, and the lock is held until it is out of the wheel.
        let item = unsafe { Linked::new(entry) };
        let spot = item.spot();
        locked.wheel.remove(item, spot);
        // SAFETY: it was armed in this queue; no longer in the wheel, it gets a waker anew when it is armed again.
        Some(unsafe { entry.take_waker() })
    }

    /// Moves an armed timer to another deadline, without the lock if that is later.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it in this queue.
    pub(crate) unsafe fn rearm(&'static self, entry: Pin<&Entry>, at: u64) -> Rearm {
        // The order of equal deadlines is that of arming, which a postponed timer would lose: virtual time moves it.
        if self.clock == Clock::Real {
            match entry.word().postpone(at) {
                Postpone::Postponed => return Rearm::Moved,
                Postpone::IsOver => return Rearm::IsOver,
                Postpone::IsEarlier => {}
            }
        }
        let alarm = {
            let mut locked = self.locked.lock();
            if !matches!(entry.word().state(), State::Armed(_)) {
                return Rearm::IsOver;
            }
            // SAFETY: pinned and alive, armed in this queue, and the lock is held until it is in the wheel again.
            let item = unsafe { Linked::new(entry) };
            let spot = item.spot();
            locked.wheel.remove(item, spot);
            if self.is_due(&locked, at) {
                // SAFETY: it was armed in this queue; no longer in the wheel, it gets a waker anew when it is armed again.
                return Rearm::IsDue(unsafe { entry.take_waker() });
            }
            entry.word().set_deadline(at);
            // SAFETY: as above.
            locked.wheel.insert(unsafe { Linked::new(entry) });
            locked.alarm_for(at)
        };
        self.ring(alarm);
        Rearm::Moved
    }

    /// Whether a deadline has passed. A wheel that was told of a time yet to come does not fire early for that.
    fn is_due(&self, locked: &Locked, at: u64) -> bool {
        match self.clock {
            Clock::Virtual => at <= locked.now,
            Clock::Real => at <= locked.wheel.elapsed() && at <= clock::nanos(Instant::now()),
        }
    }
}

impl Lease {
    /// Puts a timer into the wheel.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, which is in no wheel. It stays pinned and alive until it has ended or was disarmed.
    pub(crate) unsafe fn arm(self, entry: Pin<&Entry>, at: u64, waker: Waker) -> Arm {
        let mut locked = self.queue.locked.lock();
        if locked.lease != self.number {
            return Arm::Closed(waker);
        }
        if self.queue.is_due(&locked, at) {
            return Arm::IsDue(waker);
        }
        // SAFETY: the caller is the owner, and the lock of the queue that it goes to is held.
        unsafe { entry.put_waker(waker) };
        entry.word().set_deadline(at);
        // SAFETY: the caller promises that it stays; the lock is held until it is in the wheel.
        locked.wheel.insert(unsafe { Linked::new(entry) });
        Arm::Armed(locked.alarm_for(at))
    }

    /// The time by the queue's clock; none if the lease of a virtual one has ended.
    pub(crate) fn now(self) -> Option<Instant> {
        match self.queue.clock {
            Clock::Real => Some(Instant::now()),
            Clock::Virtual => {
                let locked = self.queue.locked.lock();
                (locked.lease == self.number).then(|| clock::instant(locked.now))
            }
        }
    }

    /// Whether both stand for the same lease of the same queue.
    pub(crate) fn is(self, other: Self) -> bool {
        core::ptr::eq(self.queue, other.queue) && self.number == other.number
    }
}
