//! The receiving end.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::ends::Channel;
use super::{Drain, RecvFuture, RecvManyFuture, WeakReceiver};
use crate::error::{RecvError, TryRecvError};
use crate::shared::{Ahead, Close, Fifo, GetSeat, Nothing, Shared};
use futures_core::{FusedStream, Stream};
use motet_prim::park;

/// Receives values from a channel; made by [`bounded`](crate::bounded), [`unbounded`](crate::unbounded) and
/// [`rendezvous`](crate::rendezvous).
///
/// Clone it for more receivers: each value goes to one of them. When the last is dropped the channel closes, and what is
/// in it is dropped.
///
/// It is a [`Stream`] too, which ends when the channel is closed and empty. Polled as one it keeps its place in line, and a value that
/// it was handed there, until it is polled again or dropped, or receives in another way.
///
/// The only receiver of a channel without a limit receives fastest as a stream: it takes all that is there under one lock, and hands out value by value
/// without any. Those values still count as in the channel: [`len`](Self::len) includes them, and another receiver, however it is made, finds them.
///
/// ```
/// use futures::StreamExt;
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = motet_channel::unbounded();
/// (0..3).for_each(|i| tx.try_send(i).unwrap());
/// assert_eq!(rx.next().await, Some(0));
/// assert_eq!(tx.len(), 2);
/// assert_eq!(rx.clone().try_recv(), Ok(1));
/// assert_eq!(rx.next().await, Some(2));
/// # });
/// ```
///
/// # Cancel safety
///
/// Cancel safe, as a stream too: a `next()` that is dropped has taken nothing, and what was fetched stays in its order.
///
/// # Fairness
///
/// Receivers that wait are served in the order of their first poll; nobody overtakes them.
#[must_use = "dropping the last receiver closes the channel"]
pub struct Receiver<T> {
    seat: GetSeat<T, Fifo, Arc<Channel<T>>>,
    /// What the stream has fetched.
    ahead: Ahead<T>,
}

impl<T> Receiver<T> {
    pub(super) fn of(channel: Arc<Channel<T>>) -> Self {
        Self { seat: GetSeat::new(channel), ahead: Ahead::none() }
    }

    pub(super) fn channel(&self) -> &Arc<Channel<T>> {
        self.seat.handle()
    }

    fn shared(&self) -> &Shared<T, Fifo> {
        &self.channel().shared
    }

    /// The channel, for receiving from it otherwise than as a stream: which gives up its place, and what it has fetched.
    fn shared_unseated(&self) -> &Shared<T, Fifo> {
        self.seat.leave_line();
        self.ahead.give_back(self.shared());
        self.shared()
    }

