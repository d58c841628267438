//! The options of an executor.

use super::contained::Contained;
use super::executor::Executor;
use super::hooks::{EnterHook, PanicHook};
use super::shared::Shared;
use super::threads;
use crate::blocking::BlockingPool;
use crate::driver::{Driver, Wheelhouse};
use crate::task::TaskPanic;
use core::fmt;
use std::any::Any;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Options of an [`Executor`], from [`Executor::builder`].
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::builder()
///     .threads(2)
///     .thread_name(|index| format!("worker-{index}"))
///     .blocking_threads(8)
///     .build()?;
/// let name = executor.spawn_blocking(|| std::thread::current().name().map(str::to_owned));
/// assert_eq!(executor.block_on(name).unwrap().as_deref(), Some("motet-blocking-0"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "options build nothing by themselves"]
pub struct Builder {
    threads: Option<usize>,
    thread_name: Box<dyn Fn(usize) -> String + Send + Sync>,
    driver: Option<Box<dyn Driver>>,
    panic_hook: PanicHook,
    enter: Option<EnterHook>,
    blocking_threads: usize,
    blocking_keep_alive: Duration,
}

/// More workers than this have no bits in the counts of sleepers, and no machine.
const MOST_THREADS: usize = 1 << 12;

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            threads: None,
            thread_name: Box::new(|index| format!("motet-worker-{index}")),
            driver: None,
            panic_hook: PanicHook::standard(),
            enter: None,
            blocking_threads: 512,
            blocking_keep_alive: Duration::from_secs(10),
        }
    }

    /// How many workers: `n - 1` threads, and a seat for `block_on`'s caller. By default one for each core.
    ///
    /// With one, nothing runs but inside of `block_on`.
    pub fn threads(mut self, n: usize) -> Self {
        self.threads = Some(n);
        self
    }

    /// Names the workers' threads, by their indices from 1 on (0 is the seat of `block_on`'s callers).
    pub fn thread_name(mut self, name: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        self.thread_name = Box::new(name);
        self
    }

    /// What an idle worker does: see [`Driver`]. By default it sleeps.
    pub fn driver(mut self, driver: impl Driver) -> Self {
        self.driver = Some(Box::new(driver));
        self
    }

    /// Told of a panic that reaches nobody else: in a detached task, or in one whose result nobody took.
    ///
    /// The default prints the thread, the task's name, where it was spawned, and the message.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let executor = Executor::builder().threads(1).on_panic(move |panic| sender.send(panic.to_string()).unwrap()).build()?;
    /// executor.block_on(async {
    ///     executor.task().name("unlucky").spawn(async { panic!("no luck") }).detach();
    ///     motet_executor::yield_now().await;
    /// });
    /// assert!(receiver.recv().unwrap().contains("'unlucky'"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_panic(mut self, hook: impl Fn(&TaskPanic<'_>) + Send + Sync + 'static) -> Self {
        self.panic_hook = PanicHook::new(hook);
        self
    }

    /// Called on each thread that becomes a worker, `block_on`'s callers included; what it gives is dropped when the thread
    /// is a worker no more. For thread-local contexts: a timer wheel, a tracing subscriber. If it panics, the thread is a worker all the same.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::sync::mpsc;
    ///
    /// let (entered, workers) = mpsc::channel();
    /// let executor = Executor::builder().threads(1).on_enter(move || entered.send(std::thread::current().id())).build()?;
    /// executor.block_on(async {});
    /// assert_eq!(workers.try_recv(), Ok(std::thread::current().id()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_enter<G: Any>(mut self, enter: impl Fn() -> G + Send + Sync + 'static) -> Self {
        self.enter = Some(Contained::new(Box::new(move || Box::new(enter()))));
        self
    }

    /// How many threads may run closures of [`Executor::spawn_blocking`] at once; 512 by default. They start one by one as
    /// they are needed.
    pub fn blocking_threads(mut self, n: usize) -> Self {
        self.blocking_threads = n;
        self
    }

    /// How long an idle blocking thread waits for more to do before it ends; ten seconds by default.
    pub fn blocking_keep_alive(mut self, idle: Duration) -> Self {
        self.blocking_keep_alive = idle;
        self
    }

    /// Builds the executor and starts its threads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for no threads, or for more than 4096, or for no blocking threads, or for a thread's name with a NUL in it; else what the system
    /// says when it cannot start a thread.
    pub fn build(self) -> io::Result<Executor> {
        let threads = match self.threads {
            Some(threads) => threads,
            None => thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS),
        };
        if threads == 0 || threads > MOST_THREADS {
            return Err(invalid("an executor has between 1 and 4096 threads, `block_on`'s caller included"));
        }
        if self.blocking_threads == 0 {
            return Err(invalid("an executor has at least one blocking thread: they start only when they are needed"));
        }
        let blocking = Arc::new(BlockingPool::new(self.blocking_threads, self.blocking_keep_alive));
        let driver = self.driver.map(Wheelhouse::new);
        let (shared, kits) = Shared::new(threads, driver, blocking, (self.panic_hook, self.enter));
        // From here on a failure drops the executor, which ends the threads that have started.
        let executor = Executor::of(shared);
        for (n, kit) in kits.into_iter().enumerate() {
            let name = (self.thread_name)(n + 1);
            if name.contains('\0') {
                return Err(invalid("the name of a thread has no NUL in it"));
            }
            threads::start(executor.shared(), n + 1, kit, name)?;
        }
        Ok(executor)
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("threads", &self.threads)
            .field("blocking_threads", &self.blocking_threads)
            .finish_non_exhaustive()
    }
}
