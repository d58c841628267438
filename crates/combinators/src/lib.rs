//! gather, wait, timeout, race, as_completed, task groups. Works on plain futures under any executor.
//!
mod arena;
mod as_completed;
mod cancelled;
mod children;
mod deadline;
mod gather;
mod join;
mod lazy;
mod members;
mod nest;
mod outputs;
mod panics;
mod race;
mod race_ok;
mod select;
mod settle;
mod slab;
mod slots;
#[cfg(feature = "timer")]
mod timeout;
mod try_gather;
mod try_join;
mod wait;
mod wait_set;
mod when;

pub use as_completed::{AsCompleted, as_completed};
pub use deadline::{Deadline, Elapsed, deadline};
pub use gather::{Gather, gather};
pub use join::{Join, JoinTuple, join};
pub use panics::{CatchPanics, Panicked};
pub use race::{Race, RaceTuple, race};
pub use race_ok::{RaceOk, RaceOkTuple, race_ok};
pub use select::{Select, Select2, Select3, Select4, Select5, Select6, SelectTuple, select};
#[cfg(feature = "timer")]
pub use timeout::{Timeout, TimeoutWith, TryTimeout, timeout, timeout_at, timeout_with, try_timeout};
pub use try_gather::{TryFuture, TryGather, try_gather};
pub use try_join::{TryJoin, TryJoinTuple, try_join};
#[cfg(feature = "timer")]
pub use wait::WaitTimeout;
pub use wait::{Done, EmptySet, Wait, wait};
pub use wait_set::{Key, WaitSet};
pub use when::{AllCompleted, FirstCompleted, FirstError, When};
