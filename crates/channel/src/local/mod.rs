//! The queue and the oneshot for one thread: not `Send`, without locks and atomics.
//!
//! For tasks of a local executor that pass values to one another, or values that are not `Send`. They behave as [`Queue`](crate::Queue) and
//! [`oneshot`](crate::oneshot) do, and cost a fraction. The compiler keeps them on their thread:
//!
//! ```compile_fail
//! let queue = motet_channel::local::Queue::<u8>::unbounded();
//! std::thread::spawn(move || queue.try_put(1));
//! ```
//!
//! | type | when | fairness | cancel safety | allocates |
//! | --- | --- | --- | --- | --- |
//! | [`Queue`] | work and values between tasks of one thread | getters and putters in order of their first poll | all waits | the items' ring; a line of waiters, used again |
//! | [`oneshot`] | one value, once | | the wait | one allocation for both ends |
//!
//! Wakers are the executor's, and may come from anywhere; they are called with nothing borrowed.
//!
//! ```
//! use motet_channel::{Shutdown, local::Queue};
//! use std::rc::Rc;
//! # futures::executor::block_on(async {
//! let queue = Queue::bounded(1);
//! let produce = async {
//!     for n in 0..3 {
//!         queue.put(Rc::new(n)).await.unwrap();
//!     }
//!     queue.shutdown(Shutdown::Drain);
//! };
//! let consume = async {
//!     let mut sum = 0;
//!     while let Ok(n) = queue.get().await {
//!         sum += *n;
//!     }
//!     sum
//! };
//! assert_eq!(futures::join!(produce, consume).1, 3);
//! # });
//! ```
#![forbid(unsafe_code)]

mod batch;
mod line;
pub mod oneshot;
mod queue;
mod state;
mod stream;
mod wait;
mod work;

pub use batch::PutMany;
pub use queue::Queue;
pub use stream::{QueueSink, QueueStream};
pub use wait::{Get, GetMany, Join, Put, Reserve, Slot};
pub use work::{Done, Job, Take};
