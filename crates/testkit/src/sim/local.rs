//! Futures that are not `Send`, on their way to the run on this very thread.
//!
//! A simulation is `Sync`, so it cannot keep them itself: each thread has a stack of the runs that are under way on it.

use super::shared::Shared;
use futures_util::task::{LocalFutureObj, SpawnError};
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

/// A future that was spawned locally, and where.
pub(super) struct LocalArrival {
    pub(super) future: LocalFutureObj<'static, ()>,
    pub(super) location: &'static Location<'static>,
}

type Arrivals = Rc<RefCell<Vec<LocalArrival>>>;

/// A run under way on this thread, until this is dropped.
pub(super) struct Here {
    sim: Arc<Shared>,
    arrivals: Arrivals,
}

thread_local! {
    static RUNS: RefCell<Vec<(Arc<Shared>, Arrivals)>> = const { RefCell::new(Vec::new()) };
}

impl Here {
    pub(super) fn enter(sim: &Arc<Shared>) -> Self {
        let arrivals = Rc::new(RefCell::new(Vec::new()));
        RUNS.with_borrow_mut(|runs| runs.push((sim.clone(), arrivals.clone())));
        Self { sim: sim.clone(), arrivals }
    }

    pub(super) fn take(&self) -> Vec<LocalArrival> {
        self.arrivals.take()
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        // A simulation runs once at a time, so its entry is unique. Dropped outside of the borrow, being foreign code.
        let left = RUNS.with_borrow_mut(|runs| {
            let place = runs.iter().rposition(|(sim, _)| Arc::ptr_eq(sim, &self.sim));
            place.map(|place| runs.remove(place))
        });
        drop(left);
    }
}

/// Hands a future to the run of this simulation on this thread.
pub(super) fn arrive(sim: &Arc<Shared>, arrival: LocalArrival) -> Result<(), SpawnError> {
    sim.status()?;
    find(sim)?.borrow_mut().push(arrival);
    Ok(())
}

/// Refuses where no run is under way on this thread, and while one closes.
pub(super) fn status(sim: &Arc<Shared>) -> Result<(), SpawnError> {
    sim.status()?;
    find(sim).map(drop)
}

fn find(sim: &Arc<Shared>) -> Result<Arrivals, SpawnError> {
    let arrivals = RUNS.with_borrow(|runs| {
        let run = runs.iter().rev().find(|(running, _)| Arc::ptr_eq(running, sim));
        run.map(|(_, arrivals)| arrivals.clone())
    });
    arrivals.ok_or_else(SpawnError::shutdown)
}
