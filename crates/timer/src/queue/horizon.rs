//! What everybody reads and hardly anybody writes: a time before which nothing is due, and which shards have timers.
//!
//! The race to fear: a driver looks through the shards for the earliest deadline, finds one shard empty, and goes to sleep;
//! meanwhile a timer is armed in that shard, whose owner sees that the driver waits for an earlier one anyway, and tells
//! nobody. So a look begins with raising the horizon to [`NEVER`], and only then reads the shards:
//!
//! - a timer that is armed in a shard before the look comes to it is found by the look;
//! - one that is armed after that finds the horizon raised, for the shard's lock has come from the look: it is lower,
//!   and its owner lowers the horizon, and sees to it that the driver is told;
//! - a shard that gets its first timer while the look reads which ones to look at: each side writes, fences, and reads
//!   what the other has written, so one of them at least sees the other (Dekker's pattern).
//!
//! Looks exclude each other by the lock of [`Control`](super::Control).
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicU64, Ordering, fence};

use crate::clock::NEVER;

/// The horizon while nobody could be told of the timers that there are: each arm comes forward, and each advance looks.
const UNTOLD: u64 = NEVER - 1;

/// See the file's head. Two lines of the cache to itself, since every arm reads it.
#[repr(align(128))]
pub(super) struct Horizon {
    /// No timer in any shard is due before that, but for those whose owners are about to lower it.
    earliest: AtomicU64,
    /// A bit a shard that may have timers.
    active: AtomicU64,
}

impl Horizon {
    pub(super) fn new() -> Self {
        Self { earliest: AtomicU64::new(NEVER), active: AtomicU64::new(0) }
    }

    /// Whether nothing can be due at `now`.
    #[inline]
    pub(super) fn is_beyond(&self, now: u64) -> bool {
        // Acquire: pairs with the Release in `lower`, so that `active` shows the shard of whoever has lowered it. Whoever is
        // too late for this tells the driver afterwards.
        let earliest = self.earliest.load(Ordering::Acquire);
        now < earliest && earliest != UNTOLD
    }

    /// Nobody could be told of what is armed. With the control's lock held.
    pub(super) fn forget(&self) {
        // Relaxed: it tells of nothing else.
        self.earliest.store(UNTOLD, Ordering::Relaxed);
    }

    /// After arming in a shard: lowers the horizon to that deadline, if it was beyond; whether it was.
    #[inline]
    #[must_use]
    pub(super) fn lower(&self, at: u64) -> bool {
        // Relaxed: a look that has not found the timer raised the horizon before it released the shard's lock, which was
        // taken since; so this load sees it raised, or what came later.
        let mut earliest = self.earliest.load(Ordering::Relaxed);
        while at < earliest {
            // Release: pairs with the Acquire in `is_beyond` and in `settle`.
            match self.earliest.compare_exchange_weak(earliest, at, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => earliest = now,
            }
        }
        false
    }

    /// Before a look at the shards: raises the horizon, so that whoever arms from now on comes forward. Gives the shards to look at.
    pub(super) fn raise(&self) -> impl Iterator<Item = usize> + use<> {
        self.earliest.store(NEVER, Ordering::Relaxed);
        // SeqCst: pairs with the fence in `mark`. Either the bits below show the shard, or its owner finds the horizon raised.
        fence(Ordering::SeqCst);
        self.active()
    }

    /// The shards that may have timers.
    pub(super) fn active(&self) -> impl Iterator<Item = usize> + use<> {
        // Relaxed: what is in a shard is read under its lock.
        let mut bits = self.active.load(Ordering::Relaxed);
        core::iter::from_fn(move || {
            let shard = bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
            (shard < 64).then_some(shard)
        })
    }

    /// After the look: what it has found, or an earlier deadline that was armed meanwhile.
    #[must_use]
    pub(super) fn settle(&self, found: u64) -> u64 {
        // Acquire: as in `is_beyond`.
        if self.lower(found) { found } else { self.earliest.load(Ordering::Acquire) }
    }

    /// Under the lock of a shard that has got its first timer.
    pub(super) fn mark(&self, shard: u8) {
        self.active.fetch_or(1 << shard, Ordering::Relaxed);
        // SeqCst: pairs with the fence in `raise`.
        fence(Ordering::SeqCst);
    }

    /// Under the lock of a shard that has no timers.
    pub(super) fn unmark(&self, shard: u8) {
        self.active.fetch_and(!(1 << shard), Ordering::Relaxed);
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn is_lowered_by_earlier_deadlines_only_and_raised_by_a_look() {
        let horizon = Horizon::new();
        assert!(horizon.lower(20) && !horizon.lower(20) && !horizon.lower(30) && horizon.lower(10));
        assert!(horizon.is_beyond(9) && !horizon.is_beyond(10));
        horizon.mark(63);
        horizon.mark(0);
        assert_eq!(horizon.raise().collect::<Vec<_>>(), [0, 63]);
        assert!(horizon.lower(25));
        assert_eq!(horizon.settle(30), 25, "armed while the look went on");
        assert_eq!(horizon.settle(15), 15);
        horizon.unmark(0);
        assert_eq!(horizon.active().collect::<Vec<_>>(), [63]);
        horizon.forget();
        assert!(!horizon.is_beyond(0) && horizon.lower(NEVER / 2) && horizon.is_beyond(0));
    }
}
