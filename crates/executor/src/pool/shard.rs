//! The list of live tasks, in shards: each worker adds to one of its own, foreign threads share the last.
//!
//! ```text
//!   open ── close ──▶ closed: nothing is admitted but cleanups, each retirement counts in the ledger
//! ```
//!
//! A shard's lock is held for an insertion or a removal, and nothing foreign runs under it.

use super::hooks::PanicHook;
use super::ledger::Ledger;
use super::shared::Shared;
use crate::blocking::BlockingPool;
use crate::slab::Slab;
use crate::task::TaskRef;
use core::ptr::NonNull;
use motet_prim::lock::Mutex;
use std::sync::{Arc, Weak};

/// One shard, and what its tasks must reach when the executor's handles are long gone.
pub(crate) struct Shard {
    pool: Weak<Shared>,
    blocking: Arc<BlockingPool>,
    panic_hook: PanicHook,
    ledger: Arc<Ledger>,
    list: Mutex<List>,
}

struct List {
    tasks: Slab<TaskRef>,
    /// The shard itself, while a task is on the list.
    keep: Option<Arc<Shard>>,
    is_closed: bool,
}

/// A shard as its tasks know it: not counted, for a count would be written by every spawn and every end of a task.
///
/// A shard with a task on its list holds itself. So a task may follow the pointer until it is off the list; what
/// happens to a task afterwards (late wakes, handles) never asks for the shard.
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
    pub(super) fn new(shard: &Arc<Shard>) -> Self {
        Self(NonNull::from(&**shard))
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

    /// Takes a task off the list: its body is gone.
    ///
    /// # Safety
    ///
    /// The task with this key is on the shard's list.
    pub(crate) unsafe fn retire(self, key: u32) {
        // SAFETY: the task that comes off the list in here is on it until then, and the shard's own hold is not dropped in here.
        let left = unsafe { self.as_ref() }.take(key);
        // Perhaps the last reference on the shard; nothing borrows it any more.
        drop(left);
    }
}

/// Who asks for admission.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Anybody: not after the close.
    Ordinary,
    /// Work that a live task left behind: always.
    Cleanup,
}

impl Shard {
    pub(super) fn new(
        pool: Weak<Shared>,
        blocking: Arc<BlockingPool>,
        panic_hook: PanicHook,
        ledger: Arc<Ledger>,
    ) -> Self {
        let list = Mutex::new(List { tasks: Slab::new(), keep: None, is_closed: false });
        Self { pool, blocking, panic_hook, ledger, list }
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

    /// Lists a task that is about to be scheduled; a shard that is closed gives it back.
    pub(super) fn admit(self: &Arc<Self>, task: TaskRef, admission: Admission) -> Result<(), TaskRef> {
        let mut list = self.list.lock();
        if list.is_closed {
            if admission == Admission::Ordinary {
                drop(list);
                return Err(task);
            }
            self.ledger.enter(1);
        }
        list.insert(self, task);
        Ok(())
    }

    /// Lists many tasks under one lock; a shard that is closed gives them back.
    pub(super) fn admit_many(self: &Arc<Self>, tasks: Vec<TaskRef>) -> Result<(), Vec<TaskRef>> {
        let mut list = self.list.lock();
        if list.is_closed {
            drop(list);
            return Err(tasks);
        }
        tasks.into_iter().for_each(|task| list.insert(self, task));
        Ok(())
    }

    /// Takes a task off the list; what this gives is dropped without a borrow of the shard.
    fn take(&self, key: u32) -> (Option<TaskRef>, Option<Arc<Self>>) {
        let mut list = self.list.lock();
        let task = list.tasks.remove(key as usize);
        let keep = if list.tasks.len() == 0 { list.keep.take() } else { None };
        let is_closed = list.is_closed;
        drop(list);
        debug_assert!(task.is_some(), "a task retires once");
        if is_closed {
            self.ledger.leave(1);
        }
        (task, keep)
    }

    /// Closes the shard; gives the tasks that are live, or nothing if it was closed before.
    pub(super) fn close(&self) -> Vec<TaskRef> {
        let mut list = self.list.lock();
        if list.is_closed {
            return Vec::new();
        }
        list.is_closed = true;
        self.ledger.enter(list.tasks.len());
        list.tasks.iter().cloned().collect()
    }

    /// The tasks that are live at this moment.
    pub(super) fn tasks(&self) -> Vec<TaskRef> {
        self.list.lock().tasks.iter().cloned().collect()
    }

    /// How many tasks are live at this moment.
    pub(super) fn len(&self) -> usize {
        self.list.lock().tasks.len()
    }
}

impl List {
    fn insert(&mut self, shard: &Arc<Shard>, task: TaskRef) {
        if self.tasks.len() == 0 {
            self.keep = Some(shard.clone());
        }
        let key = self.tasks.next_key();
        task.set_key(u32::try_from(key).expect("no machine has room for so many tasks"));
        let place = self.tasks.insert(task);
        debug_assert_eq!(place, key, "the slab told its next place");
    }
}
