//! Spawns a task with a name, or eagerly.

use super::{Origin, Task};
use crate::ambient::Spawner;
use crate::pool::Start;
use core::future::Future;
use std::panic::Location;
use std::sync::Arc;

/// Options of one task, from [`Executor::task`](crate::Executor::task) or [`task`](crate::task).
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::builder().threads(1).build()?;
/// let task = executor.task().name("answer").eager().spawn(async { 42 });
/// assert_eq!(task.name(), Some("answer"));
/// assert!(task.is_finished(), "an eager task is polled where it is spawned");
/// assert_eq!(executor.block_on(task).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "options spawn nothing by themselves"]
pub struct TaskBuilder {
    spawner: Spawner,
    name: Option<Arc<str>>,
    eager: bool,
}

impl TaskBuilder {
    pub(crate) fn new(spawner: Spawner) -> Self {
        Self { spawner, name: None, eager: false }
    }

    /// Names the task, for `tasks()` and for the report of a panic.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Polls the task once where it is spawned, before `spawn` returns: what is ready at once never sees a queue (asyncio's
    /// eager tasks). The first poll then runs on this thread, inside its own scope.
    pub fn eager(mut self) -> Self {
        self.eager = true;
        self
    }

    /// Spawns the task.
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels it.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let origin = Origin { name: self.name, location: Location::caller() };
        let start = if self.eager { Start::Eager } else { Start::Queued };
        self.spawner.spawn(future, origin, start)
    }

    /// Runs a closure that blocks on a thread of its own kind; [`eager`](Self::eager) says nothing to it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels a closure that has not started; one that has runs to its end.
    #[track_caller]
    pub fn spawn_blocking<T: Send + 'static>(self, run: impl FnOnce() -> T + Send + 'static) -> Task<T> {
        let origin = Origin { name: self.name, location: Location::caller() };
        self.spawner.spawn_blocking(run, origin)
    }
}
