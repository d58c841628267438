//! The word of a `Notify`: a stored permit, whether somebody waits, and how often all were notified.
//!
//! ```text
//!   bits 2..: generation        bit 1: WAITERS        bit 0: PERMIT
//!
//!              notify_one                       wait                             wait
//!   PERMIT ◀──────────────── idle ───────────────────────────▶ WAITERS     PERMIT ────▶ idle
//!      │ ▲                                                       │  ▲
//!      └─┘ notify_one: one is stored, not two                    └──┘ notify_one: to the oldest
//! ```
//!
//! - PERMIT and WAITERS are never set together: a waiter takes the permit instead of queueing.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty.
//! - `notify_all` begins a new generation; who waits for the end of an older one is released. With WAITERS set it does so
//!   under the list's lock. Those of an older one stand in front, and whoever comes to the list releases them before
//!   anything else.
//!
//! The race to fear is a notification against a waiter that queues. Both change the one word: either the permit comes
//! first, and `enter` takes it; or WAITERS does, and the notifier sees it and goes to the list.

use motet_prim::atomic::{AtomicUsize, Ordering};

const PERMIT: usize = 0b01;
const WAITERS: usize = 0b10;
const ONE_GENERATION: usize = 0b100;

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// How often all were notified. Wraps: a waiter would have to sleep through each number there is to be mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation(usize);

/// What a notifier has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Notified {
    Done,
    /// Somebody waits: go to the list.
    Waiters,
}

/// What a waiter has to do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enter {
    /// It took the permit.
    Taken,
    /// All were notified since it began.
    Released,
    /// It waits.
    Queue,
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn idle() -> Self {
            Self(AtomicUsize::new(0))
        }
    }

    pub(super) fn generation(&self) -> Generation {
        // Acquire: pairs with the Release in `notify_all`: who begins after one does not count it.
        Generation(self.0.load(Ordering::Acquire) / ONE_GENERATION)
    }

    /// Stores the permit, if nobody waits.
    pub(super) fn notify_one(&self) -> Notified {
        // Release: pairs with the Acquire of whoever takes the permit. Written also if there is one already, so that what
        // was done before this notification is visible too.
        self.update(Ordering::Release, |word| (word & WAITERS == 0).then_some(word | PERMIT))
    }

    /// Begins a new generation, if nobody waits.
    pub(super) fn notify_all(&self) -> Notified {
        // Release: pairs with the Acquire of whoever finds its generation over.
        self.update(Ordering::Release, |word| (word & WAITERS == 0).then(|| word.wrapping_add(ONE_GENERATION)))
    }

    /// Under the list's lock: begins a new generation, whoever waits.
    pub(super) fn begin_generation(&self) {
        // Release: as in `notify_all`.
        self.0.fetch_add(ONE_GENERATION, Ordering::Release);
    }

    /// Without the lock: what a waiter that began in `since` can have at once.
    pub(super) fn try_enter(&self, since: Generation) -> Enter {
        self.next(since, |_| None)
    }

    /// Under the list's lock: the same, or says that somebody waits.
    pub(super) fn enter(&self, since: Generation) -> Enter {
        // Said already, by an earlier waiter: who notifies comes to the list, after us.
        self.next(since, |word| (word & WAITERS == 0).then_some(word | WAITERS))
    }

    /// Under the list's lock, which is empty.
    pub(super) fn nobody_waits(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps earlier notifications readable behind it.
        self.0.fetch_and(!WAITERS, Ordering::Relaxed);
    }

    /// `queue` says what becomes of the word if the waiter must wait.
    fn next(&self, since: Generation, queue: impl Fn(usize) -> Option<usize>) -> Enter {
        let enter = |word: usize| match word {
            word if word / ONE_GENERATION != since.0 => Enter::Released,
            word if word & PERMIT != 0 => Enter::Taken,
            _ => Enter::Queue,
        };
        let next = |word: usize| match enter(word) {
            Enter::Released => None,
            Enter::Taken => Some(word & !PERMIT),
            Enter::Queue => queue(word),
        };
        // Acquire: pairs with the Release in `notify_one` and `notify_all`.
        match self.0.fetch_update(Ordering::Acquire, Ordering::Acquire, next) {
            Ok(word) | Err(word) => enter(word),
        }
    }

    fn update(&self, success: Ordering, next: impl Fn(usize) -> Option<usize>) -> Notified {
        match self.0.fetch_update(success, Ordering::Relaxed, next) {
            Ok(_) => Notified::Done,
            Err(_) => Notified::Waiters,
        }
    }
}
