//! How many members there are, and how often there was none left.
//!
//! ```text
//!   bits 32..: generation        bits ..32: members
//!
//!   nobody ──add──▶ 1 member ──add──▶ 2 members …
//!     ▲                │ done           │ done
//!     └────────────────┘◀───────────────┘
//!      one more generation: everybody who waits for the end of the last one is released
//! ```
//!
//! Both are one word: that the last has left, and that the generation is over, is one step. So who waits is released even if a
//! member is added at once, and by nobody who left before it came.

use motet_prim::atomic::{AtomicU64, Ordering};

const ONE_GENERATION: u64 = 1 << 32;
const MEMBERS: u64 = ONE_GENERATION - 1;

#[derive(Debug)]
pub(super) struct State(AtomicU64);

/// Wraps: a waiter would have to sleep through four thousand million ends of the group, and look at the very next, to be mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation(u64);

/// What one that is done has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Done {
    OthersAreLeft,
    /// It was the last.
    Release,
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn empty() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// False, and nothing changes, if there are as many members as the word can count.
    pub(super) fn add(&self) -> bool {
        let next = |word: u64| (word & MEMBERS < MEMBERS).then_some(word + 1);
        // Relaxed: publishes nothing; a read-modify-write keeps the ends of others readable behind it.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    pub(super) fn done(&self) -> Done {
        let next = |word: u64| match word & MEMBERS {
            1 => (word - 1).wrapping_add(ONE_GENERATION),
            members => {
                debug_assert!(members > 0, "a member was done twice");
                word - 1
            }
        };
        // Release: pairs with the Acquire of whoever finds nobody left; read-modify-writes in a row keep each other's.
        let before = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, |word| Some(next(word)));
        if before.is_ok_and(|word| word & MEMBERS == 1) { Done::Release } else { Done::OthersAreLeft }
    }

    pub(super) fn members(&self) -> u64 {
        self.0.load(Ordering::Relaxed) & MEMBERS
    }

    /// The generation that has members; `None` if nobody is left.
    pub(super) fn running(&self) -> Option<Generation> {
        // Acquire: pairs with the Release in `done`.
        let word = self.0.load(Ordering::Acquire);
        (word & MEMBERS > 0).then_some(Generation(word / ONE_GENERATION))
    }

    /// Whether all had left since `seen` had members.
    pub(super) fn is_over(&self, seen: Generation) -> bool {
        // Acquire: pairs with the Release in `done`.
        self.0.load(Ordering::Acquire) / ONE_GENERATION != seen.0
    }
}
