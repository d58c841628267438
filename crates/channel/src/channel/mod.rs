//! Channels: many senders, many receivers, closed when the last of either side is dropped.
#![forbid(unsafe_code)]

mod batch;
mod closed;
mod drain;
mod ends;
mod iter;
#[cfg(all(test, motet_loom))]
mod model;
mod permit;
mod receiver;
mod recv;
mod send;
mod sender;
mod timed;
mod weak;

pub use batch::SendManyFuture;
pub use closed::ClosedFuture;
pub use drain::Drain;
pub use ends::{bounded, rendezvous, unbounded};
pub use iter::IterBlocking;
pub use permit::{Permit, ReserveFuture};
pub use receiver::Receiver;
pub use recv::{RecvFuture, RecvManyFuture};
pub use send::SendFuture;
pub use sender::Sender;
pub use weak::{WeakReceiver, WeakSender};
