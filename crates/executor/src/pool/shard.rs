//! The part of an executor that a task knows: the list it is on, and what it must reach until its end.
//!
//! Each seat has one, and one more serves the threads that are no workers.
//!
//! ```text
//!   open ── close ──▶ closed: nothing is admitted but cleanups; what lives is counted in the ledger, and counts itself out
//!                       └─ the seat was taken: its worker looks once more, for it may have spawned without seeing the close
//! ```
//!
//! The race to fear: a worker spawns while another thread closes, and neither sees the other, since a spawn fences nothing. So the
//! close counts each taken seat as if it were a task, and a worker that sees the close, or leaves its seat, *settles*: it counts and
//! cancels what its close-time list lacked, and counts its seat out. Whether a seat is taken changes under the shard's lock.

use super::hooks::PanicHook;
use super::ledger::Ledger;
use super::roster::{self, Key, Remains, Retired};
use super::shared::Shared;
use crate::ambient;
use crate::blocking::BlockingPool;
use crate::task::{SelfReference, TaskPointer, TaskRef};
use core::ptr::NonNull;
use motet_prim::lock::Mutex;
use std::sync::{Arc, Weak};

/// The owner's end of a shard's list.
pub(super) type Admitter = roster::Admitter<TaskPointer>;
/// A shard's list.
pub(super) type Roster = roster::Roster<TaskPointer>;

/// See the head of this file.
pub(crate) struct Shard {
    roster: Arc<Roster>,
    pool: Weak<Shared>,
    blocking: Arc<BlockingPool>,
    panic_hook: PanicHook,
    ledger: Arc<Ledger>,
    seat: Mutex<Occupancy>,
}

/// Whether somebody spawns onto the shard without a lock.
#[derive(Default)]
struct Occupancy {
    is_taken: bool,
    /// The seat counts in the ledger until its worker settles.
    owes_a_look: bool,
}

/// What all shards of an executor have in common.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) pool: Weak<Shared>,
    pub(super) blocking: Arc<BlockingPool>,
    pub(super) panic_hook: PanicHook,
    pub(super) ledger: Arc<Ledger>,
}

/// A shard as its tasks know it: not counted, for a count would be written by every spawn and every end of a task.
///
/// An executor's state is held by its handles, its guests, and its threads, which stay until the last listed task has ended; and
/// whoever polls or drops a listed task holds it meanwhile. So a task may follow the pointer until it is off the list; what happens
/// to a task afterwards (late wakes, handles) never asks for the shard.
#[derive(Clone, Copy)]
pub(crate) struct ShardPointer(NonNull<Shard>);

// SAFETY: it is a `&Shard` without the lifetime, and a shard is `Sync` (checked below).
unsafe impl Send for ShardPointer {}
// SAFETY: as above.
unsafe impl Sync for ShardPointer {}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Shard>();
};

impl ShardPointer {
    pub(super) fn new(shard: &Shard) -> Self {
        Self(NonNull::from(shard))
    }

    /// For a record, which has room for an address.
    pub(crate) fn address(self) -> NonNull<()> {
        self.0.cast()
    }

    /// What [`address`](Self::address) gave.
    ///
    /// # Safety
    ///
    /// The address comes from there.
    pub(crate) unsafe fn from_address(address: NonNull<()>) -> Self {
        Self(address.cast())
    }

    /// The shard.
    ///
    /// # Safety
    ///
    /// A task is on its list, or it is held otherwise, for as long as the borrow.
    pub(crate) unsafe fn as_ref<'a>(self) -> &'a Shard {
        // SAFETY: says the caller.
        unsafe { self.0.as_ref() }
    }

    /// Whether this is the very same shard.
    pub(super) fn is(self, shard: &Shard) -> bool {
        core::ptr::eq(self.0.as_ptr(), shard)
    }

    /// Takes a task off the list: its body is gone. Its reference on itself goes with it, or to the list's owner. A full fence.
    ///
    /// # Safety
    ///
    /// The task with this key is on the shard's list, `reference` is its own, and there is another that outlives the call.
    pub(crate) unsafe fn retire(self, key: Key, reference: SelfReference<'_>) {
        ambient::with_worker(|worker| {
            // SAFETY: this thread holds the executor's state, see above.
            let shard = unsafe { self.as_ref() };
            let ender = match worker {
                None => Ender::Stranger,
                // SAFETY: a task is on the shard's list.
                Some(worker) if !unsafe { worker.works_for(self) } => Ender::Stranger,
                Some(worker) => worker.admitter_of(self).map_or(Ender::Worker, Ender::Owner),
            };
            // SAFETY: says the caller.
            unsafe { shard.retire(key, reference, ender) };
        });
    }
}

/// Who asks for admission.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Anybody: not after the close.
    Ordinary,
    /// Work that was left behind: until the last task has ended.
    Cleanup,
}

/// On which thread a task ends.
enum Ender<'a> {
    /// Its list's owner.
    Owner(&'a Admitter),
    /// Another worker of the same executor, which looks after what it leaves to the last list before it rests.
    Worker,
    /// A blocking thread, or whoever drops a task.
    Stranger,
}

/// What is left of the task that had the place before, if another thread ended it.
pub(super) type Predecessor = Option<Remains<TaskPointer>>;

/// The shard takes nothing any more.
pub(super) struct Closed;

