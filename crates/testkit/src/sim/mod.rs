//! A simulation: one thread, virtual time, and an order of ready tasks that a seed decides.
//!
//! * [`shared`]: what the clones share; [`local`]: futures that are not `Send`.
//! * [`course`]: one run, from look to look; [`report`]: what a deadlock and a panic tell; [`random`]: the numbers of a seed.

mod course;
mod local;
mod random;
mod report;
mod shared;

use course::Course;
use futures_util::task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use local::{Here, LocalArrival};
use motet_executor::{LocalExecutor, PanicHook, SpawnTask, TaskError, TaskHandle, enter_task_spawner};
use motet_timer::{Sleep, Timer};
use report::{Panicked, of_panics};
use shared::{Arrival, Shared, Stage};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs async code on one thread, in virtual time, in an order that a seed decides.
///
/// Inside of [`run`](Self::run), `spawn`, `sleep`, `interval`, `timeout` and `now` of Motet are those of the simulation, so that
/// code written for the facade runs unchanged; code that takes an `impl Spawn` or an `impl Timer` is given the `Sim`, which is
/// both. Of the tasks that are ready, the seed picks the next one; the same seed gives the same run. When, and only when, no
/// task is ready, the clock jumps to the next deadline: an hour of sleeps takes milliseconds.
///
/// Clones share one simulation. Its time and its seed's numbers go on from one `run` to the next.
///
/// ```
/// use motet_executor::spawn;
/// use motet_test::Sim;
/// use motet_timer::sleep;
/// use std::time::Duration;
///
/// const HOUR: Duration = Duration::from_secs(3600);
///
/// let sim = Sim::new(1);
/// let answer = sim.run(async {
///     let slow = spawn(async { sleep(HOUR).await; 42 });
///     sleep(HOUR / 2).await;
///     slow.await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// assert_eq!(sim.elapsed(), HOUR);
/// ```
///
/// # What is simulated, and what is not
///
/// * `spawn_blocking` and `to_thread` run their closure as a task, on the one thread there is, for no virtual time.
/// * What another thread does takes real time, of which the simulation knows nothing: with nothing else ready the clock would
///   jump, or the wait be taken for a deadlock. Keep a [`hold_clock`](Self::hold_clock) while a thread works, and `run` waits
///   for its wakes. The order in which they come is the system's, not the seed's.
/// * Sockets are real, and so are timers that were made on `Timers::global()` or outside of the run: `sim.run(sleep(d))` makes its
///   `sleep` before it runs, `sim.run(async { sleep(d).await })` inside.
/// * A nested `block_on`, or a `_blocking` method, parks the one thread there is: the clock stands still and no task runs, so that it waits
///   for ever for a sleep, or for what another task is to do. That hang is not told from a wait for a thread; `.await` in its place. A
///   nested `motet::run` has timers and tasks of its own, in real time.
/// * A task that yields for ever is ready for ever: the clock stands still. One that ticks for ever always has a timer armed, so that no
///   wait is a deadlock beside it: put a `timeout` around the future, of years if need be.
/// * A run repeats if the code asks nothing else for chance: the iteration of a `HashMap` with random keys is not the seed's.
///
/// # Fairness
///
/// None: each ready task is as likely as the others to be next, so a wait among `n` takes `n` turns on average.
#[derive(Clone)]
pub struct Sim {
    shared: Arc<Shared>,
}

