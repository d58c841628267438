//! Sending many values, one after the other, in a way that loses none.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;

use crate::error::SendError;
use crate::queue::{PutMany, ShutDown};
use crate::shared::{Fifo, Shared};
use motet_prim::pin_project;

pin_project! {
    /// The wait of [`Sender::send_many`](crate::Sender::send_many).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct SendManyFuture<'a, T> {
        #[pin]
        put: PutMany<'a, T, Fifo>,
    }
}

impl<'a, T> SendManyFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>, values: &'a mut VecDeque<T>) -> Self {
        Self { put: PutMany::new(shared, values) }
    }
}

impl<T> Future for SendManyFuture<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().put.poll(cx).map_err(|ShutDown| SendError(()))
    }
}

impl<T> fmt::Debug for SendManyFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendManyFuture").field(&self.put).finish()
    }
}
