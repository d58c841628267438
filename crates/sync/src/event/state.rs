//! The event's word: two flags.
//!
//! - SET is set and cleared by anybody. While WAITERS is set too, it is set under the list's lock only: a `set` and the
//!   release of its waiters are one step to those who join, so that a `clear` and a newcomer cannot get in between.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty.
//!
//! The race to fear is a `set` against a waiter that queues. Both change the one word: either SET comes first, and
//! `enter` finds it; or WAITERS does, and `set` finds it and goes to the list.

use motet_prim::atomic::{AtomicU8, Ordering};

const SET: u8 = 0b01;
const WAITERS: u8 = 0b10;

#[derive(Debug)]
pub(super) struct State(AtomicU8);

/// What a setter has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// It is set.
    Done,
    /// It is not set yet, and somebody waits: go to the list.
    Waiters,
}

/// What a newcomer has to do, under the list's lock.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    IsSet,
    Queue,
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn clear() -> Self {
            Self(AtomicU8::new(0))
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        // Acquire: pairs with the Release in `set` and `set_locked`.
        self.0.load(Ordering::Acquire) & SET != 0
    }

    pub(super) fn set(&self) -> Set {
        let next = |word: u8| (word != WAITERS).then_some(word | SET);
        // Release: pairs with the Acquire in `is_set` and `enter`. Written also if it is set already, so that what was
        // done before this `set` is visible too.
        match self.0.fetch_update(Ordering::Release, Ordering::Relaxed, next) {
            Ok(_) => Set::Done,
            Err(_) => Set::Waiters,
        }
    }

    /// Under the list's lock.
    pub(super) fn set_locked(&self) {
        // Release: as in `set`.
        self.0.fetch_or(SET, Ordering::Release);
    }

    pub(super) fn unset(&self) {
        // Relaxed: publishes nothing.
        self.0.fetch_and(!SET, Ordering::Relaxed);
    }

    /// Under the list's lock: finds it set, or says that somebody waits.
    pub(super) fn enter(&self) -> Enter {
        let next = |word: u8| (word & SET == 0).then_some(word | WAITERS);
        // Acquire: pairs with the Release in `set`.
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Acquire, next) {
            Ok(_) => Enter::Queue,
            Err(_) => Enter::IsSet,
        }
    }

    /// Under the list's lock, which is empty.
    pub(super) fn nobody_waits(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps the last `set` readable behind it.
        self.0.fetch_and(!WAITERS, Ordering::Relaxed);
    }
}
