//! What a driver does with a queue: ask for the next deadline, advance, and at the end close.
#![forbid(unsafe_code)]

use std::time::Instant;

use motet_prim::WakeBatch;

use super::{Clock, Driver, Lease, Locked};
use crate::clock::{self, NEVER};
use crate::entry::Due;

/// How many timers of one slot a real clock's `next_deadline` may look at: with more it may say too early a deadline.
const MOST_LOOKED_AT: usize = 64;

/// What one turn under the lock came to.
#[must_use]
enum Turn {
    /// There may be more: wake these, and come again.
    Again,
    Done,
}

impl Lease {
    /// The earliest deadline; from now on an earlier one wakes the host.
    pub(crate) fn next_deadline(self) -> Option<Instant> {
        let mut locked = self.queue.locked.lock();
        if locked.lease != self.number {
            return None;
        }
        let next = locked.next(self.queue.clock);
        locked.published = next.unwrap_or(NEVER);
        drop(locked);
        next.map(clock::instant)
    }

    /// Fires what is due at `now`, and says how many.
    pub(crate) fn advance(self, now: u64) -> usize {
        // However far time is moved, it does not reach what is never.
        let now = now.min(NEVER - 1);
        let mut fired = 0;
        let mut wakes = WakeBatch::new();
        loop {
            let turn = {
                let mut locked = self.queue.locked.lock();
                if locked.lease != self.number {
                    return fired;
                }
                match self.queue.clock {
                    Clock::Real => locked.fire(now, &mut wakes, &mut fired),
                    Clock::Virtual => locked.step(now, &mut wakes, &mut fired),
                }
            };
            wakes.wake_all();
            match turn {
                Turn::Again => {}
                Turn::Done => return fired,
            }
        }
    }

    /// Moves virtual time to the next deadline, if there is one, and fires all that is due then.
    pub(crate) fn advance_to_next(self) -> Option<Instant> {
        let next = {
            let mut locked = self.queue.locked.lock();
            if locked.lease != self.number {
                return None;
            }
            locked.next(Clock::Virtual)?
        };
        self.advance(next);
        Some(clock::instant(next))
    }

    /// Ends the lease: every timer leaves the wheel, and is woken to be armed elsewhere.
    pub(crate) fn close(self) {
        let mut wakes = WakeBatch::new();
        // Dropped after the lock: it may be the last to hold a host's waker.
        let _driver = {
            let mut locked = self.queue.locked.lock();
            debug_assert!(locked.lease == self.number, "a lease closed twice");
            locked.lease += 1;
            core::mem::replace(&mut locked.driver, Driver::User)
        };
        loop {
            let turn = self.queue.locked.lock().evict(&mut wakes);
            wakes.wake_all();
            match turn {
                Turn::Again => {}
                Turn::Done => return,
            }
        }
    }
}

impl Locked {
    fn next(&mut self, clock: Clock) -> Option<u64> {
        let most = match clock {
            Clock::Real => MOST_LOOKED_AT,
            Clock::Virtual => usize::MAX,
        };
        // A wheel that was told of a time yet to come fires nothing before that: to wait for less would be to spin.
        let reached = self.wheel.elapsed();
        self.wheel.next(most).map(|at| self.round_up(at.max(reached))).filter(|&at| at < NEVER)
    }

    /// The end of the tick that a deadline is in.
    pub(super) fn round_up(&self, at: u64) -> u64 {
        if self.tick == 1 { at } else { at.div_ceil(self.tick).saturating_mul(self.tick).min(NEVER) }
    }

    /// Fires what is due at `now`, as far as the batch goes.
    fn fire(&mut self, now: u64, wakes: &mut WakeBatch, fired: &mut usize) -> Turn {
        while !wakes.is_full() {
            let Some(item) = self.wheel.pop_due(now) else { return Turn::Done };
            match item.fire(now) {
                Due::Fired(waker) => {
                    wakes.push(waker.into());
                    *fired += 1;
                }
                Due::Later(item) => self.wheel.insert(item),
            }
        }
        Turn::Again
    }

    /// Moves virtual time to the next deadline up to `until`, and fires what is due there.
    fn step(&mut self, until: u64, wakes: &mut WakeBatch, fired: &mut usize) -> Turn {
        // First the rest of the deadline that time stands at: to ask the wheel for the next one costs a look at its whole slot.
        if matches!(self.fire(self.now, wakes, fired), Turn::Again) {
            return Turn::Again;
        }
        match self.wheel.next(usize::MAX) {
            Some(at) if at <= until => {
                self.now = self.now.max(at);
                let _same_time = self.fire(self.now, wakes, fired);
                Turn::Again
            }
            _ => {
                self.now = self.now.max(until);
                Turn::Done
            }
        }
    }

    /// Takes timers out of the closed wheel, as far as the batch goes.
    fn evict(&mut self, wakes: &mut WakeBatch) -> Turn {
        while !wakes.is_full() {
            let Some(item) = self.wheel.pop_any() else { return Turn::Done };
            wakes.push(item.evict().into());
        }
        Turn::Again
    }
}
