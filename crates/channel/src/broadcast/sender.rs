//! The sending end.
#![forbid(unsafe_code)]

use core::fmt;
use std::sync::Arc;

use super::policy::{Backpressure, Lag, Policy};
use super::receiver::Receiver;
use super::send::{Closed, Permit, ReserveFuture, SendFuture};
use super::sending::Refusal;
use super::shared::Broadcast;
use super::sink::BroadcastSink;
use crate::error::{SendError, TrySendError};
use motet_prim::park;

/// Sends values to all receivers; made by [`channel`](super::channel) and [`with_policy`](super::with_policy).
///
/// Clone it for more senders. When the last is dropped the channel closes: receivers see what is there, then get an error.
/// The last receiver's end does not close it: [`subscribe`](Self::subscribe) makes another.
#[must_use = "dropping the last sender closes the channel"]
pub struct Sender<T, P: Policy = Lag> {
    channel: Arc<Broadcast<T, P>>,
}

impl<T> Sender<T, Lag> {
    /// Sends a value to all receivers; never waits for one to receive. If the channel is full, the oldest value is overwritten.
    ///
    /// ```
    /// use motet_channel::broadcast;
    ///
    /// let (tx, mut rx) = broadcast::channel(2);
    /// tx.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// drop(rx);
    /// assert_eq!(tx.send('b').unwrap_err().into_inner(), 'b');
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if there is no receiver now, or the channel was closed.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.channel.send_over(value).map_err(SendError)
    }
}

impl<T> Sender<T, Backpressure> {
    /// Sends a value to all receivers; waits while the channel is full of values that some receiver has not seen.
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = with_policy(1, Backpressure);
    /// let send = async {
    ///     for value in 0..3 {
    ///         tx.send(value).await.unwrap();
    ///     }
    /// };
    /// let receive = async { [rx.recv().await.unwrap(), rx.recv().await.unwrap(), rx.recv().await.unwrap()] };
    /// assert_eq!(futures::join!(send, receive).1, [0, 1, 2]);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if there is no receiver, or the channel was closed, before or during the wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while it waits, it has sent nothing, and the value is dropped with it. To keep the value under a timeout,
    /// [`reserve`](Self::reserve) under the timeout and send after it, or [`take_back`](super::SendFuture::take_back) the value from the future.
    ///
    /// # Fairness
    ///
    /// Senders that wait are served in the order of their first poll; nobody overtakes them.
    pub fn send(&self, value: T) -> SendFuture<'_, T> {
        SendFuture::new(&self.channel, value)
    }

    /// Sends a value if there is room and nobody waits for it.
    ///
    /// ```
    /// use motet_channel::TrySendError;
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    ///
    /// let (tx, _rx) = with_policy(1, Backpressure);
    /// assert_eq!(tx.try_send('a'), Ok(()));
    /// assert_eq!(tx.try_send('b'), Err(TrySendError::Full('b')));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] without room; [`TrySendError::Closed`] if there is no receiver, or the channel was closed.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.channel.try_send(value).map_err(|refusal| match refusal {
            Refusal::Full(value) => TrySendError::Full(value),
            Refusal::Closed(value) => TrySendError::Closed(value),
        })
    }

    /// Sends a value; blocks this thread while there is no room.
    ///
    /// For threads outside of any executor; they wait in one line with the tasks. In async code use [`send`](Self::send).
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    ///
    /// let (tx, mut rx) = with_policy(1, Backpressure);
    /// let thread = std::thread::spawn(move || (0..3).try_for_each(|value| tx.send_blocking(value)));
    /// assert_eq!([rx.recv_blocking(), rx.recv_blocking(), rx.recv_blocking()], [Ok(0), Ok(1), Ok(2)]);
    /// assert!(thread.join().unwrap().is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if there is no receiver, or the channel was closed.
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        park::block_on(self.send(value))
    }

    /// Waits for room and reserves it; the value is sent with the [`Permit`](super::Permit), without another wait.
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = with_policy(1, Backpressure);
    /// let permit = tx.reserve().await.unwrap();
    /// permit.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no receiver, or the channel was closed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has reserved nothing.
    pub fn reserve(&self) -> ReserveFuture<'_, T> {
        ReserveFuture::new(&self.channel)
    }

    /// Reserves room if there is some and nobody waits for it.
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    ///
    /// let (tx, mut rx) = with_policy(1, Backpressure);
    /// let permit = tx.try_reserve().unwrap();
    /// assert!(tx.try_send('b').unwrap_err().is_full());
    /// permit.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] without room; [`TrySendError::Closed`] if there is no receiver, or the channel was closed.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        match self.channel.try_reserve_at_once() {
            Ok(()) => Ok(Permit::reserved(&self.channel)),
            Err(Refusal::Full(())) => Err(TrySendError::Full(())),
            Err(Refusal::Closed(())) => Err(TrySendError::Closed(())),
        }
    }

    /// Reserves room; blocks this thread while there is none. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    ///
    /// let (tx, mut rx) = with_policy(1, Backpressure);
    /// tx.reserve_blocking().unwrap().send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no receiver, or the channel was closed.
    pub fn reserve_blocking(&self) -> Result<Permit<'_, T>, SendError<()>> {
        park::block_on(self.reserve())
    }
}

