//! The waits of a receiver.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::error::RecvError;
use crate::queue::{Get, GetMany, ShutDown};
use crate::shared::{Fifo, Shared};
use motet_prim::pin_project;

pin_project! {
    /// The wait of [`Receiver::recv`](crate::Receiver::recv).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct RecvFuture<'a, T> {
        #[pin]
        get: Get<'a, T, Fifo>,
    }
}

impl<'a, T> RecvFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>) -> Self {
        Self { get: Get::new(shared) }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    // Always, and so on down to the lock: see `shared::poll`.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().get.poll(cx).map_err(|ShutDown| RecvError)
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvFuture").field(&self.get).finish()
    }
}

pin_project! {
    /// The wait of [`Receiver::recv_many`](crate::Receiver::recv_many).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct RecvManyFuture<'a, T> {
        #[pin]
        get_many: GetMany<'a, T, Fifo>,
    }
}

impl<'a, T> RecvManyFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>, out: &'a mut Vec<T>, max: usize) -> Self {
        Self { get_many: GetMany::new(shared, out, max) }
    }
}

impl<T> Future for RecvManyFuture<'_, T> {
    type Output = Result<usize, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().get_many.poll(cx).map_err(|ShutDown| RecvError)
    }
}

impl<T> fmt::Debug for RecvManyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecvManyFuture").field(&self.get_many).finish()
    }
}
