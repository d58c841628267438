//! The semaphore's word: free permits, and two flags.
//!
//! ```text
//!   bits 2..: free permits        bit 1: WOKEN        bit 0: WAITERS
//! ```
//!
//! - Permits are taken by whoever acquires, or by a releaser on behalf of the oldest waiter (`take_for`). Anybody adds; on the fair
//!   kind, where somebody waits, a releaser goes to the list with what it has in hand, and adds what it is left with.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty. On
//!   the fair kind it bars newcomers, so that what is free is still free when a releaser comes to the list.
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
    /// Nothing was added: somebody waits, or there is no room for so many. Go to the list with the permits.
    Refused,
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

/// How many permits more a word has room for.
fn room(word: usize) -> usize {
    MAX_PERMITS - word / ONE_PERMIT
}

/// Whether a word has room for `permits` more.
fn has_room(word: usize, permits: usize) -> bool {
    room(word) >= permits
}

/// Whether somebody waits, and nobody was called.
fn must_call(word: usize) -> bool {
    word & (WAITERS | WOKEN) == WAITERS
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
            // As in `enter`: who wants none waits for nobody.
            let barred = word & WAITERS != 0 && !barging && wanted > 0;
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

    /// Adds permits, for which nobody is to be called.
    #[inline]
    pub(super) fn add(&self, permits: usize) -> Release {
        let added = |word: usize| (has_room(word, permits) && !must_call(word)).then(|| word + permits * ONE_PERMIT);
        // Release: pairs with the Acquire of whoever takes them.
        if self.update(Ordering::Release, added).is_some() { Release::Done } else { Release::Refused }
    }

    /// Under the list's lock: adds permits, whoever waits; false, and nothing is added, if there is no room for so many.
    pub(super) fn add_for_waiters(&self, permits: usize) -> bool {
        // Release: as in `add`.
        let added = |word: usize| has_room(word, permits).then(|| word + permits * ONE_PERMIT);
        self.update(Ordering::Release, added).is_some()
    }

    /// Adds permits, whoever waits, as far as there is room.
    pub(super) fn fill(&self, permits: usize) {
        if permits > 0 {
            // Release: as in `add`.
            self.update(Ordering::Release, |word| Some(word + permits.min(room(word)) * ONE_PERMIT));
        }
    }

    /// Whether there is room, beside so many that are not in the word, for `permits` more.
    pub(super) fn has_room(&self, beside: usize, permits: usize) -> bool {
        permits == 0 || room(self.0.load(Ordering::Relaxed)).checked_sub(beside).is_some_and(|room| room >= permits)
    }

    /// Takes as many permits as are free, but not more than `most`, and nobody gets them; how many that were.
    pub(super) fn take_away(&self, most: usize) -> usize {
        let taken = |word: usize| most.min(word / ONE_PERMIT);
        // Relaxed: publishes nothing; a read-modify-write keeps earlier releases readable behind it.
        self.update(Ordering::Relaxed, |word| Some(word - taken(word) * ONE_PERMIT)).map_or(0, taken)
    }

    /// Under the list's lock: takes permits as `take` does, or says that somebody waits.
    pub(super) fn enter(&self, wanted: usize, barging: bool) -> Enter {
        // Who wants none waits for nobody: then each one in line is served by permits.
        let passes = |word: usize| (barging || wanted == 0 || word & WAITERS == 0) && has(word, wanted);
        let next = |word: usize| match word {
            word if passes(word) => Some(word - wanted * ONE_PERMIT),
            // Said already, by an earlier waiter; who adds permits comes to the list, after us.
            word if word & WAITERS != 0 => None,
            word => Some(word | WAITERS),
        };
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
