//! The runtime: an executor whose idle worker waits in the reactor, with the next deadline as its limit.

use crate::builder::Builder;
use crate::{Task, TaskBuilder};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_executor::{Executor, Metrics, TaskInfo};
use motet_timer::{Host, Sleep, Timer, Timers};
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Waker;
use std::time::{Duration, Instant};

/// An executor, its timers and its seat at the reactor, wired together.
///
/// [`run`](crate::run) makes one, uses it and shuts it down. Make your own to keep it for longer than one future, to set its size, or
/// to hand it to a library that takes `impl Spawn` and `impl Timer`: it is both. Clones share one runtime.
///
/// The thread that calls [`block_on`](Self::block_on) is one of the workers meanwhile. Dropping the last handle cancels what is left and
/// never blocks; [`shutdown`](Self::shutdown) waits.
///
/// ```
/// use std::time::Duration;
///
/// let runtime = motet::Runtime::builder().threads(2).thread_name(|index| format!("worker-{index}")).build()?;
/// let answer = runtime.block_on(async {
///     motet::sleep(Duration::from_millis(1)).await;
///     42
/// });
/// assert_eq!(answer, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    pub(crate) executor: Executor,
    pub(crate) timers: Timers,
    pub(crate) grace: Duration,
}

impl Runtime {
    /// A runtime with a worker for each core, and the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// If the operating system starts no thread.
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// A runtime to be configured.
    #[must_use = "a builder does nothing until `build`"]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts a task; see [`spawn`](crate::spawn).
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels it, and hands the wait for its cleanup to the scope around the drop; `detach` lets it run.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.executor.spawn(future)
    }

    /// Runs `f` on the blocking pool; see [`spawn_blocking`](crate::spawn_blocking).
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] keeps `f` from starting if it has not; one that runs goes on to its end.
    #[track_caller]
    pub fn spawn_blocking<T>(&self, f: impl FnOnce() -> T + Send + 'static) -> Task<T>
    where
        T: Send + 'static,
    {
        self.executor.spawn_blocking(f)
    }

    /// A task with a name, or one that starts eagerly.
    #[must_use = "a builder does nothing until `spawn`"]
    pub fn task(&self) -> TaskBuilder {
        self.executor.task()
    }

    /// Runs `future` on this thread, which is a worker of the runtime until the future ends.
    ///
    /// The future need not be `Send`, and may borrow. What it spawned goes on running on the other workers afterwards.
    ///
    /// # Panics
    ///
    /// With the future's panic.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        // A worker enters the timers by itself; of several callers, only the first is one.
        let _timers = self.timers.enter();
        self.executor.block_on(future)
    }

    /// The tasks that are not yet done: `asyncio.all_tasks`.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.executor.tasks()
    }

    /// What the workers have done so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.executor.metrics()
    }

    /// Takes no new tasks, cancels those that are left, and waits for their cleanup, at most for `grace`.
    ///
    /// Returns how many tasks had to be dropped with their cleanup undone. Zero means that every guard ran to its end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the runtime stays closed and its tasks cancelled; call it again to wait again.
    pub async fn shutdown(&self, grace: Duration) -> usize {
        self.executor.shutdown(self.timers.sleep(grace)).await
    }

    /// The executor alone.
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The timers alone.
    #[must_use]
    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Runs `main` to its end, then closes: what [`run`](crate::run) does, on a runtime of your own.
    ///
    /// # Panics
    ///
    /// With the panic of `main`, once the runtime is closed.
    pub fn run<F: Future>(self, main: F) -> F::Output {
        let host = Cell::new(None);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            self.block_on(async {
                let _between = Between { timers: &self.timers, host: &host };
                main.await
            })
        }));
        let _dropped_undone = self.block_on(async {
            drop(host.take());
            self.shutdown(self.grace).await
        });
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Hosts the timers from its drop on, while the only worker of a runtime goes and comes back: no helper thread is to be started for that. No earlier, for
/// a host that does not come keeps the helper from what a nested `block_on` waits for.
struct Between<'a> {
    timers: &'a Timers,
    host: &'a Cell<Option<Host>>,
}

impl Drop for Between<'_> {
    fn drop(&mut self) {
        self.host.set(Some(self.timers.host(Waker::noop().clone())));
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("grace", &self.grace).finish_non_exhaustive()
    }
}

impl Spawn for Runtime {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.executor.spawn_obj(future)
    }

    fn status(&self) -> Result<(), SpawnError> {
        self.executor.status()
    }
}

impl Timer for Runtime {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        self.timers.now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.timers.sleep_until(deadline)
    }
}
