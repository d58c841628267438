//! The handle that owns a task: await it for the result, drop it to cancel.

use super::ended::Ended;
use super::{FlatTask, Output, Record, TaskHandle, TaskId, TaskInfo, TaskPointer, TaskRef};
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::task::{Context, Poll};
use motet_cancel::{Reason, Taken, TaskError};
use std::panic::Location;

/// A spawned task (asyncio's `Task`): await it for its result, drop it to cancel it, detach it to let it run.
///
/// Awaiting gives what the future returned, or a [`TaskError`]: the task was cancelled, or it panicked. A future that
/// returns a `Result` has two errors then; [`flat`](Self::flat) makes them one.
///
/// ```
/// use motet_executor::{Executor, TaskError};
///
/// let executor = Executor::new();
/// let task = executor.spawn(async { 6 * 7 });
/// assert_eq!(executor.block_on(task).unwrap(), 42);
///
/// let task = executor.spawn(std::future::pending::<()>());
/// assert!(task.cancel());
/// assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(_))));
/// ```
///
/// There is one `Task` for a task, so that nothing can be awaited twice:
///
/// ```compile_fail
/// fn both(task: motet_executor::Task<u8>) -> [motet_executor::Task<u8>; 2] {
///     [task.clone(), task]
/// }
/// ```
///
/// # Cancel safety
///
/// A task cannot be awaited by reference and lost: dropping it before it has completed cancels the task and hands the wait
/// for the end of its cleanup to the scope in which the drop happens (`timeout(d, task)` returns after that cleanup).
/// Where there is no scope the task is only cancelled, and of tasks that drop each other one does not wait. `&mut task` can be awaited and
/// dropped freely.
///
/// # Panics
///
/// If polled after it gave its result. A waker that panics as it is called, cloned or dropped ends the process if a task is awaited with it.
#[must_use = "a task is cancelled when it is dropped; `detach` lets it run"]
pub struct Task<T> {
    /// Empty only while this is dropped. As long as it is there, so is the task's allocation.
    output: Option<async_task::FallibleTask<Output<T>, Record>>,
    task: TaskPointer,
    result: Stage,
}

/// Whether the result was given. A whole word: a `Task` is moved right after it was made, in words, and a processor waits for a fresh byte that it
/// loads as part of one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Stage {
    Awaited,
    Given,
}

impl<T> Unpin for Task<T> {}

// A panic ends the task that it comes from, and leaves nothing half-changed behind.
impl<T> UnwindSafe for Task<T> {}
impl<T> RefUnwindSafe for Task<T> {}

impl<T> Task<T> {
    /// `task` points to the same task.
    pub(crate) fn new(output: async_task::Task<Output<T>, Record>, task: TaskPointer) -> Self {
        Self { output: Some(output.fallible()), task, result: Stage::Awaited }
    }

    fn record(&self) -> &Record {
        // SAFETY: `output` keeps the allocation; it goes in `detach` and `drop` only, which look at the record before.
        unsafe { self.task.as_ref() }
    }

    /// A handle that can cancel the task and outlives it.
    #[must_use]
    pub fn handle(&self) -> TaskHandle {
        // SAFETY: `output` keeps the task.
        TaskHandle::new(unsafe { TaskRef::of_living(self.task) })
    }

    /// Lets the task run on its own; if it panics, the executor's `on_panic` hook is told.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let executor = Executor::new();
    /// executor.spawn(async move { sender.send(1).unwrap() }).detach();
    /// # let _worker = executor.spawn_blocking(|| {});
    /// executor.block_on(executor.spawn_blocking(move || assert_eq!(receiver.recv(), Ok(1)))).unwrap();
    /// ```
    pub fn detach(mut self) {
        self.record().set_detached();
        // Dropped on the way out of `Output`: a result that has come already.
        if let Some(output) = self.output.take() {
            output.detach();
        }
    }

    /// Asks the task to end; false if it has ended.
    ///
    /// The task's body is dropped at its next poll, then its cleanups run, then it completes with
    /// [`TaskError::Cancelled`]. A task that completes in that very moment has completed.
    #[expect(clippy::must_use_candidate, reason = "most callers do not mind a task that has ended")]
    pub fn cancel(&self) -> bool {
        self.cancel_with(Reason::none())
    }

    /// As [`cancel`](Self::cancel), saying why: the first reason is the one that the error carries.
    ///
    /// ```
    /// use motet_executor::{Executor, TaskError};
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// task.cancel_with("enough");
    /// assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(reason)) if reason == "enough"));
    /// ```
    pub fn cancel_with(&self, reason: impl Into<Reason>) -> bool {
        // SAFETY: `output` keeps the task.
        unsafe { self.task.cancel(reason.into(), None) }
    }

