//! When a worker gives way once before it lies down: after naps, if that brings something.
//!
//! Whoever pushes task after task, and has to wake a worker for each, may be on the worker's own processor, and then both switch at every task. A worker
//! that seldom naps lies down at once, so that a wake finds it asleep and the system chooses where it goes on; so does one that gave way for little, and
//! one beside whom others rest: nobody wakes those as long as this one searches.

use std::cell::Cell;
use std::time::Duration;

/// A rest that was no longer than this was a nap.
const NAP: Duration = Duration::from_micros(20);
/// After so many naps in a row a worker gives way once before it lies down.
const NAPS: u32 = 8;
/// So many tasks that came meanwhile, and it does so again.
const WORTHWHILE: usize = 8;

/// The naps of a worker, in a row.
pub(super) struct Naps(Cell<u32>);

impl Naps {
    pub(super) fn new() -> Self {
        Self(Cell::new(0))
    }

    /// The worker has rested for so long.
    pub(super) fn rested(&self, since: Duration) {
        self.0.set(if since < NAP { self.0.get().saturating_add(1) } else { 0 });
    }

    /// Whether it gives way before it lies down, beside so many others that rest.
    pub(super) fn gives_way(&self, resting: usize) -> bool {
        self.0.get() >= NAPS && resting == 0
    }

    /// It gave way, and so many tasks came meanwhile.
    pub(super) fn gave_way(&self, tasks: usize) {
        if tasks < WORTHWHILE {
            self.0.set(0);
        }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{NAP, NAPS, Naps, WORTHWHILE};
    use std::time::Duration;

    /// A worker that has just napped so often.
    fn napped(times: u32) -> Naps {
        let naps = Naps::new();
        (0..times).for_each(|_| naps.rested(Duration::ZERO));
        naps
    }

    #[test]
    fn a_worker_gives_way_after_naps_in_a_row_if_nobody_else_rests() {
        assert!(!napped(NAPS - 1).gives_way(0));
        let naps = napped(NAPS);
        assert!(naps.gives_way(0));
        assert!(!naps.gives_way(1), "nobody wakes that one meanwhile");
        naps.rested(NAP);
        assert!(!naps.gives_way(0), "one that sleeps is woken where the system likes");
    }

    #[test]
    fn one_that_gave_way_for_little_lies_down_the_next_times() {
        let naps = napped(NAPS);
        naps.gave_way(WORTHWHILE);
        assert!(naps.gives_way(0));
        naps.gave_way(WORTHWHILE - 1);
        assert!(!naps.gives_way(0));
        (1..NAPS).for_each(|_| naps.rested(Duration::ZERO));
        assert!(!naps.gives_way(0));
        naps.rested(Duration::ZERO);
        assert!(naps.gives_way(0));
    }
}
