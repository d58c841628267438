//! The order of hand-overs: one process-wide count that moves only when something is adopted.
//!
//! A guard remembers the count at its making (its *mark*); what was adopted since then has a higher number. A guard is made and
//! dropped wherever its owner runs, so the count is process-wide: the owner's own synchronisation orders the two accesses, and
//! one variable's modification order does the rest, which is why `Relaxed` is enough. Making a guard only reads.

use motet_prim::atomic::{AtomicU64, Ordering};

motet_prim::global! {
    static ADOPTIONS: AtomicU64 = AtomicU64::new(0);
}

/// A place in the order of hand-overs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

impl Mark {
    /// Earlier than every hand-over.
    pub(crate) const FIRST: Self = Self(0);
    /// Later than every hand-over: who has this mark waits for nothing.
    pub(crate) const LATEST: Self = Self(u64::MAX);
    /// The same, of work that does nothing but wait itself: if it is abandoned, nothing is lost.
    pub(crate) const WAIT: Self = Self(u64::MAX - 1);

    /// Whether it is later than every hand-over.
    pub(crate) fn is_latest(self) -> bool {
        self >= Self::WAIT
    }

    /// After everything adopted so far, before everything adopted from now on.
    pub(crate) fn now() -> Self {
        // Relaxed: see the file's head.
        Self(ADOPTIONS.load(Ordering::Relaxed))
    }

    /// The next hand-over's own place.
    pub(crate) fn next() -> Self {
        // Relaxed: see the file's head.
        Self(ADOPTIONS.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
