//! The word of a place: who has yet to see its value, who reads it now, and who is about to write. Bits and transitions, no data.
//!
//! | bits | name | meaning |
//! | --- | --- | --- |
//! | 0 | `FULL` | a value is in the place |
//! | 1 | `LOCKED` | somebody has the place to himself: a sender that writes, or the last reader that clears it |
//! | 2 | `AWAITED` | a sender waits until everybody has seen the value |
//! | 3..33 | unseen | how many receivers have not seen the value yet |
//! | 33 | `RETIRED` | nobody needs the value but those who read it now: it was overwritten, in another place |
//! | 34..64 | pins | how many read it now, so that it must not be overwritten here |
//!
//! ```text
//!   empty ──lock, write──▶ LOCKED ──unlock──▶ FULL, unseen = receivers ──each receiver: unseen - 1──▶ FULL, unseen = 0 ──┐
//!     ▲                      ▲                    │      │                                                               │
//!     │                      │                    │      └── the last one, if it knows: takes the value, FULL cleared ─┐ │
//!     │                      └──overwritten (Lag, no pins)                                                             │ │
//!     └────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘ │
//!     └── reap: LOCKED, the value is taken out ◀── whoever brought unseen to zero ────────────────────────────────────────┘
//!                                              ◀── RETIRED (Lag, pinned): whoever unpins last
//! ```
//!
//! **What keeps a value where it is while it is read.** Under `Backpressure`, that the reader has not seen it: only a slot with
//! nothing unseen is written. Under `Lag`, a pin: only where there are no pins is written; a sender that finds one writes elsewhere.
//!
//! **The race to fear** is a pin against a writer. Both are read-modify-writes of this word, so one comes first: a pin that finds `LOCKED`
//! undoes itself; a writer that finds a pin retires the place and goes elsewhere. Whoever pins looks at the position once more, since the
//! writer may have come and gone before the pin, or have retired the place.
//!
//! **A sender that waits** sets `AWAITED` and in the same step learns whether something is unseen. If so, the receiver that brings it
//! to zero finds the bit in the same step. So no wakeup is lost, without a fence.
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::thread;

const FULL: u64 = 1;
const LOCKED: u64 = 1 << 1;
const AWAITED: u64 = 1 << 2;
const ONE_UNSEEN: u64 = 1 << 3;
const RETIRED: u64 = 1 << 33;
const ONE_PIN: u64 = 1 << 34;

/// More would run into the next bit.
pub(super) const MAX_RECEIVERS: usize = (RETIRED / ONE_UNSEEN - 1) as usize;

/// The word at one moment.
#[derive(Clone, Copy)]
pub(super) struct Look(u64);

impl Look {
    pub(super) fn is_full(self) -> bool {
        self.0 & FULL != 0
    }

    fn is_locked(self) -> bool {
        self.0 & LOCKED != 0
    }

    pub(super) fn is_awaited(self) -> bool {
        self.0 & AWAITED != 0
    }

    pub(super) fn unseen(self) -> u64 {
        self.0 % RETIRED / ONE_UNSEEN
    }

    fn pins(self) -> u64 {
        self.0 / ONE_PIN
    }

    /// Whether there is a value that nobody has to see, and nobody looks at.
    #[inline]
    fn is_reapable(self) -> bool {
        const IN_USE: u64 = LOCKED + (u64::MAX - (ONE_PIN - 1));
        // Unseen or retired, in one comparison: `RETIRED` is the highest bit of the two.
        let needed = self.0 & (RETIRED + (RETIRED - ONE_UNSEEN));
        self.0 & (FULL + IN_USE) == FULL && !(ONE_UNSEEN..RETIRED).contains(&needed)
    }
}

/// How a read ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It was given up: the value is as unseen as before.
    GivenUp,
    /// The receiver has seen the value.
    Seen,
    /// It was the last to see it, and has taken it out.
    Taken,
}

