//! Waits of threads that have only so long.

use core::pin::pin;
use core::time::Duration;
use std::time::Instant;

use super::{Permit, Receiver, Sender};
use crate::error::{RecvError, SendError, TryRecvError, TrySendError};
use motet_prim::park;

impl<T> Sender<T> {
    /// Sends a value; blocks this thread while there is no room, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`send`](Self::send), and
    /// [`take_back`](crate::SendFuture::take_back) the value.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = motet_channel::bounded(1);
    /// tx.send_blocking('a').unwrap();
    /// let late = tx.send_blocking_for('b', Duration::from_millis(1)).unwrap_err();
    /// assert_eq!((late.is_full(), late.into_inner()), (true, 'b'));
    /// # drop(rx);
    /// ```
    ///
    /// # Errors
    ///
    /// Both give the value back: [`TrySendError::Full`] if there was no room in time, [`TrySendError::Closed`] if the channel is closed.
    #[doc(alias = "send_timeout")]
    pub fn send_blocking_for(&self, value: T, limit: Duration) -> Result<(), TrySendError<T>> {
        let mut send = pin!(self.send(value));
        match park::block_on_until(send.as_mut(), Instant::now().checked_add(limit)) {
            Some(sent) => sent.map_err(|SendError(value)| TrySendError::Closed(value)),
            None => send.take_back().map_or(Ok(()), |value| Err(TrySendError::Full(value))),
        }
    }

    /// Waits for room and reserves it; blocks this thread until there is some, but not for longer than `limit`. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// use motet_channel::TrySendError;
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = motet_channel::bounded(1);
    /// let permit = tx.reserve_blocking_for(Duration::MAX).unwrap();
    /// assert_eq!(tx.reserve_blocking_for(Duration::from_millis(1)).err(), Some(TrySendError::Full(())));
    /// permit.send('a').unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] if there was no room in time, [`TrySendError::Closed`] if the channel is closed.
    pub fn reserve_blocking_for(&self, limit: Duration) -> Result<Permit<'_, T>, TrySendError<()>> {
        let reserved = park::block_on_until(pin!(self.reserve()), Instant::now().checked_add(limit));
        reserved.map_or(Err(TrySendError::Full(())), |permit| permit.map_err(TrySendError::from))
    }
}

impl<T> Receiver<T> {
    /// Receives the next value; blocks this thread until there is one, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`recv`](Self::recv).
    ///
    /// ```
    /// use motet_channel::TryRecvError;
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = motet_channel::bounded(1);
    /// assert_eq!(rx.recv_blocking_for(Duration::from_millis(1)), Err(TryRecvError::Empty));
    /// tx.send_blocking('a').unwrap();
    /// assert_eq!(rx.recv_blocking_for(Duration::MAX), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if nothing came in time; [`TryRecvError::Closed`] once the channel is closed and empty.
    #[doc(alias = "recv_timeout")]
    pub fn recv_blocking_for(&self, limit: Duration) -> Result<T, TryRecvError> {
        let received = park::block_on_until(pin!(self.recv()), Instant::now().checked_add(limit));
        received.map_or(Err(TryRecvError::Empty), |received| received.map_err(|RecvError| TryRecvError::Closed))
    }
}