impl Sim {
    /// A simulation with this seed, at the time of now.
    ///
    /// ```
    /// use motet_test::Sim;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Sim::new(7).elapsed(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { shared: Arc::new(Shared::new(seed)) }
    }

    /// Runs a future to its end, and the tasks that it spawns meanwhile; then cancels the tasks that are left, and returns when
    /// their cleanup is done.
    ///
    /// The future need not be `Send`, and may borrow. It is a task like the others: the seed decides when it is polled. A panic in
    /// another task reaches whoever awaits that task; one that nobody awaits fails the run, unless it is [taken](Self::take_panics).
    /// Cleanup runs in virtual time too; tasks that it spawns are refused.
    ///
    /// ```
    /// use motet_executor::spawn;
    /// use motet_test::Sim;
    /// use motet_timer::interval;
    /// use std::{cell::Cell, time::Duration};
    ///
    /// let ticks = Cell::new(0);
    /// Sim::new(1).run(async {
    ///     spawn(std::future::pending::<()>()).detach();       // cancelled at the end
    ///     let mut every_minute = interval(Duration::from_secs(60));
    ///     while ticks.get() < 60 {
    ///         every_minute.tick().await;
    ///         ticks.set(ticks.get() + 1);
    ///     }
    /// });
    /// assert_eq!(ticks.get(), 60);
    /// ```
    ///
    /// # Panics
    ///
    /// * With the panic of the future, once everything else is cancelled and cleaned up.
    /// * If a task panicked and nobody awaited it: at the end, with the name, the place of the spawn, and the message of each.
    /// * If nothing is ready, no timer is armed, and the future, or a task's cleanup, waits: a deadlock. The message lists the
    ///   tasks that wait, by name and by where they were spawned.
    /// * If this simulation runs already.
    #[track_caller]
    pub fn run<T>(&self, f: impl Future<Output = T>) -> T {
        let running = Running::begin(&self.shared);
        let _timers = self.shared.timers.enter();
        let _spawner = enter_task_spawner(Ambient(self.clone()));
        let here = Here::enter(&self.shared);
        let executor = LocalExecutor::with_order(|due| self.shared.choose(due));
        let mut course = Course::new(&self.shared, &executor, &here);
        let main = executor.spawn(f);
        let main_id = main.id();
        let result = match course.run_main(main) {
            Ok(result) => result,
            Err(deadlock) => {
                // What the tasks spawn as they are dropped is nobody's: not the next run's either.
                running.close();
                panic!("{}", deadlock.of_main(main_id))
            }
        };
        running.close();
        let rest = course.run_rest();
        let panics = self.shared.take_panics();
        match (result, rest) {
            (Err(TaskError::Panicked(payload)), _) => {
                panics.iter().for_each(|panicked| eprintln!("{panicked}"));
                payload.resume()
            }
            (output, Err(deadlock)) => {
                discard(output);
                panic!("{}", deadlock.of_cleanup())
            }
            (Ok(output), Ok(())) if panics.is_empty() => output,
            (Ok(output), Ok(())) => {
                discard(output);
                panic!("{}", of_panics(&panics, self.seed()))
            }
            (Err(_), Ok(())) => unreachable!("nobody has a handle that could cancel the main task"),
        }
    }

    /// The panics so far of this run's tasks that nobody awaits, a line each: the task, its name, where it was spawned, and the message.
    ///
    /// What is taken does not fail the run: for tests of what happens when a task panics.
    ///
    /// ```
    /// use motet_executor::task;
    /// use motet_test::Sim;
    /// use motet_timer::sleep;
    /// use std::time::Duration;
    ///
    /// let sim = Sim::new(1);
    /// sim.run(async {
    ///     task().name("printer").spawn(async { panic!("out of paper") }).detach();
    ///     sleep(Duration::from_secs(1)).await;
    ///     let panics = sim.take_panics();
    ///     assert!(panics[0].contains("'printer'") && panics[0].ends_with("panicked: out of paper"));
    /// });
    /// ```
    #[must_use = "what was taken fails no run"]
    pub fn take_panics(&self) -> Vec<String> {
        local::tell_panics(&self.shared);
        self.shared.take_panics().iter().map(Panicked::to_string).collect()
    }

    /// How much virtual time has passed since the simulation was made.
    ///
    /// ```
    /// use motet_test::Sim;
    /// use std::time::Duration;
    ///
    /// let sim = Sim::new(1);
    /// sim.run(async { motet_timer::sleep(Duration::from_millis(1)).await });
    /// assert_eq!(sim.elapsed(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.elapsed()
    }

    /// The seed.
    ///
    /// ```
    /// assert_eq!(motet_test::Sim::new(7).seed(), 7);
    /// ```
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// Time stands still until the guard is dropped: with nothing ready, [`run`](Self::run) waits for wakes from other threads
    /// instead of moving the clock or calling it a deadlock.
    ///
    /// Hold it while a real thread works for a task. A guard that is never dropped makes a deadlock a hang.
    ///
    /// ```
    /// use futures::channel::oneshot;
    /// use motet_test::Sim;
    /// use std::{thread, time::Duration};
    ///
    /// let sim = Sim::new(1);
    /// let (sender, receiver) = oneshot::channel();
    /// let hold = sim.hold_clock();
    /// let thread = thread::spawn(move || {
    ///     sender.send(7).unwrap();
    ///     drop(hold);
    /// });
    /// assert_eq!(sim.run(receiver), Ok(7));
    /// assert_eq!(sim.elapsed(), Duration::ZERO);
    /// thread.join().unwrap();
    /// ```
    pub fn hold_clock(&self) -> ClockHold {
        self.shared.hold();
        ClockHold { shared: self.shared.clone() }
    }
}

