//! How many ends one side of a channel has.
//!
//! A count that has reached zero stays there for `add_unless_gone`, so that a weak end cannot revive a side that has gone.
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicUsize, Ordering};

pub(crate) struct EndCount(AtomicUsize);

impl EndCount {
    pub(crate) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// One more: on the strength of one that exists, or where a side may come back that has gone.
    pub(crate) fn add(&self) {
        // Relaxed: either whoever adds has an end of this side, so that the count cannot reach zero meanwhile. Or nothing but a wait under a
        // lock hangs on it, and whoever ends that wait looks at the count again, under the lock.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One more, if there is one.
    pub(crate) fn add_unless_gone(&self) -> bool {
        let one_more = |count: usize| (count > 0).then(|| count + 1);
        // Relaxed: nothing is read on the strength of it; the channel's lock guards the channel.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    /// One less. Whether it was the last.
    #[must_use]
    pub(crate) fn remove_is_last(&self) -> bool {
        // Release: what I have sent comes before the close, and what I have done before the `is_only` that sees me gone. Acquire: what the
        // others have sent comes before the close, too.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Whether there is one, which is then the caller's. Nothing is said of those that come.
    pub(crate) fn is_only(&self) -> bool {
        // Acquire: all that those which have gone did comes before: pairs with each `remove_is_last`, for what comes between that and the
        // load only reads and writes in one step.
        self.0.load(Ordering::Acquire) == 1
    }

    pub(crate) fn count(&self) -> usize {
        // Relaxed: a number for show; where more hangs on it, the channel's lock orders it.
        self.0.load(Ordering::Relaxed)
    }
}
