//! A local queue as a stream, and as a sink.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::rc::Rc;

use super::line::Ticket;
use super::state::Shared;
use super::wait::{Kind, poll_get, poll_reserve};
use crate::error::SinkError;
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

/// The items of a local queue, until it is shut down and empty; from [`Queue::stream`](super::Queue::stream).
///
/// # Cancel safety
///
/// Cancel safe: `next()` dropped before it is ready has taken nothing. The stream keeps its place in line, and a claim that it was granted there,
/// until it is polled again or dropped.
#[must_use = "a stream does nothing unless it is polled"]
pub struct QueueStream<T> {
    shared: Rc<Shared<T>>,
    ticket: Option<Ticket>,
    over: bool,
}

impl<T> QueueStream<T> {
    pub(super) const fn new(shared: Rc<Shared<T>>) -> Self {
        Self { shared, ticket: None, over: false }
    }
}

impl<T> Stream for QueueStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        let item = ready!(poll_get(&this.shared, &mut this.ticket, cx));
        this.over = item.is_none();
        Poll::Ready(item)
    }
}

impl<T> FusedStream for QueueStream<T> {
    fn is_terminated(&self) -> bool {
        self.over
    }
}

impl<T> Clone for QueueStream<T> {
    /// Another stream of the same queue: each item goes to one of them.
    fn clone(&self) -> Self {
        Self::new(self.shared.clone())
    }
}

impl<T> Drop for QueueStream<T> {
    fn drop(&mut self) {
        Kind::ITEM.leave(&self.shared, &mut self.ticket);
    }
}

impl<T> fmt::Debug for QueueStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueStream").finish_non_exhaustive()
    }
}

/// The putting side of a local queue as a sink; from [`Queue::sink`](super::Queue::sink).
///
/// `poll_ready` reserves a place, which `start_send` fills; an unused place is given up when the sink is closed or dropped.
///
/// # Cancel safety
///
/// Cancel safe: an item that is handed to `start_send` is in the queue.
#[must_use = "a sink does nothing unless it is polled"]
pub struct QueueSink<T> {
    shared: Rc<Shared<T>>,
    ticket: Option<Ticket>,
    has_place: bool,
}

impl<T> QueueSink<T> {
    pub(super) const fn new(shared: Rc<Shared<T>>) -> Self {
        Self { shared, ticket: None, has_place: false }
    }

    fn give_up(&mut self) {
        Kind::ROOM.leave(&self.shared, &mut self.ticket);
        if core::mem::take(&mut self.has_place) {
            self.shared.give_up_place();
        }
    }
}

impl<T> Sink<T> for QueueSink<T> {
    type Error = SinkError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        let this = &mut *self;
        if !this.has_place {
            this.has_place = ready!(poll_reserve(&this.shared, &mut this.ticket, cx));
        }
        Poll::Ready(if this.has_place { Ok(()) } else { Err(SinkError::without_value()) })
    }

    /// # Panics
    ///
    /// Without a `poll_ready` that was ready, as the contract of [`Sink`] says.
    #[track_caller]
    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), SinkError<T>> {
        assert!(self.has_place, "`start_send` without a `poll_ready` that was ready");
        self.has_place = false;
        self.shared.fill_place(item).map_err(SinkError::of)
    }

    /// There is nothing to flush: what was sent is in the queue.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        Poll::Ready(Ok(()))
    }

    /// Gives an unused place up. The queue stays open.
    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.give_up();
        Poll::Ready(Ok(()))
    }
}

impl<T> Clone for QueueSink<T> {
    /// Another sink into the same queue.
    fn clone(&self) -> Self {
        Self::new(self.shared.clone())
    }
}

impl<T> Drop for QueueSink<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T> fmt::Debug for QueueSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSink").field("has_place", &self.has_place).finish_non_exhaustive()
    }
}
