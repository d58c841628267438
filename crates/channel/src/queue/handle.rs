//! The queue's handle: making one, and all that never waits; and the doors to what does.

use core::fmt;
use std::sync::Arc;

use crate::shared::{Capacity, Close, Fifo, Lifo, Order, Shared, Smallest};

/// asyncio's `Queue`: first in, first out, with `task_done` and `join`.
///
/// Cheap to clone; all clones are one queue. It lives as long as any clone, and closes by
/// [`shutdown`](OrderedQueue::shutdown) only; for one that closes with its last sender see [`bounded`](crate::bounded).
///
/// ```
/// use motet_channel::{Queue, Shutdown};
/// # futures::executor::block_on(async {
/// let queue = Queue::bounded(2);
/// queue.put("a").await?;
/// queue.put("b").await?;
/// assert!(queue.is_full());
/// assert_eq!(queue.get().await, Ok("a"));
/// queue.task_done().unwrap();
/// queue.shutdown(Shutdown::Drain);
/// while let Ok(item) = queue.get().await {
///     assert_eq!(item, "b");
///     queue.task_done().unwrap();
/// }
/// queue.join().await;
/// # Ok::<(), motet_channel::PutError<&str>>(())
/// # }).unwrap();
/// ```
pub type Queue<T> = OrderedQueue<T, Fifo>;

/// asyncio's `LifoQueue`: the newest item first.
///
/// ```
/// use motet_channel::LifoQueue;
///
/// let queue = LifoQueue::unbounded();
/// queue.try_put(1).unwrap();
/// queue.try_put(2).unwrap();
/// assert_eq!(queue.try_get(), Ok(2));
/// ```
pub type LifoQueue<T> = OrderedQueue<T, Lifo>;

/// asyncio's `PriorityQueue`: the smallest item first, and those that are equal in the order they went in.
///
/// For the greatest first put `core::cmp::Reverse`; for items without an order, [`Ranked`](crate::Ranked). Items are
/// compared under the queue's lock: their `Ord` must not use the queue.
///
/// ```
/// use motet_channel::PriorityQueue;
///
/// let queue = PriorityQueue::unbounded();
/// queue.try_put(2).unwrap();
/// queue.try_put(1).unwrap();
/// assert_eq!(queue.try_get(), Ok(1));
/// ```
pub type PriorityQueue<T> = OrderedQueue<T, Smallest>;

/// What [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are: a queue that gives its items in the order `O`.
///
/// # Fairness
///
/// Getters are served in the order they came, and so are putters. Nobody overtakes: an item is handed to the oldest getter
/// that waits, and a place that comes free is reserved for the oldest putter that waits.
///
/// # Complexity
///
/// Each operation is O(1) but for a [`PriorityQueue`], whose items cost O(log n). A wait allocates nothing.
pub struct OrderedQueue<T, O: Order<T>> {
    pub(super) shared: Arc<Shared<T, O>>,
}

/// What [`shutdown`](OrderedQueue::shutdown) does with the items that are in the queue; the two of Python 3.13's `Queue.shutdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// They can still be got.
    Drain,
    /// They are dropped: `shutdown(immediate=True)`.
    Immediate,
}

impl<T, O: Order<T>> OrderedQueue<T, O> {
    fn with(capacity: Capacity) -> Self {
        Self { shared: Arc::new(Shared::new(capacity)) }
    }

    /// A queue for at most `capacity` items: `put` waits while it is full.
    ///
    /// ```
    /// let queue = motet_channel::Queue::bounded(1);
    /// queue.try_put('a').unwrap();
    /// assert!(queue.try_put('b').unwrap_err().is_full());
    /// ```
    ///
    /// # Panics
    ///
    /// If `capacity` is 0. Where asyncio says `maxsize=0` and means "without limit", write
    /// [`unbounded()`](Self::unbounded); for a hand-over without a buffer see [`rendezvous`](crate::rendezvous).
    #[must_use]
    #[track_caller]
    pub fn bounded(capacity: usize) -> Self {
        assert!(
            capacity > 0,
            "a queue of capacity 0 could hold nothing: use `unbounded()` for no limit (asyncio's maxsize=0), \
             or the channel `rendezvous()` to hand over without a buffer"
        );
        Self::with(Capacity::Bounded(capacity))
    }

    /// A queue without a limit: `put` never waits.
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// (0..1000).for_each(|i| queue.try_put(i).unwrap());
    /// assert!(!queue.is_full());
    /// ```
    #[must_use]
    pub fn unbounded() -> Self {
        Self::with(Capacity::Unbounded)
    }

    /// Shuts the queue down for putters, now and for good; as Python 3.13's `Queue.shutdown`.
    ///
    /// Putters, those that wait included, get [`PutError`](crate::PutError) with their item. Getters get what is left
    /// ([`Shutdown::Drain`]) or nothing ([`Shutdown::Immediate`], which drops it and counts it as done), then
    /// [`ShutDown`](crate::ShutDown). An item that a waiting getter was handed is that getter's. A second call may follow a `Drain` by
    /// an `Immediate`; else it changes nothing.
    ///
    /// ```
    /// use motet_channel::{Queue, ShutDown, Shutdown};
    ///
    /// let queue = Queue::unbounded();
    /// queue.try_put('a').unwrap();
    /// queue.shutdown(Shutdown::Drain);
    /// assert!(queue.try_put('b').is_err());
    /// assert_eq!(queue.get_blocking(), Ok('a'));
    /// assert_eq!(queue.get_blocking(), Err(ShutDown));
    /// ```
    pub fn shutdown(&self, how: Shutdown) {
        self.shared.close(match how {
            Shutdown::Drain => Close::Drain,
            Shutdown::Immediate => Close::Immediate,
        });
    }

    /// Whether the queue is shut down; something may be left to get.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.shared.is_closed()
    }

    /// How many items are in the queue. asyncio's `qsize`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether no item is in the queue. asyncio's `empty`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room: each place is taken, or reserved for somebody. asyncio's `full`.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.is_full()
    }

    /// How many items there is room for; `None` if there is no limit. asyncio's `maxsize`.
    ///
    /// ```
    /// use motet_channel::Queue;
    ///
    /// assert_eq!(Queue::<u8>::bounded(2).capacity(), Some(2));
    /// assert_eq!(Queue::<u8>::unbounded().capacity(), None);
    /// ```
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.shared.capacity()
    }
}

impl<T, O: Order<T>> Clone for OrderedQueue<T, O> {
    /// Another handle to the same queue.
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T, O: Order<T>> fmt::Debug for OrderedQueue<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("shut_down", &self.is_shut_down())
            .field("unfinished", &self.shared.unfinished())
            .finish_non_exhaustive()
    }
}
