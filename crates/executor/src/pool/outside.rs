//! The last list of an executor: of tasks that were spawned on threads that are no workers.
//!
//! Its owner is whoever holds the lock. He frees what workers leave to him as he spawns; if nobody spawns any more, a worker does before it rests for good.

use super::roster::Remains;
use super::shard::Admitter;
use crate::task::TaskPointer;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::lock::{Mutex, MutexGuard};

/// The owner's end of the last list.
pub(super) struct Outside {
    owner: Mutex<Admitter>,
    /// How often it was locked, written under the lock.
    locked: AtomicUsize,
}

impl Outside {
    pub(super) fn new(owner: Admitter) -> Self {
        Self { owner: Mutex::new(owner), locked: AtomicUsize::new(0) }
    }

    /// To spawn, or to close.
    pub(super) fn lock(&self) -> MutexGuard<'_, Admitter> {
        let owner = self.owner.lock();
        // Relaxed: one writer at a time, and a picture for the others.
        self.locked.store(self.locked().wrapping_add(1), Ordering::Relaxed);
        owner
    }

    /// Changes as long as somebody spawns.
    pub(super) fn locked(&self) -> usize {
        self.locked.load(Ordering::Relaxed)
    }

    /// What is left of some tasks, to be dropped under no lock.
    pub(super) fn swept(&self) -> Vec<Remains<TaskPointer>> {
        self.owner.lock().swept()
    }
}
