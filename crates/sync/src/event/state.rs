//! The event's word: whether it is set, whether somebody waits, and how often it has been set.
//!
//! ```text
//!   bits 2..: generation        bit 1: WAITERS        bit 0: SET
//!
//!            set: one more generation
//!   clear n ─────────────────────────▶ set n+1
//!      ▲  n → n+1: everybody who saw "clear n" is released, whatever comes next
//!      └───────────────clear─────────────── (n+1)
//! ```
//!
//! - Anybody may set and clear. A waiter is stamped with the generation that it finds clear, and is released once that is over:
//!   so a `clear` right behind a `set` takes nothing back, and a setter that comes late to the list does not release who came
//!   later.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty.
//!
//! The race to fear is a `set` against a waiter that queues. Both change the one word: either the `set` comes first, and
//! `enter` finds it; or WAITERS does, and the setter sees it and goes to the list.

use motet_prim::atomic::{AtomicUsize, Ordering};

const SET: usize = 0b01;
const WAITERS: usize = 0b10;
const ONE_GENERATION: usize = 0b100;

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// What a setter has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// It was set already: whoever set it releases those who wait. Or nobody waits.
    Done,
    /// Somebody waits: go to the list.
    Release,
}

/// What a newcomer has to do, under the list's lock.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    /// It is set.
    Pass,
    /// It waits until this generation is over.
    Queue(Generation),
}

/// How often it has been set. Wraps: a waiter would have to sleep through each number there is to be mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation(usize);

impl State {
    motet_prim::const_fn! {
        pub(super) const fn clear() -> Self {
            Self(AtomicUsize::new(0))
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        // Acquire: pairs with the Release in `set`.
        self.0.load(Ordering::Acquire) & SET != 0
    }

    /// The generation that is set, or else clear.
    pub(super) fn generation(&self) -> Generation {
        // Relaxed: whoever asks has seen the `set` that it comes from.
        Generation(self.0.load(Ordering::Relaxed) / ONE_GENERATION)
    }

    #[inline]
    pub(super) fn set(&self) -> Set {
        let next = |word: usize| if word & SET == 0 { word.wrapping_add(ONE_GENERATION) | SET } else { word };
        // Release: pairs with the Acquire of whoever sees it set. Written also if it is set already, so that what was done
        // before this `set` is visible too.
        let before = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, |word| Some(next(word)));
        if before.is_ok_and(|word| word & (SET | WAITERS) == WAITERS) { Set::Release } else { Set::Done }
    }

    pub(super) fn unset(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps the last `set` readable behind it.
        self.0.fetch_and(!SET, Ordering::Relaxed);
    }

    /// Under the list's lock: passes if it is set, or says that somebody waits.
    pub(super) fn enter(&self) -> Enter {
        // If an earlier waiter has said it, there is nothing to write: who sets the event comes to the list, after us.
        let next = |word: usize| (word & (SET | WAITERS) == 0).then_some(word | WAITERS);
        // Acquire: pairs with the Release in `set`.
        match self.0.fetch_update(Ordering::Acquire, Ordering::Acquire, next) {
            Ok(word) | Err(word) if word & SET == 0 => Enter::Queue(Generation(word / ONE_GENERATION)),
            _ => Enter::Pass,
        }
    }

    /// Under the list's lock, which is empty.
    pub(super) fn nobody_waits(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps the last `set` readable behind it.
        self.0.fetch_and(!WAITERS, Ordering::Relaxed);
    }
}
