//! Runs futures on threads: tasks with cancellation, work stealing, a blocking pool, a local executor.
//!
//! | to run | take | on | order | cancelled by |
//! | --- | --- | --- | --- | --- |
//! | `Send` futures | [`Executor::spawn`], [`spawn()`] | any worker | none between tasks; every woken task within a bounded number of polls | dropping the [`Task`], [`Task::cancel`] |
//! | futures that borrow or are not `Send` | [`LocalExecutor::spawn`] | the thread that polls the executor | first in, first out | the same |
//! | closures that block | [`Executor::spawn_blocking`], [`spawn_blocking`] | a bounded pool of threads | first in, first out | the same, until they start |
//! | one future | [`Executor::block_on`], [`block_on()`] | this thread | | nobody |
//!
//! Every task is a scope of [`motet_cancel`]: a cancelled task drops its body, then runs the exits that the body's guards left
//! behind, and only then completes with [`TaskError::Cancelled`]. A panic ends its task, and nothing else. A task costs one
//! allocation.
//!
//! ```
//! use motet_executor::{Executor, TaskError, spawn, yield_now};
//!
//! let executor = Executor::new();
//! let (sum, cancelled) = executor.block_on(async {
//!     let numbers: Vec<_> = (1..=10).map(|n| spawn(async move { n * n })).collect();
//!     let mut sum = 0;
//!     for number in numbers {
//!         sum += number.await.unwrap();
//!     }
//!
//!     let endless = spawn(async { loop { yield_now().await } });
//!     endless.cancel_with("enough");
//!     let cancelled: Result<(), TaskError> = endless.await;
//!     (sum, cancelled)
//! });
//! assert_eq!(sum, 385);
//! assert!(matches!(cancelled, Err(TaskError::Cancelled(reason)) if reason == "enough"));
//! ```
//!
//! The executor knows no I/O and no time: what an idle worker does is a [`Driver`], and code that spawns takes
//! `futures`' `Spawn` and `LocalSpawn`, which [`Executor`] and [`LocalExecutor`] implement.

mod ambient;
mod block_on;
mod blocking;
mod driver;
mod foreign;
mod local;
#[cfg(all(test, motet_loom))]
mod model;
mod pool;
mod queue;
mod seam;
mod slab;
mod spawn;
mod task;
mod yield_now;

pub use block_on::block_on;
pub use driver::Driver;
pub use foreign::SpawnTask;
pub use local::{LocalExecutor, LocalTaskBuilder};
pub use motet_cancel::{PanicPayload, Reason, Taken, TaskError};
pub use pool::{Builder, Executor, Metrics, PanicHook, WeakExecutor, WorkerMetrics};
pub use spawn::{
    CurrentSpawner, EnteredSpawner, current, current_spawner, enter_spawner, enter_task_spawner, spawn, spawn_blocking,
    task,
};
pub use task::{FlatTask, Task, TaskBuilder, TaskHandle, TaskId, TaskInfo, TaskPanic, TaskState, current_task};
pub use yield_now::yield_now;
