//! Who drives a queue, and how they learn of an earlier deadline.
//!
//! ```text
//!   User ◀─── last host leaves ────┐
//!    │                       (virtual time)
//!    └────── host() ──────────▶ Hosts ──────── last host leaves ───────┐
//!    ┌────── host() ──────────▶  ▲                 (real time)         ▼
//!   Dormant ── first arm ──▶ Helper ◀── timers left? yes ──────────────┤
//!    ▲                                                                 │
//!    └─────────────────────────────────────── no ──────────────────────┘
//! ```
//!
//! The race to fear: a host asks for the next deadline, a timer with an earlier one is armed, and the host then waits
//! for the later one. Both happen under the queue's lock. What the host was told is `published`; whoever arms earlier
//! than that lowers it, so that each host is woken once for each new earliest deadline, and calls the host's waker
//! after the unlock. The host's waker is sticky: it also ends a wait that has not begun.
#![forbid(unsafe_code)]

use core::task::Waker;
use std::sync::Arc;

use motet_prim::Wakeup;

use super::{Clock, Lease, Locked, TimerQueue, Unhosted};
use crate::clock::NEVER;
use crate::helper;

/// The waker of one host; its address tells hosts apart.
pub(crate) type HostWaker = Arc<Waker>;

/// See the file's head.
pub(super) enum Driver {
    /// Whoever calls `advance`, when they please.
    User,
    /// The helper thread, as soon as there is something to wait for.
    Dormant,
    /// The helper thread.
    Helper,
    /// Those who called `host()`, of whom one would do. Shared, so that they can be woken without the lock.
    Hosts(Arc<[HostWaker]>),
}

/// Who has to be told of an earlier deadline, once the lock is released.
#[must_use]
pub(crate) enum Alarm {
    Nobody,
    Helper,
    Hosts(Arc<[HostWaker]>),
    /// The helper has to take the lease first.
    Adopt(u64),
}

impl Driver {
    pub(super) fn unhosted(by: Unhosted) -> Self {
        match by {
            Unhosted::User => Self::User,
            Unhosted::Helper => Self::Dormant,
        }
    }
}

impl Locked {
    /// What a newly armed deadline means to the driver.
    pub(super) fn alarm_for(&mut self, at: u64) -> Alarm {
        let at = self.round_up(at);
        match &self.driver {
            Driver::User => Alarm::Nobody,
            Driver::Dormant => {
                self.driver = Driver::Helper;
                Alarm::Adopt(self.lease)
            }
            Driver::Helper | Driver::Hosts(_) if at >= self.published => Alarm::Nobody,
            Driver::Helper => {
                self.published = at;
                Alarm::Helper
            }
            Driver::Hosts(hosts) => {
                self.published = at;
                Alarm::Hosts(hosts.clone())
            }
        }
    }
}

impl TimerQueue {
    /// Tells those concerned. No lock is held here.
    ///
    /// # Panics
    ///
    /// If the helper thread is needed and cannot be started: the timer just armed would never fire.
    pub(crate) fn ring(&'static self, alarm: Alarm) {
        let told = match alarm {
            Alarm::Nobody => Ok(()),
            Alarm::Helper => helper::unpark(),
            Alarm::Adopt(number) => helper::adopt(Lease { queue: self, number }),
            Alarm::Hosts(hosts) => {
                // One that panics costs neither the others their wake nor the owner of the timer its poll.
                hosts.iter().for_each(|waker| Wakeup::from(Waker::clone(waker)).wake());
                Ok(())
            }
        };
        if told.is_err() {
            // Nobody was told: each arm from now on has to try again.
            self.locked.lock().published = NEVER;
        }
        told.expect("motet-timer cannot start its helper thread: raise the limit of threads, or host the timers");
    }
}

impl Lease {
    /// Adds a host. False if the lease has ended.
    pub(crate) fn add_host(self, waker: &HostWaker) -> bool {
        // The list is dropped after the lock: it may be the last to hold somebody's waker.
        let former;
        {
            let mut locked = self.queue.locked.lock();
            if locked.lease != self.number {
                return false;
            }
            let others = match &locked.driver {
                Driver::Hosts(hosts) => &hosts[..],
                Driver::User | Driver::Dormant | Driver::Helper => &[],
            };
            let hosts = others.iter().chain([waker]).cloned().collect();
            former = core::mem::replace(&mut locked.driver, Driver::Hosts(hosts));
        }
        if matches!(former, Driver::Helper) {
            // It looks around, finds that the queue is no longer its own, and sleeps for good. If it does not even run,
            // that is as well.
            let _not_running = helper::unpark();
        }
        true
    }

    /// Removes a host; the last to leave gives the queue to the helper thread.
    pub(crate) fn remove_host(self, waker: &HostWaker) {
        // Dropped after the lock, as above.
        let _former;
        let needs_helper = {
            let mut locked = self.queue.locked.lock();
            let Driver::Hosts(hosts) = &locked.driver else { return };
            if locked.lease != self.number {
                return;
            }
            let others: Arc<[HostWaker]> = hosts.iter().filter(|host| !Arc::ptr_eq(host, waker)).cloned().collect();
            let driver = match self.queue.clock {
                _ if !others.is_empty() => Driver::Hosts(others),
                Clock::Virtual => Driver::User,
                Clock::Real if locked.wheel.is_empty() => Driver::Dormant,
                Clock::Real => Driver::Helper,
            };
            let needs_helper = matches!(driver, Driver::Helper);
            if needs_helper {
                // What the host was told is nothing to the thread, which asks for itself.
                locked.published = NEVER;
            }
            _former = core::mem::replace(&mut locked.driver, driver);
            needs_helper
        };
        if needs_helper {
            // A host leaves by being dropped, which must not panic. Should the thread not start, the next arm tries again.
            let _tried_again = helper::adopt(self);
        }
    }

    /// Whether the helper thread is to look after this queue.
    pub(crate) fn is_driven_by_helper(self) -> bool {
        let locked = self.queue.locked.lock();
        locked.lease == self.number && matches!(locked.driver, Driver::Helper)
    }
}
