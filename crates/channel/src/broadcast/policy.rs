//! What happens when the ring is full of values that somebody has not seen: the two policies, as types.
#![forbid(unsafe_code)]

use super::error::{Lagged, RecvError, TryRecvError};
use crate::error;

/// What a [`Sender`](super::Sender) does when a value is to be sent and some receiver has not seen the oldest one. Implemented by
/// [`Lag`] and [`Backpressure`]; sealed.
pub trait Policy: sealed::Sealed {
    /// What a receive that waits may say.
    type RecvError;
    /// What a receive that does not wait may say.
    type TryRecvError: From<Self::RecvError>;
    /// What a stream of received values gives.
    type Item<T>;
    /// Whether values are overwritten that somebody has not seen.
    #[doc(hidden)]
    const OVERWRITES: bool;
    #[doc(hidden)]
    fn recv_error(ended: Ended) -> Self::RecvError;
    #[doc(hidden)]
    fn try_recv_error(ended: Option<Ended>) -> Self::TryRecvError;
    /// `None`: the stream has ended.
    #[doc(hidden)]
    fn item<T>(received: Result<T, Ended>) -> Option<Self::Item<T>>;
}

/// The value overwrites the oldest one: sending never waits, and a receiver that has not seen the old value is told how many it missed.
///
/// For news of which the newest count: ticks, states, logs on a screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lag;

/// Sending waits until every receiver has seen the oldest value: nobody misses anything, and the slowest sets the pace.
///
/// For work that each receiver must do in full: replicas, indexes, tees. A receiver that is kept and not read from stops the sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Backpressure;

/// Why there is no value.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// So many were overwritten; there are values behind them.
    Missed(u64),
    Closed,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Lag {}
    impl Sealed for super::Backpressure {}
}

impl Policy for Lag {
    type RecvError = RecvError;
    type TryRecvError = TryRecvError;
    type Item<T> = Result<T, Lagged>;

    const OVERWRITES: bool = true;

    fn recv_error(ended: Ended) -> RecvError {
        match ended {
            Ended::Missed(values) => RecvError::Lagged(values),
            Ended::Closed => RecvError::Closed,
        }
    }

    fn try_recv_error(ended: Option<Ended>) -> TryRecvError {
        match ended {
            None => TryRecvError::Empty,
            Some(Ended::Missed(values)) => TryRecvError::Lagged(values),
            Some(Ended::Closed) => TryRecvError::Closed,
        }
    }

    fn item<T>(received: Result<T, Ended>) -> Option<Result<T, Lagged>> {
        match received {
            Ok(value) => Some(Ok(value)),
            Err(Ended::Missed(values)) => Some(Err(Lagged(values))),
            Err(Ended::Closed) => None,
        }
    }
}

impl Policy for Backpressure {
    type RecvError = error::RecvError;
    type TryRecvError = error::TryRecvError;
    type Item<T> = T;

    const OVERWRITES: bool = false;

    fn recv_error(ended: Ended) -> error::RecvError {
        debug_assert_eq!(ended, Ended::Closed, "a value was overwritten that somebody had to see");
        error::RecvError
    }

    fn try_recv_error(ended: Option<Ended>) -> error::TryRecvError {
        match ended {
            None => error::TryRecvError::Empty,
            Some(_) => error::TryRecvError::Closed,
        }
    }

    fn item<T>(received: Result<T, Ended>) -> Option<T> {
        received.ok()
    }
}
