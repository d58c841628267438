//! The word of a `RwLock`: who reads, who writes, and whether somebody waits.
//!
//! ```text
//!   bits 3..: readers      bit 2: UPGRADABLE      bit 1: WRITER      bit 0: WAITERS
//!
//!             read                        upgradable read
//!   free ──────────────▶ n readers ◀────────────────────────▶ n readers + UPGRADABLE
//!     │  write                                                       │ upgrade, with no reader left
//!     └──────────────▶ WRITER ◀──────────────────────────────────────┘ (WRITER beside UPGRADABLE, then WRITER alone)
//!                         │ downgrade
//!                         └──────▶ one reader, or UPGRADABLE
//! ```
//!
//! - A hold is taken by whoever wants it, or by a releaser on behalf of the oldest waiter (`take_for`); released by its holder.
//! - WAITERS is written under the list's lock only: set by a waiter before it queues, cleared where the list is empty. It bars
//!   newcomers, readers too: so a writer is not starved, and what a release has freed is still free when it comes to the list.
//! - An upgrade takes WRITER beside its UPGRADABLE, and gives up the latter when its future is ready: dropped before that,
//!   each is released on its own.
//!
//! The race to fear is a release against a waiter that queues. Both change the one word: either the release comes first,
//! and `enter` finds what it frees; or WAITERS does, and the release sees it and goes to the list.

use motet_prim::atomic::{AtomicUsize, Ordering};

const WAITERS: usize = 0b001;
const WRITER: usize = 0b010;
const UPGRADABLE: usize = 0b100;
const ONE_READER: usize = 0b1000;
const READERS: usize = !(ONE_READER - 1);

#[derive(Debug)]
pub(super) struct State(AtomicUsize);

/// A way to hold the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// With other readers.
    Read,
    /// With other readers, and the only one who may upgrade.
    Upgradable,
    /// Alone.
    Write,
    /// Alone; by the holder of the upgradable read, beside that.
    Upgrade,
}

/// What a releaser has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    Done,
    /// Somebody waits, and may be served: go to the list.
    Waiters,
}

/// What a newcomer has to do, under the list's lock.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    Held,
    Queue,
}

impl Hold {
    /// What keeps it from being taken.
    const fn conflicts(self) -> usize {
        match self {
            Self::Read => WRITER,
            Self::Upgradable => WRITER | UPGRADABLE,
            Self::Write => WRITER | UPGRADABLE | READERS,
            Self::Upgrade => WRITER | READERS,
        }
    }

    /// What it adds to the word.
    const fn weight(self) -> usize {
        match self {
            Self::Read => ONE_READER,
            Self::Upgradable => UPGRADABLE,
            Self::Write | Self::Upgrade => WRITER,
        }
    }

    /// Nobody bars an upgrade: its reader is inside, and those in line wait for that one.
    const fn barred_by(self) -> usize {
        match self {
            Self::Upgrade => 0,
            Self::Read | Self::Upgradable | Self::Write => WAITERS,
        }
    }
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn free() -> Self {
            Self(AtomicUsize::new(0))
        }
    }

    /// Takes a hold that nothing conflicts with and, but for an upgrade, nobody waits before.
    #[inline]
    pub(super) fn take(&self, hold: Hold) -> bool {
        self.take_unless(hold, hold.conflicts() | hold.barred_by())
    }

    /// Under the list's lock, on behalf of the oldest waiter.
    pub(super) fn take_for(&self, hold: Hold) -> bool {
        self.take_unless(hold, hold.conflicts())
    }

    #[inline]
    fn take_unless(&self, hold: Hold, obstacles: usize) -> bool {
        // Acquire: pairs with the Release in `release` and `exchange`; what the holders before did is visible to us. On behalf of
        // a waiter, the grant passes it on.
        self.update(Ordering::Acquire, |word| (word & obstacles == 0).then(|| add(word, hold))).is_some()
    }

    /// Under the list's lock: takes the hold as `take` does, or says that somebody waits.
    pub(super) fn enter(&self, hold: Hold) -> Enter {
        let free = |word: usize| word & (hold.conflicts() | hold.barred_by()) == 0;
        let next = |word: usize| match word {
            word if free(word) => Some(add(word, hold)),
            // Said already, by an earlier waiter; who releases comes to the list, after us.
            word if word & WAITERS != 0 => None,
            word => Some(word | WAITERS),
        };
        // Acquire: as in `take_unless`.
        match self.update(Ordering::Acquire, next) {
            Some(word) if free(word) => Enter::Held,
            _ => Enter::Queue,
        }
    }

    #[inline]
    pub(super) fn release(&self, hold: Hold) -> Release {
        // Release: pairs with the Acquire in `take_unless` and `enter`.
        let before = self.0.fetch_sub(hold.weight(), Ordering::Release);
        debug_assert!(before & (hold.weight() | READERS) >= hold.weight(), "a hold was released twice");
        // While others read, whoever waits in front still waits for them: what a reader's end frees is the last one's to give.
        let others_read = hold == Hold::Read && before & READERS != ONE_READER;
        if before & WAITERS == 0 || others_read { Release::Done } else { Release::Waiters }
    }

    /// By its holder: puts a lesser hold in the place of one, or drops the upgradable read of an upgrade.
    pub(super) fn exchange(&self, from: Hold, to: Hold) -> Release {
        // Release: pairs with the Acquire in `take_unless` and `enter`, whose readers come in now.
        let before = self.update(Ordering::Release, |word| Some(add(word - from.weight(), to)));
        if before.is_some_and(|word| word & WAITERS != 0) { Release::Waiters } else { Release::Done }
    }

    /// By the one whose upgrade is complete: its upgradable read is over, it writes.
    pub(super) fn end_upgrade(&self) {
        // Relaxed: publishes nothing; nobody else can come in while WRITER is set.
        self.0.fetch_and(!UPGRADABLE, Ordering::Relaxed);
    }

    /// Under the list's lock, which is empty.
    pub(super) fn nobody_waits(&self) {
        // Relaxed: publishes nothing; a read-modify-write keeps earlier releases readable behind it.
        self.0.fetch_and(!WAITERS, Ordering::Relaxed);
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

/// A word with one more hold. As many readers as there are addresses cannot be: each has a guard in memory, unless forgotten.
fn add(word: usize, hold: Hold) -> usize {
    word.checked_add(hold.weight()).expect("as many forgotten guards of a `RwLock` as a word can count")
}
