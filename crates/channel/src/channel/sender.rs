//! The sending end.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;
use std::sync::Arc;

use super::ends::Channel;
use super::{ClosedFuture, Permit, ReserveFuture, SendFuture, SendManyFuture, WeakSender};
use crate::error::{SendError, SinkError, TrySendError};
use crate::shared::{Close, Fifo, PutSeat, Refusal, Shared};
use futures_sink::Sink;
use motet_prim::park;

/// Sends values into a channel; made by [`bounded`](crate::bounded), [`unbounded`](crate::unbounded) and
/// [`rendezvous`](crate::rendezvous).
///
/// Clone it for more senders. When the last is dropped the channel closes: receivers get what is left, then an error.
///
/// It is a [`Sink`] too: `poll_ready` reserves a place, which `start_send` fills; closing the sink counts as dropping this sender. A
/// `poll_ready` that is pending keeps its place in line until it is polled again, or the sender is dropped or sends in another way. A place that
/// `poll_ready` has announced is kept for `start_send`, or until the sink is closed or the sender dropped. A [`send`](Self::send) of the same sender
/// does not use it: with room for one value only, who awaits that `send` before the `start_send` waits for ever.
///
/// # Cancel safety
///
/// Cancel safe, as a sink too: what was handed to `start_send` has been sent, and a `poll_ready` that is given up costs nobody a value.
///
/// # Fairness
///
/// Senders that wait are served in the order of their first poll; nobody overtakes them.
#[must_use = "dropping the last sender closes the channel"]
pub struct Sender<T> {
    seat: PutSeat<T, Fifo, Arc<Channel<T>>>,
    /// It counts no more as a sender: its sink was closed.
    ended: bool,
}

impl<T> Sender<T> {
    pub(super) fn of(channel: Arc<Channel<T>>) -> Self {
        Self { seat: PutSeat::new(channel), ended: false }
    }

    pub(super) fn channel(&self) -> &Arc<Channel<T>> {
        self.seat.handle()
    }

    fn shared(&self) -> &Shared<T, Fifo> {
        &self.channel().shared
    }

    /// The channel, for sending into it otherwise than as a sink.
    fn shared_unseated(&self) -> &Shared<T, Fifo> {
        self.seat.leave_line();
        self.shared()
    }

