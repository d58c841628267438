//! What all workers, guests and handles of an executor share.

use super::berth::Berth;
use super::contained::run_outside;
use super::executor::Handle;
use super::guest::GuestSeat;
use super::hooks::{EnterHook, PanicHook};
use super::ledger::Ledger;
use super::metrics::Tally;
use super::outside::Outside;
use super::roster::roster;
use super::shard::{Admission, Admitter, Closed, Common, Shard, ShardPointer};
use super::sleepers::Sleepers;
use super::watch::Watch;
use super::worker::Worker;
use crate::ambient::{self, Ambient};
use crate::blocking::{BlockingPool, Closure};
use crate::driver::{Driver, Wheelhouse};
use crate::queue::{Injector, Producer, SlotOwner, SlotThief, Stealer, ring, slot};
use crate::task::{
    GONE, Home, Origin, Output, Record, RecordPointer, Runnable, Shell, Task, TaskPointer, TaskRef, schedule,
};
use async_task::WithInfo;
use core::future::Future;
use motet_cancel::Reason;
use motet_prim::AsymmetricFence;
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// How many tasks fit into a worker's ring.
pub(super) const RING: usize = 256;

/// A worker's end of its ring.
pub(super) type OwnRing = Producer<Runnable, RING>;

/// The state of an executor.
pub(crate) struct Shared {
    pub(super) seats: Box<[Arc<Seat>]>,
    /// One for each seat, and the last for threads that are no workers.
    pub(super) shards: Box<[Shard]>,
    /// The owner's end of the last shard's list.
    pub(super) outside: Outside,
    pub(super) ledger: Arc<Ledger>,
    pub(super) injector: Injector<Runnable>,
    pub(super) sleepers: Sleepers,
    pub(super) watch: Watch,
    pub(super) driver: Option<Wheelhouse<dyn Driver>>,
    pub(super) guest: GuestSeat,
    /// How many seats are taken.
    pub(super) seated: AtomicUsize,
    /// How many of those who sit there block at this moment, and leave their tasks to others.
    pub(super) standing: AtomicUsize,
    pub(super) blocking: Arc<BlockingPool>,
    pub(super) enter: Option<EnterHook>,
    handle: OnceLock<Weak<Handle>>,
    own: Weak<Self>,
}

/// What goes with a seat, from worker to worker.
pub(super) struct Kit {
    pub(super) slot: SlotOwner<Runnable>,
    pub(super) ring: OwnRing,
    /// The owner's end of the list of the seat's tasks.
    pub(super) admitter: Admitter,
}

