//! Every receiver sees every value.
//!
//! Many senders, many receivers, a ring of a fixed size. What happens when the ring is full of values that somebody has not seen is the
//! channel's policy, and part of its type:
//!
//! | policy | made by | a full ring | a slow receiver | `recv` says |
//! | --- | --- | --- | --- | --- |
//! | [`Lag`] | [`channel`] | the oldest value is overwritten; [`send`](Sender#impl-Sender%3CT%3E) never waits | misses values, and is told how many | [`RecvError`]: `Lagged` or `Closed` |
//! | [`Backpressure`] | [`with_policy`] | [`send`](Sender#impl-Sender%3CT,+Backpressure%3E) waits | sets the pace | [`crate::RecvError`] |
//!
//! | | fairness | cancel safety | allocates |
//! | --- | --- | --- | --- |
//! | `send` that waits, `recv` | in order of their first poll | cancel safe | nothing; the ring is allocated once, with the channel; under `Lag` a place more for a value that somebody was cloning as it was overwritten |
//! | as [`Stream`](futures_core::Stream), [`BroadcastSink`] | " | cancel safe | once |
//!
//! Values are cloned for the receivers, on their threads and under no lock; the last one to see a value gets the value itself, so that with one
//! receiver nothing is cloned. However long a clone takes, and whatever it does with the channel,
//! nobody waits for it. Since several may clone one value at the same time, the ends are `Send` and `Sync` where it is both.
//! Something large is best sent as an `Arc`.
//!
//! ```
//! use motet_channel::broadcast;
//! # futures::executor::block_on(async {
//! let (tx, mut log) = broadcast::channel(16);
//! let mut audit = tx.subscribe();
//! tx.send("user 7 signed in").unwrap();
//! assert_eq!(log.recv().await, Ok("user 7 signed in"));
//! assert_eq!(audit.recv().await, Ok("user 7 signed in"));
//! # });
//! ```

mod error;
mod link;
#[cfg(all(test, motet_loom))]
mod model;
mod place;
mod policy;
mod receiver;
mod recv;
mod send;
mod sender;
mod sending;
mod shared;
mod sink;
mod slot;
mod timed;
mod word;

pub use error::{Lagged, RecvError, TryRecvError};
pub use policy::{Backpressure, Lag, Policy};
pub use receiver::Receiver;
pub use recv::Recv;
pub use send::{Closed, Permit, ReserveFuture, SendFuture};
pub use sender::{Sender, WeakSender};
pub use sink::BroadcastSink;

use std::sync::Arc;

/// A channel whose receivers each see every value, or are told how many they missed: the policy [`Lag`].
///
/// It keeps the last `capacity` values for receivers that have not seen them.
///
/// ```
/// use motet_channel::broadcast::{self, TryRecvError};
///
/// let (tx, mut rx) = broadcast::channel(2);
/// (1..=3).for_each(|value| tx.send(value).unwrap());
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
/// assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(2), Ok(3)));
/// ```
///
/// # Panics
///
/// If `capacity` is 0. For the latest value only, see [`watch`](crate::watch).
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    with_policy(capacity, Lag)
}

/// A channel whose receivers each see every value, with a policy for those that are slow: [`Lag`] or [`Backpressure`].
///
/// ```
/// use motet_channel::broadcast::{Backpressure, with_policy};
///
/// let (tx, mut rx) = with_policy(2, Backpressure);
/// assert!(tx.try_send(1).is_ok() && tx.try_send(2).is_ok());
/// assert!(tx.try_send(3).unwrap_err().is_full(), "1 has not been seen");
/// assert_eq!(rx.try_recv(), Ok(1));
/// assert!(tx.try_send(3).is_ok());
/// ```
///
/// # Panics
///
/// If `capacity` is 0. For the latest value only, see [`watch`](crate::watch).
#[track_caller]
pub fn with_policy<T, P: Policy>(capacity: usize, _: P) -> (Sender<T, P>, Receiver<T, P>) {
    assert!(
        capacity > 0,
        "a broadcast channel needs a capacity of at least 1; for the latest value only, use `watch::channel`"
    );
    let channel = Arc::new(shared::Broadcast::new(capacity));
    let receiver = Receiver::of(channel.clone(), shared::Cursor::start());
    (Sender::of(channel), receiver)
}
