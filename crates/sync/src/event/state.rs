//! The event's word: whether it is set, and how often it has been.
//!
//! ```text
//!            set: one more generation
//!   clear n ─────────────────────────▶ set n+1
//!      ▲  n → n+1: everybody who saw "clear n" is released, whatever comes next
//!      └───────────────clear─────────────── (n+1)
//! ```
//!
//! Anybody may set and clear. A waiter remembers the generation that it found clear, and is released once that is over: so a
//! `clear` right behind a `set` takes nothing back, and a notification that comes late does not release who came later.
//!
//! The race to fear, a `set` against a waiter that joins, is the line's to settle: see `line.rs`.

use motet_prim::atomic::{AtomicUsize, Ordering};

const SET: usize = 0b01;
const ONE_GENERATION: usize = 0b10;

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// What a setter has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// It was set already: whoever set it releases those who wait.
    Done,
    Release,
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

    /// The generation that is clear; `None` if it is set.
    #[inline]
    pub(super) fn clear_generation(&self) -> Option<Generation> {
        // Acquire: pairs with the Release in `set`.
        let word = self.0.load(Ordering::Acquire);
        (word & SET == 0).then_some(Generation(word / ONE_GENERATION))
    }

    /// Whether it was set since `seen` was clear.
    pub(super) fn was_set_since(&self, seen: Generation) -> bool {
        // Acquire: pairs with the Release in `set`.
        self.0.load(Ordering::Acquire) / ONE_GENERATION != seen.0
    }

    #[inline]
    pub(super) fn set(&self) -> Set {
        let next = |word: usize| if word & SET == 0 { word.wrapping_add(ONE_GENERATION) | SET } else { word };
        // Release: pairs with the Acquire of whoever sees it set. Written also if it is set already, so that what was done
        // before this `set` is visible too.
        let before = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, |word| Some(next(word)));
        if before.is_ok_and(|word| word & SET == 0) { Set::Release } else { Set::Done }
    }

    pub(super) fn unset(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps the last `set` readable behind it.
        self.0.fetch_and(!SET, Ordering::Relaxed);
    }
}
