//! One value, once, from one task or thread to another.
//!
//! asyncio's `Future` in its most common use: somebody sets the result, somebody awaits it. The two ends share one
//! allocation, which is freed as soon as both are through with it, or kept for the next oneshot that is made on that thread (one block a
//! thread, of 512 bytes at most). To send takes one atomic step if the receiver has not waited yet.
//!
//! | end | lives | what it may do |
//! | --- | --- | --- |
//! | [`Sender`] | until it sends, or is dropped | [`send`](Sender::send) without waiting; wait for [`closed`](Sender::closed) |
//! | [`Receiver`] | is the future of the value | await it, [`try_recv`](Receiver::try_recv), [`recv_blocking`](Receiver::recv_blocking), [`close`](Receiver::close) |
//!
//! Both are `Unpin`, and `Send` and `Sync` if the value is `Send`.
//!
//! ```
//! use motet_channel::oneshot;
//!
//! let (tx, rx) = oneshot::channel();
//! std::thread::spawn(move || tx.send(6 * 7));
//! assert_eq!(futures::executor::block_on(rx), Ok(42));
//! ```

#[cfg(all(test, motet_loom))]
mod model;
mod packet;
mod receiver;
mod sender;
mod spare;
mod state;

pub use crate::error::{RecvError, SendError, TryRecvError};
pub use receiver::Receiver;
pub use sender::{Closed, Sender};

/// A channel for one value.
///
/// ```
/// let (tx, rx) = motet_channel::oneshot::channel();
/// tx.send("done").unwrap();
/// assert_eq!(rx.recv_blocking(), Ok("done"));
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = packet::ends();
    (Sender::new(sender), Receiver::new(receiver))
}
