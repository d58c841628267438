//! Waits of threads that have only so long.

use core::pin::pin;
use core::time::Duration;
use std::time::Instant;

use super::{Job, OrderedQueue, PutError, ShutDown, Slot, TryGetError, TryPutError};
use crate::shared::Order;
use motet_prim::park;

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Puts an item; blocks this thread while the queue is full, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`put`](Self::put), and
    /// [`take_back`](crate::Put::take_back) the item.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let queue = motet_channel::Queue::bounded(1);
    /// queue.put_blocking_for('a', Duration::MAX).unwrap();
    /// let late = queue.put_blocking_for('b', Duration::from_millis(1)).unwrap_err();
    /// assert_eq!((late.is_full(), late.into_inner()), (true, 'b'));
    /// ```
    ///
    /// # Errors
    ///
    /// Both give the item back: [`TryPutError::Full`] if there was no room in time, [`TryPutError::ShutDown`] if the queue is shut down.
    #[doc(alias = "put_timeout")]
    pub fn put_blocking_for(&self, item: T, limit: Duration) -> Result<(), TryPutError<T>> {
        let mut put = pin!(self.put(item));
        match park::block_on_until(put.as_mut(), Instant::now().checked_add(limit)) {
            Some(put) => put.map_err(|PutError(item)| TryPutError::ShutDown(item)),
            None => put.take_back().map_or(Ok(()), |item| Err(TryPutError::Full(item))),
        }
    }

    /// Gets the next item; blocks this thread until there is one, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`get`](Self::get).
    ///
    /// ```
    /// use motet_channel::TryGetError;
    /// use std::time::Duration;
    ///
    /// let queue = motet_channel::Queue::<u8>::unbounded();
    /// assert_eq!(queue.get_blocking_for(Duration::from_millis(1)), Err(TryGetError::Empty));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryGetError::Empty`] if nothing came in time; [`TryGetError::ShutDown`] once the queue is shut down and empty.
    #[doc(alias = "get_timeout")]
    pub fn get_blocking_for(&self, limit: Duration) -> Result<T, TryGetError> {
        let got = park::block_on_until(pin!(self.get()), Instant::now().checked_add(limit));
        got.map_or(Err(TryGetError::Empty), |got| got.map_err(|ShutDown| TryGetError::ShutDown))
    }

    /// Gets the next item as a [`Job`](crate::Job); blocks this thread until there is one, but not for longer than `limit`. See [`take`](Self::take).
    ///
    /// ```
    /// use motet_channel::{Queue, TryGetError};
    /// use std::time::Duration;
    ///
    /// let queue = Queue::unbounded();
    /// assert_eq!(queue.take_blocking_for(Duration::from_millis(1)).err(), Some(TryGetError::Empty));
    /// queue.try_put(20).unwrap();
    /// assert_eq!(*queue.take_blocking_for(Duration::MAX).unwrap(), 20);
    /// queue.join_blocking();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get_blocking_for`](Self::get_blocking_for).
    pub fn take_blocking_for(&self, limit: Duration) -> Result<Job<T, O>, TryGetError> {
        let taken = park::block_on_until(pin!(self.take()), Instant::now().checked_add(limit));
        taken.map_or(Err(TryGetError::Empty), |taken| taken.map_err(|ShutDown| TryGetError::ShutDown))
    }

    /// Waits for room and reserves it; blocks this thread until there is some, but not for longer than `limit`. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// use motet_channel::{Queue, TryPutError};
    /// use std::time::Duration;
    ///
    /// let queue = Queue::bounded(1);
    /// let slot = queue.reserve_blocking_for(Duration::MAX).unwrap();
    /// assert_eq!(queue.reserve_blocking_for(Duration::from_millis(1)).err(), Some(TryPutError::Full(())));
    /// slot.put('a').unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryPutError::Full`] if there was no room in time, [`TryPutError::ShutDown`] if the queue is shut down.
    pub fn reserve_blocking_for(&self, limit: Duration) -> Result<Slot<'_, T, O>, TryPutError<()>> {
        let reserved = park::block_on_until(pin!(self.reserve()), Instant::now().checked_add(limit));
        reserved.map_or(Err(TryPutError::Full(())), |slot| slot.map_err(|ShutDown| TryPutError::ShutDown(())))
    }

    /// Blocks this thread until all that was put is done, but not for longer than `limit`: whether it was done in time. See [`join`](Self::join).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let queue = motet_channel::Queue::unbounded();
    /// assert!(queue.join_blocking_for(Duration::MAX));
    /// queue.try_put(()).unwrap();
    /// assert!(!queue.join_blocking_for(Duration::from_millis(1)));
    /// ```
    #[must_use = "it tells whether all was done, or the time was up"]
    pub fn join_blocking_for(&self, limit: Duration) -> bool {
        park::block_on_until(pin!(self.join()), Instant::now().checked_add(limit)).is_some()
    }
}
