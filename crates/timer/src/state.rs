//! The one atomic word of a timer: its deadline, or how it ended.
//!
//! ```text
//!             postpone (owner, no lock)
//!               ┌────┐
//!               │    ▼          finish(at, Fired)  (queue, under its lock)
//!   arm ──────▶ Armed(at) ─────────────────────────▶ Fired
//!  (owner, under   │
//!   the lock)      └────────── evict (queue, under its lock) ──▶ Evicted
//! ```
//!
//! The race to fear: the queue finds a timer due while its owner postpones it. With the deadline and the end in two
//! words, the queue may read the old deadline, the owner may write the new one, and the timer fires early. In one word
//! the queue fires *the deadline that it read*, or learns that there is a later one. For the same reason the end is
//! the queue's last access to a timer: once it is stored, the owner may free the memory without any lock.
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicU64, Ordering};

use crate::clock::NEVER;

const FIRED: u64 = 1 << 63;
const EVICTED: u64 = 1 << 62;
const _: () = assert!(NEVER < EVICTED, "a deadline must not look like an end");

/// What the word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In a wheel, due at that nanosecond.
    Armed(u64),
    /// Taken out of its wheel because it was due; its waker was called.
    Fired,
    /// Taken out of its wheel because that closed; its waker was called, and it has to be armed elsewhere.
    Evicted,
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
    motet_prim::const_fn! {
        /// A timer that was never armed.
        pub(crate) const fn new() -> Self {
            Self(AtomicU64::new(NEVER))
        }
    }

    /// What the word says now.
    pub(crate) fn state(&self) -> State {
        // Acquire: pairs with the Release in `finish` and `evict`, so that the owner may free what the queue has read.
        let word = self.0.load(Ordering::Acquire);
        match word {
            FIRED => State::Fired,
            EVICTED => State::Evicted,
            at => State::Armed(at),
        }
    }

    /// Owner, with the queue's lock held: sets the deadline of a timer that enters or changes its place.
    pub(crate) fn set_deadline(&self, at: u64) {
        // Relaxed: the queue reads it under the same lock.
        self.0.store(at, Ordering::Relaxed);
    }

    /// Owner, without any lock: moves the deadline of an armed timer to the same or a later time.
    pub(crate) fn postpone(&self, at: u64) -> Postpone {
        loop {
            let old = match self.state() {
                State::Fired | State::Evicted => return Postpone::IsOver,
                State::Armed(old) if at < old => return Postpone::IsEarlier,
                State::Armed(old) => old,
            };
            // Relaxed: only the number itself is told, and a failure goes back to the Acquire in `state`.
            if self.0.compare_exchange(old, at, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return Postpone::Postponed;
            }
        }
    }

    /// Queue, under its lock, the timer unlinked and its waker copied: ends the timer if it is still due at `at`.
    #[must_use]
    pub(crate) fn finish(&self, at: u64) -> bool {
        // Release: our reads of the timer happen before its owner, who sees FIRED with the Acquire in `state`, frees it.
        self.0.compare_exchange(at, FIRED, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Queue, under its lock, the timer unlinked and its waker copied: ends the timer whatever its deadline.
    pub(crate) fn evict(&self) {
        // Release: as in `finish`. A `postpone` at the same time fails, or its deadline goes with the timer.
        self.0.store(EVICTED, Ordering::Release);
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_postponed_deadline_does_not_fire_at_the_old_one() {
        let word = Word::new();
        word.set_deadline(5);
        assert_eq!(word.postpone(9), Postpone::Postponed);
        assert!(!word.finish(5));
        assert_eq!(word.state(), State::Armed(9));
        assert!(word.finish(9));
        assert_eq!(word.state(), State::Fired);
    }

    #[test]
    fn only_an_armed_timer_is_postponed_and_only_to_later() {
        let word = Word::new();
        word.set_deadline(5);
        assert_eq!(word.postpone(4), Postpone::IsEarlier);
        assert_eq!(word.postpone(5), Postpone::Postponed);
        word.evict();
        assert_eq!(word.postpone(9), Postpone::IsOver);
        assert_eq!(word.state(), State::Evicted);
    }
}
