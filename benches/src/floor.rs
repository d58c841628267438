//! What async-task itself costs: one thread, a plain deque, and nothing else.
//!
//! No stealing, no fairness, no sleep, no numbers, no names, no cancel scopes: no executor on async-task can be faster on one thread, and on
//! two threads, without a word in common, twice as fast at the very best. It runs beside the contestants and is not ranked.

use crate::pools::Pool;
use async_task::{Runnable, Task};
use futures::FutureExt as _;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;

/// Its name in tables and charts.
pub const FLOOR: &str = "floor (async-task and a deque on one thread)";

thread_local! {
    static DUE: RefCell<VecDeque<Runnable>> = const { RefCell::new(VecDeque::new()) };
}

fn schedule(runnable: Runnable) {
    DUE.with_borrow_mut(|due| due.push_back(runnable));
}

fn run_all() {
    while let Some(runnable) = DUE.with_borrow_mut(VecDeque::pop_front) {
        runnable.run();
    }
}

/// The queue of this thread.
#[derive(Clone)]
pub struct Floor;

impl Floor {
    /// Spawns a task that need not be `Send` and that nobody awaits.
    pub fn spawn_local(&self, future: impl Future<Output = ()> + 'static) {
        let (runnable, task) = async_task::spawn_local(future, schedule);
        runnable.schedule();
        task.detach();
    }

    /// Runs all that is due on this thread, and gives what `future` has come to by then.
    ///
    /// # Panics
    ///
    /// If it waits for something else.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        run_all();
        future.now_or_never().expect("it waits for tasks of this thread only")
    }
}

impl Pool for Floor {
    type Task<T: Send + 'static> = Task<T>;

    fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runnable, task) = async_task::spawn(future, schedule);
        runnable.schedule();
        task
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawn(future).detach();
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = self.spawn(future);
        self.run(task)
    }
}
