//! A queue as a stream, and as a sink.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use crate::error::SinkError;
use crate::shared::{Fifo, GetSeat, Order, PutSeat, Shared};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

/// The items of a queue, until it is shut down and empty; from [`OrderedQueue::stream`](crate::OrderedQueue::stream).
///
/// `Unpin` and `'static`. It allocates once, the first time it must wait.
///
/// # Cancel safety
///
/// Cancel safe: `next()` dropped before it is ready has taken nothing. The stream keeps its place in line, and an item that
/// it was handed meanwhile, until it is polled again or dropped; then the item goes on, or back.
#[must_use = "a stream does nothing unless it is polled"]
pub struct QueueStream<T, O: Order<T> = Fifo> {
    seat: GetSeat<T, O, Arc<Shared<T, O>>>,
}

impl<T, O: Order<T>> QueueStream<T, O> {
    pub(super) fn new(shared: Arc<Shared<T, O>>) -> Self {
        Self { seat: GetSeat::new(shared) }
    }
}

impl<T, O: Order<T>> Stream for QueueStream<T, O> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.seat.poll_next(cx)
    }
}

impl<T, O: Order<T>> FusedStream for QueueStream<T, O> {
    fn is_terminated(&self) -> bool {
        self.seat.is_over()
    }
}

impl<T, O: Order<T>> Clone for QueueStream<T, O> {
    /// Another stream of the same queue: each item goes to one of them.
    fn clone(&self) -> Self {
        Self { seat: GetSeat::new(self.seat.handle().clone()) }
    }
}

impl<T, O: Order<T>> fmt::Debug for QueueStream<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueStream").finish_non_exhaustive()
    }
}

/// The putting side of a queue as a sink; from [`OrderedQueue::sink`](crate::OrderedQueue::sink).
///
/// `poll_ready` reserves a place, which `start_send` fills; an unused place is given up when the sink is closed or dropped.
/// `Unpin` and `'static`. It allocates once, the first time it must wait.
///
/// # Cancel safety
///
/// Cancel safe: an item that is handed to `start_send` is in the queue.
#[must_use = "a sink does nothing unless it is polled"]
pub struct QueueSink<T, O: Order<T> = Fifo> {
    seat: PutSeat<T, O, Arc<Shared<T, O>>>,
}

impl<T, O: Order<T>> QueueSink<T, O> {
    pub(super) fn new(shared: Arc<Shared<T, O>>) -> Self {
        Self { seat: PutSeat::new(shared) }
    }
}

impl<T, O: Order<T>> Sink<T> for QueueSink<T, O> {
    type Error = SinkError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.seat.poll_ready(cx)
    }

    /// # Panics
    ///
    /// Without a `poll_ready` that was ready, as the contract of [`Sink`] says.
    #[track_caller]
    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), SinkError<T>> {
        self.seat.start_send(item)
    }

    /// There is nothing to flush: what was sent is in the queue.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        Poll::Ready(Ok(()))
    }

    /// Gives an unused place up. The queue stays open.
    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.seat.give_up();
        Poll::Ready(Ok(()))
    }
}

impl<T, O: Order<T>> Clone for QueueSink<T, O> {
    /// Another sink into the same queue.
    fn clone(&self) -> Self {
        Self { seat: PutSeat::new(self.seat.handle().clone()) }
    }
}

impl<T, O: Order<T>> fmt::Debug for QueueSink<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSink").finish_non_exhaustive()
    }
}
