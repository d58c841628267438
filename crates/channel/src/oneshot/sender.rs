//! The sending end, and its wait for the other to lose interest.
#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::packet::End;
use super::state::Sending;
use crate::error::SendError;

/// Sends the one value; made by [`channel`](super::channel).
///
/// Dropped without sending, it tells the receiver: that gets [`RecvError`](super::RecvError).
#[must_use = "dropping the sender tells the receiver that nothing will come"]
pub struct Sender<T> {
    end: End<T, Sending>,
}

impl<T> Sender<T> {
    pub(super) fn new(end: End<T, Sending>) -> Self {
        Self { end }
    }

    /// Sends the value and wakes the receiver; never waits.
    ///
    /// `Ok` says that the value is the receiver's: it may still be dropped with it, unseen.
    ///
    /// ```
    /// use motet_channel::oneshot;
    ///
    /// let (tx, rx) = oneshot::channel();
    /// drop(rx);
    /// assert_eq!(tx.send('a').unwrap_err().into_inner(), 'a');
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the receiver is closed or dropped.
    #[inline]
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.end.send(value).map_err(SendError)
    }

    /// Whether the receiver is closed or dropped, so that a `send` is bound to fail.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::oneshot::channel::<u8>();
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.end.other_is_settled()
    }

    /// Waits until the receiver is closed or dropped: nobody wants the value any more.
    ///
    /// For work that should stop when its result is not wanted: race the work against this.
    ///
    /// ```
    /// use motet_channel::oneshot;
    ///
    /// let (mut tx, rx) = oneshot::channel::<u8>();
    /// drop(rx);
    /// futures::executor::block_on(tx.closed());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed { sender: self }
    }

    /// [`closed`](Self::closed) for a future written by hand: ready once the receiver is closed or dropped.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing. The waker of the last call is kept until the receiver closes or this end is through.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.end.poll_other(cx.waker())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// The wait of [`Sender::closed`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Closed<'a, T> {
    sender: &'a mut Sender<T>,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.sender.poll_closed(cx)
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        self.sender.end.stop_waiting();
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}
