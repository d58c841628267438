//! Waits of threads that have only so long.

use core::pin::pin;
use core::time::Duration;
use std::time::Instant;

use super::{Receiver, Snapshot};
use crate::error::RecvError;
use motet_prim::park;

impl<T> Receiver<T> {
    /// [`changed_blocking`](Self::changed_blocking), but not for longer than `limit`.
    ///
    /// `None` if nothing has changed in time.
    ///
    /// ```
    /// use motet_channel::watch::{self, RecvError};
    /// use std::time::Duration;
    ///
    /// let (tx, mut rx) = watch::channel(1);
    /// assert_eq!(rx.changed_blocking_for(Duration::from_millis(1)), None);
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.changed_blocking_for(Duration::MAX), Some(Ok(())));
    /// drop(tx);
    /// assert_eq!(rx.changed_blocking_for(Duration::MAX), Some(Err(RecvError)));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value was seen.
    pub fn changed_blocking_for(&mut self, limit: Duration) -> Option<Result<(), RecvError>> {
        park::block_on_until(pin!(self.changed()), Instant::now().checked_add(limit))
    }

    /// [`wait_for_blocking`](Self::wait_for_blocking), but not for longer than `limit`.
    ///
    /// `None` if the value did not fulfil it in time: then none counts as seen.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, mut rx) = motet_channel::watch::channel(0);
    /// assert!(rx.wait_for_blocking_for(|n| *n >= 3, Duration::from_millis(1)).is_none());
    /// tx.send(3).unwrap();
    /// assert_eq!(*rx.wait_for_blocking_for(|n| *n >= 3, Duration::MAX).unwrap().unwrap(), 3);
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value does not fulfil it.
    pub fn wait_for_blocking_for(
        &mut self,
        predicate: impl FnMut(&T) -> bool,
        limit: Duration,
    ) -> Option<Result<Snapshot<T>, RecvError>> {
        park::block_on_until(pin!(self.wait_for(predicate)), Instant::now().checked_add(limit))
    }
}
