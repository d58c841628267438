//! The executor of one thread.

use super::builder::LocalTaskBuilder;
use super::queue::LocalQueue;
use super::run::{self, Run};
use super::shell;
use crate::pool::{Contained, PanicHook, Start, hand_over, run_outside};
use crate::seam;
use crate::task::{Origin, Runnable, Task, TaskInfo, TaskPanic, TaskState};
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};
use futures_util::future::LocalBoxFuture;
use futures_util::task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use motet_cancel::frame::{self, EnteredReaper};
use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

/// Runs tasks on one thread: futures that are not `Send`, and that may borrow what outlives the executor.
///
/// Nothing runs but inside of [`run`](Self::run) or [`block_on`](Self::block_on), and the first poll of an eager task; tasks are woken from any thread. Dropping
/// the executor drops the tasks that are left, on this thread, and their guards' exits go to the scope in which that happens.
///
/// ```
/// use motet_executor::LocalExecutor;
/// use std::cell::Cell;
///
/// let sum = Cell::new(0);
/// let executor = LocalExecutor::new();
/// executor.block_on(async {
///     let tasks: Vec<_> = (1..=4).map(|n| executor.spawn({ let sum = &sum; async move { sum.set(sum.get() + n) } })).collect();
///     for task in tasks {
///         task.await.unwrap();
///     }
/// });
/// assert_eq!(sum.get(), 10);
/// ```
///
/// # Fairness
///
/// First in, first out; [`with_order`](Self::with_order) has another.
pub struct LocalExecutor<'a> {
    queue: Arc<LocalQueue>,
    /// Stays on this thread, and so does the executor.
    reaper: Rc<Reaper>,
    /// Which of so many tasks that are due runs next; none: first in, first out.
    order: Option<Order<'a>>,
    /// Invariant: a task may borrow for `'a` and no less.
    borrows: PhantomData<Cell<&'a ()>>,
}

impl<'a> LocalExecutor<'a> {
    /// An executor without tasks.
    #[must_use]
    pub fn new() -> Self {
        let queue = LocalQueue::new();
        let reaper = Rc::new(Reaper { queue: queue.clone(), of_this_thread: PhantomData });
        Self { queue, reaper, order: None, borrows: PhantomData }
    }

    /// An executor whose order is yours: before each poll of a task, `order` is told how many are due, and answers which of
    /// them runs, counted from zero. For test schedulers.
    ///
    /// The places mean nothing but that each due task has one. One poll of [`run`](Self::run) is one poll of a task.
    ///
    /// ```
    /// use motet_executor::LocalExecutor;
    /// use std::cell::RefCell;
    ///
    /// let log = RefCell::new(Vec::new());
    /// let executor = LocalExecutor::with_order(|due| due - 1);
    /// executor.block_on(async {
    ///     let tasks = [1, 2, 3].map(|n| executor.spawn({ let log = &log; async move { log.borrow_mut().push(n) } }));
    ///     for task in tasks {
    ///         task.await.unwrap();
    ///     }
    /// });
    /// assert_eq!(*log.borrow(), [3, 2, 1]);
    /// ```
    #[must_use]
    pub fn with_order(order: impl Fn(usize) -> usize + 'a) -> Self {
        let mut executor = Self::new();
        executor.order = Some(Contained::new(Box::new(order)));
        executor
    }

