//! The wait of a sender.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::error::SendError;
use crate::queue::Put;
use crate::shared::{Fifo, Shared};
use motet_prim::pin_project;

pin_project! {
    /// The wait of [`Sender::send`](crate::Sender::send).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct SendFuture<'a, T> {
        #[pin]
        put: Put<'a, T, Fifo>,
    }
}

impl<'a, T> SendFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>, value: T) -> Self {
        Self { put: Put::new(shared, value) }
    }

    /// Gives the send up and takes its value back; `None` if it has been sent.
    ///
    /// For what comes after a timeout or a lost race, so that the value is not swallowed:
    ///
    /// ```
    /// use futures::FutureExt;
    /// # futures::executor::block_on(async {
    /// let (tx, _rx) = motet_channel::bounded(1);
    /// tx.send('a').await.unwrap();
    /// let mut send = std::pin::pin!(tx.send('b'));
    /// assert!(send.as_mut().now_or_never().is_none());
    /// assert_eq!(send.as_mut().take_back(), Some('b'));
    /// # });
    /// ```
    ///
    /// The future must not be polled again.
    #[must_use = "the value is dropped, if there is one"]
    pub fn take_back(self: Pin<&mut Self>) -> Option<T> {
        self.project().put.take_back()
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    // Always, and so on down to the lock: see `shared::poll`.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().put.poll(cx).map_err(|refused| SendError(refused.0))
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendFuture").field(&self.put).finish()
    }
}
