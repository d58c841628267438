//! Who sleeps, who searches, and whom to wake.
//!
//! ```text
//!              rest                        wake_one
//!   Awake ──────────────▶ Resting ───────────────────────▶ Searching
//!     ▲ ▲                  │   ▲                            │   │
//!     │ └──── get_up ──────┘   └─────────── rest ───────────┘   │
//!     │                       try_search                        │
//!     └─────── Awake ────────────────────────▶ Searching ───────┘ found
//! ```
//!
//! One word counts the searching and the resting workers; the list of those who rest is under a lock, and `resting` changes
//! only under it. A worker that was woken counts as searching from the moment it is taken off the list, so that a burst of
//! pushes wakes one worker, and not all of them. That one wakes the next if it finds something (`found`).
//!
//! The race to fear: work is pushed while the last worker lies down, and each thinks that the other will see it. Both sides
//! write, fence, then read: the pusher adds its task, fences, and reads the counts; a worker changes the counts, fences,
//! and looks at all the queues once more (the *last look*, the caller's duty after `rest` and after `found`). One of them sees
//! the other. The same fences cover a pusher that wakes nobody because somebody searches: a searcher looks once more after
//! its count went down.

use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicU32, Ordering, fence};
use motet_prim::lock::Mutex;

/// Names a worker of an executor.
pub(crate) type Index = usize;

/// The list of resting workers and the counts that make most looks at it superfluous.
pub(crate) struct Sleepers {
    counts: CachePadded<AtomicU32>,
    resting: Mutex<Vec<Index>>,
}

const RESTING: u32 = 1;
const SEARCHING: u32 = 1 << 16;

/// A reading of the counts.
#[derive(Clone, Copy)]
struct Counts(u32);

impl Counts {
    fn resting(self) -> usize {
        (self.0 % SEARCHING) as usize
    }

    fn searching(self) -> usize {
        (self.0 / SEARCHING) as usize
    }
}

/// What the worker must do that stops searching because it found something.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Others search still.
    OthersSearch,
    /// It was the last: look at all queues, and wake one more if there is work, for pushers relied on a searcher.
    Look,
}

impl Found {
    /// Whether the worker owes a look.
    pub(crate) fn must_look(self) -> bool {
        self == Self::Look
    }
}

/// How a worker stands after `get_up`.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Up {
    /// It was on the list still: it is awake.
    Awake,
    /// Somebody had taken it off the list to wake it: it counts as searching.
    Searching,
}

impl Sleepers {
    /// Everybody is awake.
    pub(crate) fn new() -> Self {
        Self { counts: CachePadded::new(AtomicU32::new(0)), resting: Mutex::new(Vec::new()) }
    }

    /// Takes a worker off the list, to be unparked by the caller, if one rests and nobody searches.
    ///
    /// To be called after a push that its pusher may not get to itself.
    pub(crate) fn wake_one(&self) -> Option<Index> {
        // SeqCst: after the push, before the reading; pairs with the fence in `rest`.
        fence(Ordering::SeqCst);
        self.wake_one_relaxed()
    }

    /// As `wake_one`, without its fence: for a worker that gets to its push itself, should it miss one who lies down.
    pub(crate) fn wake_one_relaxed(&self) -> Option<Index> {
        let counts = self.read();
        if counts.searching() > 0 || counts.resting() == 0 {
            return None;
        }
        let mut resting = self.resting.lock();
        if self.read().searching() > 0 {
            return None;
        }
        let woken = resting.pop()?;
        // AcqRel: from now on other pushers see a searcher, and what they pushed before is visible to it.
        self.counts.fetch_add(SEARCHING - RESTING, Ordering::AcqRel);
        Some(woken)
    }

    /// An awake worker starts to search, unless half of `workers` search already.
    pub(crate) fn try_search(&self, workers: usize) -> bool {
        if self.read().searching() * 2 >= workers.max(2) {
            return false;
        }
        // A race may let one searcher too many in: that costs time, and nothing else.
        self.counts.fetch_add(SEARCHING, Ordering::AcqRel);
        true
    }

    /// A searching worker found something to run.
    pub(crate) fn found(&self) -> Found {
        if Counts(self.counts.fetch_sub(SEARCHING, Ordering::AcqRel)).searching() > 1 {
            return Found::OthersSearch;
        }
        // SeqCst: after the counts, before the look; pairs with the fence in `wake_one`.
        fence(Ordering::SeqCst);
        Found::Look
    }

    /// A worker lies down. Its caller owes the last look: a look at all queues, and `wake_one` if there is work in one.
    ///
    /// Says how many rest now, this one included.
    pub(crate) fn rest(&self, worker: Index, was_searching: bool) -> usize {
        let mut list = self.resting.lock();
        debug_assert!(!list.contains(&worker), "worker {worker} rests already");
        list.push(worker);
        let change = if was_searching { RESTING.wrapping_sub(SEARCHING) } else { RESTING };
        self.counts.fetch_add(change, Ordering::AcqRel);
        let resting = list.len();
        drop(list);
        // SeqCst: after the counts, before the last look; pairs with the fence in `wake_one`.
        fence(Ordering::SeqCst);
        resting
    }

    /// A worker gets up after its park, whatever ended it.
    pub(crate) fn get_up(&self, worker: Index) -> Up {
        let mut list = self.resting.lock();
        match list.iter().position(|&resting| resting == worker) {
            Some(place) => {
                list.swap_remove(place);
                self.counts.fetch_sub(RESTING, Ordering::AcqRel);
                Up::Awake
            }
            None => Up::Searching,
        }
    }

    /// How many rest at this moment.
    pub(crate) fn resting(&self) -> usize {
        self.read().resting()
    }

    fn read(&self) -> Counts {
        Counts(self.counts.load(Ordering::Relaxed))
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{Found, Sleepers, Up};

    #[test]
    fn a_burst_of_pushes_wakes_one_worker() {
        let sleepers = Sleepers::new();
        assert_eq!(sleepers.rest(0, false), 1);
        assert_eq!(sleepers.rest(1, false), 2);
        assert_eq!(sleepers.wake_one(), Some(1));
        assert_eq!(sleepers.wake_one(), None, "one searches already");
        assert_eq!(sleepers.get_up(1), Up::Searching);
        assert_eq!(sleepers.found(), Found::Look);
        assert_eq!(sleepers.wake_one(), Some(0));
    }

    #[test]
    fn a_worker_that_gets_up_by_itself_leaves_the_list() {
        let sleepers = Sleepers::new();
        sleepers.rest(0, false);
        assert_eq!(sleepers.get_up(0), Up::Awake);
        assert_eq!(sleepers.resting(), 0);
        assert_eq!(sleepers.wake_one(), None);
    }

    #[test]
    fn at_most_half_search() {
        let sleepers = Sleepers::new();
        assert!(sleepers.try_search(4));
        assert!(sleepers.try_search(4));
        assert!(!sleepers.try_search(4));
        assert_eq!(sleepers.found(), Found::OthersSearch);
        assert!(sleepers.try_search(4));
    }
}