impl Shard {
    pub(super) fn new(roster: &Arc<Roster>, common: Common) -> Self {
        let Common { pool, blocking, panic_hook, ledger } = common;
        Self { roster: roster.clone(), pool, blocking, panic_hook, ledger, seat: Mutex::new(Occupancy::default()) }
    }

    /// The executor, while it lives.
    pub(crate) fn pool(&self) -> Option<Arc<Shared>> {
        self.pool.upgrade()
    }

    /// Which executor it is, to be compared.
    pub(crate) fn executor(&self) -> *const Shared {
        self.pool.as_ptr()
    }

    pub(crate) fn blocking(&self) -> &Arc<BlockingPool> {
        &self.blocking
    }

    pub(crate) fn panic_hook(&self) -> &PanicHook {
        &self.panic_hook
    }

    /// Lists a task that is about to be scheduled, for the list's owner. What this gives is to be dropped, under no lock.
    pub(super) fn admit(
        &self,
        owner: &Admitter,
        task: TaskPointer,
        admission: Admission,
    ) -> Result<Predecessor, Closed> {
        debug_assert!(Arc::ptr_eq(owner.roster(), &self.roster), "each list has one owner");
        let is_closed = self.roster.is_closed();
        if is_closed {
            self.admit_late(admission)?;
        }
        let (key, remains) = owner.vacancy();
        // SAFETY: the caller has the runnable, so the task lives.
        unsafe { task.as_ref() }.set_key(key);
        if is_closed {
            owner.put_counted(key, task);
        } else {
            owner.put(key, task);
        }
        Ok(remains)
    }

    #[cold]
    fn admit_late(&self, admission: Admission) -> Result<(), Closed> {
        let is_admitted = admission == Admission::Cleanup && self.ledger.try_enter();
        if is_admitted { Ok(()) } else { Err(Closed) }
    }

    /// # Safety
    ///
    /// As for [`ShardPointer::retire`].
    unsafe fn retire(&self, key: Key, reference: SelfReference<'_>, ender: Ender<'_>) {
        let (task, retired) = match ender {
            Ender::Owner(owner) => owner.retire(key),
            Ender::Worker | Ender::Stranger => self.roster.retire(key),
        };
        if matches!(ender, Ender::Worker) && reference.is_last() && self.roster.has_heir() {
            // SAFETY: says the caller.
            let reference = unsafe { reference.keep_of(task) };
            // SAFETY: it was retired here.
            unsafe { self.roster.leave(key, task, reference) };
        } else {
            if !matches!(ender, Ender::Owner(_)) {
                self.roster.give_back(key);
            }
            // SAFETY: says the caller.
            unsafe { reference.drop_of(task) };
        }
        if retired == Retired::Counted {
            // Whoever is last may end the executor; after this the shard is not touched.
            let ledger = self.ledger.clone();
            ledger.leave(1);
        }
    }

    /// From here on somebody looks after the memory of tasks that others end, or nobody does.
    pub(super) fn set_heir(&self, has_heir: bool) {
        self.roster.set_heir(has_heir);
    }

    /// A worker takes the seat: from here on it spawns without a lock.
    pub(super) fn sit_down(&self) {
        self.seat.lock().is_taken = true;
        self.roster.set_heir(true);
    }

    /// The worker leaves the seat, for good or while it blocks; says whether it sat there.
    pub(super) fn stand_up(&self) -> bool {
        let was_taken = std::mem::replace(&mut self.seat.lock().is_taken, false);
        self.roster.set_heir(false);
        self.settle();
        was_taken
    }

    /// Whether the shard is closed, for the worker in its seat: it learns it soon enough, and settles then.
    pub(super) fn is_closed(&self) -> bool {
        self.roster.is_closed()
    }

    /// Closes the shard; gives the tasks that are live.
    pub(super) fn close(&self) -> Vec<TaskRef> {
        let mut seat = self.seat.lock();
        let live = self.count();
        if seat.is_taken {
            seat.owes_a_look = true;
            self.ledger.enter(1);
        }
        live
    }

    /// For the worker in the seat, once the shard is closed: finds and cancels what it spawned while the close came.
    pub(super) fn settle(&self) {
        let mut seat = self.seat.lock();
        if !std::mem::take(&mut seat.owes_a_look) {
            return;
        }
        let late = self.count();
        drop(seat);
        super::shared::cancel_closed(late);
        let ledger = self.ledger.clone();
        ledger.leave(1);
    }

    /// Counts what lives and is not counted yet; gives it.
    fn count(&self) -> Vec<TaskRef> {
        let mut live = Vec::new();
        self.roster.close(|| self.ledger.enter(1), || self.ledger.leave(1), |task| live.push(counted(task)));
        live
    }

    /// The tasks that are live at this moment.
    pub(super) fn tasks(&self) -> Vec<TaskRef> {
        let mut tasks = Vec::new();
        self.roster.read(|task| tasks.push(counted(task)));
        tasks
    }

    /// How many tasks are live at this moment.
    pub(super) fn len(&self) -> usize {
        self.roster.len()
    }
}

/// A reference on a task that a list shows.
fn counted(task: TaskPointer) -> TaskRef {
    // SAFETY: a list shows a task only while that lives.
    unsafe { TaskRef::of_living(task) }
}
