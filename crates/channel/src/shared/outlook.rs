//! A guess, without the lock, at what one will find under it.
//!
//! A future that must wait needs a clone of its waker, which must not be made under the lock. Who finds out only there that there is nothing
//! to get unlocks, clones, and locks again. Who guesses so beforehand clones first, and locks once.
//!
//! The numbers are those at the last unlock that noted them: right as a rule, and good for nothing but this guess. A wrong one
//! costs a clone for nothing, or a second look under the lock.

use super::State;
use super::order::{Order, Store};
use motet_prim::atomic::{AtomicIsize, AtomicUsize, Ordering};

/// In a model everybody looks first: a guess only skips that look, and two more words would make the models slower by far.
const GUESSES: bool = cfg!(not(motet_loom));

/// What was there when the lock was last given up.
pub(super) struct Outlook {
    stored: AtomicUsize,
    room: AtomicIsize,
}

impl Outlook {
    pub(super) fn of<T, O: Order<T>>(state: &State<T, O>) -> Self {
        Self { stored: AtomicUsize::new(state.store.len()), room: AtomicIsize::new(state.ledger.room()) }
    }

    // Relaxed, all of them: nothing is read on the strength of a guess.

    /// Says what is there; under the lock.
    #[inline]
    pub(super) fn note<T, O: Order<T>>(&self, state: &State<T, O>) {
        if !GUESSES {
            return;
        }
        self.stored.store(state.store.len(), Ordering::Relaxed);
        self.room.store(state.ledger.room(), Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        GUESSES && self.stored.load(Ordering::Relaxed) == 0
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        GUESSES && self.room.load(Ordering::Relaxed) <= 0
    }
}