    /// Receives the next value; waits for one.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = motet_channel::unbounded();
    /// tx.send('a').await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok('a'));
    /// assert!(rx.recv().await.is_err());
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once the channel is closed and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing. A value that it was just handed goes to the next
    /// receiver, or back to its place in the channel (which may exceed its capacity by that until one is received).
    pub fn recv(&self) -> RecvFuture<'_, T> {
        RecvFuture::new(self.shared_unseated())
    }

    /// Receives the next value if one is there; at a rendezvous, if the first sender in line waits with one.
    ///
    /// A sender that waits in [`reserve`](crate::Sender::reserve), or as a [`Sink`](futures_sink::Sink), has no value yet. At a rendezvous it needs
    /// a receiver that waits, and those behind it in line wait with it: nobody overtakes. So receive there by [`recv`](Self::recv), now and then at least.
    ///
    /// ```
    /// use motet_channel::{TryRecvError, unbounded};
    ///
    /// let (tx, rx) = unbounded();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`], or [`TryRecvError::Closed`] once the channel is closed and empty.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.shared_unseated().try_get().map_err(|nothing| match nothing {
            Nothing::Empty => TryRecvError::Empty,
            Nothing::Closed => TryRecvError::Closed,
        })
    }

    /// Receives the next value; blocks this thread until one is there.
    ///
    /// For threads outside of any executor; they wait in one line with the tasks. In async code use [`recv`](Self::recv).
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded(1);
    /// std::thread::spawn(move || tx.send_blocking('a'));
    /// assert_eq!(rx.recv_blocking(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once the channel is closed and empty.
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        park::block_on(self.recv())
    }

    /// Receives all that is there, up to `max` values, and appends them to `out`; waits for the first. How many they were.
    ///
    /// One lock for the batch. With `max` 0 it is ready at once with 0.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = motet_channel::unbounded();
    /// (0..5).for_each(|i| tx.try_send(i).unwrap());
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many(&mut batch, 3).await, Ok(3));
    /// assert_eq!(batch, [0, 1, 2]);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once the channel is closed and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing and `out` is as it was.
    pub fn recv_many<'a>(&'a self, out: &'a mut Vec<T>, max: usize) -> RecvManyFuture<'a, T> {
        RecvManyFuture::new(self.shared_unseated(), out, max)
    }

    /// Receives all that is there, up to `max` values; blocks this thread until there is one. See [`recv_many`](Self::recv_many).
    ///
    /// ```
    /// let (tx, rx) = motet_channel::unbounded();
    /// (0..3).for_each(|i| tx.try_send(i).unwrap());
    /// let mut batch = Vec::new();
    /// assert_eq!(rx.recv_many_blocking(&mut batch, 8), Ok(3));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once the channel is closed and empty.
    pub fn recv_many_blocking(&self, out: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        park::block_on(self.recv_many(out, max))
    }

    /// Takes all that is in the channel now, in one step, and iterates over it; at a rendezvous, what senders wait with, up to the first that has no
    /// value yet (see [`try_recv`](Self::try_recv)).
    ///
    /// The values are out of the channel: what is not taken from the iterator is dropped with it.
    ///
    /// # Complexity
    ///
    /// O(1) under the lock, but for the senders that may go on. A channel without a limit gives its memory to the iterator; one that has a limit too, and
    /// allocates the same again.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::unbounded();
    /// (0..3).for_each(|i| tx.try_send(i).unwrap());
    /// assert_eq!(rx.drain().sum::<i32>(), 3);
    /// assert!(rx.is_empty());
    /// ```
    pub fn drain(&self) -> Drain<T> {
        Drain::new(self.shared_unseated().drain())
    }

    /// Closes the channel for all senders: those that wait get their values back, receivers get what is in it, then an error.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::unbounded();
    /// tx.try_send('a').unwrap();
    /// rx.close();
    /// assert!(tx.is_closed());
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    pub fn close(&self) {
        self.shared().close(Close::Drain);
    }

    /// Whether the channel is closed: nothing more can be sent; something may be left to receive.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    /// How many values are in the channel.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared().len()
    }

    /// Whether no value is in the channel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room, so that a `send` would wait. At a rendezvous: whether no receiver waits.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared().is_full()
    }

    /// How many values there is room for: `None` if there is no limit, 0 at a rendezvous.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.shared().capacity()
    }

    /// How many senders the channel has.
    #[must_use]
    pub fn sender_count(&self) -> usize {
        self.channel().sender_count()
    }

    /// How many receivers the channel has.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.channel().receiver_count()
    }

    /// Whether both receive from one channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.channel(), other.channel())
    }

    /// A receiver that does not keep the channel open.
    ///
    /// From then on another receiver may come at any time, so that the stream of a channel without a limit fetches nothing ahead any more.
    ///
    /// ```
    /// let (_tx, rx) = motet_channel::bounded::<u8>(1);
    /// let weak = rx.downgrade();
    /// drop(rx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakReceiver<T> {
        self.ahead.give_back(self.shared());
        self.channel().never_fetch();
        WeakReceiver::of(self.channel().clone())
    }
}

impl<T> Receiver<T> {
    /// Polls as a stream that has nothing ahead.
    #[inline(never)]
    fn poll_channel(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { seat, ahead } = self;
        seat.poll_next_with(cx, |channel| channel.fetch(ahead))
    }
}

impl<T> Clone for Receiver<T> {
    /// Another receiver of the same channel: each value goes to one of them.
    fn clone(&self) -> Self {
        self.ahead.give_back(self.shared());
        self.channel().add_receiver()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // First: the one that is left may fetch ahead, and nothing older must come back then.
        self.shared_unseated();
        self.channel().receiver_gone();
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        match this.ahead.next(&this.seat.handle().shared) {
            Some(value) => Poll::Ready(Some(value)),
            None => this.poll_channel(cx),
        }
    }
}

// Nothing that is pinned lies in it: its place in line is boxed.
impl<T> Unpin for Receiver<T> {}

impl<T> FusedStream for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.seat.is_over()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