/// What others see of a worker.
pub(super) struct Seat {
    pub(super) berth: Berth,
    pub(super) slot: SlotThief<Runnable>,
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
    /// The state for `seats` workers, and what goes to them; the first seat is the guests'.
    pub(super) fn new(
        seats: usize,
        driver: Option<Wheelhouse<dyn Driver>>,
        blocking: Arc<BlockingPool>,
        hooks: (PanicHook, Option<EnterHook>),
    ) -> (Arc<Self>, Vec<Kit>) {
        let (rings, stealers): (Vec<OwnRing>, Vec<_>) = (0..seats).map(|_| ring()).unzip();
        let fence = AsymmetricFence::of_this_system();
        if seats > 1 {
            fence.into_iter().for_each(AsymmetricFence::register_early);
        }
        let (slots, thieves): (Vec<SlotOwner<_>>, Vec<_>) = (0..seats).map(|_| slot(fence)).unzip();
        let (mut admitters, rosters): (Vec<Admitter>, Vec<_>) = (0..=seats).map(|_| roster()).unzip();
        let outside = admitters.pop().expect("there is one more list than there are seats");
        let own = rings.into_iter().zip(slots).zip(admitters);
        let mut kits: Vec<Kit> = own.map(|((ring, slot), admitter)| Kit { slot, ring, admitter }).collect();
        let guests_kit = kits.remove(0);
        let ledger = Arc::new(Ledger::new());
        let (panic_hook, enter) = hooks;
        let shared = Arc::new_cyclic(|weak: &Weak<Self>| {
            let common = Common { pool: weak.clone(), blocking: blocking.clone(), panic_hook, ledger: ledger.clone() };
            let on_over = weak.clone();
            ledger.set_on_over(move || on_over.upgrade().into_iter().for_each(|shared| shared.dismiss()));
            Self {
                seats: thieves.into_iter().zip(stealers).map(Seat::new).map(Arc::new).collect(),
                shards: rosters.iter().map(|roster| Shard::new(roster, common.clone())).collect(),
                outside: Outside::new(outside),
                ledger,
                injector: Injector::new(),
                sleepers: Sleepers::new(),
                watch: Watch::new(),
                driver,
                guest: GuestSeat::new(guests_kit),
                seated: AtomicUsize::new(0),
                standing: AtomicUsize::new(0),
                blocking,
                enter,
                handle: OnceLock::new(),
                own: weak.clone(),
            }
        });
        shared.blocking.serve(Arc::downgrade(&shared));
        // Whoever spawns from elsewhere, or a worker before it rests.
        shared.shard(None).set_heir(true);
        (shared, kits)
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

    /// The list of the tasks that are spawned on a worker, or on a thread that is none.
    pub(super) fn shard(&self, worker: Option<&Worker>) -> &Shard {
        &self.shards[worker.map_or(self.seats.len(), Worker::index)]
    }

    /// Makes a task whose home this is, and lists it; a closed executor takes none.
    fn new_listed<F>(
        &self,
        worker: Option<&Worker>,
        home: impl FnOnce(ShardPointer) -> Home,
        future: F,
        origin: Origin,
        admission: Admission,
    ) -> (Pointers<F::Output>, Result<Runnable, Closed>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let shard = self.shard(worker);
        let (runnable, task, pointer) = new_task(future, home(ShardPointer::new(shard)), origin);
        let admitted = match worker {
            Some(worker) => shard.admit(worker.admitter(), pointer, admission),
            None => shard.admit(&self.outside.lock(), pointer, admission),
        };
        // The lock is free again: what is left of another task is dropped here.
        let admitted = match admitted {
            Ok(_predecessor) => Ok(runnable),
            Err(Closed) => Err(reject(runnable)),
        };
        ((task, pointer), admitted)
    }

    /// Spawns a task; of a closed executor it comes back cancelled.
    pub(crate) fn spawn<F>(&self, future: F, origin: Origin, start: Start) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        ambient::with_worker_of(self, |worker| {
            let (task, admitted) = self.new_listed(worker, Home::Pool, future, origin, Admission::Ordinary);
            match admitted {
                Err(Closed) => {}
                Ok(runnable) if start == Start::Eager => self.run_here(runnable, worker),
                Ok(runnable) => self.push(runnable, worker),
            }
            Task::new(task.0, task.1)
        })
    }

    /// Spawns work that was left behind, closed or not; what comes after the last task has ended is dropped.
    pub(crate) fn spawn_cleanup(&self, future: impl Future<Output = ()> + Send + 'static, origin: Origin) {
        ambient::with_worker_of(self, |worker| {
            let (task, admitted) = self.new_listed(worker, Home::Pool, future, origin, Admission::Cleanup);
            admitted.into_iter().for_each(|runnable| self.push(runnable, worker));
            Task::new(task.0, task.1).detach();
        });
    }

