//! Task groups: children that never outlive the call that made the group.

mod error;
mod members;
#[cfg(all(test, motet_loom))]
mod model;
mod run;
mod task;

pub use error::GroupError;
pub use run::task_group;
pub use task::{GroupTask, TaskGroup};
