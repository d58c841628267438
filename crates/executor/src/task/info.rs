//! What can be told of a task from outside.

use super::{Record, TaskId};
use core::fmt;
use motet_cancel::PanicPayload;
use std::panic::Location;
use std::sync::Arc;

/// One live task, as [`Executor::tasks`](crate::Executor::tasks) lists them (asyncio's `all_tasks`).
///
/// ```
/// use motet_executor::{Executor, TaskState};
///
/// let executor = Executor::builder().threads(1).build()?;
/// let task = executor.task().name("reader").spawn(std::future::pending::<()>());
/// let tasks = executor.tasks();
/// assert_eq!(tasks[0].name.as_deref(), Some("reader"));
/// assert_eq!(tasks[0].state, TaskState::New);
/// assert!(tasks[0].location.file().ends_with(".rs"));
/// # drop(task);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The task's number.
    pub id: TaskId,
    /// The name it was given with [`TaskBuilder::name`](crate::TaskBuilder::name).
    pub name: Option<Arc<str>>,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// What it was doing at that moment.
    pub state: TaskState,
}

impl TaskInfo {
    pub(crate) fn of(task: &Record) -> Self {
        Self { id: task.id(), name: task.shared_name(), location: task.location(), state: task.state() }
    }
}

/// What a task does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It was spawned and never polled.
    New,
    /// A thread polls it.
    Running,
    /// It waits to be woken, or for its turn.
    Waiting,
    /// It was asked to end, and has not been polled since, or runs its cleanup.
    Cancelling,
    /// It has completed.
    Finished,
}

/// A panic that nobody awaits: what [`Builder::on_panic`](crate::Builder::on_panic)'s hook is given.
///
/// Its `Display` is the line that the default hook prints.
pub struct TaskPanic<'a> {
    pub(crate) id: TaskId,
    pub(crate) name: Option<&'a str>,
    pub(crate) location: &'static Location<'static>,
    pub(crate) payload: &'a PanicPayload,
}

impl TaskPanic<'_> {
    /// The task's number.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The task's name, if it was given one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name
    }

    /// Where the task was spawned.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// What the task panicked with.
    #[must_use]
    pub fn payload(&self) -> &PanicPayload {
        self.payload
    }
}

impl fmt::Display for TaskPanic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = std::thread::current();
        write!(f, "thread '{}': task {}", thread.name().unwrap_or("<unnamed>"), self.id)?;
        if let Some(name) = self.name {
            write!(f, " '{name}'")?;
        }
        write!(f, ", spawned at {}, panicked: {}", self.location, self.payload.message().unwrap_or("(no text)"))
    }
}

impl fmt::Debug for TaskPanic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskPanic")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("location", &self.location)
            .field("payload", &self.payload)
            .finish()
    }
}
