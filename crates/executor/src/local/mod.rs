//! The executor of one thread, for futures that are not `Send` and may borrow.
//!
//! * [`executor`]: the type; [`builder`]: a task's options; [`run`]: what polls its tasks: a future, or a thread.
//! * [`queue`]: where wakes put them: on the executor's thread into [`due`], on others into [`remote`].
//! * [`shell`]: a task's future as async-task owns it, which its executor can empty in place; [`list`] links those it must.
//! * [`own_thread`]: what only the executor's own thread may touch, though others hold it too.
//!
//! `unsafe` is in all but [`builder`], [`run`] and [`remote`].

mod builder;
mod due;
mod executor;
mod list;
#[cfg(all(test, motet_loom))]
mod model;
mod own_thread;
mod queue;
mod remote;
mod run;
mod shell;

pub use builder::LocalTaskBuilder;
pub use executor::LocalExecutor;

pub(crate) use queue::{LocalQueue, QueuePointer};
