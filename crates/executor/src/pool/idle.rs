//! A worker that has nothing of its own to do: it searches, lies down, and sleeps.

use super::berth::Rested;
use super::metrics::Event;
use super::sleepers::Up;
use super::watch::QUIET_ROUND;
use super::worker::{Swept, Worker};
use crate::driver::Wheelhouse;
use crate::task::{Runnable, contain};
use motet_prim::atomic::Ordering;
use motet_prim::{hint, thread};
use std::time::Instant;

/// So often a searching worker looks once more before it lies down.
const LOOKS: u32 = 3;
/// So many pauses before each of these looks: what is pushed meanwhile is taken at once, under one lock.
const PAUSES: u32 = 8;

/// How a worker came out of its rest, until its next poll of a task.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// It counts as searching.
    pub(super) searching: bool,
    /// It was in the driver, which has nobody now.
    pub(super) left_driver: bool,
    /// Somebody woke it.
    pub(super) woken: bool,
}

impl Worker {
    /// Searches the other workers' rings, unless enough do.
    pub(super) fn search(&self) -> Option<Runnable> {
        let rest = self.rest.get();
        if !rest.searching && !self.shared().sleepers.try_search(self.shared().seated()) {
            return None;
        }
        self.rest.set(Rest { searching: true, ..rest });
        self.steal().or_else(|| self.steal_from_slot())
    }

    /// Looks a few times more, for less than a microsecond, before it lies down: whoever pushes one task pushes the next within
    /// that time, and would have to wake it for each. A pusher that sees a searcher wakes nobody.
    fn work_comes(&self) -> bool {
        (0..LOOKS).any(|_| {
            (0..PAUSES).for_each(|_| hint::spin_loop());
            self.shared().has_work()
        })
    }

    /// Gives way once to whoever else wants this processor, if that may bring something: see `naps.rs`.
    fn work_comes_to_one_who_gives_way(&self) -> bool {
        if !self.naps.gives_way(self.shared().sleepers.resting()) {
            return false;
        }
        thread::yield_now();
        self.naps.gave_way(self.shared().injector.len());
        self.shared().has_work()
    }

    /// Sleeps until there may be something to do.
    pub(super) fn sleep(&self) {
        let shared = self.shared();
        self.settle();
        if self.rest.get().searching && (self.work_comes() || self.work_comes_to_one_who_gives_way()) {
            return;
        }
        self.set_heir(false);
        let outside = if self.sweep_own() { Swept::Some } else { self.sweep_outside() };
        if outside == Swept::Some {
            return self.set_heir(true);
        }
        let Rest { searching, woken, .. } = self.rest.take();
        let resting = shared.sleepers.rest(self.index(), searching);
        // The last look: see `sleepers.rs`. The worker that is woken may be this one.
        let has_work = shared.has_work();
        if has_work {
            shared.wake_worker();
        }
        let all_rest = resting == shared.seated();
        let quiet = all_rest && !has_work && shared.blocking.is_idle();
        self.seat().tally.count(Event::Park);
        let mut rested = Rested::InDriver;
        // A driver that panics has lost its turn, not the worker.
        // Relaxed: whoever blocks, or did until a moment ago, wakes others for what it spawns, as long as nobody is on watch.
        let nobody_works = resting + shared.standing.load(Ordering::Relaxed) >= shared.seated();
        let limit = self.watch(nobody_works, woken);
        // Not for good if there may be something left to sweep; but a virtual clock is told of no time that passes for real.
        let is_virtual = shared.driver.as_ref().is_some_and(Wheelhouse::is_virtual);
        let limit = if outside == Swept::Unknown && !is_virtual { limit.or(Some(QUIET_ROUND)) } else { limit };
        let since = Instant::now();
        contain(|| rested = self.seat().berth.park(shared.driver.as_ref(), limit, quiet));
        // A model has no time.
        if !cfg!(motet_loom) {
            self.naps.rested(since.elapsed());
        }
        let woken = shared.sleepers.get_up(self.index()) == Up::Searching;
        self.set_heir(true);
        self.rest.set(Rest { searching: woken, left_driver: rested == Rested::InDriver, woken });
    }
}
