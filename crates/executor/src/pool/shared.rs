//! What all workers, guests and handles of an executor share.

use super::berth::Berth;
use super::executor::Handle;
use super::guest::GuestSeat;
use super::hooks::{EnterHook, PanicHook};
use super::ledger::Ledger;
use super::metrics::Tally;
use super::shard::{Admission, Shard, ShardPointer};
use super::sleepers::Sleepers;
use super::watch::Watch;
use super::worker::Worker;
use crate::ambient::{self, Ambient};
use crate::blocking::BlockingPool;
use crate::driver::{Driver, Wheelhouse};
use crate::queue::{Injector, Producer, Slot, Stealer, ring};
use crate::seam;
use crate::task::{
    Home, Origin, Output, Record, RecordPointer, Runnable, Shell, Task, TaskId, TaskRef, contain, schedule,
};
use async_task::WithInfo;
use core::future::Future;
use motet_cancel::Reason;
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// How many tasks fit into a worker's ring.
pub(super) const RING: usize = 256;

/// How many shards a thread's tasks are spread over, in turn: whoever ends the old ones seldom meets who spawns the new.
const SPREAD: usize = 4;

/// A worker's end of its ring.
pub(super) type OwnRing = Producer<Runnable, RING>;

/// The state of an executor.
pub(crate) struct Shared {
    pub(super) seats: Box<[Arc<Seat>]>,
    /// [`SPREAD`] for each seat, and the last so many for threads that are no workers.
    shards: Box<[Arc<Shard>]>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) injector: Injector<Runnable>,
    pub(super) sleepers: Sleepers,
    pub(super) watch: Watch,
    pub(super) driver: Option<Wheelhouse<dyn Driver>>,
    pub(super) guest: GuestSeat,
    /// How many seats are taken.
    pub(super) seated: AtomicUsize,
    pub(super) blocking: Arc<BlockingPool>,
    pub(super) enter: Option<EnterHook>,
    handle: OnceLock<Weak<Handle>>,
    own: Weak<Self>,
}

/// What others see of a worker.
pub(super) struct Seat {
    pub(super) berth: Berth,
    pub(super) slot: Slot<Runnable>,
    pub(super) ring: Stealer<Runnable, RING>,
    pub(super) tally: Tally,
}

/// How a new task starts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// It is queued.
    Queued,
    /// It is polled once, here.
    Eager,
}

impl Shared {
    /// The state for `seats` workers, and the rings that go to them; the first is the guests'.
    pub(super) fn new(
        seats: usize,
        driver: Option<Wheelhouse<dyn Driver>>,
        blocking: Arc<BlockingPool>,
        hooks: (PanicHook, Option<EnterHook>),
    ) -> (Arc<Self>, Vec<OwnRing>) {
        let (mut own, others): (Vec<OwnRing>, Vec<_>) = (0..seats).map(|_| ring()).unzip();
        let guests_ring = own.remove(0);
        let ledger = Arc::new(Ledger::new());
        let (panic_hook, enter) = hooks;
        let shared = Arc::new_cyclic(|weak: &Weak<Self>| {
            let shard = |_| Shard::new(weak.clone(), blocking.clone(), panic_hook.clone(), ledger.clone());
            let on_over = weak.clone();
            ledger.set_on_over(move || on_over.upgrade().into_iter().for_each(|shared| shared.dismiss()));
            Self {
                seats: others.into_iter().map(Seat::new).map(Arc::new).collect(),
                shards: (0..(seats + 1) * SPREAD).map(shard).map(Arc::new).collect(),
                ledger,
                injector: Injector::new(),
                sleepers: Sleepers::new(),
                watch: Watch::new(),
                driver,
                guest: GuestSeat::new(guests_ring),
                seated: AtomicUsize::new(0),
                blocking,
                enter,
                handle: OnceLock::new(),
                own: weak.clone(),
            }
        });
        shared.blocking.serve(Arc::downgrade(&shared));
        (shared, own)
    }