/// Drops what a run that is to panic has come to: its drop may panic too, and two at a time would abort the process.
fn discard<T>(output: T) {
    // Reported by the panic hook.
    catch_unwind(AssertUnwindSafe(|| drop(output))).unwrap_or_else(std::mem::forget);
}

/// A simulation's clock stands still while this lives; given by [`Sim::hold_clock`].
#[must_use = "the clock goes on when the guard is dropped"]
pub struct ClockHold {
    shared: Arc<Shared>,
}

impl Drop for ClockHold {
    fn drop(&mut self) {
        self.shared.release();
    }
}

impl fmt::Debug for ClockHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockHold").field("seed", &self.shared.seed).finish_non_exhaustive()
    }
}

/// This thread runs the simulation until this is dropped.
struct Running<'s>(&'s Shared);

impl<'s> Running<'s> {
    #[track_caller]
    fn begin(shared: &'s Shared) -> Self {
        assert!(shared.begin(), "this `Sim` runs already: await inside of its tasks, or make another `Sim`");
        // Of an earlier run, which has failed already; its tasks were dropped after it had said why.
        drop(shared.take_panics());
        Self(shared)
    }

    fn close(&self) {
        self.0.enter(Stage::Closing);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.enter(Stage::Resting);
    }
}

/// The simulation as the ambient spawner: it is told which tasks it is given.
struct Ambient(Sim);

impl SpawnTask for Ambient {
    fn spawn_task(&self, run: FutureObj<'static, ()>, task: &TaskHandle) -> Result<(), SpawnError> {
        self.0.shared.arrive(Arrival { run, task: task.clone() })
    }

    fn on_panic(&self) -> PanicHook {
        // A simulation keeps its tasks, and those the hook.
        let shared = Arc::downgrade(&self.0.shared);
        PanicHook::new(move |panic| match shared.upgrade() {
            Some(shared) => shared.add_panic(Panicked::of_task(panic)),
            None => eprintln!("{panic}"),
        })
    }
}

/// From any thread, before a run too: the task then starts with the run.
impl Spawn for Sim {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        let _spawner = enter_task_spawner(Ambient(self.clone()));
        motet_executor::spawn(future).detach();
        Ok(())
    }

    fn status(&self) -> Result<(), SpawnError> {
        self.shared.status()
    }
}

/// On the thread of the run, during the run; elsewhere there is nobody who could keep a future that is not `Send`.
impl LocalSpawn for Sim {
    #[track_caller]
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        local::arrive(&self.shared, LocalArrival { future, location: Location::caller() })
    }

    fn status_local(&self) -> Result<(), SpawnError> {
        local::status(&self.shared)
    }
}

impl Timer for Sim {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        self.shared.timers.now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.shared.timers.sleep_until(deadline)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.shared.timers.sleep(duration)
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("seed", &self.seed()).field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}