    /// Spawns many tasks: listed under one lock at most, queued under one at most, with one wake for all.
    pub(crate) fn spawn_many<F>(&self, futures: impl Iterator<Item = F>, origin: &Origin) -> Vec<Task<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        ambient::with_worker_of(self, |worker| {
            let shard = self.shard(worker);
            let (mut due, mut tasks) = (Vec::new(), Vec::new());
            for future in futures {
                let (runnable, task, pointer) = new_task(future, Home::Pool(ShardPointer::new(shard)), origin.clone());
                tasks.push(Task::new(task, pointer));
                due.push((runnable, pointer));
            }
            let admit = |owner: &Admitter, (runnable, pointer)| match shard.admit(owner, pointer, Admission::Ordinary) {
                Ok(predecessor) => Ok((runnable, predecessor)),
                Err(Closed) => Err(runnable),
            };
            let admitted: Vec<Result<_, Runnable>> = match worker {
                Some(worker) => due.into_iter().map(|task| admit(worker.admitter(), task)).collect(),
                None => {
                    let owner = self.outside.lock();
                    due.into_iter().map(|task| admit(&owner, task)).collect()
                }
            };
            let mut runnables = Vec::with_capacity(admitted.len());
            for runnable in admitted {
                match runnable {
                    Ok((runnable, _predecessor)) => runnables.push(runnable),
                    Err(runnable) => drop(reject(runnable)),
                }
            }
            if !runnables.is_empty() {
                match worker {
                    Some(worker) => worker.push_many(runnables),
                    None => drop(self.injector.push_many(runnables)),
                }
                self.wake_worker();
            }
            tasks
        })
    }

    /// Runs a closure on a blocking thread.
    pub(crate) fn spawn_blocking<T>(&self, run: impl FnOnce() -> T + Send + 'static, origin: Origin) -> Task<T>
    where
        T: Send + 'static,
    {
        ambient::with_worker_of(self, |worker| {
            let (task, admitted) =
                self.new_listed(worker, Home::Blocking, Closure::new(run), origin, Admission::Ordinary);
            admitted.into_iter().for_each(Runnable::schedule);
            Task::new(task.0, task.1)
        })
    }

    /// Polls a new task once, on this thread.
    fn run_here(&self, runnable: Runnable, worker: Option<&Worker>) {
        let _entered = worker.is_none().then(|| ambient::enter(Ambient::Pool(self.arc())));
        run_outside(runnable);
        // This worker goes on with the task that has spawned this one.
        worker.into_iter().for_each(Worker::tell_of_yielding);
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

    /// Whether it has workers of its own, beside the guests of `block_on`.
    pub(crate) fn has_threads(&self) -> bool {
        self.seats.len() > 1
    }

    pub(super) fn seated(&self) -> usize {
        self.seated.load(Ordering::Relaxed)
    }

    /// No new tasks; the live ones are asked to end.
    pub(crate) fn close(&self) {
        if !self.ledger.begin() {
            return;
        }
        let (outside, seats) = self.shards.split_last().expect("there is one for threads that are no workers");
        let mut live: Vec<TaskRef> = seats.iter().flat_map(Shard::close).collect();
        {
            // Whoever spawns on such a thread holds this, and so has spawned before the close or sees it.
            let _owner = self.outside.lock();
            live.extend(outside.close());
            // Nobody comes back for what is left there.
            outside.set_heir(false);
        }
        self.ledger.settle();
        cancel_closed(live);
        while self.outside.swept().is_some_and(|swept| !swept.is_empty()) {}
        // Each worker looks once more at what it has spawned; see `shard.rs`.
        (0..self.seats.len()).for_each(|worker| self.unpark(worker));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.ledger.is_closed()
    }

    /// The tasks that are live at this moment.
    pub(super) fn tasks(&self) -> Vec<TaskRef> {
        self.shards.iter().flat_map(Shard::tasks).collect()
    }

    pub(super) fn live(&self) -> usize {
        self.shards.iter().map(Shard::len).sum()
    }

    /// The last task of a closed executor has ended: everybody may go.
    fn dismiss(&self) {
        self.blocking.stop();
        (0..self.seats.len()).for_each(|worker| self.unpark(worker));
    }
}

impl Seat {
    fn new((slot, ring): (SlotThief<Runnable>, Stealer<Runnable, RING>)) -> Self {
        Self { berth: Berth::new(), slot, ring, tally: Tally::new() }
    }
}

/// Asks the tasks of an executor that was closed to end.
pub(super) fn cancel_closed(live: Vec<TaskRef>) {
    let reason = Reason::from("the executor was closed");
    for task in live {
        task.cancel(reason.clone());
    }
}

/// Makes a task whose body is in its scope; it is neither listed nor queued yet.
pub(crate) fn new_task<F>(
    future: F,
    home: Home,
    origin: Origin,
) -> (Runnable, async_task::Task<Output<F::Output>, Record>, TaskPointer)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let shell = |record: &Record| Shell::new(future, RecordPointer::new(record));
    let (runnable, task) =
        async_task::Builder::new().metadata(Record::new(home, origin)).spawn(shell, WithInfo(schedule));
    let (pointer, runnable) = TaskPointer::of(runnable);
    (runnable, task, pointer)
}

/// What a [`Task`] is made of, when nothing is left to do but to give it out: made before, it would be stored and loaded again at once.
type Pointers<T> = (async_task::Task<Output<T>, Record>, TaskPointer);

/// A closed executor takes nothing: the body is dropped here, and the task says that it was cancelled.
fn reject(runnable: Runnable) -> Closed {
    TaskRef::of_runnable(&runnable).cancel(Reason::from(GONE));
    drop(runnable);
    Closed
}
