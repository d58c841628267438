//! Tasks: what a spawn gives back, and what async-task's task is made of.
//!
//! ```text
//!   async_task's allocation
//!   ┌─────────────────────────────────────────────┐
//!   │ state · awaiter │ Record (metadata) │ Shell │◀── Task: awaits the output
//!   └─────────────────────────────────────────────┘◀── TaskRef: keeps the record readable (handles)
//! ```
//!
//! * [`record`]: what is known of a task: what is asked of it, its home, its name. Everybody reads it, on any thread. `unsafe` is
//!   here, for homes that are not counted; and in
//! * [`home`]: who runs a task, in one word; and in
//! * [`reference`](mod@reference): a counted reference on a task that keeps its record readable, and the bare pointer that lists hold; and in
//! * [`shell`]: the future that async-task polls. It polls the body inside its cancel scope and contains panics.
//! * [`output`]: a result on its way to whoever awaits it; [`ended`]: the wait for an end without one; [`waits`]: that no two wait for each other.

mod builder;
mod cancellable;
mod ended;
mod flat;
mod handle;
mod home;
mod id;
mod info;
#[cfg(all(test, motet_loom))]
mod model;
mod output;
mod record;
mod reference;
mod shell;
#[expect(clippy::module_inception, reason = "the type `Task` is the face of this folder")]
mod task;
mod waits;

pub use builder::TaskBuilder;
pub use flat::FlatTask;
pub use handle::{TaskHandle, current_task};
pub use id::TaskId;
pub use info::{TaskInfo, TaskPanic, TaskState};
pub use task::Task;

pub(crate) use home::Home;
pub(crate) use output::{Output, contain};
pub(crate) use record::{GONE, Origin, Place, Rare, Record, schedule};
pub(crate) use reference::{RecordPointer, SelfReference, TaskPointer, TaskRef};
pub(crate) use shell::{Shell, poll_body};

/// A task that is due for a poll.
pub(crate) type Runnable = async_task::Runnable<Record>;
