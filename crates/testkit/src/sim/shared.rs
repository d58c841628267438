//! What all clones of a simulation share: its time, its seed's numbers, and what came to it from any thread.
//!
//! ```text
//!   Resting ── run ──▶ Running ── main ended ──▶ Closing ── all drained ──▶ Resting
//! ```
//!
//! *Running* and *Closing* belong to the thread inside `run`; every other thread only adds: an arrival, a wake, a hold. Each
//! addition happens under the lock and notifies, so whoever waits there misses none.

use super::random::Random;
use super::report::Panicked;
use futures_util::task::{FutureObj, SpawnError};
use motet_executor::TaskHandle;
use motet_timer::{Timers, VirtualClock};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Wake;
use std::time::{Duration, Instant};

/// The state behind a `Sim`.
pub(super) struct Shared {
    pub(super) seed: u64,
    pub(super) timers: Timers,
    pub(super) clock: VirtualClock,
    start: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    random: Random,
    stage: Stage,
    arrivals: Vec<Arrival>,
    is_woken: bool,
    holds: usize,
    /// Of this run's tasks; nobody awaits them.
    panics: Vec<Panicked>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Resting,
    Running,
    Closing,
}

/// A task that was spawned and is not known to the executor of the run yet.
pub(super) struct Arrival {
    pub(super) run: FutureObj<'static, ()>,
    pub(super) task: TaskHandle,
}

impl Shared {
    pub(super) fn new(seed: u64) -> Self {
        let (timers, clock) = Timers::virtual_time();
        let start = clock.now();
        let state = State {
            random: Random::new(seed),
            stage: Stage::Resting,
            arrivals: Vec::new(),
            is_woken: false,
            holds: 0,
            panics: Vec::new(),
        };
        Self { seed, timers, clock, start, state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
    }

    /// Which of `due` tasks runs next.
    pub(super) fn choose(&self, due: usize) -> usize {
        self.state().random.below(due)
    }

    /// Begins a run, unless one is under way.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.state();
        let is_resting = state.stage == Stage::Resting;
        if is_resting {
            state.stage = Stage::Running;
        }
        is_resting
    }

    /// Whoever runs goes on to that stage.
    pub(super) fn enter(&self, stage: Stage) {
        self.state().stage = stage;
    }

    /// Refuses while a run closes.
    pub(super) fn status(&self) -> Result<(), SpawnError> {
        match self.state().stage {
            Stage::Resting | Stage::Running => Ok(()),
            Stage::Closing => Err(SpawnError::shutdown()),
        }
    }

    /// A task comes, from any thread.
    pub(super) fn arrive(&self, arrival: Arrival) -> Result<(), SpawnError> {
        let mut state = self.state();
        if state.stage == Stage::Closing {
            drop(state);
            // Foreign code, so not under the lock.
            drop(arrival);
            return Err(SpawnError::shutdown());
        }
        state.arrivals.push(arrival);
        state.is_woken = true;
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn take_arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.state().arrivals)
    }

    /// A task panicked, and nobody awaits it. Between two runs there is nobody to be told: then it is printed.
    pub(super) fn add_panic(&self, panicked: Panicked) {
        let mut state = self.state();
        if state.stage == Stage::Resting {
            drop(state);
            return eprintln!("{panicked}");
        }
        state.panics.push(panicked);
    }

    pub(super) fn take_panics(&self) -> Vec<Panicked> {
        std::mem::take(&mut self.state().panics)
    }

    /// Whether something was woken since the last call.
    pub(super) fn take_woken(&self) -> bool {
        std::mem::take(&mut self.state().is_woken)
    }

    /// While somebody holds the clock, waits for a wake; false if nobody does, and nothing is woken.
    pub(super) fn wait_while_held(&self) -> bool {
        let state = self.state();
        // The second look at the wakes: whoever held the clock has woken a task first, and let the clock go then.
        if state.holds == 0 {
            return state.is_woken;
        }
        let waits = |state: &mut State| !state.is_woken && state.holds > 0;
        drop(self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner));
        true
    }

    pub(super) fn hold(&self) {
        self.state().holds += 1;
    }

    pub(super) fn release(&self) {
        self.state().holds -= 1;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.state().is_woken = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::{Shared, Stage};
    use std::sync::Arc;
    use std::task::Waker;

    #[test]
    fn a_wake_before_the_last_hold_goes_is_seen_after_it() {
        let shared = Arc::new(Shared::new(0));
        shared.hold();
        Waker::from(shared.clone()).wake();
        shared.release();
        assert!(shared.wait_while_held(), "something is ready: the clock must not move");
        assert!(shared.take_woken());
        assert!(!shared.wait_while_held());
    }

    #[test]
    fn a_run_that_is_refused_leaves_the_one_under_way_as_it_is() {
        let shared = Shared::new(0);
        assert!(shared.begin());
        shared.enter(Stage::Closing);
        assert!(!shared.begin());
        assert!(shared.status().is_err(), "it still closes, and takes nothing more");
    }
}
