//! gather, wait, timeout, race, as_completed, task groups. Works on plain futures under any executor.
//!
mod arena;
mod as_completed;
mod cancelled;
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
mod outputs;
mod panics;
mod promise;
mod race;
mod race_ok;
mod select;
mod settle;
mod slab;
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
pub use deadline::{Deadline, Elapsed, deadline};
pub use ext::FutureExt;
pub use gather::{Gather, gather};
pub use group::{GroupError, GroupTask, TaskGroup, task_group};
pub use join::{Join, JoinTuple, join};
pub use local_scope::{LocalScope, LocalTask, borrow_scope};
pub use map_bounded::{MapBounded, map_bounded};
pub use motet_cancel::{Shield, shield};
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
