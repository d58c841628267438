//! Waits of threads that have only so long.

use core::pin::pin;
use core::time::Duration;
use std::time::Instant;

use super::{OrderedQueue, PutError, ShutDown, TryGetError, TryPutError};
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
}
