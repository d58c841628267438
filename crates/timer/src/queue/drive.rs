//! What a driver does with a queue: ask for the next deadline, advance, and at the end close.
#![forbid(unsafe_code)]

use motet_prim::WakeBatch;

use super::{Clock, Lease, Locked, TimerQueue};
use crate::clock::NEVER;
use crate::entry::Due;
use crate::slack;
use crate::wheel::Look;

/// How many timers of one slot a real clock's `next_deadline` may look at: with more it may say too early a deadline.
const MOST_LOOKED_AT: usize = 64;

/// How many timers may be moved to a finer level of the wheel before others get at the lock.
pub(super) const MOVES_A_TURN: usize = 4 * WakeBatch::CAPACITY;

/// What one turn under the lock came to.
#[must_use]
pub(super) enum Turn {
    /// There may be more: wake these, and come again.
    Again,
    Done,
}

impl TimerQueue {
    /// The earliest deadline of all shards, or [`NEVER`]. The control is locked.
    pub(super) fn look(&self) -> u64 {
        let mut found = NEVER;
        for number in self.horizon.raise() {
            let mut locked = self.shards[number].locked.lock();
            match locked.next(self.clock) {
                Some(next) => found = found.min(next),
                None => {
                    locked.is_active = false;
                    self.horizon.unmark(number as u8);
                }
            }
        }
        self.horizon.settle(found)
    }
}

impl Lease {
    /// The earliest deadline; from now on an earlier one wakes the host.
    pub(crate) fn next_deadline(self) -> Option<u64> {
        let (next, alarm, is_fine) = {
            let mut control = self.queue.control.lock();
            if control.lease != self.number {
                return None;
            }
            let (next, alarm) = control.wait_for(self.queue.look());
            (next, alarm, control.is_fine() && self.queue.clock == Clock::Real)
        };
        // Should the helper thread not start, the next arm says so.
        let _tried_again = self.queue.ring(alarm);
        let next = (next < NEVER).then_some(next)?;
        if is_fine {
            slack::take_up();
        }
        Some(next)
    }

    /// Fires what is due at `now`, and says how many.
    pub(crate) fn advance(self, now: u64) -> usize {
        // However far time is moved, it does not reach what is never.
        let now = now.min(NEVER - 1);
        match self.queue.clock {
            Clock::Virtual => self.turn_until_done(0, |locked, wakes, fired| locked.step(now, wakes, fired)),
            Clock::Real if self.queue.horizon.is_beyond(now) => 0,
            Clock::Real => {
                let shards = self.queue.horizon.active();
                let fire = |shard| self.turn_until_done(shard, |locked, wakes, fired| locked.fire(now, wakes, fired));
                let fired = shards.map(fire).sum();
                self.look_beyond();
                fired
            }
        }
    }

    /// After an advance: finds the new horizon, and tells the driver if it waits for a later one.
    fn look_beyond(self) {
        let alarm = {
            let mut control = self.queue.control.lock();
            if control.lease != self.number {
                return;
            }
            control.alarm_for(self.queue.look())
        };
        // An advance is no place to learn that the helper thread cannot start; the next arm is.
        let _tried_again = self.queue.ring(alarm);
    }

    /// Takes turns under a shard's lock, waking after each whom it has found.
    fn turn_until_done(self, shard: usize, turn: impl Fn(&mut Locked, &mut WakeBatch, &mut usize) -> Turn) -> usize {
        let mut fired = 0;
        let mut wakes = WakeBatch::new();
        loop {
            let turned = {
                let mut locked = self.queue.shards[shard].locked.lock();
                if locked.lease != self.number {
                    return fired;
                }
                turn(&mut locked, &mut wakes, &mut fired)
            };
            wakes.wake_all();
            match turned {
                Turn::Again => {}
                Turn::Done => return fired,
            }
        }
    }

    /// Moves virtual time to the next deadline, if there is one, and fires all that is due then.
    pub(crate) fn advance_to_next(self) -> Option<u64> {
        let next = {
            let mut locked = self.queue.shards[0].locked.lock();
            if locked.lease != self.number {
                return None;
            }
            locked.next(Clock::Virtual).filter(|&at| at < NEVER)?
        };
        self.advance(next);
        Some(next)
    }

    /// Ends the lease: every timer leaves its wheel, and is woken to be armed elsewhere.
    pub(crate) fn close(self) {
        // Dropped after the lock: it may be the last to hold a host's waker.
        let _driver = self.queue.control.lock().close(self.number);
        for shard in &self.queue.shards {
            shard.locked.lock().lease += 1;
        }
        // Nobody else gets at what is left, nor adds to it.
        for shard in &self.queue.shards {
            let mut wakes = WakeBatch::new();
            loop {
                let turn = shard.locked.lock().evict(&mut wakes);
                wakes.wake_all();
                match turn {
                    Turn::Again => {}
                    Turn::Done => break,
                }
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
        self.wheel.next(most).map(|at| at.max(reached))
    }

    /// Fires what is due at `now`, as far as the batch goes.
    pub(super) fn fire(&mut self, now: u64, wakes: &mut WakeBatch, fired: &mut usize) -> Turn {
        self.fire_with(now, &mut { MOVES_A_TURN }, wakes, fired)
    }

    fn fire_with(&mut self, now: u64, moves: &mut usize, wakes: &mut WakeBatch, fired: &mut usize) -> Turn {
        while !wakes.is_full() {
            match self.wheel.pop_due(now, moves) {
                Look::Due(item) => match item.fire(now) {
                    Due::Fired(waker) => {
                        wakes.push(waker.into());
                        *fired += 1;
                    }
                    // As much work as a move to a finer level, and there may be as many.
                    Due::Later(item) => {
                        self.wheel.insert(item);
                        *moves = moves.saturating_sub(1);
                        if *moves == 0 {
                            return Turn::Again;
                        }
                    }
                },
                Look::Break => return Turn::Again,
                Look::Reached => return Turn::Done,
            }
        }
        Turn::Again
    }

    /// Moves virtual time to the next deadline up to `until`, and fires what is due there.
    fn step(&mut self, until: u64, wakes: &mut WakeBatch, fired: &mut usize) -> Turn {
        // No breaks but for wakes: what is armed in one would overtake its equals on their way down the levels.
        let moves = &mut { usize::MAX };
        // First the rest of the deadline that time stands at: to ask the wheel for the next one costs a look at its whole slot.
        if matches!(self.fire_with(self.now, moves, wakes, fired), Turn::Again) {
            return Turn::Again;
        }
        match self.wheel.next(usize::MAX) {
            Some(at) if at <= until => {
                self.now = self.now.max(at);
                let _same_time = self.fire_with(self.now, moves, wakes, fired);
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
