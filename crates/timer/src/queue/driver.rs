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
//! for the later one. That no look at the shards misses a timer whose owner keeps quiet is the horizon's business
//! (`horizon.rs`); an owner who lowers the horizon comes here, and so does everybody who looks, with what they have found,
//! for the owner of that may find it said already. Under this lock it is compared with what the hosts were told, `waits_until`.
//! Whoever is earlier lowers that, so that each host is woken once for each new earliest deadline, and calls the hosts'
//! wakers after the unlock. They are sticky: they also end a wait that has not begun.
//!
//! `Dormant` means that nobody looks, and that `waits_until` is `NEVER`. The look that leads there leaves the horizon
//! raised, so the next arm comes here.
#![forbid(unsafe_code)]

use core::task::Waker;
use std::io;
use std::sync::Arc;

use motet_prim::{Wakeup, discard};

use super::{Clock, Lease, TimerQueue, Unhosted};
use crate::clock::NEVER;
use crate::slack;

/// The waker of one host; its address tells hosts apart.
pub(crate) type HostWaker = Arc<Bell>;

/// What a host is called by. Its waker is foreign code, whose panics stop here: a host leaves by being dropped.
pub(crate) struct Bell(Option<Waker>);

impl Bell {
    fn ring(&self) {
        self.0.iter().for_each(|waker| Wakeup::from(waker.clone()).wake());
    }
}

impl From<Waker> for Bell {
    fn from(waker: Waker) -> Self {
        Self(Some(waker))
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(discard);
    }
}

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

/// What concerns a queue as a whole.
pub(super) struct Control {
    /// As in each shard.
    pub(super) lease: u32,
    /// Hosts wait until a multiple of so many nanoseconds.
    tick: u64,
    /// What the host waits for: an earlier deadline has to wake it.
    waits_until: u64,
    driver: Driver,
}

/// Who has to be told of an earlier deadline, once the lock is released.
#[must_use]
pub(super) enum Alarm {
    Nobody,
    Helper,
    Hosts(Arc<[HostWaker]>),
    /// The helper has to take the lease first.
    Adopt(u32),
}

impl Control {
    pub(super) fn new() -> Self {
        Self { lease: 0, tick: 1, waits_until: NEVER, driver: Driver::User }
    }

    pub(super) fn open(&mut self, tick: u64, unhosted: Unhosted) {
        self.tick = tick.max(1);
        self.waits_until = NEVER;
        self.driver = match unhosted {
            Unhosted::User => Driver::User,
            Unhosted::Helper => Driver::Dormant,
        };
    }

    /// Ends a lease. The former driver comes back, to be dropped without the lock.
    pub(super) fn close(&mut self, lease: u32) -> Driver {
        debug_assert!(self.lease == lease, "a lease closed twice");
        self.lease += 1;
        core::mem::replace(&mut self.driver, Driver::User)
    }

    /// Whether its hosts should not be late by the system's usual slack.
    pub(super) fn is_fine(&self) -> bool {
        self.tick < slack::USUAL
    }

    /// The end of the tick that a deadline is in.
    fn round_up(&self, at: u64) -> u64 {
        if self.tick == 1 { at } else { at.div_ceil(self.tick).saturating_mul(self.tick).min(NEVER) }
    }

    /// The host is about to wait for the earliest deadline: until when, and who else has to be told of it.
    pub(super) fn wait_for(&mut self, at: u64) -> (u64, Alarm) {
        let alarm = self.alarm_for(at);
        self.waits_until = self.round_up(at);
        (self.waits_until, alarm)
    }

    /// What the earliest deadline, or one that is earlier than all others were, means to the driver.
    pub(super) fn alarm_for(&mut self, at: u64) -> Alarm {
        let at = self.round_up(at);
        if at >= self.waits_until {
            return Alarm::Nobody;
        }
        self.waits_until = at;
        match &self.driver {
            Driver::User => Alarm::Nobody,
            Driver::Dormant => {
                self.driver = Driver::Helper;
                Alarm::Adopt(self.lease)
            }
            Driver::Helper => Alarm::Helper,
            Driver::Hosts(hosts) => Alarm::Hosts(hosts.clone()),
        }
    }
}

