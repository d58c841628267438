//! A reserved place.

use core::fmt;
use core::mem;

use super::PutError;
use crate::shared::{Fifo, Order, Shared};

/// A place in a queue that is reserved for one item; from [`OrderedQueue::reserve`](crate::OrderedQueue::reserve).
///
/// Until it is used or dropped nobody else can have the place. Dropped, it is the next putter's.
///
/// ```
/// # futures::executor::block_on(async {
/// let queue = motet_channel::Queue::bounded(1);
/// drop(queue.reserve().await.unwrap());
/// assert!(queue.try_put('a').is_ok());
/// # });
/// ```
#[must_use = "dropping a slot gives the place up"]
pub struct Slot<'a, T, O: Order<T> = Fifo> {
    shared: &'a Shared<T, O>,
}

impl<'a, T, O: Order<T>> Slot<'a, T, O> {
    pub(crate) const fn new(shared: &'a Shared<T, O>) -> Self {
        Self { shared }
    }

    /// Puts the item; never waits.
    ///
    /// # Errors
    ///
    /// [`PutError`] gives the item back if the queue was shut down since.
    pub fn put(self, item: T) -> Result<(), PutError<T>> {
        let shared = self.shared;
        mem::forget(self);
        shared.fill_slot(item).map_err(PutError)
    }
}

impl<T, O: Order<T>> Drop for Slot<'_, T, O> {
    fn drop(&mut self) {
        self.shared.release_slot();
    }
}

impl<T, O: Order<T>> fmt::Debug for Slot<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
