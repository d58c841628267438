//! The receiving end.
#![forbid(unsafe_code)]

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::policy::{Ended, Lag, Policy};
use super::recv::{Recv, poll_recv};
use super::shared::{Broadcast, Cursor, Find, Seat};
use futures_core::{FusedStream, Stream};
use motet_prim::park;

/// Receives every value that is sent; made by [`channel`](super::channel), [`with_policy`](super::with_policy) and
/// [`Sender::subscribe`](super::Sender::subscribe).
///
/// Clone it for another that sees what this one has still to see; [`resubscribe`](Self::resubscribe) for one that sees what is sent from
/// now on. A value is cloned for each receiver but the last to see it, which gets the value itself.
///
/// It is a [`Stream`] too: of values under [`Backpressure`](super::Backpressure), of `Result<T, Lagged>` under [`Lag`]. It allocates once for
/// that, the first time it must wait.
///
/// # Complexity
///
/// A receive is O(1), and takes no lock unless it must wait. A clone is O(the values it has still to see), and so is a drop.
#[must_use = "a receiver that is kept and not read from lags behind, or stops the sender"]
pub struct Receiver<T, P: Policy = Lag> {
    // Before the channel: a wait that is dropped leaves a line that is still there.
    seat: Option<Seat<T, P>>,
    channel: Arc<Broadcast<T, P>>,
    cursor: Cursor,
    over: bool,
}

impl<T, P: Policy> Receiver<T, P> {
    pub(super) fn of(channel: Arc<Broadcast<T, P>>, cursor: Cursor) -> Self {
        Self { seat: None, channel, cursor, over: false }
    }

    /// Receives the next value; waits for one.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, mut first) = motet_channel::broadcast::channel(4);
    /// let mut second = first.clone();
    /// tx.send("to all").unwrap();
    /// assert_eq!(first.recv().await, Ok("to all"));
    /// assert_eq!(second.recv().await, Ok("to all"));
    /// drop(tx);
    /// assert!(first.recv().await.is_err());
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// `Closed` once the channel is closed and this receiver has seen all. Under [`Lag`], [`RecvError::Lagged`](super::RecvError::Lagged)
    /// with the number of values that it missed; the next receive gives the oldest that is left.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has received nothing.
    pub fn recv(&mut self) -> Recv<'_, T, P>
    where
        T: Clone,
    {
        Recv::new(&self.channel, &mut self.cursor)
    }

    /// Receives the next value if there is one.
    ///
    /// ```
    /// use motet_channel::broadcast::{self, TryRecvError};
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// `Empty`, or `Closed`; under [`Lag`] also `Lagged`. See [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<T, P::TryRecvError>
    where
        T: Clone,
    {
        loop {
            if let Some(value) = self.channel.read(&mut self.cursor) {
                return Ok(value);
            }
            let locked = self.channel.lock();
            match self.channel.find(&locked, &mut self.cursor) {
                Find::Nothing => return Err(P::try_recv_error(None)),
                Find::Ended(ended) => return Err(P::try_recv_error(Some(ended))),
                // It has come in between.
                Find::Value => {}
            }
        }
    }

    /// Receives the next value; blocks this thread until there is one.
    ///
    /// For threads outside of any executor. In async code use [`recv`](Self::recv).
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::broadcast::channel(1);
    /// let thread = std::thread::spawn(move || tx.send('a').unwrap());
    /// assert_eq!(rx.recv_blocking(), Ok('a'));
    /// thread.join().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn recv_blocking(&mut self) -> Result<T, P::RecvError>
    where
        T: Clone,
    {
        park::block_on(self.recv())
    }

    /// Another receiver, which sees what is sent from now on.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::broadcast::channel(2);
    /// tx.send('a').unwrap();
    /// assert_eq!((rx.len(), rx.resubscribe().len()), (1, 0));
    /// ```
    ///
    /// # Cancel safety
    ///
    /// All waits of a receiver are cancel safe. A receiver that is dropped counts as having seen everything.
    pub fn resubscribe(&self) -> Self {
        let cursor = self.channel.subscribe();
        Self::of(self.channel.clone(), cursor)
    }

    /// How many values are there for this receiver.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::broadcast::channel(2);
    /// (0..5).for_each(|value| tx.send(value).unwrap());
    /// assert_eq!(rx.len(), 2, "the other three were overwritten");
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.channel.values_for(self.cursor)
    }

    /// Whether this receiver has seen all that was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the channel is closed: nothing more will be sent; something may be left to receive.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.lock().closed
    }

    /// How many values the channel holds for its slowest receiver.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.channel.capacity()
    }

    /// Whether both receive from one channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T, P: Policy> Clone for Receiver<T, P> {
    /// Another receiver, which sees what this one has still to see.
    fn clone(&self) -> Self {
        self.channel.subscribe_at(self.cursor);
        Self::of(self.channel.clone(), self.cursor)
    }
}

impl<T, P: Policy> Drop for Receiver<T, P> {
    fn drop(&mut self) {
        self.channel.unsubscribe(self.cursor);
    }
}

impl<T: Clone, P: Policy> Stream for Receiver<T, P> {
    type Item = P::Item<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<P::Item<T>>> {
        let Self { seat, channel, cursor, over } = &mut *self;
        let received = match seat {
            Some(seat) => poll_recv(channel, cursor, seat.as_mut(), cx),
            None => match channel.read(cursor) {
                Some(value) => Poll::Ready(Ok(value)),
                None => poll_recv(channel, cursor, seat.insert(Box::pin(None)).as_mut(), cx),
            },
        };
        received.map(|received| {
            *over = matches!(received, Err(Ended::Closed));
            P::item(received)
        })
    }
}

impl<T: Clone, P: Policy> FusedStream for Receiver<T, P> {
    fn is_terminated(&self) -> bool {
        self.over
    }
}

impl<T, P: Policy> fmt::Debug for Receiver<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
