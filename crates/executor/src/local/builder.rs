//! Spawns a task of a local executor with a name, or eagerly.

use super::LocalExecutor;
use crate::pool::Start;
use crate::task::{Origin, Task};
use core::fmt;
use core::future::Future;
use std::panic::Location;
use std::sync::Arc;

/// Options of one task of a local executor, from [`LocalExecutor::task`].
///
/// ```
/// use motet_executor::LocalExecutor;
///
/// let text = String::from("borrowed");
/// let executor = LocalExecutor::new();
/// let task = executor.task().name("reader").eager().spawn(async { text.len() });
/// assert_eq!(task.name(), Some("reader"));
/// assert!(task.is_finished(), "an eager task is polled where it is spawned");
/// assert_eq!(executor.block_on(task).unwrap(), 8);
/// ```
#[must_use = "options spawn nothing by themselves"]
pub struct LocalTaskBuilder<'e, 'a> {
    executor: &'e LocalExecutor<'a>,
    name: Option<Arc<str>>,
    start: Start,
}

impl<'e, 'a> LocalTaskBuilder<'e, 'a> {
    pub(super) fn new(executor: &'e LocalExecutor<'a>) -> Self {
        Self { executor, name: None, start: Start::Queued }
    }

    /// Names the task, for [`tasks`](LocalExecutor::tasks) and for the report of a panic.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Polls the task once where it is spawned, before `spawn` returns: what is ready at once never sees a queue (asyncio's
    /// eager tasks). The first poll then runs inside its own scope, whether the executor runs or not.
    pub fn eager(mut self) -> Self {
        self.start = Start::Eager;
        self
    }

    /// Spawns the task on this thread.
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels it.
    #[track_caller]
    pub fn spawn<T>(self, future: impl Future<Output = T> + 'a) -> Task<T> {
        self.executor.spawn_as(future, Origin { name: self.name, location: Location::caller() }, self.start)
    }
}

impl fmt::Debug for LocalTaskBuilder<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTaskBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
