//! Waits of threads that have only so long.
#![forbid(unsafe_code)]

use core::pin::pin;
use core::time::Duration;
use std::time::Instant;

use super::policy::{Backpressure, Policy};
use super::{Permit, Receiver, Sender};
use crate::error::{SendError, TrySendError};
use motet_prim::park;

impl<T> Sender<T, Backpressure> {
    /// Sends a value; blocks this thread while there is no room, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`send`](Self::send), and
    /// [`take_back`](super::SendFuture::take_back) the value.
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = with_policy(1, Backpressure);
    /// tx.send_blocking_for('a', Duration::MAX).unwrap();
    /// let late = tx.send_blocking_for('b', Duration::from_millis(1)).unwrap_err();
    /// assert_eq!((late.is_full(), late.into_inner()), (true, 'b'));
    /// # drop(rx);
    /// ```
    ///
    /// # Errors
    ///
    /// Both give the value back: [`TrySendError::Full`] if there was no room in time, [`TrySendError::Closed`] if there is no receiver, or the
    /// channel was closed.
    #[doc(alias = "send_timeout")]
    pub fn send_blocking_for(&self, value: T, limit: Duration) -> Result<(), TrySendError<T>> {
        let mut send = pin!(self.send(value));
        match park::block_on_until(send.as_mut(), Instant::now().checked_add(limit)) {
            Some(sent) => sent.map_err(|SendError(value)| TrySendError::Closed(value)),
            None => send.take_back().map_or(Ok(()), |value| Err(TrySendError::Full(value))),
        }
    }

    /// Waits for room and reserves it; blocks this thread while there is none, but not for longer than `limit`. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// use motet_channel::TrySendError;
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = with_policy(1, Backpressure);
    /// let permit = tx.reserve_blocking_for(Duration::MAX).unwrap();
    /// assert_eq!(tx.reserve_blocking_for(Duration::from_millis(1)).err(), Some(TrySendError::Full(())));
    /// permit.send('a').unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] if there was no room in time, [`TrySendError::Closed`] if there is no receiver, or the channel was closed.
    pub fn reserve_blocking_for(&self, limit: Duration) -> Result<Permit<'_, T>, TrySendError<()>> {
        let reserved = park::block_on_until(pin!(self.reserve()), Instant::now().checked_add(limit));
        reserved.map_or(Err(TrySendError::Full(())), |permit| permit.map_err(TrySendError::from))
    }
}

impl<T: Clone, P: Policy> Receiver<T, P> {
    /// Receives the next value; blocks this thread until there is one, but not for longer than `limit`.
    ///
    /// For threads outside of any executor. In async code put a timeout around [`recv`](Self::recv).
    ///
    /// ```
    /// use motet_channel::broadcast::{self, TryRecvError};
    /// use std::time::Duration;
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// assert_eq!(rx.recv_blocking_for(Duration::from_millis(1)), Err(TryRecvError::Empty));
    /// tx.send('a').unwrap();
    /// assert_eq!(rx.recv_blocking_for(Duration::MAX), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// `Empty` if nothing came in time; the others of [`try_recv`](Self::try_recv), at once.
    #[doc(alias = "recv_timeout")]
    pub fn recv_blocking_for(&mut self, limit: Duration) -> Result<T, P::TryRecvError> {
        match park::block_on_until(pin!(self.recv()), Instant::now().checked_add(limit)) {
            Some(received) => received.map_err(P::TryRecvError::from),
            None => Err(P::try_recv_error(None)),
        }
    }
}
