//! The one atomic word of a timer: its deadline, and where it stands.
//!
//! ```text
//!                          postpone (owner, no lock)
//!                               ┌────┐
//!    Distant ──┐                │    ▼     finish(at)  (queue, under its lock)
//!              ├── arm ───────▶ Armed(at) ───────────────────────────────────▶ Fired
//!    Idle ─────┘  (owner,        │  │                                          ▲  │
//!     ▲ ▲ │      under the lock) │  └── evict (queue, under its lock) ──▶ Idle │  │
//!     │ │ └──────────────────────┼──── the clock says that it is over ────────┘  │
//!     │ └─ disarm (owner, ───────┘                                               │
//!     │    under the lock)                                                       │
//!     └──────────────────────────────── reset ──────────────────────────────────┘
//! ```
//!
//! While a timer is armed, it moves by compare-and-swap, or under the queue's lock; else the owner stores as it likes. The deadline
//! stays in the word whatever happens.
//!
//! The race to fear: the queue finds a timer due while its owner postpones it. With the deadline and the end in two
//! words, the queue may read the old deadline, the owner may write the new one, and the timer fires early. In one word
//! the queue fires *the deadline that it read*, or learns that there is a later one. For the same reason the end is
//! the queue's last access to a timer: once it is stored, the owner may free the memory without any lock.
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicU64, Ordering};

use crate::clock::NEVER;

/// Where the state's two bits are, above the deadline.
const SHIFT: u32 = 62;
const STATE: u64 = 0b11 << SHIFT;
const _: () = assert!(NEVER & STATE == 0, "a deadline must not look like a state");

/// Where a timer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In a wheel.
    Armed = 0b00,
    /// In no wheel: never armed, or taken out by its owner, or because the wheel closed. Its deadline may have passed.
    Idle = 0b01,
    /// Its deadline has passed; if it was in a wheel, that has called its waker and let go of it.
    Fired = 0b10,
    /// As `Idle`, but its deadline was a long way off when the clock was last asked.
    Distant = 0b11,
}

impl State {
    /// The word of a timer in this state.
    #[inline]
    const fn with(self, at: u64) -> u64 {
        (self as u64) << SHIFT | at
    }
}

/// What came of [`Word::postpone`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Postpone {
    /// The wheel will find the later deadline when it reaches the old one.
    Postponed,
    /// The new deadline is earlier: the timer has to move, which needs the lock.
    IsEarlier,
    /// The timer has left its wheel.
    IsOver,
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Word(AtomicU64);

impl Word {
    /// A timer in no wheel.
    pub(crate) fn new(state: State, at: u64) -> Self {
        debug_assert!(at <= NEVER && state != State::Armed, "a new timer is in no wheel");
        Self(AtomicU64::new(state.with(at)))
    }

    /// Where it stands now.
    #[inline]
    pub(crate) fn state(&self) -> State {
        self.look().0
    }

    /// Where it stands now, and its deadline, passed or not.
    #[inline]
    pub(crate) fn look(&self) -> (State, u64) {
        // Acquire: pairs with the Release in `finish` and `evict`, so that the owner may free what the queue has read.
        let word = self.0.load(Ordering::Acquire);
        let state = match word >> SHIFT {
            0b00 => State::Armed,
            0b01 => State::Idle,
            0b10 => State::Fired,
            _ => State::Distant,
        };
        (state, word & !STATE)
    }

    /// Its deadline, passed or not.
    #[inline]
    pub(crate) fn deadline(&self) -> u64 {
        // Relaxed: the number tells of nothing else.
        self.0.load(Ordering::Relaxed) & !STATE
    }

    /// Owner, of a timer in no wheel, or with the lock of its queue held.
    #[inline]
    pub(crate) fn set(&self, state: State, at: u64) {
        debug_assert!(at <= NEVER, "a deadline past the last");
        // Relaxed: the queue reads it under the same lock, the others are the owner's.
        self.0.store(state.with(at), Ordering::Relaxed);
    }

    /// Owner, without any lock: moves the deadline of an armed timer to the same or a later time.
    pub(crate) fn postpone(&self, at: u64) -> Postpone {
        loop {
            match self.state() {
                State::Armed => {}
                State::Fired | State::Idle | State::Distant => return Postpone::IsOver,
            }
            let old = self.deadline();
            if at < old {
                return Postpone::IsEarlier;
            }
            // Relaxed: only the number itself is told, and a failure goes back to the Acquire in `state`.
            let (old, new) = (State::Armed.with(old), State::Armed.with(at));
            if self.0.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Postpone::Postponed;
            }
        }
    }

    /// Queue, under its lock, the timer unlinked and its waker copied: ends the timer if it is still due at `at`.
    #[must_use]
    pub(crate) fn finish(&self, at: u64) -> bool {
        // Release: our reads of the timer happen before its owner, who sees FIRED with the Acquire in `state`, frees it.
        let (armed, fired) = (State::Armed.with(at), State::Fired.with(at));
        self.0.compare_exchange(armed, fired, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Queue, under its lock, the timer unlinked and its waker copied: lets go of the timer, whatever its deadline.
    pub(crate) fn evict(&self) {
        // Release: as in `finish`. A `postpone` at the same time fails, or its deadline goes with the timer.
        self.0.fetch_or(State::Idle.with(0), Ordering::Release);
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_postponed_deadline_does_not_fire_at_the_old_one() {
        let word = Word::new(State::Distant, 5);
        assert_eq!(word.state(), State::Distant);
        word.set(State::Armed, 5);
        assert_eq!(word.postpone(9), Postpone::Postponed);
        assert!(!word.finish(5));
        assert_eq!((word.state(), word.deadline()), (State::Armed, 9));
        assert!(word.finish(9));
        assert_eq!((word.state(), word.deadline()), (State::Fired, 9));
    }

    #[test]
    fn only_an_armed_timer_is_postponed_and_only_to_later() {
        let word = Word::new(State::Idle, 5);
        assert_eq!(word.postpone(9), Postpone::IsOver);
        word.set(State::Armed, 5);
        assert_eq!(word.postpone(4), Postpone::IsEarlier);
        assert_eq!(word.postpone(NEVER), Postpone::Postponed);
        word.evict();
        assert_eq!(word.postpone(NEVER), Postpone::IsOver);
        assert_eq!((word.state(), word.deadline()), (State::Idle, NEVER));
    }
}
