//! The receiving end, which is the future of the value.
#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::time::Instant;

use super::packet::End;
use super::state::Receiving;
use crate::error::{RecvError, TryRecvError};
use futures_core::FusedFuture;

/// The future of the one value; made by [`channel`](super::channel).
///
/// It resolves to the value, or to [`RecvError`] if the sender is dropped without sending. Await it, or `&mut` of it to
/// come back later. Once it has given its answer, it answers with `RecvError`.
///
/// ```
/// use motet_channel::oneshot::{self, RecvError};
///
/// let (tx, rx) = oneshot::channel::<u8>();
/// drop(tx);
/// assert_eq!(futures::executor::block_on(rx), Err(RecvError));
/// ```
///
/// # Cancel safety
///
/// Cancel safe as long as the receiver lives: a poll of `&mut receiver` takes the value only when it returns it. Dropping
/// the receiver drops a value that it was sent.
#[must_use = "dropping the receiver tells the sender that nobody wants the value"]
pub struct Receiver<T> {
    /// None: the answer has been given.
    end: Option<End<T, Receiving>>,
}

impl<T> Receiver<T> {
    pub(super) fn new(end: End<T, Receiving>) -> Self {
        Self { end: Some(end) }
    }

    /// Takes the value if it has been sent.
    ///
    /// ```
    /// use motet_channel::oneshot::{self, TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if the sender may still send; [`TryRecvError::Closed`] if nothing will come: the sender
    /// was dropped, or the value was taken before, or this end was closed.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let Some(end) = &self.end else {
            return Err(TryRecvError::Closed);
        };
        // Look at this before the value: a sender that settles in between has perhaps sent.
        let over = end.is_settled() || end.other_is_settled();
        self.take(over).ok_or(if over { TryRecvError::Closed } else { TryRecvError::Empty })
    }

    /// Blocks this thread until the value comes.
    ///
    /// For threads outside of any executor; in async code await the receiver.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::oneshot::channel();
    /// std::thread::spawn(move || tx.send(1));
    /// assert_eq!(rx.recv_blocking(), Ok(1));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the sender is dropped without sending.
    pub fn recv_blocking(self) -> Result<T, RecvError> {
        motet_prim::park::block_on(self)
    }

    /// Blocks this thread until the value comes, but not for longer than `limit`; then it may be asked again.
    ///
    /// For threads outside of any executor; in async code put a timeout around `&mut receiver`.
    ///
    /// ```
    /// use motet_channel::oneshot::{self, TryRecvError};
    /// use std::time::Duration;
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.recv_blocking_for(Duration::from_millis(1)), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.recv_blocking_for(Duration::MAX), Ok(1));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if nothing came in time; [`TryRecvError::Closed`] if nothing will come, as with [`try_recv`](Self::try_recv).
    #[doc(alias = "recv_timeout")]
    pub fn recv_blocking_for(&mut self, limit: Duration) -> Result<T, TryRecvError> {
        let received = motet_prim::park::block_on_until(Pin::new(self), Instant::now().checked_add(limit));
        received.map_or(Err(TryRecvError::Empty), |received| received.map_err(|RecvError| TryRecvError::Closed))
    }

    /// Refuses a value that has not been sent yet, and wakes a sender that waits in `closed`.
    ///
    /// A value that was sent before can still be received.
    ///
    /// ```
    /// use motet_channel::oneshot::{self, TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// rx.close();
    /// assert!(tx.send(1).is_err());
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn close(&mut self) {
        if let Some(end) = &mut self.end {
            end.settle();
        }
    }

    /// Whether nothing more can be sent: the sender has sent or is gone, or this end was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.end.as_ref().is_none_or(|end| end.is_settled() || end.other_is_settled())
    }

    /// What `poll` does where the value has not come yet, or the sender is not gone yet.
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let Some(end) = &mut self.end else {
            return Poll::Ready(Err(RecvError));
        };
        if !end.is_settled() && end.poll_other(cx.waker()).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(self.take(true).ok_or(RecvError))
    }

    /// The value, if it is there. `over`: nothing can come any more, so that without it the end is given up.
    fn take(&mut self, over: bool) -> Option<T> {
        match self.end.take()?.receive() {
            Ok(value) => Some(value),
            Err(end) => {
                if !over {
                    self.end = Some(end);
                }
                None
            }
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(value) = End::receive_last(&mut self.end) {
            return Poll::Ready(Ok(value));
        }
        self.wait(cx)
    }
}

impl<T> FusedFuture for Receiver<T> {
    fn is_terminated(&self) -> bool {
        self.end.is_none()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