    /// Told of a panic that reaches nobody else: in a detached task, or in one whose result nobody took. By default it is printed.
    ///
    /// The hook is called where the result is dropped, which may be another thread. It goes with the executor, or with the last result that it is to
    /// hear of.
    ///
    /// ```
    /// use motet_executor::{LocalExecutor, yield_now};
    /// use std::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let executor = LocalExecutor::new().on_panic(move |panic| sender.send(panic.to_string()).unwrap());
    /// executor.spawn(async { panic!("no luck") }).detach();
    /// executor.block_on(yield_now());
    /// assert!(receiver.recv().unwrap().ends_with("no luck"));
    /// ```
    #[must_use]
    pub fn on_panic(self, hook: impl Fn(&TaskPanic<'_>) + Send + Sync + 'static) -> Self {
        self.queue.set_panic_hook(PanicHook::new(hook));
        self
    }

    /// Spawns a task on this thread.
    ///
    /// ```
    /// use motet_executor::LocalExecutor;
    /// use std::rc::Rc;
    ///
    /// let executor = LocalExecutor::new();
    /// let shared = Rc::new(7);
    /// let task = executor.spawn(async move { *shared });
    /// assert_eq!(executor.block_on(task).unwrap(), 7);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Task`] cancels it; see there.
    #[track_caller]
    pub fn spawn<T>(&self, f: impl Future<Output = T> + 'a) -> Task<T> {
        self.spawn_as(f, Origin::at(Location::caller()), Start::Queued)
    }

    /// Options of one task: a name, an eager start. For an example see [`LocalTaskBuilder`].
    pub fn task(&self) -> LocalTaskBuilder<'_, 'a> {
        LocalTaskBuilder::new(self)
    }

    #[inline]
    pub(super) fn spawn_as<T>(&self, future: impl Future<Output = T> + 'a, origin: Origin, start: Start) -> Task<T> {
        let start = |runnable| match start {
            // SAFETY: this is the executor's thread.
            Start::Queued => unsafe { self.queue.push_here(runnable) }.wake(),
            Start::Eager => self.run_here(runnable),
        };
        // SAFETY: the executor is not `Send`, so this is its thread. `'a` outlives it, and invariance keeps `'a` from being
        // shortened; `drop` below ends the queue. Whoever forgets the executor forgets its queue, so that its tasks are neither
        // polled nor dropped any more.
        unsafe { shell::spawn(&self.queue, future, origin, start) }
    }

    /// Polls a new task once.
    #[cold]
    fn run_here(&self, runnable: Runnable) {
        let (_entered, _polling) = (self.enter(), self.queue.begin());
        run_outside(runnable);
    }

    /// Runs a future to its end on this thread, and the executor's tasks meanwhile.
    ///
    /// The future is a local scope: what its guards left behind is cleaned up before this returns. Tasks that are left go on at
    /// the next call.
    ///
    /// ```
    /// use motet_executor::LocalExecutor;
    ///
    /// assert_eq!(LocalExecutor::new().block_on(async { 7 }), 7);
    /// ```
    ///
    /// # Panics
    ///
    /// Inside of a task of this executor, where it could never return; and with the future's panic.
    pub fn block_on<F: Future>(&self, f: F) -> F::Output {
        assert!(
            !self.queue.is_polled(),
            "`LocalExecutor::block_on` inside of a task of the same executor waits for itself: use `.await` there"
        );
        let _nested = hand_over();
        run::block_on(self, seam::root(f))
    }

    /// Runs a future to its end, and the executor's tasks meanwhile, inside of whatever polls this.
    ///
    /// ```
    /// use motet_executor::{LocalExecutor, block_on};
    ///
    /// let executor = LocalExecutor::new();
    /// let task = executor.spawn(async { 7 });
    /// assert_eq!(block_on(executor.run(task)).unwrap(), 7);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe for the executor: its tasks wait for the next `run`, and a wakeup that this one had goes on to another that
    /// runs. The future itself is dropped; what its guards leave behind goes to the enclosing scope.
    pub async fn run<F: Future>(&self, f: F) -> F::Output {
        Run::new(self, seam::root(f)).await
    }

    /// The tasks that have not ended, in the order of their numbers (asyncio's `all_tasks`).
    ///
    /// ```
    /// use motet_executor::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// let task = executor.spawn(async {});
    /// assert_eq!(executor.tasks()[0].id, task.id());
    /// executor.block_on(task).unwrap();
    /// assert!(executor.tasks().is_empty());
    /// ```
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        // One that waits is among the bodies, one that was never polled is due, and many are both.
        let mut tasks = self.queue.infos();
        tasks.retain(|task| task.state != TaskState::Finished);
        tasks.sort_by_key(|task| task.id);
        tasks.dedup_by_key(|task| task.id);
        tasks
    }

    /// Whether every task has ended, so that nothing is due and nothing waits.
    ///
    /// ```
    /// use motet_executor::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// assert!(executor.is_empty());
    /// let task = executor.spawn(async {});
    /// assert!(!executor.is_empty());
    /// executor.block_on(task).unwrap();
    /// assert!(executor.is_empty());
    /// ```
    ///
    /// # Complexity
    ///
    /// O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.tasks() == 0
    }

    pub(super) fn queue(&self) -> &LocalQueue {
        &self.queue
    }

    /// The place of the task that is to run next, if the order is somebody's own.
    pub(super) fn choose(&self) -> Option<usize> {
        let order = self.order.as_ref()?;
        match self.queue.due() {
            0 => Some(0),
            due => Some(order(due)),
        }
    }

    /// This thread polls tasks of this executor until the guard is dropped: what they leave behind outside of their scopes
    /// becomes tasks of this executor.
    pub(super) fn enter(&self) -> Entered {
        let (local, sendable) = (self.reaper.clone(), self.reaper.clone());
        Entered {
            _local: frame::enter_local_reaper(move |exit| local.reap(exit)),
            _sendable: frame::enter_reaper(move |exit| sendable.reap(exit)),
        }
    }
}

type Order<'a> = Contained<Box<dyn Fn(usize) -> usize + 'a>>;

// A panic ends its task, or its `block_on`, and leaves nothing half-changed behind.
impl UnwindSafe for LocalExecutor<'_> {}
impl RefUnwindSafe for LocalExecutor<'_> {}

/// Takes what is left behind on this thread outside of any scope.
struct Reaper {
    queue: Arc<LocalQueue>,
    of_this_thread: PhantomData<*const ()>,
}

impl Reaper {
    fn reap(&self, exit: LocalBoxFuture<'static, ()>) {
        // SAFETY: the executor was made on the thread of its queue, and this, which is not `Send`, with it.
        unsafe { shell::spawn_exit(&self.queue, exit) };
    }
}

/// See [`LocalExecutor::enter`].
pub(super) struct Entered {
    _sendable: EnteredReaper,
    _local: EnteredReaper,
}

impl Drop for LocalExecutor<'_> {
    fn drop(&mut self) {
        self.queue.end();
    }
}

impl Default for LocalExecutor<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalSpawn for LocalExecutor<'_> {
    #[track_caller]
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.spawn(future).detach();
        Ok(())
    }
}

impl Spawn for LocalExecutor<'_> {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.spawn(future).detach();
        Ok(())
    }
}

impl fmt::Debug for LocalExecutor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor").field("tasks", &self.queue.tasks()).finish_non_exhaustive()
    }
}
