//! What the queues say when they cannot put or get.
//!
//! An error that was handed an item gives it back, and is an [`Error`] whatever the item is: no `T: Debug` is asked.

use core::fmt;
use std::error::Error;

/// The queue is shut down; here is the item back.
///
/// asyncio raises `QueueShutDown`, and the item stays with the caller there too.
///
/// ```
/// use motet_channel::{PutError, Queue, Shutdown};
///
/// let queue = Queue::bounded(1);
/// queue.shutdown(Shutdown::Drain);
/// assert_eq!(queue.put_blocking("late"), Err(PutError("late")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PutError<T>(pub T);

impl<T> PutError<T> {
    /// The item that was not put.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PutError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is shut down; the error holds the item")
    }
}

impl<T> Error for PutError<T> {}

/// An item could not be put at once; here it is back.
///
/// asyncio raises `QueueFull` or `QueueShutDown`.
///
/// ```
/// use motet_channel::{Queue, TryPutError};
///
/// let queue = Queue::bounded(1);
/// assert_eq!(queue.try_put(1), Ok(()));
/// assert_eq!(queue.try_put(2), Err(TryPutError::Full(2)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryPutError<T> {
    /// There is no room now, or others wait for the room there is: `put` waits for its turn.
    Full(T),
    /// The queue is shut down.
    ShutDown(T),
}

impl<T> TryPutError<T> {
    /// The item that was not put.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }

    /// Whether there was no room.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the queue is shut down.
    #[must_use]
    pub const fn is_shut_down(&self) -> bool {
        matches!(self, Self::ShutDown(_))
    }
}

impl<T> fmt::Debug for TryPutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_full() { "Full" } else { "ShutDown" };
        f.debug_tuple(name).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for TryPutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full; the error holds the item, and `put` would wait for room",
            Self::ShutDown(_) => "the queue is shut down; the error holds the item",
        })
    }
}

impl<T> Error for TryPutError<T> {}

impl<T> From<PutError<T>> for TryPutError<T> {
    fn from(PutError(item): PutError<T>) -> Self {
        Self::ShutDown(item)
    }
}

/// The queue is shut down, and nothing is left in it.
///
/// Named after asyncio's `QueueShutDown`.
///
/// ```
/// use motet_channel::{Queue, ShutDown, Shutdown};
///
/// let queue = Queue::<u8>::unbounded();
/// queue.shutdown(Shutdown::Drain);
/// assert_eq!(queue.get_blocking(), Err(ShutDown));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ShutDown;

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is shut down")
    }
}

impl Error for ShutDown {}

/// There was nothing to get at once.
///
/// asyncio raises `QueueEmpty` or `QueueShutDown`.
///
/// ```
/// use motet_channel::{Queue, TryGetError};
///
/// assert_eq!(Queue::<u8>::unbounded().try_get(), Err(TryGetError::Empty));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryGetError {
    /// Nothing is there now, or what is there belongs to getters that were woken for it: `get` waits for its turn.
    Empty,
    /// Nothing will come any more: the queue is shut down and empty.
    ShutDown,
}

impl fmt::Display for TryGetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty; `get` would wait for an item",
            Self::ShutDown => "the queue is shut down and empty",
        })
    }
}

impl Error for TryGetError {}

impl From<ShutDown> for TryGetError {
    fn from(_: ShutDown) -> Self {
        Self::ShutDown
    }
}

/// `task_done` was called more often than there were items.
///
/// Each item put counts once: call `task_done` once for each item that `get` gave, and not for a [`Job`](crate::Job),
/// which does so by itself. asyncio raises `ValueError`.
///
/// ```
/// use motet_channel::{Queue, TooManyDone};
///
/// let queue = Queue::unbounded();
/// queue.try_put('a').unwrap();
/// queue.try_get().unwrap();
/// assert_eq!(queue.task_done(), Ok(()));
/// assert_eq!(queue.task_done(), Err(TooManyDone));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TooManyDone;

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`task_done` was called more often than items were put; call it once an item, and not for a `Job`")
    }
}

impl Error for TooManyDone {}
