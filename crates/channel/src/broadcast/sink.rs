//! A broadcast channel as a sink.
#![forbid(unsafe_code)]

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use super::policy::{Lag, Policy};
use super::send::poll_reserve;
use super::shared::{Broadcast, Seat};
use crate::error::SinkError;
use futures_sink::Sink;

/// The sending side as a sink; from [`Sender::sink`](super::Sender::sink). It counts as a sender until it is closed or dropped.
///
/// Under [`Backpressure`](super::Backpressure) `poll_ready` reserves a place, which `start_send` fills; an unused place is given up with the
/// sink. Under [`Lag`] it is always ready. `Unpin`. It allocates once, the first time that it may have to wait.
///
/// # Cancel safety
///
/// Cancel safe: a value that is handed to `start_send` is in the channel.
#[must_use = "a sink does nothing unless it is polled"]
pub struct BroadcastSink<T, P: Policy = Lag> {
    // Before the channel: a wait that is dropped leaves a line that is still there.
    seat: Option<Seat<T, P>>,
    channel: Arc<Broadcast<T, P>>,
    has_place: bool,
    ended: bool,
}

impl<T, P: Policy> BroadcastSink<T, P> {
    pub(super) fn of(channel: Arc<Broadcast<T, P>>) -> Self {
        Self { seat: None, channel, has_place: false, ended: false }
    }

    /// Leaves the line, and gives up an unused place.
    fn give_up(&mut self) {
        self.seat = None;
        if core::mem::take(&mut self.has_place) && !P::OVERWRITES {
            self.channel.release();
        }
        if !core::mem::replace(&mut self.ended, true) {
            self.channel.sender_gone();
        }
    }
}

impl<T, P: Policy> Sink<T> for BroadcastSink<T, P> {
    type Error = SinkError<T>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        if self.has_place {
            return Poll::Ready(Ok(()));
        }
        let Self { seat, channel, .. } = &mut *self;
        let ready = if P::OVERWRITES {
            !channel.lock().is_deaf()
        } else {
            let seat = seat.get_or_insert_with(|| Box::pin(None));
            ready!(poll_reserve(channel, seat.as_mut(), cx))
        };
        self.has_place = ready;
        Poll::Ready(if ready { Ok(()) } else { Err(SinkError::without_value()) })
    }

    /// # Panics
    ///
    /// Without a `poll_ready` that was ready, as the contract of [`Sink`] says.
    #[track_caller]
    fn start_send(mut self: Pin<&mut Self>, value: T) -> Result<(), SinkError<T>> {
        assert!(self.has_place, "`start_send` without a `poll_ready` that was ready");
        self.has_place = false;
        let sent = if P::OVERWRITES { self.channel.send_over(value) } else { self.channel.fill(value) };
        sent.map_err(SinkError::of)
    }

    /// There is nothing to flush: what was sent is in the channel.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        Poll::Ready(Ok(()))
    }

    /// Counts no more as a sender: the channel closes if it was the last.
    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        self.give_up();
        Poll::Ready(Ok(()))
    }
}

impl<T, P: Policy> Drop for BroadcastSink<T, P> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T, P: Policy> fmt::Debug for BroadcastSink<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastSink").field("has_place", &self.has_place).finish_non_exhaustive()
    }
}
