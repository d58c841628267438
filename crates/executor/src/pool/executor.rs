//! The handle of an executor.

use super::builder::Builder;
use super::guest;
use super::metrics::Metrics;
use super::shared::{Shared, Start};
use crate::ambient::Spawner;
use crate::task::{Origin, Task, TaskBuilder, TaskInfo};
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use std::panic::Location;
use std::sync::{Arc, Weak};

/// Runs tasks on several threads, with work stealing; a cheap clone of a shared handle.
///
/// Dropping the last handle closes the executor and never blocks: the tasks that are left are cancelled, the workers run
/// their cleanups and go. Tasks that want to spawn onto their own executor take [`spawn()`](crate::spawn()), or hold what
/// [`downgrade`](Self::downgrade) gives: a task that holds an `Executor` keeps it open.
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::new();
/// let sum = executor.block_on(async {
///     let tasks: Vec<_> = (1..=4).map(|n| executor.spawn(async move { n * n })).collect();
///     let mut sum = 0;
///     for task in tasks {
///         sum += task.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(sum, 30);
/// ```
///
/// # Fairness
///
/// With bounded polls and a bounded number of tasks, every task that was woken runs within a bounded number of polls. There
/// is no order between tasks, and spurious polls are possible.
#[derive(Clone)]
pub struct Executor {
    handle: Arc<Handle>,
}

// A panic ends its task, or its `block_on`, and leaves nothing half-changed behind.
impl UnwindSafe for Executor {}
impl RefUnwindSafe for Executor {}

/// What all handles share; dropped with the last.
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
        self.shared.see_to_the_end();
    }
}

