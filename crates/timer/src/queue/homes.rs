//! Which shard a thread arms in, so that threads which arm at the same time seldom meet at a lock.
//!
//! A thread that enters the timers has a shard to itself until it leaves, as long as there are shards: that is each worker of a runtime. Other
//! threads are spread over as many shards as there are processors. None of this is needed for anything but speed.
#![forbid(unsafe_code)]

use core::cell::Cell;
use std::sync::OnceLock;

use motet_prim::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The shards of a queue that are some thread's own: one bit each.
pub(super) struct Homes {
    taken: AtomicU64,
    count: usize,
}

impl Homes {
    pub(super) fn new(count: usize) -> Self {
        debug_assert!(count.is_power_of_two() && count <= 64, "{count} homes in one word");
        Self { taken: AtomicU64::new(0), count }
    }

    /// A shard that is nobody's, if there is one.
    pub(super) fn take(&self) -> Option<u8> {
        // Relaxed, here and below: the bits tell of nothing else.
        let mut taken = self.taken.load(Ordering::Relaxed);
        loop {
            let home = taken.trailing_ones();
            if home as usize >= self.count {
                return None;
            }
            match self.taken.compare_exchange_weak(taken, taken | 1 << home, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(home as u8),
                Err(now) => taken = now,
            }
        }
    }

    pub(super) fn give_back(&self, home: u8) {
        self.taken.fetch_and(!(1 << home), Ordering::Relaxed);
    }

    /// The shard of a thread that has none to itself.
    #[inline]
    pub(super) fn of_this_thread(&self) -> u8 {
        usual() & (self.count - 1) as u8
    }
}

/// The shard that this thread takes wherever it has none to itself: the next in turn, when it first asks.
fn usual() -> u8 {
    motet_prim::thread_local! {
        static USUAL: Cell<Option<u8>> = const { Cell::new(None) };
    }
    // A thread that is being torn down goes where the first one does.
    let known = |usual: &Cell<Option<u8>>| {
        usual.get().unwrap_or_else(|| {
            let new = next();
            usual.set(Some(new));
            new
        })
    };
    USUAL.try_with(known).unwrap_or(0)
}

/// Shards in turn, as many as there are processors.
#[cold]
fn next() -> u8 {
    motet_prim::global! {
        static TURN: AtomicUsize = AtomicUsize::new(0);
    }
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors = *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from).min(64));
    (TURN.fetch_add(1, Ordering::Relaxed) % processors) as u8
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_thread_at_a_time() {
        let homes = Homes::new(2);
        assert_eq!((homes.take(), homes.take(), homes.take()), (Some(0), Some(1), None));
        homes.give_back(0);
        assert_eq!((homes.take(), homes.take()), (Some(0), None));
    }

    #[test]
    fn a_thread_keeps_its_shard() {
        let homes = Homes::new(64);
        let mine = homes.of_this_thread();
        assert_eq!(homes.of_this_thread(), mine);
        assert!(mine < 64);
        assert_eq!(Homes::new(1).of_this_thread(), 0);
    }
}
