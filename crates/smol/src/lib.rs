//! `Spawn` and `Timer` for smol.
//!
//! A library that takes `impl Spawn` (of futures-util) and `impl Timer` (of motet-timer) runs on smol through these types;
//! the orphan rule forbids everybody else to write them.
//!
//! | type | for | spawns | keeps time |
//! | --- | --- | --- | --- |
//! | [`Smol`] | smol's global executor, or an [`Executor`] of yours | `Send` futures, on any of its threads | async-io's timers |
//! | [`SmolLocal`] | a [`LocalExecutor`] of yours | any futures, on its thread | take a [`Smol`] beside it |
//!
//! ```
//! use futures::task::{Spawn, SpawnExt};
//! use motet_smol::Smol;
//! use motet_timer::Timer;
//! use std::time::Duration;
//!
//! /// Some library: it knows no runtime.
//! async fn late_sum(spawner: impl Spawn, timer: impl Timer) -> u32 {
//!     let sum = spawner.spawn_with_handle(async move {
//!         timer.sleep(Duration::from_millis(1)).await;
//!         1 + 2
//!     });
//!     sum.expect("the executor is up").await
//! }
//!
//! assert_eq!(smol::block_on(late_sum(Smol::global(), Smol::global())), 3);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod local;
mod sleep;

use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_timer::Timer;
use smol::{Executor, LocalExecutor};
use std::sync::Arc;
use std::time::Instant;

pub use local::SmolLocal;
pub use sleep::Sleep;

/// smol as `Spawn` and as `Timer`: its global executor, or one of yours.
///
/// ```
/// use futures::task::SpawnExt;
/// use motet_smol::Smol;
/// use std::sync::Arc;
///
/// let executor = Arc::new(smol::Executor::new());
/// let smol = Smol::from(executor.clone());
/// let task = smol.spawn_with_handle(async { 7 }).unwrap();
/// assert_eq!(smol::block_on(executor.run(task)), 7);       // yours to run
/// ```
#[derive(Clone, Debug, Default)]
pub struct Smol {
    executor: Option<Arc<Executor<'static>>>,
}

impl Smol {
    /// The executor behind `smol::spawn`, which has threads of its own (one, or `SMOL_THREADS`).
    #[must_use]
    pub fn global() -> Self {
        Self::default()
    }
}

impl From<Arc<Executor<'static>>> for Smol {
    fn from(executor: Arc<Executor<'static>>) -> Self {
        Self { executor: Some(executor) }
    }
}

/// The tasks are detached. Those of an executor of yours run while you run it, and are dropped with it.
impl Spawn for Smol {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let task = match &self.executor {
            None => smol::spawn(future),
            Some(executor) => executor.spawn(future),
        };
        task.detach();
        Ok(())
    }
}

/// async-io's timers. They are driven by `smol::block_on`, or by a thread of async-io's own where nobody calls that.
impl Timer for Smol {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(deadline)
    }
}