impl Executor {
    /// An executor with a worker for each core; with one core, nothing runs but inside of [`block_on`](Self::block_on), see [`Builder::threads`].
    ///
    /// # Panics
    ///
    /// If the system gives no thread; [`Builder::build`] returns that as an error.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build().expect("the system starts a thread for each core but one")
    }

    /// Options: how many threads, their names, the driver, the hook for panics.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn of(shared: Arc<Shared>) -> Self {
        let handle = Arc::new(Handle { shared });
        handle.shared.set_handle(Arc::downgrade(&handle));
        Self { handle }
    }

    pub(crate) fn upgrade(shared: &Shared) -> Option<Self> {
        Some(Self { handle: shared.handle()? })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Spawns a task (asyncio's `create_task`). A closed executor gives one that was cancelled already.
    ///
    /// ```
    /// use motet_executor::Executor;
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(async { "done" });
    /// assert_eq!(executor.block_on(task).unwrap(), "done");
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels it; see there.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.shared().spawn(future, Origin::at(Location::caller()), Start::Queued)
    }

    /// Spawns many tasks at once: listed and queued as one batch, with one wake.
    ///
    /// ```
    /// use motet_executor::Executor;
    ///
    /// let executor = Executor::new();
    /// let tasks = executor.spawn_many((0..100).map(|n| async move { n }));
    /// let sum: i32 = tasks.into_iter().map(|task| executor.block_on(task).unwrap()).sum();
    /// assert_eq!(sum, 4950);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As of [`spawn`](Self::spawn), for each of the [`Task`]s.
    #[track_caller]
    pub fn spawn_many<I>(&self, futures: I) -> Vec<Task<<I::Item as Future>::Output>>
    where
        I: IntoIterator,
        I::Item: Future + Send + 'static,
        <I::Item as Future>::Output: Send + 'static,
    {
        self.shared().spawn_many(futures.into_iter(), &Origin::at(Location::caller()))
    }

    /// Runs a closure that blocks on a thread of a pool of its own (asyncio's `to_thread`).
    ///
    /// The pool is bounded (see [`Builder::blocking_threads`]); what comes when all its threads are busy waits in a queue.
    ///
    /// ```
    /// use motet_executor::Executor;
    ///
    /// let executor = Executor::new();
    /// let length = executor.spawn_blocking(|| std::env::args().count());
    /// assert!(executor.block_on(length).unwrap() > 0);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping or cancelling the [`Task`] drops a closure that has not started, at once and on the thread that cancels, with or without a
    /// grace; one that has runs to its end, and the task ends with it.
    ///
    /// # Errors
    ///
    /// If the system starts no thread, and there is none that could take it, the task is cancelled; its reason is an `io::Error`.
    #[track_caller]
    pub fn spawn_blocking<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Task<T> {
        self.shared().spawn_blocking(f, Origin::at(Location::caller()))
    }

    /// Options of one task: a name, an eager start.
    pub fn task(&self) -> TaskBuilder {
        TaskBuilder::new(Spawner::Pool(self.shared().clone()))
    }

    /// Runs a future to its end on this thread, which is one of the workers meanwhile.
    ///
    /// The future need not be `Send`. It is a scope: what its guards left behind is cleaned up before this returns. Other
    /// tasks go on, on the other workers. One caller at a time is a worker; further callers only wait for their futures.
    /// On a thread that is a worker of this executor already, in a task or in another `block_on`, no other task runs inside
    /// of this call: the worker's queues go to the other workers, and the thread waits. If it is the only worker, a task that such a call waits for never
    /// runs: use `.await` there.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::rc::Rc;
    ///
    /// let executor = Executor::builder().threads(1).build()?;
    /// let local = Rc::new(20);
    /// let sum = executor.block_on(async { *local + executor.spawn(async { 22 }).await.unwrap() });
    /// assert_eq!(sum, 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// With the future's panic.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        guest::block_on(self.shared(), future)
    }

    /// Takes no new tasks, and cancels those that live; their cleanups run on.
    ///
    /// ```
    /// use motet_executor::{Executor, TaskError};
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// executor.close();
    /// assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(_))));
    /// assert!(matches!(executor.block_on(executor.spawn(async {})), Err(TaskError::Cancelled(_))));
    /// ```
    pub fn close(&self) {
        self.shared().close();
    }

    /// Whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    /// The tasks that live at this moment (asyncio's `all_tasks`), on blocking threads too. For an example see [`TaskInfo`].
    ///
    /// # Complexity
    ///
    /// In proportion to the most tasks that ever lived at one time; a task that ends meanwhile waits for it.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.shared().tasks().iter().map(|task| TaskInfo::of(task)).collect()
    }

    /// What the executor has done so far. For an example see [`Metrics`].
    ///
    /// # Complexity
    ///
    /// As of [`tasks`](Self::tasks), but nobody waits for it.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let shared = self.shared();
        Metrics {
            workers: shared.seats.iter().map(|seat| seat.tally.read()).collect(),
            injected: shared.injector.pushed(),
            live_tasks: shared.live(),
        }
    }

    /// A handle that does not keep the executor open: for tasks that spawn onto their own executor.
    #[must_use]
    pub fn downgrade(&self) -> WeakExecutor {
        WeakExecutor { handle: Arc::downgrade(&self.handle) }
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl Spawn for Executor {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        self.shared().spawn(future, Origin::at(Location::caller()), Start::Queued).detach();
        Ok(())
    }

    fn status(&self) -> Result<(), SpawnError> {
        if self.is_closed() { Err(SpawnError::shutdown()) } else { Ok(()) }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("workers", &self.shared().seats.len())
            .field("live_tasks", &self.shared().live())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

/// A handle that does not keep its executor open, from [`Executor::downgrade`].
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::new();
/// let weak = executor.downgrade();
/// let task = executor.spawn(async move { weak.upgrade().is_some() });
/// assert!(executor.block_on(task).unwrap());
/// ```
#[derive(Clone)]
pub struct WeakExecutor {
    handle: Weak<Handle>,
}

// As an `Executor`.
impl UnwindSafe for WeakExecutor {}
impl RefUnwindSafe for WeakExecutor {}

impl WeakExecutor {
    /// The executor, while another handle keeps it open.
    #[must_use]
    pub fn upgrade(&self) -> Option<Executor> {
        self.handle.upgrade().map(|handle| Executor { handle })
    }
}

impl fmt::Debug for WeakExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakExecutor").finish_non_exhaustive()
    }
}
