//! Queues and channels that lose nothing. Works under any executor.
#![deny(unsafe_code)]

mod channel;
mod error;
pub mod oneshot;
mod queue;
mod shared;

pub use channel::{
    Drain, Permit, Receiver, RecvFuture, RecvManyFuture, ReserveFuture, SendFuture, Sender, WeakReceiver, WeakSender,
    bounded, rendezvous, unbounded,
};
pub use error::{RecvError, SendError, SinkError, TryRecvError, TrySendError};
pub use queue::{
    Done, Get, GetMany, Job, Join, LifoQueue, OrderedQueue, PriorityQueue, Put, PutError, Queue, QueueSink,
    QueueStream, Ranked, Reserve, ShutDown, Shutdown, Slot, Take, TooManyDone, TryGetError, TryPutError,
};
pub use shared::{Fifo, Lifo, Order, Smallest};
