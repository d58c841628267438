//! The executor on threads: workers with rings, their sleep, their guests, and the life of an executor.
//!
//! * [`executor`]: the handle; [`builder`]: its options; [`shutdown`]: its end; [`metrics`]: what it has done.
//! * [`shared`]: what all workers of an executor share; [`worker`]: one of them, from poll to poll ([`contained`]); [`idle`]: one that has
//!   nothing to do ([`naps`]: when it gives way first); [`guest`]: the seat that `block_on`'s caller takes; [`threads`]: the workers' threads.
//! * [`sleepers`], [`berth`]: whom to wake, and where they sleep; [`watch`]: who looks after the LIFO slots meanwhile.
//! * [`shard`], [`roster`], [`outside`], [`ledger`]: which tasks live, and how many are left when it closes.
//!
//! Who holds what: handles, workers and blocked callers hold [`shared::Shared`]; a task knows its shard, which lies in
//! there, and needs no hold on it: the last handle closes the executor, the workers leave when no task is left, and the last of them frees the state.

mod berth;
mod builder;
mod contained;
mod executor;
mod guest;
mod hooks;
mod idle;
mod ledger;
mod metrics;
#[cfg(all(test, motet_loom))]
mod model;
mod naps;
mod outside;
#[cfg(all(test, not(motet_loom)))]
pub(crate) mod refusal;
mod roster;
mod shard;
mod shared;
mod shutdown;
mod sleepers;
mod threads;
mod turns;
mod watch;
mod worker;

pub use builder::Builder;
pub use executor::{Executor, WeakExecutor};
pub use hooks::PanicHook;
pub use metrics::{Metrics, WorkerMetrics};

pub(crate) use contained::{Contained, run_contained, run_outside};
pub(crate) use guest::hand_over;
pub(crate) use roster::{Key, Listed};
pub(crate) use shard::{Shard, ShardPointer};
pub(crate) use shared::{Shared, Start, new_task};
pub(crate) use worker::Worker;
