//! Spawning without a handle: onto whatever this thread works for.

use crate::ambient::{self, Ambient, Entered, Spawner, enter};
use crate::foreign::{SpawnTask, Unaware};
use crate::pool::{Executor, Start};
use crate::task::{Origin, Task, TaskBuilder};
use core::fmt;
use core::future::Future;
use futures_util::task::{FutureObj, Spawn, SpawnError};
use std::panic::Location;
use std::sync::Arc;

/// Spawns a task onto the executor whose worker polls us, or onto the [ambient spawner](enter_spawner).
///
/// ```
/// use motet_executor::{Executor, spawn};
///
/// let executor = Executor::new();
/// let answer = executor.block_on(async { spawn(async { 42 }).await });
/// assert_eq!(answer.unwrap(), 42);
/// ```
///
/// # Cancel safety
///
/// Dropping the [`Task`] cancels it; see there.
///
/// # Panics
///
/// On a thread that works for no executor.
#[track_caller]
pub fn spawn<F>(future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let origin = Origin::at(Location::caller());
    if ambient::with_worker(|worker| worker.is_none()) {
        return present().spawn(future, origin, Start::Queued);
    }
    ambient::with_worker(|worker| match worker {
        Some(worker) => worker.shared().spawn(future, origin, Start::Queued),
        None => unreachable!("nothing came between the two looks"),
    })
}

/// Runs a closure that blocks on a blocking thread of the executor whose worker polls us.
///
/// Under an [ambient spawner](enter_spawner), which has no such threads, the closure runs as a task.
///
/// ```
/// use motet_executor::{Executor, spawn_blocking};
///
/// let executor = Executor::new();
/// let answer = executor.block_on(async { spawn_blocking(|| 42).await });
/// assert_eq!(answer.unwrap(), 42);
/// ```
///
/// # Cancel safety
///
/// As of [`Executor::spawn_blocking`]: a closure that has started runs to its end.
///
/// # Panics
///
/// On a thread that works for no executor.
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    present().spawn_blocking(f, Origin::at(Location::caller()))
}

/// Options of one task for the executor whose worker polls us, or for the [ambient spawner](enter_spawner).
///
/// ```
/// use motet_executor::{Executor, task};
///
/// let executor = Executor::new();
/// let name = executor.block_on(async { task().name("reader").spawn(async {}).name().map(str::to_owned) });
/// assert_eq!(name.as_deref(), Some("reader"));
/// ```
///
/// # Panics
///
/// On a thread that works for no executor.
#[track_caller]
pub fn task() -> TaskBuilder {
    TaskBuilder::new(present())
}

/// The executor whose worker polls us, while a handle keeps it open (asyncio's `get_running_loop`).
///
/// ```
/// use motet_executor::{Executor, current};
///
/// assert!(current().is_none());
/// let executor = Executor::new();
/// assert!(executor.block_on(async { current().is_some() }));
/// ```
#[must_use]
pub fn current() -> Option<Executor> {
    match Spawner::present()? {
        Spawner::Pool(shared) => Executor::upgrade(&shared),
        Spawner::Foreign(_) => None,
    }
}

/// Makes a spawner this thread's ambient one until the guard is dropped: [`spawn`] goes there.
///
/// For test schedulers and for foreign executors, on the threads that poll their tasks. The innermost of what was entered
/// counts; guards may be dropped in any order. The future of an [`Executor::block_on`] may hold the guard over an await: the tasks that
/// the thread polls meanwhile spawn onto their own executor.
///
/// ```
/// use motet_executor::{Executor, block_on, enter_spawner, spawn};
///
/// let elsewhere = Executor::new();
/// let entered = enter_spawner(elsewhere.clone());
/// assert_eq!(block_on(spawn(async { 7 })).unwrap(), 7);
/// drop(entered);
/// ```
pub fn enter_spawner(spawner: impl Spawn + Send + Sync + 'static) -> EnteredSpawner {
    enter_task_spawner(Unaware(spawner))
}

/// As [`enter_spawner`], for a scheduler that is told which tasks it is given.
///
/// ```
/// use futures::task::{FutureObj, Spawn, SpawnError};
/// use motet_executor::{Executor, SpawnTask, TaskHandle, block_on, enter_task_spawner, task};
/// use std::sync::mpsc;
///
/// struct Listing(Executor, mpsc::Sender<TaskHandle>);
///
/// impl SpawnTask for Listing {
///     fn spawn_task(&self, run: FutureObj<'static, ()>, task: &TaskHandle) -> Result<(), SpawnError> {
///         self.1.send(task.clone()).unwrap();
///         self.0.spawn_obj(run)
///     }
/// }
///
/// let (sender, listed) = mpsc::channel();
/// let _entered = enter_task_spawner(Listing(Executor::new(), sender));
/// block_on(task().name("reader").spawn(async {})).unwrap();
/// assert_eq!(listed.recv().unwrap().name(), Some("reader"));
/// ```
pub fn enter_task_spawner(spawner: impl SpawnTask + 'static) -> EnteredSpawner {
    EnteredSpawner { _entered: enter(Ambient::Spawner(Arc::new(spawner))) }
}

/// Where [`spawn`] spawns on this thread at present, as a value: for code that takes an `impl Spawn`.
///
/// Unlike [`current`], it knows [ambient spawners](enter_spawner) too.
///
/// ```
/// use motet_executor::{Executor, current_spawner};
/// use futures::task::SpawnExt;
///
/// assert!(current_spawner().is_none());
/// Executor::new().block_on(async {
///     let spawner = current_spawner().expect("an executor polls us");
///     assert_eq!(spawner.spawn_with_handle(async { 7 }).unwrap().await, 7);
/// });
/// ```
#[must_use]
pub fn current_spawner() -> Option<CurrentSpawner> {
    Spawner::present().map(CurrentSpawner)
}

/// An executor or an ambient spawner; given by [`current_spawner`]. Keeps no executor open.
#[derive(Clone, Debug)]
pub struct CurrentSpawner(Spawner);

impl Spawn for CurrentSpawner {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        self.0.spawn(future, Origin::at(Location::caller()), Start::Queued).detach();
        Ok(())
    }

    fn status(&self) -> Result<(), SpawnError> {
        match &self.0 {
            Spawner::Pool(shared) if shared.is_closed() => Err(SpawnError::shutdown()),
            Spawner::Pool(_) | Spawner::Foreign(_) => Ok(()),
        }
    }
}

/// This thread has an ambient spawner until this is dropped; given by [`enter_spawner`].
#[must_use = "dropping the guard takes the spawner back"]
pub struct EnteredSpawner {
    _entered: Entered,
}

impl fmt::Debug for EnteredSpawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredSpawner").finish_non_exhaustive()
    }
}

/// The spawner of this thread, or a panic that says what to do.
#[track_caller]
fn present() -> Spawner {
    match Spawner::present() {
        Some(spawner) => spawner,
        None => panic!(
            "there is no executor on this thread: spawn inside of `Executor::block_on` or a task, \
             or call `spawn` on an `Executor` that you hold"
        ),
    }
}
