//! Futures that are not `Send`, on their way to the run on this very thread; and their tasks, which nobody else awaits.
//!
//! A simulation is `Sync`, so it cannot keep them itself: each thread has a stack of the runs that are under way on it.

use super::report::Panicked;
use super::shared::Shared;
use futures_util::FutureExt;
use futures_util::task::{LocalFutureObj, SpawnError};
use motet_executor::{Task, TaskError};
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

/// A future that was spawned locally, and where.
pub(super) struct LocalArrival {
    pub(super) future: LocalFutureObj<'static, ()>,
    pub(super) location: &'static Location<'static>,
}

/// The local part of a run.
struct LocalRun {
    sim: Arc<Shared>,
    arrivals: RefCell<Vec<LocalArrival>>,
    /// Those that have ended are cleared out now and then.
    tasks: RefCell<Vec<(Task<()>, &'static Location<'static>)>>,
}

thread_local! {
    static RUNS: RefCell<Vec<Rc<LocalRun>>> = const { RefCell::new(Vec::new()) };
}

impl LocalRun {
    /// Adds the panics of the tasks that have ended to those of the simulation.
    fn tell_panics(&self) {
        let (ended, left): (Vec<_>, _) = self.tasks.take().into_iter().partition(|(task, _)| task.is_finished());
        self.tasks.replace(left);
        for (mut task, location) in ended {
            if let Some(Err(TaskError::Panicked(payload))) = (&mut task).now_or_never() {
                self.sim.add_panic(Panicked::new(task.id(), task.name(), location, &payload));
            }
        }
    }
}

/// A run under way on this thread, until this is dropped.
pub(super) struct Here(Rc<LocalRun>);

impl Here {
    pub(super) fn enter(sim: &Arc<Shared>) -> Self {
        let run = Rc::new(LocalRun { sim: sim.clone(), arrivals: RefCell::default(), tasks: RefCell::default() });
        RUNS.with_borrow_mut(|runs| runs.push(run.clone()));
        Self(run)
    }

    pub(super) fn take(&self) -> Vec<LocalArrival> {
        self.0.arrivals.take()
    }

    /// Keeps a task of this run, to learn how it ends.
    pub(super) fn keep(&self, task: Task<()>, location: &'static Location<'static>) {
        self.0.tasks.borrow_mut().push((task, location));
    }

    pub(super) fn tell_panics(&self) {
        self.0.tell_panics();
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let left = RUNS.with_borrow_mut(|runs| {
            let place = runs.iter().rposition(|run| Rc::ptr_eq(run, &self.0));
            place.map(|place| runs.remove(place))
        });
        // Outside of the borrow, being foreign code.
        drop(left);
    }
}

/// Hands a future to the run of this simulation on this thread.
pub(super) fn arrive(sim: &Arc<Shared>, arrival: LocalArrival) -> Result<(), SpawnError> {
    sim.status()?;
    find(sim).ok_or_else(SpawnError::shutdown)?.arrivals.borrow_mut().push(arrival);
    Ok(())
}

/// Refuses where no run is under way on this thread, and while one closes.
pub(super) fn status(sim: &Arc<Shared>) -> Result<(), SpawnError> {
    sim.status()?;
    find(sim).map(drop).ok_or_else(SpawnError::shutdown)
}

/// Adds the panics of this simulation's local tasks to the others, if it runs on this thread.
pub(super) fn tell_panics(sim: &Arc<Shared>) {
    find(sim).iter().for_each(|run| run.tell_panics());
}

fn find(sim: &Arc<Shared>) -> Option<Rc<LocalRun>> {
    RUNS.with_borrow(|runs| runs.iter().rev().find(|run| Arc::ptr_eq(&run.sim, sim)).cloned())
}