    /// Sends a value; waits while the channel is full, and at a [`rendezvous`](crate::rendezvous) until a receiver takes it.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = motet_channel::bounded(1);
    /// tx.send('a').await.unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send('b').await.unwrap_err().into_inner(), 'b');
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the channel is closed, before or during the wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while it waits, it has sent nothing, and the value is dropped with it. To keep the value under a
    /// timeout, [`reserve`](Self::reserve) under the timeout and send after it, or
    /// [`take_back`](SendFuture::take_back) the value. At a rendezvous the value has been sent from the moment that a
    /// receiver has it, even if the send is dropped before it is polled again.
    pub fn send(&self, value: T) -> SendFuture<'_, T> {
        SendFuture::new(self.shared_unseated(), value)
    }

    /// Sends a value if that can be done without waiting: there is room, or at a rendezvous a receiver waits.
    ///
    /// ```
    /// use motet_channel::{TrySendError, bounded};
    ///
    /// let (tx, _rx) = bounded(1);
    /// assert_eq!(tx.try_send('a'), Ok(()));
    /// assert_eq!(tx.try_send('b'), Err(TrySendError::Full('b')));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] without room, [`TrySendError::Closed`] once the channel is closed; both give the value back.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.shared_unseated().try_put(value).map_err(|refusal| match refusal {
            Refusal::Full(value) => TrySendError::Full(value),
            Refusal::Closed(value) => TrySendError::Closed(value),
        })
    }

    /// Sends a value; blocks this thread while the channel is full.
    ///
    /// For threads outside of any executor; they wait in one line with the tasks. In async code use [`send`](Self::send).
    ///
    /// ```
    /// let (tx, rx) = motet_channel::rendezvous();
    /// let thread = std::thread::spawn(move || tx.send_blocking(1));
    /// assert_eq!(rx.recv_blocking(), Ok(1));
    /// thread.join().unwrap().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the channel is closed.
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        park::block_on(self.send(value))
    }

    /// Waits for room and reserves it; the value is sent with the [`Permit`](crate::Permit), without another wait.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = motet_channel::bounded(1);
    /// let permit = tx.reserve().await.unwrap();
    /// permit.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has reserved nothing.
    pub fn reserve(&self) -> ReserveFuture<'_, T> {
        ReserveFuture::new(self.shared_unseated())
    }

    /// Reserves a place if that can be done without waiting: there is room, or at a rendezvous a receiver waits.
    ///
    /// ```
    /// use motet_channel::TrySendError;
    ///
    /// let (tx, rx) = motet_channel::bounded(1);
    /// let permit = tx.try_reserve().unwrap();
    /// assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    /// permit.send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] without room, [`TrySendError::Closed`] once the channel is closed.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        let shared = self.shared_unseated();
        match shared.try_reserve() {
            Ok(()) => Ok(Permit::reserved(shared)),
            Err(Refusal::Full(())) => Err(TrySendError::Full(())),
            Err(Refusal::Closed(())) => Err(TrySendError::Closed(())),
        }
    }

    /// Waits for room and reserves it; blocks this thread until there is some. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded(1);
    /// tx.reserve_blocking().unwrap().send('a').unwrap();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    pub fn reserve_blocking(&self) -> Result<Permit<'_, T>, SendError<()>> {
        park::block_on(self.reserve())
    }

    /// Sends all of `values`; blocks this thread while the channel is full. See [`send_many`](Self::send_many).
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded(1);
    /// let thread = std::thread::spawn(move || tx.send_many_blocking(&mut (0..3).collect()));
    /// assert_eq!([rx.recv_blocking(), rx.recv_blocking(), rx.recv_blocking()], [Ok(0), Ok(1), Ok(2)]);
    /// assert!(thread.join().unwrap().is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed; what was not sent is still in `values`.
    pub fn send_many_blocking(&self, values: &mut VecDeque<T>) -> Result<(), SendError<()>> {
        park::block_on(self.send_many(values))
    }

    /// Waits until the channel is closed: the last receiver has gone, or somebody has called `close`.
    ///
    /// For work that should stop when its result is not wanted: race the work against this.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded::<u8>(1);
    /// drop(rx);
    /// futures::executor::block_on(tx.closed());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn closed(&self) -> ClosedFuture<'_, T> {
        ClosedFuture::new(self.shared())
    }

    /// [`closed`](Self::closed) for a thread outside of any executor: blocks it.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded::<u8>(1);
    /// let thread = std::thread::spawn(move || drop(rx));
    /// tx.closed_blocking();
    /// assert!(tx.is_closed());
    /// # thread.join().unwrap();
    /// ```
    pub fn closed_blocking(&self) {
        park::block_on(self.closed());
    }

    /// Sends all of `values`, from the front; waits while the channel is full. Each leaves `values` as it is sent.
    ///
    /// As a [`Sink`] the sender also has `SinkExt::send_all`, which takes a stream.
    ///
    /// ```
    /// use std::collections::VecDeque;
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = motet_channel::unbounded();
    /// let mut values = VecDeque::from([1, 2, 3]);
    /// tx.send_many(&mut values).await.unwrap();
    /// assert_eq!(rx.drain().sum::<i32>(), 6);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed; what was not sent is still in `values`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while it waits, what it has sent is sent, and the rest is in `values`.
    pub fn send_many<'a>(&'a self, values: &'a mut VecDeque<T>) -> SendManyFuture<'a, T> {
        SendManyFuture::new(self.shared_unseated(), values)
    }

    /// Closes the channel for all senders: those that wait get their values back, receivers get what is in it, then an error.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::unbounded();
    /// tx.try_send('a').unwrap();
    /// tx.close();
    /// assert!(tx.try_send('b').unwrap_err().is_closed());
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// ```
    pub fn close(&self) {
        self.shared().close(Close::Drain);
    }

    /// Whether the channel is closed: nothing more can be sent.
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

    /// Whether both send into one channel.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::bounded::<u8>(1);
    /// let (other, _) = motet_channel::bounded::<u8>(1);
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&other));
    /// ```
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.channel(), other.channel())
    }

    /// A sender that does not keep the channel open.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::bounded::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::of(self.channel().clone())
    }
}

impl<T> Clone for Sender<T> {
    /// Another sender into the same channel. That of one whose sink was closed counts as little as that one.
    fn clone(&self) -> Self {
        if self.ended {
            return Self { seat: PutSeat::new(self.channel().clone()), ended: true };
        }
        self.channel().add_sender()
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if !self.ended {
            self.channel().sender_gone();
        }
    }
}

impl<T> Sink<T> for Sender<T> {
    type Error = SinkError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.seat.poll_ready(cx)
    }

    /// # Panics
    ///
    /// Without a `poll_ready` that was ready, as the contract of [`Sink`] says.
    #[track_caller]
    fn start_send(mut self: Pin<&mut Self>, value: T) -> Result<(), SinkError<T>> {
        self.seat.start_send(value)
    }

    /// There is nothing to flush: what was sent is in the channel.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        Poll::Ready(Ok(()))
    }

    /// This sender counts no more: the channel closes if it was the last.
    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.seat.give_up();
        if !core::mem::replace(&mut self.ended, true) {
            self.channel().sender_gone();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