impl<T, P: Policy> Sender<T, P> {
    pub(super) fn of(channel: Arc<Broadcast<T, P>>) -> Self {
        Self { channel }
    }

    /// A receiver that sees what is sent from now on.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::broadcast::channel(2);
    /// tx.send('a').unwrap();
    /// let mut late = tx.subscribe();
    /// tx.send('b').unwrap();
    /// assert_eq!(late.try_recv(), Ok('b'));
    /// # drop(rx);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are a billion receivers.
    ///
    /// # Cancel safety
    ///
    /// All waits of a receiver are cancel safe. A receiver that is dropped counts as having seen everything.
    pub fn subscribe(&self) -> Receiver<T, P> {
        let cursor = self.channel.subscribe();
        Receiver::of(self.channel.clone(), cursor)
    }

    /// This channel as a sink, which owns a share of it: with `poll_ready` a place is reserved, `start_send` fills it.
    ///
    /// ```
    /// use futures::{SinkExt, StreamExt, stream};
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = with_policy(1, Backpressure);
    /// let mut sink = tx.sink();
    /// drop(tx);
    /// let send = async move { sink.send_all(&mut stream::iter([1, 2, 3]).map(Ok)).await.unwrap() };
    /// let ((), received) = futures::join!(send, rx.collect::<Vec<_>>());
    /// assert_eq!(received, [1, 2, 3]);
    /// # });
    /// ```
    pub fn sink(&self) -> BroadcastSink<T, P> {
        self.channel.senders.add();
        BroadcastSink::of(self.channel.clone())
    }

    /// Waits until there is no receiver: for work that only they want.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::broadcast::channel::<u8>(1);
    /// drop(rx);
    /// futures::executor::block_on(tx.closed());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn closed(&self) -> Closed<'_, T, P> {
        Closed::new(&self.channel)
    }

    /// [`closed`](Self::closed) for a thread outside of any executor: blocks it.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::broadcast::channel::<u8>(1);
    /// let thread = std::thread::spawn(move || drop(rx));
    /// tx.closed_blocking();
    /// assert_eq!(tx.receiver_count(), 0);
    /// # thread.join().unwrap();
    /// ```
    pub fn closed_blocking(&self) {
        park::block_on(self.closed());
    }

    /// Closes the channel for all senders: those that wait get their values back, receivers see what is there, then get an error.
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::broadcast::channel(1);
    /// tx.send('a').unwrap();
    /// tx.close();
    /// assert!(tx.send('b').is_err());
    /// assert_eq!(rx.recv_blocking(), Ok('a'));
    /// assert!(rx.recv_blocking().is_err());
    /// ```
    pub fn close(&self) {
        self.channel.close();
    }

    /// Whether the channel is closed: nothing more can be sent. That there is no receiver now is another thing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.lock().closed
    }

    /// How many values the channel holds for its slowest receiver.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.channel.capacity()
    }

    /// How many senders there are, sinks included.
    #[must_use]
    pub fn sender_count(&self) -> usize {
        self.channel.senders.count()
    }

    /// How many receivers there are.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.channel.lock().receivers
    }

    /// Whether both send into one channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }

    /// A sender that does not keep the channel open.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::broadcast::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T, P> {
        WeakSender { channel: self.channel.clone() }
    }
}

impl<T, P: Policy> Clone for Sender<T, P> {
    fn clone(&self) -> Self {
        self.channel.senders.add();
        Self::of(self.channel.clone())
    }
}

impl<T, P: Policy> Drop for Sender<T, P> {
    fn drop(&mut self) {
        self.channel.sender_gone();
    }
}

impl<T, P: Policy> fmt::Debug for Sender<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("capacity", &self.capacity())
            .field("receivers", &self.receiver_count())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// A sender that does not keep the channel open; from [`Sender::downgrade`].
pub struct WeakSender<T, P: Policy = Lag> {
    channel: Arc<Broadcast<T, P>>,
}

impl<T, P: Policy> WeakSender<T, P> {
    /// A sender; `None` if the last one is gone.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T, P>> {
        self.channel.senders.add_unless_gone().then(|| Sender::of(self.channel.clone()))
    }
}

impl<T, P: Policy> Clone for WeakSender<T, P> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

impl<T, P: Policy> fmt::Debug for WeakSender<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
