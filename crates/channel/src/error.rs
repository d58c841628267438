//! What the channels say when they cannot send or receive.
//!
//! An error that was handed a value gives it back, and is an [`Error`] whatever the value is: no `T: Debug` is asked.

use core::fmt;
use std::error::Error;

/// The channel is closed; here is the value back.
///
/// Given by each way to send that waits. A channel closes when its last receiver is dropped, or by `close()`.
///
/// ```
/// let (tx, rx) = motet_channel::unbounded();
/// drop(rx);
/// let refused = tx.send_blocking("hello").unwrap_err();
/// assert_eq!(refused.into_inner(), "hello");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> SendError<T> {
    /// The value that was not sent.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed; the error holds the value")
    }
}

impl<T> Error for SendError<T> {}

/// A value could not be sent at once; here it is back.
///
/// ```
/// use motet_channel::{TrySendError, bounded};
///
/// let (tx, rx) = bounded(1);
/// assert_eq!(tx.try_send(1), Ok(()));
/// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
/// drop(rx);
/// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room now, or others wait for the room there is: `send` waits for its turn.
    Full(T),
    /// Nobody will receive it: the channel is closed.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }

    /// Whether there was no room.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the channel is closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_full() { "Full" } else { "Closed" };
        f.debug_tuple(name).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the channel is full; the error holds the value, and `send` would wait for room",
            Self::Closed(_) => "the channel is closed; the error holds the value",
        })
    }
}

impl<T> Error for TrySendError<T> {}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(SendError(value): SendError<T>) -> Self {
        Self::Closed(value)
    }
}

/// The channel is closed and empty: nothing will come any more.
///
/// ```
/// let (tx, rx) = motet_channel::unbounded::<u8>();
/// drop(tx);
/// assert_eq!(rx.recv_blocking(), Err(motet_channel::RecvError));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecvError;

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed and empty")
    }
}

impl Error for RecvError {}

/// There was nothing to receive at once.
///
/// ```
/// use motet_channel::{TryRecvError, unbounded};
///
/// let (tx, rx) = unbounded::<u8>();
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
/// drop(tx);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryRecvError {
    /// Nothing is there now, or what is there belongs to receivers that were woken for it: `recv` waits for its turn.
    Empty,
    /// Nothing will come any more: the channel is closed and empty.
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the channel is empty; `recv` would wait for a value",
            Self::Closed => "the channel is closed and empty",
        })
    }
}

impl Error for TryRecvError {}

impl From<RecvError> for TryRecvError {
    fn from(_: RecvError) -> Self {
        Self::Closed
    }
}

/// A sink that leads to a closed channel, or to a queue that is shut down.
///
/// It holds the value if one was handed over: `start_send` was called, and the channel had closed since `poll_ready`.
///
/// ```
/// use futures::SinkExt;
///
/// let (mut tx, rx) = motet_channel::bounded(1);
/// drop(rx);
/// let error = futures::executor::block_on(SinkExt::send(&mut tx, 'a')).unwrap_err();
/// assert_eq!(error.into_inner(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SinkError<T>(Option<T>);

impl<T> SinkError<T> {
    pub(crate) const fn of(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) const fn without_value() -> Self {
        Self(None)
    }

    /// The value that was not sent, if there was one.
    #[must_use]
    pub fn into_inner(self) -> Option<T> {
        self.0
    }
}

impl<T> fmt::Debug for SinkError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SinkError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SinkError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sink's channel is closed, or its queue is shut down")
    }
}

impl<T> Error for SinkError<T> {}
