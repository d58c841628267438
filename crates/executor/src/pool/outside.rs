//! The last list of an executor: of tasks that were spawned on threads that are no workers.
//!
//! Its owner is whoever holds the lock. He frees what workers leave to him as he spawns, and so does a worker before it rests, unless somebody spawns at
//! that very moment: he comes first, and the worker looks again some time later.

use super::roster::Remains;
use super::shard::Admitter;
use crate::task::TaskPointer;
use motet_prim::lock::{Mutex, MutexGuard};

/// The owner's end of the last list.
pub(super) struct Outside(Mutex<Admitter>);

impl Outside {
    pub(super) fn new(owner: Admitter) -> Self {
        Self(Mutex::new(owner))
    }

    /// To spawn, or to close.
    pub(super) fn lock(&self) -> MutexGuard<'_, Admitter> {
        self.0.lock()
    }

    /// What is left of some tasks, to be dropped under no lock; nothing is known while somebody spawns.
    pub(super) fn swept(&self) -> Option<Vec<Remains<TaskPointer>>> {
        Some(self.0.try_lock()?.swept())
    }
}
