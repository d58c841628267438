//! Queues and channels that lose nothing. Works under any executor.
//!
//! Pass values between tasks, between threads, and between the two. Whoever waits is served in the order they came; a wait
//! that is dropped has moved nothing, and what was meant for it goes to the next. No executor is needed, none is preferred.
//!
//! | type | when | order | a full one | ends |
//! | --- | --- | --- | --- | --- |
//! | [`Queue`] | work for a pool of workers: `task_done`, `join` | first in, first out | [`put`](OrderedQueue::put) waits | by [`shutdown`](OrderedQueue::shutdown) |
//! | [`LifoQueue`] | the newest work first | last in, first out | " | " |
//! | [`PriorityQueue`] | the most urgent first; [`Ranked`] gives a rank | smallest first, ties in order of entry | " | " |
//! | [`bounded`] | values between tasks, with back-pressure | first in, first out | [`send`](Sender::send) waits | with the last [`Sender`] or [`Receiver`], or by `close` |
//! | [`unbounded`] | values that must never wait to be sent | " | never full | " |
//! | [`rendezvous`] | a hand-over: `send` returns once somebody has it | " | unless a receiver waits | " |
//! | [`oneshot`] | one value, once | | | with its value |
//! | [`broadcast`] | every receiver sees every value | " | overwrites (`Lag`), or `send` waits (`Backpressure`) | with the last sender, or by `close` |
//! | [`watch`] | the latest value only | | replaces | with the last sender |
//! | [`local`] | a queue and a oneshot for one thread, without atomics | first in, first out | `put` waits | by `shutdown` |
//!
//! | | fairness | cancel safety | allocates |
//! | --- | --- | --- | --- |
//! | waits of queues and channels | in order of their first poll; nobody overtakes | cancel safe, all of them | nothing |
//! | as [`Stream`](futures_core::Stream), [`Sink`](futures_sink::Sink) | " | cancel safe; keeps its place in line | once, when it first waits |
//! | [`oneshot`] | one sender, one receiver | cancel safe | one allocation for both ends |
//! | [`broadcast`], [`watch`] | in order of their first poll | cancel safe | nothing; a send to a `watch` whose old value is looked at, once |
//!
//! A bounded queue or channel allocates its ring when it is made, and once; [`Receiver::drain`] takes it along, and leaves a new one. One without a limit gives its memory back after a burst.
//!
//! The only receiver of an [`unbounded`] channel is fastest as a [`Stream`](futures_core::Stream): it takes whatever is there under one lock.
//!
//! The waits exist for threads too: `put_blocking`, `recv_blocking`, `join_blocking` and so on wait in one line with the tasks;
//! `recv_blocking_for` and its kin have a limit.
//!
//! ```
//! use motet_channel::{Queue, Shutdown};
//!
//! let queue = Queue::bounded(2);
//! let producer = async {
//!     for item in 0..5 {
//!         queue.put(item).await.unwrap();           // waits while two are in the queue
//!     }
//!     queue.join().await;                           // until all of them are done
//!     queue.shutdown(Shutdown::Drain);
//! };
//! let consumer = async {
//!     let mut sum = 0;
//!     while let Ok(job) = queue.take().await {      // the drop of a job is its `task_done`
//!         sum += *job;
//!     }
//!     sum
//! };
//! let ((), sum) = futures::executor::block_on(async { futures::join!(producer, consumer) });
//! assert_eq!(sum, 10);
//! ```
//!
//! # Where a value is
//!
//! In exactly one place at any time: with the sender, in the channel, or with the receiver. It follows that
//!
//! - a `get` or `recv` that is dropped has taken nothing: an item that it was just handed goes to the next in line, or back
//!   to where it was in the queue, which may by that hold more than its capacity until one is got;
//! - a `put` or `send` that is dropped while it waits has put nothing. Its item is dropped with it; to keep the item under a timeout,
//!   `reserve` under the timeout, or `take_back` the item from the future;
//! - at a [`rendezvous`] a value has been sent from the moment that a receiver has it;
//! - an error that refuses an item gives it back.
#![deny(unsafe_code)]

pub mod broadcast;
mod channel;
mod count;
mod error;
pub mod local;
pub mod oneshot;
mod queue;
mod shared;
pub mod watch;

pub use channel::{
    ClosedFuture, Drain, IterBlocking, Permit, Receiver, RecvFuture, RecvManyFuture, ReserveFuture, SendFuture,
    SendManyFuture, Sender, WeakReceiver, WeakSender, bounded, rendezvous, unbounded,
};
pub use error::{RecvError, SendError, SinkError, TryRecvError, TrySendError};
pub use queue::{
    Done, Get, GetMany, Job, Join, LifoQueue, OrderedQueue, PriorityQueue, Put, PutError, PutMany, Queue, QueueSink,
    QueueStream, Ranked, Reserve, ShutDown, Shutdown, Slot, Take, TooManyDone, TryGetError, TryPutError,
};
pub use shared::{Fifo, Lifo, Order, Smallest};