impl TimerQueue {
    /// After arming: tells the driver, if it waits for a later deadline. No lock is held here.
    ///
    /// # Panics
    ///
    /// If the helper thread is needed and cannot be started: the timer just armed would never fire.
    #[inline]
    pub(crate) fn announce(&'static self, at: u64) {
        if self.horizon.lower(at) {
            self.tell(at);
        }
    }

    #[cold]
    fn tell(&'static self, at: u64) {
        let alarm = self.control.lock().alarm_for(at);
        let told = self.ring(alarm);
        told.expect("motet-timer cannot start its helper thread: raise the limit of threads, or host the timers");
    }

    /// Tells those concerned. No lock is held here.
    pub(super) fn ring(&'static self, alarm: Alarm) -> io::Result<()> {
        let told = match alarm {
            Alarm::Nobody => Ok(()),
            Alarm::Helper => self.helper.unpark(),
            Alarm::Adopt(number) => self.helper.adopt(Lease { queue: self, number }),
            Alarm::Hosts(hosts) => {
                // One that panics costs neither the others their wake nor the owner of the timer its poll.
                hosts.iter().for_each(|host| host.ring());
                Ok(())
            }
        };
        if told.is_err() {
            // Nobody was told: each arm from now on has to come forward and try again, and an advance has to look.
            let mut control = self.control.lock();
            self.horizon.forget();
            control.waits_until = NEVER;
        }
        told
    }
}

impl Lease {
    /// Adds a host. False if the lease has ended.
    pub(crate) fn add_host(self, waker: &HostWaker) -> bool {
        // The list is dropped after the lock: it may be the last to hold somebody's waker.
        let former;
        {
            let mut control = self.queue.control.lock();
            if control.lease != self.number {
                return false;
            }
            let others = match &control.driver {
                Driver::Hosts(hosts) => &hosts[..],
                Driver::User | Driver::Dormant | Driver::Helper => &[],
            };
            let hosts = others.iter().chain([waker]).cloned().collect();
            former = core::mem::replace(&mut control.driver, Driver::Hosts(hosts));
        }
        if matches!(former, Driver::Helper) {
            // It looks around, finds that the queue is no longer its own, and sleeps for good. If it does not even run,
            // that is as well.
            let _not_running = self.queue.helper.unpark();
        }
        true
    }

    /// Removes a host; the last to leave gives the queue to the helper thread.
    pub(crate) fn remove_host(self, waker: &HostWaker) {
        // Dropped after the lock, as above.
        let _former;
        let alarm = {
            let mut control = self.queue.control.lock();
            let Driver::Hosts(hosts) = &control.driver else { return };
            if control.lease != self.number {
                return;
            }
            let others: Arc<[HostWaker]> = hosts.iter().filter(|host| !Arc::ptr_eq(host, waker)).cloned().collect();
            let (driver, alarm) = if !others.is_empty() {
                (Driver::Hosts(others), Alarm::Nobody)
            } else if self.queue.clock == Clock::Virtual {
                (Driver::User, Alarm::Nobody)
            } else {
                control.waits_until = self.queue.look();
                match control.waits_until {
                    NEVER => (Driver::Dormant, Alarm::Nobody),
                    _ => (Driver::Helper, Alarm::Adopt(control.lease)),
                }
            };
            _former = core::mem::replace(&mut control.driver, driver);
            alarm
        };
        // A host leaves by being dropped, which must not panic. Should the thread not start, the next arm tries again.
        let _tried_again = self.queue.ring(alarm);
    }

    /// Whether the helper thread is to look after this queue.
    pub(crate) fn is_driven_by_helper(self) -> bool {
        let control = self.queue.control.lock();
        control.lease == self.number && matches!(control.driver, Driver::Helper)
    }
}
