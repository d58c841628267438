//! Test async code by hand: step futures, count wakes, drop at every await, pin auto traits.
//!
//! A test that sleeps to wait for something is slow on a good day and wrong on a bad one. These tools take the
//! executor away instead: a test polls the future itself, sees each wake, and may drop it wherever it likes.
//!
//! | to check | take |
//! | --- | --- |
//! | that a wake comes, or does not, and how often | [`WakeCount`], [`Stepped`] |
//! | that a future dropped at any await loses nothing | [`drop_at_every_await`], [`drop_at_every_await_between`] |
//! | that a type stays `Send`, `Sync`, `Unpin` (or does not) | [`assert_send!`] and its kin |
//!
//! ```
//! use motet_test::Stepped;
//! use std::task::Poll;
//!
//! let mut ready = Stepped::new(async { 7 });
//! assert_eq!(ready.poll(), Poll::Ready(7));
//! assert_eq!(ready.wakes(), 0, "a future that is ready at once wakes nobody");
//! ```
#![forbid(unsafe_code)]

mod auto_traits;
mod drop_at;
mod stepped;
mod wake_count;

pub use drop_at::{End, Report, drop_at_every_await, drop_at_every_await_between};
pub use stepped::Stepped;
pub use wake_count::WakeCount;