/// What is to be done after a read.
#[derive(Clone, Copy)]
#[must_use]
pub(super) struct After {
    /// The value is to be taken out: nobody needs it.
    pub(super) reap: bool,
    /// A sender waits for this slot, and may have it now.
    pub(super) admit: bool,
}

pub(super) struct Word(AtomicU64);

impl Word {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline]
    pub(super) fn load(&self) -> Look {
        // Acquire: pairs with the Release in `end_read`: whoever finds itself the last has the reads of the others behind it.
        Look(self.0.load(Ordering::Acquire))
    }

    /// A receiver more has to see the value. By one that has to see it too, under the channel's lock.
    pub(super) fn add_unseen(&self) {
        // Relaxed: it cannot be the first, and the new receiver reaches its thread by other ways.
        self.0.fetch_add(ONE_UNSEEN, Ordering::Relaxed);
    }

    /// Pins the value, unless somebody is about to write. Then look at the position again.
    #[inline]
    #[must_use]
    pub(super) fn pin(&self) -> bool {
        // Acquire: pairs with the Release in `unlock_written`: the position that is read next is that of the value.
        !Look(self.0.fetch_add(ONE_PIN, Ordering::Acquire)).is_locked()
    }

    /// Ends a read, and drops the pin if there is one.
    #[inline]
    pub(super) fn end_read(&self, pinned: bool, reading: Reading) -> After {
        let pin = if pinned { ONE_PIN } else { 0 };
        let seen = match reading {
            Reading::GivenUp => 0,
            Reading::Seen => ONE_UNSEEN,
            Reading::Taken => ONE_UNSEEN + FULL,
        };
        // Release: my read comes before whoever takes the value out or writes over it (Acquire in `load` and `lock`).
        // Acquire: the reads of the others come before me, if I am to take it out.
        let before = Look(self.0.fetch_sub(pin + seen, Ordering::AcqRel));
        debug_assert!(seen == 0 || before.unseen() > 0, "a value was seen more often than there are receivers");
        let after = Look(before.0 - (pin + seen));
        let taken = reading == Reading::Taken;
        After { reap: !taken && after.is_reapable(), admit: seen > 0 && after.unseen() == 0 && before.is_awaited() }
    }

    /// Locks a place whose value nobody needs any more, to take it out. False: somebody else does, or it is being read.
    #[must_use]
    pub(super) fn lock_to_reap(&self) -> bool {
        self.lock_if(Look::is_reapable).is_some()
    }

    pub(super) fn unlock_reaped(&self) {
        // Release: pairs with the Acquire in `lock`: the value was taken out before somebody writes.
        self.0.fetch_sub(LOCKED + FULL, Ordering::Release);
    }

    /// Sets AWAITED. Whether everybody has seen the value, so that nobody needs to wait. Under the channel's lock.
    #[must_use]
    pub(super) fn await_unseen(&self) -> bool {
        // Acquire: pairs with the Release in `end_read`. Release: the waiter is in line, or about to be, under the lock that
        // the receiver takes which finds the bit.
        Look(self.0.fetch_or(AWAITED, Ordering::AcqRel)).unseen() == 0
    }

    /// Locks the place for a sender, which holds the channel's lock, unless the value is being read. Waits for one that takes it out,
    /// and runs nothing of the user's while it does. The word as it was.
    #[inline]
    pub(super) fn lock(&self) -> Option<Look> {
        loop {
            let now = self.load();
            if now.pins() != 0 {
                return None;
            }
            if now.is_locked() {
                thread::yield_now();
            } else if self.lock_from(now) {
                return Some(now);
            }
        }
    }

    /// Locks the place for a sender if there is no value, and nobody who looks for one. The word as it was.
    pub(super) fn lock_if_empty(&self) -> Option<Look> {
        self.lock_if(|now| !now.is_full() && !now.is_locked() && now.pins() == 0)
    }

    fn lock_if(&self, condition: impl Fn(Look) -> bool) -> Option<Look> {
        loop {
            let now = self.load();
            if !condition(now) {
                return None;
            }
            if self.lock_from(now) {
                return Some(now);
            }
        }
    }

    #[inline]
    fn lock_from(&self, now: Look) -> bool {
        // Acquire: pairs with the Release in `end_read` and `unlock_reaped`: whoever used the place is through with it.
        self.0.compare_exchange(now.0, now.0 | LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Nobody needs the value any more but those who have it pinned. Under the channel's lock, which a write takes back.
    pub(super) fn retire(&self) {
        // Release: pairs with the Acquire in `pin`: whoever comes later finds that the position was cleared.
        self.0.fetch_or(RETIRED, Ordering::Release);
    }

    /// A value was written, for so many receivers to see. `before` is what `lock` gave.
    #[inline]
    pub(super) fn unlock_written(&self, before: Look, receivers: usize) {
        let target = FULL + receivers as u64 * ONE_UNSEEN;
        // An addition, since somebody may have pinned meanwhile, and is about to undo that. Release: pairs with the Acquire in `pin`.
        self.0.fetch_add(target.wrapping_sub(before.0 | LOCKED), Ordering::Release);
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_see_a_value_is_to_take_it_out() {
        let word = Word::new();
        word.unlock_written(word.lock().unwrap(), 2);
        assert!(word.pin());
        assert!(!word.end_read(true, Reading::Seen).reap);
        assert_eq!(word.load().unseen(), 1);
        assert!(word.end_read(false, Reading::Seen).reap);
        assert!(word.lock_to_reap() && !word.lock_to_reap());
        word.unlock_reaped();
        assert!(!word.load().is_full());
    }

    #[test]
    fn who_takes_the_value_leaves_nothing_to_reap() {
        let word = Word::new();
        word.unlock_written(word.lock().unwrap(), 1);
        let after = word.end_read(false, Reading::Taken);
        assert!(!after.reap && !after.admit);
        assert_eq!(word.load().0, 0);
    }

    #[test]
    fn the_last_to_unpin_a_retired_value_is_to_take_it_out() {
        let word = Word::new();
        word.unlock_written(word.lock().unwrap(), 3);
        assert!(word.pin() && word.pin());
        assert!(word.lock().is_none(), "it is being read");
        word.retire();
        assert!(!word.lock_to_reap() && word.lock_if_empty().is_none());
        assert!(!word.end_read(true, Reading::Seen).reap);
        assert!(word.end_read(true, Reading::GivenUp).reap);
        assert!(word.lock_to_reap());
        word.unlock_reaped();
        word.unlock_written(word.lock_if_empty().unwrap(), 2);
        assert!(!word.lock_to_reap(), "retired no more");
        assert_eq!((word.load().unseen(), word.load().pins()), (2, 0));
    }

    #[test]
    fn a_pin_fails_while_a_sender_writes_and_the_write_keeps_it() {
        let word = Word::new();
        let before = word.lock().unwrap();
        assert!(!word.pin());
        word.unlock_written(before, 3);
        assert_eq!((word.load().pins(), word.load().unseen()), (1, 3));
        assert!(!word.end_read(true, Reading::GivenUp).reap);
        assert_eq!(word.load().unseen(), 3);
    }

    #[test]
    fn whoever_brings_unseen_to_zero_finds_that_it_is_awaited() {
        let word = Word::new();
        assert!(word.await_unseen(), "nobody needs to wait for an empty slot");
        word.unlock_written(word.lock().unwrap(), 2);
        assert!(!word.await_unseen());
        assert!(!word.end_read(false, Reading::Seen).admit);
        assert!(word.end_read(false, Reading::Seen).admit);
    }

    #[test]
    fn the_most_receivers_there_can_be_do_not_run_into_the_pins() {
        let word = Word::new();
        word.unlock_written(word.lock().unwrap(), MAX_RECEIVERS);
        assert_eq!((word.load().unseen() as usize, word.load().pins()), (MAX_RECEIVERS, 0));
    }
}
