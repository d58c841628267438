//! Counts the tasks that are left once an executor is closed, and tells when the last has ended.
//!
//! ```text
//!   open ── begin ──▶ closing (count ≥ 1: the closer's own) ── settle ──▶ closed ── last leave ──▶ over
//! ```
//!
//! An open executor counts nothing in common: its shards know their own tasks. Closing walks the shards; each adds its
//! tasks under its own lock and counts their ends here from then on. The closer holds one count meanwhile, so the count
//! reaches zero when nothing is left.
//!
//! The race to fear: work is left behind while the last task ends. A task that leaves some counts until that is counted; but the root of a
//! `block_on`, a hook, or a driver's waker may leave some, too. So nobody counts himself in once the count was zero: what is left
//! then comes too late.

use crate::slab::Slab;
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::task::Waker;

/// The count of a closed executor, and those who wait for its zero.
pub(crate) struct Ledger {
    closed: AtomicBool,
    over: AtomicBool,
    left: AtomicUsize,
    waiting: Mutex<Slab<Waker>>,
    on_over: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            closed: AtomicBool::new(false),
            over: AtomicBool::new(false),
            left: AtomicUsize::new(1),
            waiting: Mutex::new(Slab::new()),
            on_over: Mutex::new(None),
        }
    }

    /// What to do first when the last task has ended.
    pub(super) fn set_on_over(&self, run: impl FnOnce() + Send + 'static) {
        *self.on_over.lock() = Some(Box::new(run));
    }

    /// Begins to close; false if somebody did before.
    pub(super) fn begin(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// The closer has walked all shards.
    pub(super) fn settle(&self) {
        self.leave(1);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether the executor is closed and its last task has ended.
    pub(crate) fn is_over(&self) -> bool {
        // Acquire: pairs with the Release in `leave`.
        self.over.load(Ordering::Acquire)
    }

    /// Counts tasks in, for whoever is counted, or holds up the close.
    pub(super) fn enter(&self, tasks: usize) {
        self.left.fetch_add(tasks, Ordering::Relaxed);
    }

    /// Counts a task in, unless the last has left.
    pub(super) fn try_enter(&self) -> bool {
        let more = |left| if left == 0 { None } else { Some(left + 1) };
        // Relaxed: it publishes nothing, and who finds zero touches nothing.
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Counts tasks out; the last one ends the executor.
    pub(super) fn leave(&self, tasks: usize) {
        // AcqRel: what all the others did before they left is visible to whoever is last.
        if self.left.fetch_sub(tasks, Ordering::AcqRel) != tasks {
            return;
        }
        // Release: for the Acquire in `is_over`.
        self.over.store(true, Ordering::Release);
        let on_over = self.on_over.lock().take();
        on_over.into_iter().for_each(|run| run());
        // A waiter registers under this lock after a look at `over`, so none comes too late to be in the list.
        let waiting = self.waiting.lock().take_all();
        // Foreign code: one that panics keeps nobody from hearing of it, nor unwinds into the end of a task.
        waiting.into_iter().map(Wakeup::from).for_each(Wakeup::wake);
    }

    /// Registers a waker for the end, in the place `key` if it has one already; true if the end has come.
    pub(super) fn watch(&self, key: &mut Option<usize>, waker: &Waker) -> bool {
        // Cloned outside of the lock, dropped outside of it: a waker is foreign code.
        let fresh = waker.clone();
        let mut waiting = self.waiting.lock();
        // Under the lock that `leave` takes after it stored: either it finds our waker, or we see its store.
        if self.is_over() {
            drop(waiting);
            discard(fresh);
            return true;
        }
        let stale = match key.and_then(|key| waiting.get_mut(key)) {
            Some(place) => Some(std::mem::replace(place, fresh)),
            None => {
                *key = Some(waiting.insert(fresh));
                None
            }
        };
        drop(waiting);
        stale.into_iter().for_each(discard);
        false
    }

    /// Takes a waker out again.
    pub(super) fn unwatch(&self, key: usize) {
        let waker = self.waiting.lock().remove(key);
        waker.into_iter().for_each(discard);
    }
}
