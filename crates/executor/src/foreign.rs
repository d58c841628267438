//! Tasks on somebody else's executor: a pump, spawned there, runs our task whenever that is due.
//!
//! ```text
//!   our task is woken ─▶ its Runnable lies in the pump ─▶ the pump is woken ─▶ the executor polls it ─▶ it runs the Runnable
//! ```
//!
//! The race to fear: the executor drops the pump while our task is woken on another thread. The pump is closed under its
//! lock: what comes later is dropped by whoever brings it, and with it the task's body.

use crate::pool::{PanicHook, Start, new_task, run_outside};
use crate::task::{Home, Origin, Runnable, Task, TaskHandle, TaskRef};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::sync::Arc;

/// A spawner of whatever kind.
pub(crate) type AnySpawn = dyn SpawnTask;

/// Runs tasks of this crate on an executor of its own, and is told which: for schedulers that name, list and cancel them.
///
/// [`enter_task_spawner`](crate::enter_task_spawner) makes one ambient, and has an example. One that need not know the tasks
/// is a plain `Spawn`, for [`enter_spawner`](crate::enter_spawner).
pub trait SpawnTask: Send + Sync {
    /// Polls `run` until it is ready; it polls `task` inside its scope, panics contained. Dropping it drops the task's body.
    ///
    /// # Errors
    ///
    /// If the executor takes no more tasks: `run` is dropped, and the task says that it was cancelled.
    fn spawn_task(&self, run: FutureObj<'static, ()>, task: &TaskHandle) -> Result<(), SpawnError>;

    /// Who hears of a task's panic that reaches nobody else; asked at each spawn. By default it is printed.
    ///
    /// The hook lives as long as the task: of what keeps tasks it should have a `Weak`, no more.
    fn on_panic(&self) -> PanicHook {
        PanicHook::default()
    }
}

/// A spawner that need not know what it is given.
pub(crate) struct Unaware<S>(pub(crate) S);

impl<S: Spawn + Send + Sync> SpawnTask for Unaware<S> {
    fn spawn_task(&self, run: FutureObj<'static, ()>, _task: &TaskHandle) -> Result<(), SpawnError> {
        self.0.spawn_obj(run)
    }
}

/// Where one task waits for its next run.
pub(crate) struct Pump {
    due: Mutex<Due>,
    panic_hook: PanicHook,
}

#[derive(Default)]
struct Due {
    runnable: Option<Runnable>,
    waker: Option<Waker>,
    is_closed: bool,
}

impl Pump {
    pub(crate) fn panic_hook(&self) -> &PanicHook {
        &self.panic_hook
    }

    /// The task is due; a pump that was dropped drops it.
    pub(crate) fn push(&self, runnable: Runnable) {
        let mut due = self.due.lock();
        if due.is_closed {
            drop(due);
            return drop(runnable);
        }
        let earlier = due.runnable.replace(runnable);
        debug_assert!(earlier.is_none(), "async-task schedules a task once until it runs");
        let waker = due.waker.take();
        drop(due);
        waker.map(Wakeup::from).into_iter().for_each(Wakeup::wake);
    }

    /// The run that is due. The next one wakes `waker`.
    fn take(&self, waker: &Waker) -> Option<Runnable> {
        let waker = waker.clone();
        let mut due = self.due.lock();
        let runnable = due.runnable.take();
        let stale = due.waker.replace(waker);
        drop(due);
        stale.into_iter().for_each(discard);
        runnable
    }

    fn close(&self) {
        let mut due = self.due.lock();
        due.is_closed = true;
        let (runnable, waker) = (due.runnable.take(), due.waker.take());
        drop(due);
        drop(runnable);
        waker.into_iter().for_each(discard);
    }
}

/// Spawns a task there. A spawner that refuses gives a task that was cancelled.
pub(crate) fn spawn<F>(spawner: &Arc<AnySpawn>, future: F, origin: Origin, start: Start) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let pump = Arc::new(Pump { due: Mutex::new(Due::default()), panic_hook: spawner.on_panic() });
    let (runnable, task, pointer) = new_task(future, Home::Foreign(pump.clone()), origin);
    let (task, reference) = (Task::new(task, pointer), TaskRef::of_runnable(&runnable));
    let pumping = Pumping { pump, task: reference.clone() };
    match start {
        Start::Queued => runnable.schedule(),
        Start::Eager => run_outside(runnable),
    }
    // Refused, it is dropped, which closes the pump.
    drop(spawner.spawn_task(FutureObj::new(Box::new(pumping)), &TaskHandle::new(reference)));
    task
}

/// The future that the other executor polls.
struct Pumping {
    pump: Arc<Pump>,
    task: TaskRef,
}

impl Future for Pumping {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // One run a poll: a task that wakes itself goes to the back of the other executor's queue.
        self.pump.take(cx.waker()).into_iter().for_each(run_outside);
        if self.task.is_finished() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Pumping {
    fn drop(&mut self) {
        self.pump.close();
        // A task that waits for a wake is woken, finds the pump closed, and is dropped there with its body.
        self.task.wake();
    }
}
