//! Scopes: stop work from outside and let it clean up. Works under any executor.
#![forbid(unsafe_code)]

mod abandon;
mod clock;
mod error;
pub mod frame;
mod outcome;
mod panic;
pub mod raw;
mod reaper;
mod reason;
mod scope;

pub use abandon::{Abandoned, abandoned, set_on_abandon};
pub use error::{PanicPayload, TaskError};
pub use frame::{adopt, adopt_local};
pub use outcome::Outcome;
pub use reaper::{ReaperGuard, set_reaper};
pub use reason::{Cancelled, Reason, Taken};
pub use scope::{CancelHandle, LocalScope, Scope, scope, scope_local};
