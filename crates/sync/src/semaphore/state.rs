//! The semaphore's word: free permits, and two flags.
//!
//! ```text
//!   bits 2..: free permits        bit 1: WOKEN        bit 0: WAITERS
//! ```
//!
//! - Permits are taken by whoever acquires, or by a releaser on behalf of the oldest waiter (`take_for`); anybody adds.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty. On
//!   the fair kind it bars newcomers, so that what a releaser has added is still there when it comes to the list.
//! - WOKEN (unfair semaphores only) says that a waiter was called to try, and has not tried yet: nobody else need be
//!   called. It is set by `call` under the list's lock and cleared by the waiter's turn, which calls the next.
//!
//! The race to fear is a release against a waiter that queues. Both change the one word: either the permits come first,
//! and `enter` sees them; or WAITERS does, and the release sees it and goes to the list.

use motet_prim::atomic::{AtomicUsize, Ordering};

const WAITERS: usize = 0b01;
const WOKEN: usize = 0b10;
const ONE_PERMIT: usize = 0b100;

/// The most permits that the word has room for.
pub(super) const MAX_PERMITS: usize = usize::MAX / ONE_PERMIT;

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// What a releaser has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    Done,
    /// Somebody waits: go to the list.
    Waiters,
}

/// What a newcomer has to do, under the list's lock.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    Acquired,
    Queue,
}

/// Whether a word has `wanted` free permits.
fn has(word: usize, wanted: usize) -> bool {
    word / ONE_PERMIT >= wanted
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn new(permits: usize) -> Self {
            assert!(permits <= MAX_PERMITS, "more than `Semaphore::MAX_PERMITS` permits");
            Self(AtomicUsize::new(permits * ONE_PERMIT))
        }
    }

    pub(super) fn permits(&self) -> usize {
        self.0.load(Ordering::Relaxed) / ONE_PERMIT
    }

    /// Takes permits if there are enough and, unless `barging`, nobody waits.
    #[inline]
    pub(super) fn take(&self, wanted: usize, barging: bool) -> bool {
        let taken = |word: usize| {
            let barred = word & WAITERS != 0 && !barging;
            (!barred && has(word, wanted)).then(|| word - wanted * ONE_PERMIT)
        };
        // Acquire: pairs with the Release in `add`; what was done under the permits before is visible to us.
        self.update(Ordering::Acquire, taken).is_some()
    }

    /// Under the list's lock, on behalf of the oldest waiter.
    pub(super) fn take_for(&self, wanted: usize) -> bool {
        // Acquire: as in `take`; the grant passes it on to the waiter.
        self.take(wanted, true)
    }

    /// Adds permits; `None`, and nothing is added, if there is no room for so many.
    #[inline]
    pub(super) fn add(&self, permits: usize) -> Option<Release> {
        let room = |word: usize| MAX_PERMITS - word / ONE_PERMIT >= permits;
        // Release: pairs with the Acquire of whoever takes them.
        let before = self.update(Ordering::Release, |word| room(word).then(|| word + permits * ONE_PERMIT))?;
        Some(if before & (WAITERS | WOKEN) == WAITERS { Release::Waiters } else { Release::Done })
    }

    /// Under the list's lock: takes permits as `take` does, or says that somebody waits.
    pub(super) fn enter(&self, wanted: usize, barging: bool) -> Enter {
        let passes = |word: usize| (barging || word & WAITERS == 0) && has(word, wanted);
        let next = |word: usize| Some(if passes(word) { word - wanted * ONE_PERMIT } else { word | WAITERS });
        // Acquire: as in `take`.
        match self.update(Ordering::Acquire, next) {
            Some(word) if passes(word) => Enter::Acquired,
            _ => Enter::Queue,
        }
    }

    /// Under the list's lock, which is empty.
    pub(super) fn nobody_waits(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps earlier releases readable behind it.
        self.0.fetch_and(!WAITERS, Ordering::Relaxed);
    }

    /// Under the list's lock: whether a waiter that wants so many is to be called. No other is, until its turn is over.
    pub(super) fn call(&self, wanted: usize) -> bool {
        let called = |word: usize| (word & WOKEN == 0 && has(word, wanted)).then_some(word | WOKEN);
        // Relaxed: publishes nothing; the waiter acquires in `take_turn`.
        self.update(Ordering::Relaxed, called).is_some()
    }

    /// By the waiter that was called: takes what it wants if that is still there. Its turn is over either way.
    pub(super) fn take_turn(&self, wanted: usize) -> bool {
        let next = |word: usize| (word & !WOKEN) - if has(word, wanted) { wanted * ONE_PERMIT } else { 0 };
        // Acquire: as in `take`.
        let before = self.update(Ordering::Acquire, |word| Some(next(word)));
        before.is_some_and(|word| has(word, wanted))
    }

    /// Whether somebody waits, to be served by one whose turn is over.
    pub(super) fn has_waiters(&self) -> bool {
        // Relaxed: a waiter that queues later sees, in `enter`, what is free.
        self.0.load(Ordering::Relaxed) & WAITERS != 0
    }

    /// One compare-and-swap loop: the word before the change, or `None` if `next` wants none.
    #[inline]
    fn update(&self, success: Ordering, next: impl Fn(usize) -> Option<usize>) -> Option<usize> {
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
