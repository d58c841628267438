//! The lock's word, and what may become of it.
//!
//! ```text
//!             try_lock                        enter (by others)
//!   free ───────────────▶ LOCKED ───────────────────────────────▶ LOCKED|WAITERS ◀─┐
//!    ▲ ▲                     │                                       │    │    │   │ hand over: stays as it is
//!    │ └──────release────────┘                                       │    │    └───┘
//!    └───────────────release, with nobody in line after all──────────┘    │
//!                                                                         ▼
//!   and on an unfair lock:   LOCKED|WAITERS ──call──▶ WOKEN (|WAITERS) ──take_turn──▶ LOCKED (|WAITERS)
//!                                                       │    ▲
//!                                                 barge ▼    │ release
//!                                                     LOCKED|WOKEN ──turn lost──▶ LOCKED (|WAITERS)
//! ```
//!
//! - LOCKED is set by whoever takes the lock, and cleared by its holder. A hand-over leaves it set.
//! - WAITERS says that somebody may wait: a release has to look. It is written under the list's lock only: set by a waiter
//!   before it queues, cleared by the releaser that finds nobody in line. Not by the one that hands over to the last: while
//!   the lock is fought for, the next waiter is here before the next release.
//! - WOKEN (unfair locks only) says that a waiter was called to try, and has not tried yet: nobody else need be called.
//!   It is set by `call` and cleared by the waiter's turn.
//!
//! The race to fear is a release against a waiter that queues. Both change the one word: either the release comes
//! first, and `enter` finds the lock free; or WAITERS does, and the release finds it and goes to the list.

use motet_prim::atomic::{AtomicU32, Ordering};

const LOCKED: u32 = 0b001;
const WAITERS: u32 = 0b010;
const WOKEN: u32 = 0b100;

#[derive(Debug)]
pub(super) struct State(AtomicU32);

/// What a releaser has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    /// The lock is free, and nobody is to be called.
    Done,
    /// The lock is still ours, and somebody waits: go to the list.
    Waiters,
}

/// What a newcomer has to do, under the list's lock.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    Locked,
    Queue,
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn free() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// Takes a lock that is free and that nobody waits for.
    #[inline]
    pub(super) fn try_lock(&self) -> bool {
        // Relaxed: a guess, so that no exchange is tried in vain where somebody is before us.
        // Acquire: pairs with the Release in `release` and `leave_free`; what the last holder did is visible to us.
        self.0.load(Ordering::Relaxed) == 0
            && self.0.compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Takes a lock that is free, whoever waits for it.
    pub(super) fn barge(&self) -> bool {
        self.update(Ordering::Acquire, |word| (word & LOCKED == 0).then_some(word | LOCKED)).is_some()
    }

    /// Whether somebody holds it.
    pub(super) fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) & LOCKED != 0
    }

    /// Gives up a lock that nobody waits for, or for which a waiter has been called already.
    #[inline]
    pub(super) fn release(&self) -> Release {
        // Relaxed: a guess, so that no exchange is tried in vain where somebody waits.
        let guess = self.0.load(Ordering::Relaxed);
        // Release: pairs with the Acquire in `try_lock`, `barge`, `enter` and `take_turn`.
        if guess == LOCKED && self.0.compare_exchange(LOCKED, 0, Ordering::Release, Ordering::Relaxed).is_ok() {
            return Release::Done;
        }
        self.release_contended()
    }

    #[cold]
    fn release_contended(&self) -> Release {
        let free = |word: u32| {
            debug_assert!(word & LOCKED != 0, "a lock was released twice");
            (word & WAITERS == 0 || word & WOKEN != 0).then_some(word & !LOCKED)
        };
        // Release: as above.
        if self.update(Ordering::Release, free).is_some() { Release::Done } else { Release::Waiters }
    }

    /// Under the list's lock: takes the lock if it is free, or says that somebody waits.
    pub(super) fn enter(&self) -> Enter {
        let next = |word: u32| match word {
            word if word & LOCKED == 0 => Some(word | LOCKED),
            // Said already, by an earlier waiter; who releases the lock comes to the list, after us.
            word if word & WAITERS != 0 => None,
            word => Some(word | WAITERS),
        };
        // Acquire: pairs with the Release in `release` and `leave_free`.
        match self.update(Ordering::Acquire, next) {
            Some(word) if word & LOCKED == 0 => Enter::Locked,
            _ => Enter::Queue,
        }
    }

    /// Under the list's lock, by the holder, with nobody in line: gives the lock up.
    pub(super) fn leave_free(&self) {
        // Release: pairs with the Acquire in `try_lock`, `barge`, `enter` and `take_turn`.
        self.0.fetch_and(!(LOCKED | WAITERS), Ordering::Release);
    }

    /// Under the list's lock, by the holder: gives the lock up, for the waiter that is called now.
    pub(super) fn call(&self) {
        // Release: pairs with the Acquire in `take_turn`, or in the `barge` that comes before it.
        self.update(Ordering::Release, |word| Some((word & !LOCKED) | WOKEN));
    }

    /// By the waiter that was called: takes the lock if nobody was faster. Its turn is over either way.
    pub(super) fn take_turn(&self) -> bool {
        // Acquire: pairs with the Release in `call` and `release`.
        let before = self.update(Ordering::Acquire, |word| Some((word | LOCKED) & !WOKEN));
        before.is_some_and(|word| word & LOCKED == 0)
    }

    /// One compare-and-swap loop: the word before the change, or `None` if `next` wants none.
    fn update(&self, success: Ordering, next: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let changed = next(word)?;
            match self.0.compare_exchange_weak(word, changed, success, Ordering::Relaxed) {
                Ok(_) => return Some(word),
                Err(actual) => word = actual,
            }
        }
    }
}
