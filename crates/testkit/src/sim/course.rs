//! One run: step after step until nothing is ready, then the clock to the next deadline, and so on.
//!
//! ```text
//!        ┌─ ready ─▶ one task, chosen by the seed, is polled ─┐
//!   look ┤─ held ──▶ wait for a wake from outside ────────────┼─▶ look again
//!        ├─ armed ─▶ the clock moves to the next deadline ─────┘
//!        └─ none of them: a deadlock
//! ```

use super::local::Here;
use super::report::Deadlock;
use super::shared::Shared;
use motet_executor::{LocalExecutor, Task, TaskError, TaskHandle, TaskId, TaskInfo};
use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A run under way.
pub(super) struct Course<'r, 'e> {
    sim: &'r Arc<Shared>,
    executor: &'r LocalExecutor<'e>,
    here: &'r Here,
    /// By their numbers in the executor; those that have ended are cleared out now and then.
    tasks: BTreeMap<TaskId, Known>,
    clear_at: usize,
}

/// A task as its spawner knows it: the executor sees only what polls it.
struct Known {
    task: TaskHandle,
    location: &'static Location<'static>,
}

impl<'r, 'e> Course<'r, 'e> {
    pub(super) fn new(sim: &'r Arc<Shared>, executor: &'r LocalExecutor<'e>, here: &'r Here) -> Self {
        Self { sim, executor, here, tasks: BTreeMap::new(), clear_at: 64 }
    }

    /// Runs until the main task has ended.
    pub(super) fn run_main<T>(&mut self, main: Task<T>) -> Result<Result<T, TaskError>, Deadlock> {
        let mut run = pin!(self.executor.run(main));
        loop {
            if let Poll::Ready(result) = self.work(run.as_mut()) {
                return Ok(result);
            }
            if !self.move_on() {
                return Err(self.deadlock());
            }
        }
    }

    /// Cancels the tasks that are left, and runs until they have cleaned up.
    pub(super) fn run_rest(&mut self) -> Result<(), Deadlock> {
        self.admit();
        for known in self.tasks.values() {
            known.task.cancel_with("the run of its `Sim` has ended");
        }
        let mut run = pin!(self.executor.run(pending::<()>()));
        loop {
            let Poll::Pending = self.work(run.as_mut()) else { unreachable!("it is pending for ever") };
            if self.executor.is_empty() {
                self.here.tell_panics();
                return Ok(());
            }
            if !self.move_on() {
                return Err(self.deadlock());
            }
        }
    }

    /// Polls tasks until none is ready.
    fn work<F: Future>(&mut self, mut run: Pin<&mut F>) -> Poll<F::Output> {
        let waker = Waker::from(self.sim.clone());
        loop {
            self.admit();
            if let Poll::Ready(output) = run.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            // What a task spawned is as ready as what it woke.
            self.admit();
            if !self.sim.take_woken() {
                return Poll::Pending;
            }
        }
    }

    /// Nothing is ready: waits for whoever holds the clock, else moves the clock; false if there is nothing to come.
    fn move_on(&self) -> bool {
        self.sim.wait_while_held() || self.sim.clock.advance_to_next().is_some()
    }

    /// Gives what arrived to the executor.
    fn admit(&mut self) {
        for arrival in self.sim.take_arrivals() {
            let run = self.executor.spawn(arrival.run);
            let location = arrival.task.location();
            self.tasks.insert(run.id(), Known { task: arrival.task, location });
            run.detach();
        }
        for arrival in self.here.take() {
            let task = self.executor.spawn(arrival.future);
            self.tasks.insert(task.id(), Known { task: task.handle(), location: arrival.location });
            self.here.keep(task, arrival.location);
        }
        if self.tasks.len() >= self.clear_at {
            self.tasks.retain(|_, known| !known.task.is_finished());
            self.here.tell_panics();
            self.clear_at = (2 * self.tasks.len()).max(64);
        }
    }

    fn deadlock(&self) -> Deadlock {
        self.here.tell_panics();
        let as_known = |task: TaskInfo| match self.tasks.get(&task.id) {
            Some(known) => {
                let mut info = known.task.info();
                info.location = known.location;
                info
            }
            None => task,
        };
        Deadlock {
            seed: self.sim.seed,
            elapsed: self.sim.elapsed(),
            tasks: self.executor.tasks().into_iter().map(as_known).collect(),
            panics: self.sim.take_panics(),
        }
    }
}
