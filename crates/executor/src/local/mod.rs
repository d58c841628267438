//! The executor of one thread, for futures that are not `Send` and may borrow.
//!
//! * [`executor`]: the type; [`run`]: the future that polls its tasks; [`queue`]: where wakes from any thread put them.
//! * [`own_thread`]: `unsafe` is here: what only the executor's own thread may touch, though others hold it too.
//! * [`shell`]: and here. A task's future as async-task owns it, which its executor can empty in place.

mod executor;
#[cfg(all(test, motet_loom))]
mod model;
mod own_thread;
mod queue;
mod run;
mod shell;

pub use executor::LocalExecutor;

pub(crate) use queue::LocalQueue;
