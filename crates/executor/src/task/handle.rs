//! A handle on a task that does not own it.

use super::{TaskId, TaskInfo, TaskRef};
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use motet_cancel::{Reason, Taken};
use std::panic::Location;

/// Cancels a task and tells about it, without owning it: clone it, keep it after the task's end.
///
/// ```
/// use motet_executor::{Executor, TaskError};
///
/// let executor = Executor::new();
/// let task = executor.spawn(std::future::pending::<()>());
/// let handle = task.handle();
/// assert!(handle.cancel_with("enough"));
/// assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(reason)) if reason.to_string() == "enough"));
/// assert!(handle.is_finished());
/// assert!(!handle.cancel(), "it has ended");
/// ```
#[derive(Clone)]
pub struct TaskHandle {
    task: TaskRef,
}

// As a `Task`.
impl UnwindSafe for TaskHandle {}
impl RefUnwindSafe for TaskHandle {}

impl TaskHandle {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self { task }
    }

    /// Asks the task to end; false if it has ended. See [`Task::cancel`](crate::Task::cancel).
    #[expect(clippy::must_use_candidate, reason = "most callers do not mind a task that has ended")]
    pub fn cancel(&self) -> bool {
        self.task.cancel(Reason::none())
    }

    /// As [`cancel`](Self::cancel), saying why: the first reason is the one that the error carries.
    pub fn cancel_with(&self, reason: impl Into<Reason>) -> bool {
        self.task.cancel(reason.into())
    }

    /// Asks the task to end by itself, and drops what still runs of it when `limit` is ready; false if it has ended.
    ///
    /// Any future is the clock. The limit bounds the task's cleanups too.
    pub fn cancel_with_grace(
        &self,
        reason: impl Into<Reason>,
        limit: impl Future<Output = ()> + Send + 'static,
    ) -> bool {
        self.task.cancel_with_grace(reason.into(), Box::pin(limit))
    }

    /// Takes one request to cancel back; gives how many still stand (asyncio's `Task.uncancel`).
    ///
    /// # Errors
    ///
    /// [`Taken`]: the task has acted on it already.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        self.task.requests().uncancel()
    }

    /// How many requests to cancel stand (asyncio's `Task.cancelling`).
    #[must_use]
    pub fn cancelling(&self) -> usize {
        self.task.requests().cancelling()
    }

    /// Whether the task has ended: completed, panicked, or been cancelled and cleaned up.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// The task's number.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.task.id()
    }

    /// The name it was given with [`TaskBuilder::name`](crate::TaskBuilder::name).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.task.name()
    }

    /// Where the task was spawned.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.task.location()
    }

    /// All that is known of the task at this moment.
    #[must_use]
    pub fn info(&self) -> TaskInfo {
        TaskInfo::of(&self.task)
    }
}

/// The task that this thread polls at this moment (asyncio's `current_task`): to name it in a log, or to cancel itself.
///
/// The innermost, if one is polled inside of another's poll. None in the root of a `block_on`, which is no task, unless a task blocks in that: then it is this
/// task. None in tasks of other crates, and in destructors of what an executor drops at its end.
///
/// ```
/// use motet_executor::{Executor, TaskError, current_task, yield_now};
///
/// let executor = Executor::new();
/// let task = executor.task().name("reader").spawn(async {
///     let this = current_task().expect("a task polls us");
///     assert_eq!(this.name(), Some("reader"));
///     this.cancel_with("enough");
///     yield_now().await;
///     unreachable!("it goes here");
/// });
/// assert!(matches!(executor.block_on(task), Err::<(), _>(TaskError::Cancelled(reason)) if reason == "enough"));
/// assert!(current_task().is_none());
/// ```
#[must_use]
pub fn current_task() -> Option<TaskHandle> {
    TaskRef::current().map(TaskHandle::new)
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("state", &self.task.state())
            .finish_non_exhaustive()
    }
}
