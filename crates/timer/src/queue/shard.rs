//! One wheel behind its lock, and what owners of timers do with it.
#![forbid(unsafe_code)]

use motet_prim::lock::AdaptiveMutex;

use crate::clock;
use crate::entry::List;
use crate::wheel::{Order, Wheel};

use super::Clock;

/// See the file's head. Lines of the cache to itself, since each is meant for one thread.
#[repr(align(128))]
pub(super) struct Shard {
    pub(super) locked: AdaptiveMutex<Locked>,
}

/// What the lock guards.
pub(super) struct Locked {
    /// The number of the lease that is good; ended leases have lower ones.
    pub(super) lease: u32,
    /// Whether it is marked as one with timers.
    pub(super) is_active: bool,
    pub(super) wheel: Wheel<List>,
    clock: Clock,
    /// Virtual time; the real one is asked of the system.
    pub(super) now: u64,
}

impl Shard {
    pub(super) fn new(clock: Clock) -> Self {
        let order = match clock {
            Clock::Real => Order::Loose,
            Clock::Virtual => Order::Strict,
        };
        let wheel = Wheel::new(0, order);
        Self { locked: AdaptiveMutex::new(Locked { lease: 0, is_active: false, wheel, clock, now: 0 }) }
    }
}

impl Locked {
    /// Starts a new lease at that time; the wheel was emptied when the last one ended.
    pub(super) fn restart(&mut self, start: u64) {
        self.wheel.restart(start);
        self.now = start;
    }

    /// Whether a deadline has passed. A wheel that was told of a time yet to come does not fire early for that.
    #[inline]
    pub(super) fn is_due(&self, at: u64) -> bool {
        match self.clock {
            Clock::Virtual => at <= self.now,
            Clock::Real => at <= self.wheel.elapsed() && has_come(at),
        }
    }
}

/// Seldom asked: what is armed is seldom behind its wheel.
#[cold]
fn has_come(at: u64) -> bool {
    at <= clock::now()
}