    pub(super) fn set_handle(&self, handle: Weak<Handle>) {
        // Set once, by the builder.
        let _ = self.handle.set(handle);
    }

    /// A handle, while there is one.
    pub(crate) fn handle(&self) -> Option<Arc<Handle>> {
        self.handle.get()?.upgrade()
    }

    fn arc(&self) -> Arc<Self> {
        self.own.upgrade().expect("whoever calls this holds the state")
    }

    /// Looks at the worker that this thread is, if it is one of ours, and at the shard for the tasks that it spawns.
    fn with_place<R>(&self, look: impl FnOnce(Option<&Worker>, &Arc<Shard>) -> R) -> R {
        ambient::with_worker_of(self, |worker| {
            let place = worker.map_or(self.seats.len(), Worker::index);
            look(worker, &self.shards[place * SPREAD + TaskId::turn(SPREAD)])
        })
    }

    /// Spawns a task; of a closed executor it comes back cancelled.
    pub(crate) fn spawn<F>(&self, future: F, origin: Origin, start: Start) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.with_place(|worker, shard| {
            let (runnable, task, reference) = new_task(future, Home::Pool(ShardPointer::new(shard)), origin);
            let task = Task::new(task);
            match shard.admit(reference, Admission::Ordinary) {
                Err(reference) => reject(runnable, &reference),
                Ok(()) if start == Start::Eager => self.run_here(runnable, worker.is_some()),
                Ok(()) => self.push(runnable, worker),
            }
            task
        })
    }

    /// Spawns work that a live task left behind, closed or not.
    pub(crate) fn spawn_cleanup(&self, future: impl Future<Output = ()> + Send + 'static, origin: Origin) {
        if self.ledger.is_over() {
            return;
        }
        self.with_place(|worker, shard| {
            let (runnable, task, reference) = new_task(future, Home::Pool(ShardPointer::new(shard)), origin);
            let admitted = shard.admit(reference, Admission::Cleanup);
            debug_assert!(admitted.is_ok(), "cleanups are always admitted");
            self.push(runnable, worker);
            Task::new(task).detach();
        });
    }

    /// Spawns many tasks: listed under one lock, queued under one lock, with one wake for all.
    pub(crate) fn spawn_many<F>(&self, futures: impl Iterator<Item = F>, origin: &Origin) -> Vec<Task<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.with_place(|worker, shard| {
            let (mut runnables, mut tasks, mut references) = (Vec::new(), Vec::new(), Vec::new());
            for future in futures {
                let (runnable, task, reference) =
                    new_task(future, Home::Pool(ShardPointer::new(shard)), origin.clone());
                runnables.push(runnable);
                tasks.push(Task::new(task));
                references.push(reference);
            }
            match shard.admit_many(references) {
                Err(references) => {
                    runnables.into_iter().zip(&references).for_each(|(runnable, task)| reject(runnable, task));
                }
                Ok(()) if runnables.is_empty() => {}
                Ok(()) => {
                    match worker {
                        Some(worker) => worker.push_many(runnables),
                        None => drop(self.injector.push_many(runnables)),
                    }
                    self.wake_worker();
                }
            }
            tasks
        })
    }

    /// Runs a closure on a blocking thread.
    pub(crate) fn spawn_blocking<T>(&self, run: impl FnOnce() -> T + Send + 'static, origin: Origin) -> Task<T>
    where
        T: Send + 'static,
    {
        self.with_place(|_, shard| {
            let (runnable, task, reference) =
                new_task(async { run() }, Home::Blocking(ShardPointer::new(shard)), origin);
            let task = Task::new(task);
            match shard.admit(reference, Admission::Ordinary) {
                Ok(()) => runnable.schedule(),
                Err(reference) => reject(runnable, &reference),
            }
            task
        })
    }

    /// Polls a new task once, on this thread.
    fn run_here(&self, runnable: Runnable, is_worker: bool) {
        let _entered = (!is_worker).then(|| ambient::enter(Ambient::Pool(self.arc())));
        run_outside(runnable);
    }

    /// Queues a task that this thread has spawned.
    fn push(&self, runnable: Runnable, worker: Option<&Worker>) {
        match worker {
            Some(worker) => worker.push(runnable, false),
            None => self.inject(runnable),
        }
    }

    /// Adds a task from a thread that is no worker of ours.
    pub(crate) fn inject(&self, runnable: Runnable) {
        self.injector.push(runnable);
        self.wake_worker();
    }

    /// Wakes a worker if one rests and nobody searches.
    pub(super) fn wake_worker(&self) {
        self.sleepers.wake_one().into_iter().for_each(|worker| self.unpark(worker));
    }

    pub(super) fn unpark(&self, worker: usize) {
        self.seats[worker].berth.unpark(self.driver.as_ref());
    }

    /// A worker inside a driver with a virtual clock hears that things got quieter.
    pub(crate) fn tell_virtual_driver(&self) {
        self.driver.iter().for_each(Wheelhouse::unpark_virtual);
    }

    /// Whether any queue that others may take from has something.
    pub(super) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.seats.iter().any(|seat| !seat.ring.is_empty())
    }

    /// Whether any worker's LIFO slot has something.
    pub(super) fn has_full_slot(&self) -> bool {
        self.seats.iter().any(|seat| !seat.slot.is_empty())
    }

    pub(super) fn seated(&self) -> usize {
        self.seated.load(Ordering::Relaxed)
    }

    /// No new tasks; the live ones are asked to end.
    pub(crate) fn close(&self) {
        if !self.ledger.begin() {
            return;
        }
        let live: Vec<TaskRef> = self.shards.iter().flat_map(|shard| shard.close()).collect();
        self.ledger.settle();
        let reason = Reason::from("the executor was closed");
        for task in live {
            task.cancel(reason.clone());
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.ledger.is_closed()
    }

    /// The tasks that are live at this moment.
    pub(super) fn tasks(&self) -> Vec<TaskRef> {
        self.shards.iter().flat_map(|shard| shard.tasks()).collect()
    }

    pub(super) fn live(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// The last task of a closed executor has ended: everybody may go.
    fn dismiss(&self) {
        self.blocking.stop();
        (0..self.seats.len()).for_each(|worker| self.unpark(worker));
    }
}

impl Seat {
    fn new(ring: Stealer<Runnable, RING>) -> Self {
        Self { berth: Berth::new(), slot: Slot::new(), ring, tally: Tally::new() }
    }
}

/// Makes a task whose body is in its scope; it is neither listed nor queued yet.
pub(crate) fn new_task<F>(
    future: F,
    home: Home,
    origin: Origin,
) -> (Runnable, async_task::Task<Output<F::Output>, Record>, TaskRef)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let shell = |record: &Record| Shell::new(future, RecordPointer::new(record));
    let (runnable, task) =
        async_task::Builder::new().metadata(Record::new(home, origin)).spawn(shell, WithInfo(schedule));
    let reference = TaskRef::of_new(&runnable);
    (runnable, task, reference)
}

/// A closed executor takes nothing: the body is dropped here, and the task says that it was cancelled.
fn reject(runnable: Runnable, task: &TaskRef) {
    task.cancel(Reason::none());
    drop(runnable);
}

/// Polls a task in an empty frame: what it drops outside of its own scope is none of the poller's business.
pub(crate) fn run_outside(runnable: Runnable) {
    seam::outside(|| {
        contain(|| {
            runnable.run();
        });
    });
}

/// Polls many tasks in an empty frame: goes on with `run` until it returns, whatever unwinds out of a task.
///
/// Nothing does, as a rule: a task contains its panics. One frame and one `catch_unwind` for many tasks cost nothing.
pub(crate) fn run_contained(mut run: impl FnMut()) {
    let mut is_done = false;
    while !is_done {
        seam::outside(|| {
            contain(|| {
                run();
                is_done = true;
            });
        });
    }
}
