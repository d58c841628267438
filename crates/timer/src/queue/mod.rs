//! Wheels behind their locks, and all that happens under those locks.
//!
//! A queue is one clock and as many wheels as there may be threads that arm at the same time: a *shard* each. A timer is
//! armed in its thread's shard (`homes.rs`), remembers it, and leaves it from whatever thread; whoever drives the queue looks
//! after all shards. Virtual time has one shard, for there the order of timers counts.
//!
//! | word | guards or says | written by |
//! | --- | --- | --- |
//! | a shard's lock | its wheel, the links and wakers of the timers in it | each arm, each early drop, each batch of fired timers |
//! | the horizon (`horizon.rs`) | a time before which nothing is due | an arm that is earlier than all others; drivers |
//! | the control's lock | who drives, and until when they wait (`driver.rs`) | drivers, and an arm that is earlier than all others |
//! | the homes | which shard is whose | threads that enter and leave |
//!
//! A shard's lock is taken under the control's, never the other way round. No waker is called, cloned or dropped under any of them:
//! what is due is moved out, and the lock released first.
//!
//! Queues are never freed: [`pool`](crate::pool) lends them out, so that an armed timer may point at its queue without
//! a count. Who borrows one gets a [`Lease`], whose number each shard checks under its lock: a lease that has ended gets
//! `Closed` for an answer, never somebody else's wheel.

mod drive;
mod driver;
mod homes;
mod horizon;
#[cfg(all(test, motet_loom))]
mod model;
mod owner;
mod shard;
#[cfg(all(test, not(motet_loom)))]
mod tests;

use std::time::Instant;

use motet_prim::lock::Mutex;

use crate::clock;
use crate::helper::DriverThread;
use driver::Control;
use homes::Homes;
use horizon::Horizon;
use shard::{Locked, Shard};

pub(crate) use driver::HostWaker;
pub(crate) use owner::{Rearm, Refused, Replace};

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
    helper: &'static DriverThread,
    homes: Homes,
    shards: Box<[Shard]>,
    horizon: Horizon,
    control: Mutex<Control>,
}

/// The right to use a queue until it is given back.
#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) queue: &'static TimerQueue,
    pub(crate) number: u32,
}

/// A shard of some queue.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) queue: &'static TimerQueue,
    pub(crate) shard: u8,
}

impl TimerQueue {
    /// The most shards that a queue can have: their bits are in one word.
    pub(crate) const MOST_SHARDS: usize = 64;

    /// A queue that nobody has leased, with so many shards, and that helper thread.
    pub(crate) fn new(clock: Clock, shards: usize, helper: &'static DriverThread) -> Self {
        Self {
            clock,
            helper,
            homes: Homes::new(shards),
            shards: (0..shards).map(|_| Shard::new(clock)).collect(),
            horizon: Horizon::new(),
            control: Mutex::new(Control::new()),
        }
    }

    /// Lends the queue to a new user, from that time on. The caller has it from the pool, where nobody else does.
    pub(crate) fn open(&'static self, start: u64, tick: u64, unhosted: Unhosted) -> Lease {
        let mut control = self.control.lock();
        self.shards.iter().for_each(|shard| shard.locked.lock().restart(start));
        // Nothing is armed; what the last lease has left says otherwise, perhaps.
        let _empty = self.look();
        control.open(tick, unhosted);
        Lease { queue: self, number: control.lease }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// The shard of that number.
    fn shard(&self, shard: u8) -> &Shard {
        &self.shards[usize::from(shard)]
    }
}

impl Lease {
    /// The time by the queue's clock, in nanoseconds; none if the lease of a virtual one has ended.
    #[inline]
    pub(crate) fn nanos(self) -> Option<u64> {
        match self.queue.clock {
            Clock::Real => Some(clock::now()),
            Clock::Virtual => {
                let locked = self.queue.shards[0].locked.lock();
                (locked.lease == self.number).then_some(locked.now)
            }
        }
    }

    /// The time by the queue's clock; none if the lease of a virtual one has ended.
    pub(crate) fn now(self) -> Option<Instant> {
        match self.queue.clock {
            Clock::Real => Some(Instant::now()),
            Clock::Virtual => self.nanos().map(clock::instant),
        }
    }

    /// Whether both stand for the same lease of the same queue.
    pub(crate) fn is(self, other: Self) -> bool {
        core::ptr::eq(self.queue, other.queue) && self.number == other.number
    }

    /// Whether no other lease of this queue may follow, for the numbers would start again.
    pub(crate) fn is_last(self) -> bool {
        self.number == u32::MAX - 1
    }

    /// A shard for this thread alone, until it is given back.
    pub(crate) fn take_home(self) -> Option<u8> {
        self.queue.homes.take()
    }

    /// Gives a shard back.
    pub(crate) fn give_back_home(self, home: u8) {
        self.queue.homes.give_back(home);
    }

    /// The shard of a thread that has none to itself.
    pub(crate) fn shared_home(self) -> u8 {
        self.queue.homes.of_this_thread()
    }
}
