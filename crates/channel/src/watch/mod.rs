//! The latest value only: a setting, a state, a position, for everybody who wants to know.
//!
//! A sender replaces the value; each receiver is told that it changed and looks at the newest. What was replaced before
//! a receiver looked it never sees: for every value in turn, see [`broadcast`](crate::broadcast). asyncio has no such thing; the
//! nearest is a variable with a `Condition`.
//!
//! | end | what it may do | waits |
//! | --- | --- | --- |
//! | [`Sender`] | [`send`](Sender::send), [`send_modify`](Sender::send_modify); [`subscribe`](Sender::subscribe) new receivers | never; [`closed`](Sender::closed) waits until nobody watches |
//! | [`Receiver`] | [`borrow`](Receiver::borrow) the value at any time | [`changed`](Receiver::changed), [`wait_for`](Receiver::wait_for); it is a [`Stream`](futures_core::Stream) of snapshots |
//!
//! Both can be cloned. What a receiver borrows is a [`Snapshot`], an owned share of the value and no lock guard: it can be held for as long as
//! one likes, over an await too, and no sender ever waits for it. (Elsewhere such a guard can deadlock its own sender.)
//!
//! ```
//! use motet_channel::watch;
//! # futures::executor::block_on(async {
//! let (tx, mut rx) = watch::channel("starting");
//! let server = async {
//!     tx.send("ready").unwrap();
//!     tx.send("draining").unwrap();
//! };
//! server.await;
//! rx.changed().await.unwrap();
//! assert_eq!(*rx.borrow(), "draining");             // the latest; "ready" was replaced before anybody looked
//! # });
//! ```
//!
//! # Fairness
//!
//! A change wakes everybody who waits for it, in the order they came.
#![forbid(unsafe_code)]

#[cfg(all(test, motet_loom))]
mod model;
mod receiver;
mod sender;
mod shared;
mod snapshot;
mod timed;
mod version;
mod wait;

pub use crate::error::{RecvError, SendError};
pub use receiver::Receiver;
pub use sender::Sender;
pub use snapshot::Snapshot;
pub use wait::{Changed, Closed, WaitFor};

use std::sync::Arc;

/// A channel that holds the latest value. The receiver counts as having seen the first one.
///
/// ```
/// let (tx, rx) = motet_channel::watch::channel(1);
/// assert_eq!(*rx.borrow(), 1);
/// tx.send(2).unwrap();
/// assert_eq!(*rx.borrow(), 2);
/// ```
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let watch = Arc::new(shared::Watch::new(value));
    let receiver = Receiver::of(watch.clone(), version::FIRST);
    (Sender::of(watch), receiver)
}
