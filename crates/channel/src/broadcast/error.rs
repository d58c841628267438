//! What a receiver says that was too slow.
#![forbid(unsafe_code)]

use core::fmt;
use std::error::Error;

/// So many values were overwritten before this receiver saw them; it goes on with the oldest that is left.
///
/// A larger capacity, a faster receiver, or the policy [`Backpressure`](super::Backpressure) avoids it.
///
/// ```
/// use futures::StreamExt;
/// use motet_channel::broadcast::{self, Lagged};
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = broadcast::channel(2);
/// (0..5).for_each(|value| tx.send(value).unwrap());
/// assert_eq!(rx.next().await, Some(Err(Lagged(3))));
/// assert_eq!(rx.next().await, Some(Ok(3)));
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lagged(pub u64);

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values were overwritten before this receiver saw them; it goes on with the oldest left", self.0)
    }
}

impl Error for Lagged {}

/// There is no next value, under the policy [`Lag`](super::Lag).
///
/// ```
/// use motet_channel::broadcast::{self, RecvError};
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = broadcast::channel(1);
/// tx.send('a').unwrap();
/// tx.send('b').unwrap();
/// drop(tx);
/// assert_eq!(rx.recv().await, Err(RecvError::Lagged(1)));
/// assert_eq!(rx.recv().await, Ok('b'));
/// assert_eq!(rx.recv().await, Err(RecvError::Closed));
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecvError {
    /// So many values were overwritten before this receiver saw them. The next receive gives the oldest that is left.
    Lagged(u64),
    /// Nothing will come any more: the channel is closed, and this receiver has seen all.
    Closed,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagged(values) => Lagged(*values).fmt(f),
            Self::Closed => crate::error::RecvError.fmt(f),
        }
    }
}

impl Error for RecvError {}

impl From<Lagged> for RecvError {
    fn from(Lagged(values): Lagged) -> Self {
        Self::Lagged(values)
    }
}

/// There is no next value at once, under the policy [`Lag`](super::Lag).
///
/// ```
/// use motet_channel::broadcast::{self, TryRecvError};
///
/// let (tx, mut rx) = broadcast::channel::<u8>(1);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
/// drop(tx);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryRecvError {
    /// This receiver has seen all that was sent.
    Empty,
    /// So many values were overwritten before this receiver saw them. The next receive gives the oldest that is left.
    Lagged(u64),
    /// Nothing will come any more: the channel is closed, and this receiver has seen all.
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing was sent that this receiver has not seen; `recv` would wait"),
            Self::Lagged(values) => Lagged(*values).fmt(f),
            Self::Closed => crate::error::RecvError.fmt(f),
        }
    }
}

impl Error for TryRecvError {}

impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Lagged(values) => Self::Lagged(values),
            RecvError::Closed => Self::Closed,
        }
    }
}
