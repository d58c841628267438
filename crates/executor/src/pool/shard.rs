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
    is_closed: bool,
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
        let list = Mutex::new(List { tasks: Slab::new(), is_closed: false });
        Self { pool, blocking, panic_hook, ledger, list }
    }

    /// The executor, while it lives.
    pub(crate) fn pool(&self) -> Option<Arc<Shared>> {
        self.pool.upgrade()
    }

    /// Whether the executor is this one.
    pub(crate) fn is_of(&self, pool: &Arc<Shared>) -> bool {
        std::ptr::eq(self.pool.as_ptr(), Arc::as_ptr(pool))
    }

    pub(crate) fn blocking(&self) -> &Arc<BlockingPool> {
        &self.blocking
    }

    pub(crate) fn panic_hook(&self) -> &PanicHook {
        &self.panic_hook
    }

    /// Lists a task that is about to be scheduled; false if the shard is closed.
    pub(crate) fn admit(&self, task: &TaskRef, admission: Admission) -> bool {
        // A clone of async-task's own waker: no foreign code, so it may run under the lock; but it need not.
        let listed = task.clone();
        let mut list = self.list.lock();
        if list.is_closed {
            if admission == Admission::Ordinary {
                drop(list);
                return false;
            }
            self.ledger.enter(1);
        }
        task.set_key(list.tasks.insert(listed));
        true
    }

    /// Lists many tasks under one lock; false, with none listed, if the shard is closed.
    pub(crate) fn admit_many<'a>(&self, tasks: impl ExactSizeIterator<Item = &'a TaskRef>) -> bool {
        let mut list = self.list.lock();
        if list.is_closed {
            return false;
        }
        for task in tasks {
            let key = list.tasks.insert(task.clone());
            task.set_key(key);
        }
        true
    }

    /// Takes a task off the list: its body is gone. A task that was never admitted is not on it.
    pub(crate) fn retire(&self, key: usize) {
        let mut list = self.list.lock();
        let removed = list.tasks.remove(key);
        let is_closed = list.is_closed;
        drop(list);
        if removed.is_some() && is_closed {
            self.ledger.leave(1);
        }
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
