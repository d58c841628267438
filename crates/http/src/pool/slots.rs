//! Counted places, first come, first served: a semaphore and the permits of it that are handed out.

use motet_sync::{AcquireOwned, OwnedPermit, Semaphore};
use std::sync::Arc;

/// One place; free again when it is dropped, wherever that happens.
pub(super) type Permit = OwnedPermit;

/// So many places.
#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    pub(super) fn acquire(&self) -> AcquireOwned {
        self.0.acquire_owned()
    }

    pub(super) fn try_acquire(&self) -> Option<Permit> {
        self.0.try_acquire_owned()
    }

    /// Whether nobody holds a place, waits for one, or may come to.
    pub(super) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}
