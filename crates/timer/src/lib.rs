//! Sleep, interval, the timer wheel, real and virtual clocks. Works under any executor.
//!
//! [`sleep`](sleep()), [`sleep_until`] and [`interval`](interval()) need no runtime and no context: they use the *ambient*
//! timers, which are the runtime's on a worker of Motet, virtual ones inside a simulation, and else the global ones,
//! driven by a helper thread that starts on first use. A library that must not choose takes an `impl` [`Timer`].
//!
//! | type | for | cancel safety | allocation | lock |
//! | --- | --- | --- | --- | --- |
//! | [`Sleep`] | one deadline, which may be moved | cancel safe | none | one short one to arm, one to drop early |
//! | [`Interval`] | a tick every period; a `Stream` | cancel safe | one, at the start | the same, a tick |
//! | [`Timers`] | a wheel and its clock, named or ambient | – | none a timer | – |
//! | [`Host`] | an event loop that waits for the next deadline | – | two | – |
//! | [`VirtualClock`] | tests: an hour in no time | – | none | – |
//!
//! ```
//! use motet_timer::sleep;
//! use std::time::{Duration, Instant};
//!
//! let start = Instant::now();
//! futures::executor::block_on(sleep(Duration::from_micros(300)));     // under any executor
//! assert!(start.elapsed() >= Duration::from_micros(300));             // never early
//! ```
//!
//! # How it keeps time
//!
//! Hierarchical timing wheels of one nanosecond's resolution hold the timers; arming and cancelling are O(1) whatever
//! their number. Each thread that enters the timers has a wheel to itself, so that workers which arm at the same time do not
//! meet at a lock; any thread may drive all of them. The timers link themselves: nothing is allocated, and a dropped timer
//! leaves nothing behind. Deadlines are waited for as they are, not rounded to a millisecond; [`Builder::tick`] makes them
//! coarser.
#![warn(missing_debug_implementations)]

mod ambient;
mod clock;
mod entry;
mod helper;
mod host;
mod interval;
#[cfg(all(test, motet_loom))]
mod model;
mod pool;
mod queue;
mod slack;
mod sleep;
mod state;
mod timer;
mod timers;
mod virtual_time;
mod wheel;

pub use ambient::{Entered, interval, interval_at, now, sleep, sleep_until};
pub use host::Host;
pub use interval::{Interval, MissedTick};
pub use sleep::Sleep;
pub use timer::Timer;
pub use timers::{Builder, Timers};
pub use virtual_time::VirtualClock;
