//! Test async code: in virtual time under seeded schedules, or by hand, poll by poll.
//!
//! A test that sleeps to wait for something is slow on a good day and wrong on a bad one. These tools take time and chance
//! away from the system: a simulation runs whole programs in an order that a seed decides, its clock jumping from deadline to
//! deadline; or a test polls one future itself, sees each wake, and drops it wherever it likes.
//!
//! | to check | take |
//! | --- | --- |
//! | what tasks do together, in any order, with timeouts and cleanup | [`Sim`] |
//! | that no order breaks it, and to see the one that does again | [`explore`] |
//! | that a wake comes, or does not, and how often | [`WakeCount`], [`Stepped`] |
//! | that a future dropped at any await loses nothing | [`drop_at_every_await`], [`drop_at_every_await_between`] |
//! | that a waker which panics harms nobody else | [`waker_that_panics_when_woken`], [`waker_that_panics_when_dropped`] |
//! | that nothing is allocated, or all of it given back | [`allocations`] with a [`CountingAllocator`] |
//! | that a type stays `Send`, `Sync`, `Unpin` (or does not) | [`assert_send!`] and its kin |
//!
//! ```
//! use motet_executor::spawn;
//! use motet_test::explore;
//! use motet_timer::{now, sleep};
//! use std::time::Duration;
//!
//! const DAY: Duration = Duration::from_secs(24 * 60 * 60);
//!
//! explore(0..10, |sim| {
//!     sim.run(async {
//!         let start = now();
//!         let slow = spawn(async { sleep(DAY).await; "slow" });
//!         let quick = spawn(async { "quick" });
//!         assert_eq!((slow.await.unwrap(), quick.await.unwrap()), ("slow", "quick"));
//!         assert_eq!(now() - start, DAY);
//!     });
//! });
//! ```
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

#[expect(unsafe_code, reason = "an allocator is unsafe to write")]
mod allocations;
mod auto_traits;
mod drop_at;
mod explore;
mod hostile;
mod sim;
mod stepped;
mod wake_count;

pub use allocations::{Allocations, CountingAllocator, allocations};
pub use drop_at::{End, Report, drop_at_every_await, drop_at_every_await_between};
pub use explore::explore;
pub use hostile::{waker_that_panics_when_dropped, waker_that_panics_when_woken};
pub use sim::{ClockHold, Sim};
pub use stepped::Stepped;
pub use wake_count::WakeCount;