    /// Asks the task to end by itself, and drops what still runs of it when `limit` is ready; false if it has ended.
    ///
    /// Any future is the clock. The limit bounds the task's cleanups too.
    ///
    /// ```
    /// use motet_executor::{Executor, yield_now};
    /// use std::future::{pending, ready};
    ///
    /// let executor = Executor::builder().threads(1).build()?;
    /// let task = executor.task().eager().spawn(async { yield_now().await; 7 });
    /// task.cancel_with_grace("hurry", pending());
    /// assert_eq!(executor.block_on(task).unwrap(), 7, "it had time to end by itself");
    ///
    /// let task = executor.task().eager().spawn(pending::<()>());
    /// task.cancel_with_grace("hurry", ready(()));
    /// assert!(executor.block_on(task).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancel_with_grace(
        &self,
        reason: impl Into<Reason>,
        limit: impl Future<Output = ()> + Send + 'static,
    ) -> bool {
        // SAFETY: `output` keeps the task.
        unsafe { self.task.cancel(reason.into(), Some(Box::pin(limit))) }
    }

    /// Takes one request to cancel back; gives how many still stand (asyncio's `Task.uncancel`).
    ///
    /// ```
    /// use motet_executor::Executor;
    ///
    /// let executor = Executor::builder().threads(1).build()?;
    /// let task = executor.spawn(async { 7 });
    /// assert!(task.cancel() && task.cancelling() == 1);
    /// assert_eq!(task.uncancel().unwrap(), 0);
    /// assert_eq!(executor.block_on(task).unwrap(), 7);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Taken`]: the task has acted on it already.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        self.record().requests().uncancel()
    }

    /// How many requests to cancel stand (asyncio's `Task.cancelling`).
    #[must_use]
    pub fn cancelling(&self) -> usize {
        self.record().requests().cancelling()
    }

    /// Whether the task has ended: completed, panicked, or been cancelled and cleaned up.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.record().is_finished()
    }

    /// The task's number.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.record().id()
    }

    /// The name it was given with [`TaskBuilder::name`](crate::TaskBuilder::name).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.record().name()
    }

    /// Where the task was spawned.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.record().location()
    }

    /// All that is known of the task at this moment.
    ///
    /// ```
    /// use motet_executor::{Executor, TaskState};
    ///
    /// let executor = Executor::builder().threads(1).build()?;
    /// let task = executor.task().name("reader").spawn(async {});
    /// let info = task.info();
    /// assert_eq!((info.name.as_deref(), info.state), (Some("reader"), TaskState::New));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn info(&self) -> TaskInfo {
        TaskInfo::of(self.record())
    }
}

impl<T> Task<T> {
    /// Cancels the task, whose result nobody will await; gives the wait for its end, if there is something to wait for.
    fn cancel_for_good(&self) -> Option<Ended> {
        self.record().set_dropped();
        // SAFETY: `drop`, which calls this, still has async-task's `Task`.
        let ends_later = unsafe { self.task.cancel(Reason::none(), None) };
        // A task that drops its own `Task` must not wait for itself.
        let must_wait = ends_later && !self.task.is_current() && crate::seam::has_frame();
        // SAFETY: `drop`, which calls this, still has async-task's `Task`.
        must_wait.then(|| Ended { task: unsafe { TaskRef::of_living(self.task) } })
    }
}

impl<T, E: From<TaskError>> Task<Result<T, E>> {
    /// One `?` instead of two: the task's own error becomes an `E`.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::io;
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(async { Err::<(), _>(io::Error::other("disk")) }).flat();
    /// assert_eq!(executor.block_on(task).unwrap_err().to_string(), "disk");
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As the [`Task`]'s: dropping it cancels the task.
    pub fn flat(self) -> FlatTask<T, E> {
        FlatTask::new(self)
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(self.result == Stage::Awaited, "a `Task` is not polled after it gave its result");
        let Some(output) = &mut self.output else { unreachable!("it is there until the drop") };
        match Pin::new(output).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(output) => {
                self.result = Stage::Given;
                let result = output.and_then(Output::take);
                // No output: the executor dropped the task.
                Poll::Ready(result.unwrap_or_else(|| Err(TaskError::Cancelled(self.record().reason_to_go()))))
            }
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let Some(output) = self.output.take() else { return };
        let ended = if self.result == Stage::Given { None } else { self.cancel_for_good() };
        // Always detached: async-task's own cancel would drop the body outside of its scope.
        output.detach();
        // With no frame here there is nobody to wait.
        if let Some(ended) = ended {
            crate::seam::adopt_into_frame(ended);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("state", &self.record().state())
            .finish_non_exhaustive()
    }
}
