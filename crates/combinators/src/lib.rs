//! gather, wait, timeout, race, as_completed, task groups. Works on plain futures under any executor.
//!
//! Everything that awaits several things, or one thing with a limit. The futures are polled by the task that awaits them; only a
//! [`task_group`] spawns, through a `Spawn` that you give it. Losers are dropped *and cleaned up* before a call returns: what the guards of
//! `motet-cancel` hand over inside of a timeout, a race, a failed gather or a group is awaited there.
//!
//! | to | take | ready when | dropped midway | allocation |
//! | --- | --- | --- | --- | --- |
//! | await a few, of any kinds | [`join`](join()), [`try_join`](try_join()) | all are; the first error | drops them | none |
//! | await many of one kind | [`gather`](gather()), [`try_gather`](try_gather()) | all are; the first error | drops them | the futures, the outputs, one for wakes |
//! | take outputs as they come | [`as_completed`](as_completed()) | a stream | loses nothing | the futures, one for wakes |
//! | make a future of each item, so many at a time | [`map_bounded`](map_bounded()) | a stream | loses nothing | `n` places |
//! | wait, look around, wait again | [`WaitSet`], [`wait`](wait()) | [`FirstCompleted`], [`AllCompleted`], [`FirstError`], a closure | members and outputs stay in the set | the set |
//! | take the first | [`race`](race()), [`race_ok`](race_ok()), [`select`](select()) | one is; one succeeds | drops them | none (a vector: as `gather`) |
//! | limit the time | [`timeout`](timeout()), [`try_timeout`](try_timeout()), [`TimeoutScope`] | it is, or the time is up | drops it | none |
//! | limit a task's time, and take what it gives all the same | [`cancel_after`](cancel_after()) | it has ended, cancelled or not | cancels it | none |
//! | limit it by anything | [`deadline`](deadline()) | it is, or the limit is | drops it | none |
//! | go on although the awaiter goes | [`shield`](shield()), [`try_shield`] | it is | it goes on at the reaper | one |
//! | run children in parallel, and end after them | [`task_group`](task_group()) | all have ended | cancels them, and hands the wait over | a few a child |
//! | run children that borrow | [`borrow_scope`](borrow_scope()), [`LocalScope`] | all have ended | drops them | a few a child |
//!
//! ```
//! # futures::executor::block_on(async {
//! use motet_combinators::{gather, timeout};
//! use std::time::Duration;
//!
//! async fn fetch(page: u32) -> String {
//!     format!("page {page}")
//! }
//!
//! let pages = timeout(Duration::from_secs(5), gather((1..=3).map(fetch)).limit(2)).await;
//! assert_eq!(pages.unwrap(), ["page 1", "page 2", "page 3"]);
//! # });
//! ```
//!
//! # From asyncio
//!
//! | asyncio | here |
//! | --- | --- |
//! | `gather(*coroutines)` | [`gather`](gather()); `return_exceptions=True` is what it does with `Result`s, [`try_gather`](try_gather()) is the rest |
//! | `wait(tasks, return_when=…)` | [`wait`](wait()) on a [`WaitSet`] |
//! | `as_completed(tasks)` | [`as_completed`](as_completed()) |
//! | `wait_for(task, 5)` | [`timeout`](timeout()): over a `Task`, it cancels it and waits for its cleanup |
//! | `async with timeout(5)` | [`TimeoutScope`] |
//! | `shield(task)` | [`shield`](shield()) |
//! | `async with TaskGroup()` | [`task_group`](task_group()) |
//!
//! # From tokio
//!
//! | tokio | here |
//! | --- | --- |
//! | `join!`, `try_join!` | [`join`](join()), [`try_join`](try_join()): functions over a tuple |
//! | `select!` | [`select`](select()), whose losers' cleanup is awaited; [`race`](race()) for one type of output |
//! | `JoinSet` | a [`WaitSet`] of tasks: [`next`](WaitSet::next) is `join_next`, [`clear`](WaitSet::clear) is `abort_all`; or a [`task_group`] |
//! | `time::timeout`, `timeout_at` | [`timeout`](timeout()), [`timeout_at`] |
//! | `CancellationToken`, `AbortHandle` | `motet_cancel::CancelToken`, `motet_cancel::CancelHandle` |
//!
//! # Fairness and cost
//!
//! Tuples and arrays are polled in place, in their order, at each wake. With more than 16 pending futures, the others keep one ready bit for each: a
//! wake sets it, and wakes the task only if no bit was set before; a poll visits the bits that are set, each once a round, and lets other tasks run after
//! 256 polls of children. So an event costs the same among ten futures and among a hundred thousand.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `timer` | yes | whatever takes a span or a point of time, on `motet-timer` or any other `Timer` |
#![warn(missing_debug_implementations)]
#![deny(unsafe_code)]

mod arena;
mod as_completed;
#[cfg(feature = "timer")]
mod cancel_after;
mod cancelled;
#[expect(unsafe_code, reason = "gives back futures that were never pinned")]
mod children;
mod deadline;
mod ext;
mod gather;
mod group;
mod join;
#[cfg(feature = "timer")]
mod lazy;
mod local_scope;
mod map_bounded;
mod members;
mod nest;
mod panics;
mod promise;
mod race;
mod race_ok;
#[expect(unsafe_code, reason = "pins futures beside one another, in one allocation")]
mod row;
mod select;
mod settle;
#[expect(
    unsafe_code,
    reason = "wakers that are an address and an index, and a seat for the task's that a lock-free word guards"
)]
mod slab;
#[expect(unsafe_code, reason = "the step from a pinned slice to a pinned element")]
mod slots;
#[cfg(feature = "timer")]
mod timeout;
#[cfg(feature = "timer")]
mod timeout_scope;
mod try_gather;
mod try_join;
mod wait;
mod wait_set;
mod when;

#[cfg(feature = "timer")]
pub use as_completed::AsCompletedTimeout;
pub use as_completed::{AsCompleted, as_completed};
#[cfg(feature = "timer")]
pub use cancel_after::{CancelAfter, cancel_after};
pub use deadline::{Deadline, Elapsed, deadline};
pub use ext::FutureExt;
pub use gather::{Gather, gather};
pub use group::{GroupError, GroupTask, TaskGroup, task_group};
pub use join::{Join, JoinTuple, join};
pub use local_scope::{LocalScope, LocalTask, borrow_scope};
pub use map_bounded::{MapBounded, map_bounded};
pub use motet_cancel::{Shield, shield, try_shield};
pub use panics::{CatchPanics, Panicked};
pub use promise::Closed;
pub use race::{Race, RaceTuple, race};
pub use race_ok::{RaceOk, RaceOkTuple, race_ok};
pub use select::{Select, Select2, Select3, Select4, Select5, Select6, SelectTuple, select};
#[cfg(feature = "timer")]
pub use timeout::{Timeout, TimeoutWith, TryTimeout, timeout, timeout_at, timeout_with, try_timeout};
#[cfg(feature = "timer")]
pub use timeout_scope::{ScopeEnded, TimeoutScope};
pub use try_gather::{TryFuture, TryGather, try_gather};
pub use try_join::{TryJoin, TryJoinTuple, try_join};
#[cfg(feature = "timer")]
pub use wait::WaitTimeout;
pub use wait::{Done, EmptySet, Wait, wait};
pub use wait_set::{Key, WaitSet};
pub use when::{AllCompleted, FirstCompleted, FirstError, When};
