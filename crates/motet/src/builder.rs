//! What a runtime is to be, and the wiring: this is where the executor gets its driver and each worker its timers.

use crate::Runtime;
use crate::driver::Seated;
use motet_executor::{Driver, Executor, TaskPanic};
use motet_timer::Timers;
use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

/// How long [`run`](crate::run) waits for cleanup at its end, unless told otherwise.
const GRACE: Duration = Duration::from_secs(10);

/// Options of a [`Runtime`], from [`Runtime::builder`].
///
/// ```
/// use motet::Runtime;
/// use std::time::Duration;
///
/// let runtime = Runtime::builder()
///     .threads(2)
///     .timer_tick(Duration::from_millis(10))
///     .on_panic(|panic| eprintln!("alas: {panic}"))
///     .build()?;
/// assert_eq!(runtime.run(async { 7 }), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    executor: motet_executor::Builder,
    threads: Option<usize>,
    timer_tick: Duration,
    enter: Option<Box<Enter>>,
    grace: Duration,
}

type Enter = dyn Fn() -> Box<dyn Any> + Send + Sync;

impl Builder {
    pub(crate) fn new() -> Self {
        Self { executor: Executor::builder(), threads: None, timer_tick: Duration::ZERO, enter: None, grace: GRACE }
    }

    /// How many workers: that many less one threads, and a place for the caller of `block_on`. The default is the number of cores.
    ///
    /// With one there is no thread: but inside of `block_on` no task runs. A sleep that was first polled there, and is awaited elsewhere
    /// afterwards, ends all the same: the timers' helper thread sees to those that are left when `block_on` returns. So does one that is awaited in a
    /// nested `block_on`, if that is one of Motet's; but no task runs in there either.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self.executor = self.executor.threads(threads);
        self
    }

    /// What a worker's thread is called, by its index.
    pub fn thread_name(mut self, name: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        self.executor = self.executor.thread_name(name);
        self
    }

    /// How many closures of [`to_thread`](crate::to_thread) and [`spawn_blocking`](crate::spawn_blocking) may run at once, each on a thread that
    /// is started when it is needed. The default is 512.
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.executor = self.executor.blocking_threads(threads);
        self
    }

    /// How long an idle thread of the blocking pool waits for more to do before it ends. The default is ten seconds.
    pub fn blocking_keep_alive(mut self, idle: Duration) -> Self {
        self.executor = self.executor.blocking_keep_alive(idle);
        self
    }

    /// How finely the runtime's deadlines are told apart: those of the same tick cost one wake, and fire up to a tick late, never early.
    ///
    /// By default each deadline is waited for as it is. Set a millisecond or more where thousands of timeouts need no precision: an idle
    /// runtime then wakes up less often.
    ///
    /// ```
    /// use motet::Runtime;
    /// use std::time::Duration;
    ///
    /// let runtime = Runtime::builder().timer_tick(Duration::from_millis(1)).build()?;
    /// runtime.run(motet::sleep(Duration::from_micros(10)));       // about a millisecond
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn timer_tick(mut self, tick: Duration) -> Self {
        self.timer_tick = tick;
        self
    }

    /// Told of a panic that reaches nobody else: in a detached task, or in one whose result nobody took.
    ///
    /// The default prints the thread, the task's name, where it was spawned, and the message. asyncio: `loop.set_exception_handler`.
    ///
    /// ```
    /// use motet::Runtime;
    /// use std::sync::mpsc;
    ///
    /// let (sender, panics) = mpsc::channel();
    /// let runtime = Runtime::builder().on_panic(move |panic| sender.send(panic.to_string()).unwrap()).build()?;
    /// runtime.run(async {
    ///     let unlucky = async { panic!("no luck") };
    ///     motet::task().name("unlucky").eager().spawn(unlucky).detach();
    /// });
    /// assert!(panics.recv().unwrap().contains("'unlucky'"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_panic(mut self, hook: impl Fn(&TaskPanic<'_>) + Send + Sync + 'static) -> Self {
        self.executor = self.executor.on_panic(hook);
        self
    }

    /// Called on each thread that becomes a worker, the callers of `block_on` included; what it gives is dropped when the thread
    /// is a worker no more. For thread-local contexts, such as a tracing subscriber.
    pub fn on_enter<G: Any>(mut self, enter: impl Fn() -> G + Send + Sync + 'static) -> Self {
        self.enter = Some(Box::new(move || Box::new(enter())));
        self
    }

    /// How long [`run`](Runtime::run) waits for cleanup at its end. The default is ten seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// If there are to be no threads at all, or no blocking ones, or the operating system starts none.
    pub fn build(self) -> io::Result<Runtime> {
        #[cfg(feature = "http")]
        motet_http::set_ambient_spawner(|| Some(Box::new(motet_executor::current_spawner()?)));
        let timers = Timers::builder().tick(self.timer_tick).build();
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let mut seated = Seated::new(&timers);
        if threads == 1 {
            // Its worker comes with a `block_on`.
            seated.suspend();
        }
        let enter = {
            let (timers, enter) = (timers.clone(), self.enter);
            // What was entered last is left first.
            move || {
                let timers = timers.enter();
                // A panic of it has been printed, and is no reason to do without the timers.
                let entered = enter.as_ref().and_then(|enter| catch_unwind(AssertUnwindSafe(enter)).ok());
                (entered, timers)
            }
        };
        let executor = self.executor.driver(seated).on_enter(enter).build()?;
        Ok(Runtime { executor, timers, grace: self.grace })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("timer_tick", &self.timer_tick)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}
