//! The local queue's handle.

use core::fmt;
use std::rc::Rc;

use super::state::{Nothing, Refusal, Shared};
use super::stream::{QueueSink, QueueStream};
use super::wait::{Get, GetMany, Join, Put, Reserve, Slot};
use super::work::Take;
use crate::queue::{Shutdown, TooManyDone, TryGetError, TryPutError};

/// asyncio's `Queue` for one thread: first in, first out, with `task_done` and `join`; not `Send`.
///
/// Cheap to clone; all clones are one queue. As [`motet_channel::Queue`](crate::Queue) otherwise, but that an unclaimed item is never held by
/// a wait: a `get` that is dropped leaves it among the items, and the queue never exceeds its capacity.
///
/// # Fairness
///
/// Getters and putters are served in the order of their first poll; nobody overtakes.
///
/// ```
/// use motet_channel::local::Queue;
///
/// let queue = Queue::bounded(1);
/// queue.try_put("a").unwrap();
/// assert!(queue.try_put("b").unwrap_err().is_full());
/// assert_eq!(queue.try_get(), Ok("a"));
/// ```
pub struct Queue<T> {
    shared: Rc<Shared<T>>,
}

impl<T> Queue<T> {
    /// A queue for at most `capacity` items: `put` waits while it is full.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0. Where asyncio says `maxsize=0` and means "without limit", write [`unbounded()`](Self::unbounded).
    #[must_use]
    #[track_caller]
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a bounded queue needs a capacity of at least 1: use `unbounded()` for no limit");
        Self { shared: Rc::new(Shared::new(Some(capacity))) }
    }

    /// A queue without a limit: `put` never waits.
    ///
    /// ```
    /// let queue = motet_channel::local::Queue::unbounded();
    /// (0..1000).for_each(|i| queue.try_put(i).unwrap());
    /// assert!(queue.len() == 1000 && !queue.is_full());
    /// ```
    #[must_use]
    pub fn unbounded() -> Self {
        Self { shared: Rc::new(Shared::new(None)) }
    }

    /// Puts an item; waits while the queue is full. asyncio's `put`.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::bounded(1);
    /// queue.put('a').await.unwrap();
    /// assert_eq!(queue.len(), 1);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`PutError`](crate::PutError) gives the item back if the queue is shut down, before or during the wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while it waits, it has put nothing, and the item is dropped with it. To keep the item under a timeout,
    /// [`reserve`](Self::reserve) under the timeout and put after it, or [`take_back`](super::Put::take_back) the item from the future.
    pub fn put(&self, item: T) -> Put<'_, T> {
        Put::new(&self.shared, item)
    }

    /// Puts an item if there is room. asyncio's `put_nowait`.
    ///
    /// # Errors
    ///
    /// [`TryPutError::Full`] or [`TryPutError::ShutDown`], with the item.
    pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
        self.shared.try_put(item).map_err(|refusal| match refusal {
            Refusal::Full(item) => TryPutError::Full(item),
            Refusal::ShutDown(item) => TryPutError::ShutDown(item),
        })
    }

    /// Waits for room and reserves it; the item is put into the [`Slot`](super::Slot), without another wait.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::bounded(1);
    /// queue.reserve().await.unwrap().put('a').unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`](crate::ShutDown) if the queue is shut down.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has reserved nothing.
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve::new(&self.shared)
    }

    /// Reserves room if there is some.
    ///
    /// ```
    /// let queue = motet_channel::local::Queue::bounded(1);
    /// let slot = queue.try_reserve().unwrap();
    /// assert!(queue.try_put('b').unwrap_err().is_full());
    /// slot.put('a').unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryPutError::Full`] without room, [`TryPutError::ShutDown`] once the queue is shut down.
    pub fn try_reserve(&self) -> Result<Slot<'_, T>, TryPutError<()>> {
        match self.shared.try_reserve() {
            Ok(()) => Ok(Slot::reserved(&self.shared)),
            Err(Refusal::Full(())) => Err(TryPutError::Full(())),
            Err(Refusal::ShutDown(())) => Err(TryPutError::ShutDown(())),
        }
    }

    /// Gets the next item; waits for one. asyncio's `get`.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::unbounded();
    /// queue.put('a').await.unwrap();
    /// assert_eq!(queue.get().await, Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`](crate::ShutDown) once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing.
    pub fn get(&self) -> Get<'_, T> {
        Get::new(&self.shared)
    }

    /// Gets the next item if one is there. asyncio's `get_nowait`.
    ///
    /// # Errors
    ///
    /// [`TryGetError::Empty`], or [`TryGetError::ShutDown`] once the queue is shut down and empty.
    pub fn try_get(&self) -> Result<T, TryGetError> {
        self.shared.try_get().map_err(|nothing| match nothing {
            Nothing::Empty => TryGetError::Empty,
            Nothing::ShutDown => TryGetError::ShutDown,
        })
    }

    /// Gets all that is there, up to `max` items, and appends them to `out`; waits for the first. How many they were.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::unbounded();
    /// (0..5).for_each(|i| queue.try_put(i).unwrap());
    /// let mut batch = Vec::new();
    /// assert_eq!(queue.get_many(&mut batch, 3).await, Ok(3));
    /// assert_eq!(batch, [0, 1, 2]);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`](crate::ShutDown) once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing and `out` is as it was.
    pub fn get_many<'a>(&'a self, out: &'a mut Vec<T>, max: usize) -> GetMany<'a, T> {
        GetMany::new(&self.shared, out, max)
    }

    /// Gets the next item as a [`Job`](super::Job), whose drop is its [`task_done`](Self::task_done).
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::unbounded();
    /// queue.put(20).await.unwrap();
    /// assert_eq!(*queue.take().await.unwrap() + 1, 21);
    /// queue.join().await;
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`](crate::ShutDown) once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`get`](Self::get).
    pub fn take(&self) -> Take<'_, T> {
        Take::new(self)
    }

    /// Says that the work on one item is done. asyncio's `task_done`.
    ///
    /// # Errors
    ///
    /// [`TooManyDone`] if it was called more often than items were put.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.shared.task_done()
    }

    /// Waits until all that was put is done. asyncio's `join`. Ready at once if nothing is unfinished.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// motet_channel::local::Queue::<u8>::unbounded().join().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn join(&self) -> Join<'_, T> {
        Join::new(&self.shared)
    }

    /// Ends the queue, as Python 3.13's `Queue.shutdown`: nothing more can be put; what is there can be got, or is dropped.
    ///
    /// ```
    /// use motet_channel::{ShutDown, Shutdown, local::Queue};
    /// # futures::executor::block_on(async {
    /// let queue = Queue::unbounded();
    /// queue.try_put('a').unwrap();
    /// queue.shutdown(Shutdown::Drain);
    /// assert!(queue.try_put('b').unwrap_err().is_shut_down());
    /// assert_eq!((queue.get().await, queue.get().await), (Ok('a'), Err(ShutDown)));
    /// # });
    /// ```
    pub fn shutdown(&self, how: Shutdown) {
        self.shared.shut_down(how);
    }

    /// The items as a stream that ends when the queue is shut down and empty. It owns a share of the queue.
    ///
    /// ```
    /// use futures::StreamExt;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::unbounded();
    /// (1..=3).for_each(|i| queue.try_put(i).unwrap());
    /// queue.shutdown(motet_channel::Shutdown::Drain);
    /// assert_eq!(queue.stream().collect::<Vec<_>>().await, [1, 2, 3]);
    /// # });
    /// ```
    pub fn stream(&self) -> QueueStream<T> {
        QueueStream::new(self.shared.clone())
    }

    /// The putting side as a sink, which owns a share of the queue.
    ///
    /// ```
    /// use futures::SinkExt;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::bounded(1);
    /// queue.sink().send('a').await.unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// # });
    /// ```
    pub fn sink(&self) -> QueueSink<T> {
        QueueSink::new(self.shared.clone())
    }

    /// How many items are in the queue.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.state().len()
    }

    /// Whether no item is in the queue.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room, so that a `put` would wait.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !self.shared.state().has_room()
    }

    /// How many items there is room for: `None` if there is no limit.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.shared.state().capacity
    }

    /// Whether the queue was shut down.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.shared.state().is_shut_down()
    }
}

impl<T> Queue<T> {
    pub(super) fn shared(&self) -> &Shared<T> {
        &self.shared
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("shut_down", &self.is_shut_down())
            .finish_non_exhaustive()
    }
}
