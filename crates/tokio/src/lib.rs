//! `Spawn` and `Timer` for tokio.
//!
//! A library that takes `impl Spawn` (of futures-util) and `impl Timer` (of motet-timer) runs on tokio through these types;
//! the orphan rule forbids everybody else to write them.
//!
//! | type | for | spawns | keeps time |
//! | --- | --- | --- | --- |
//! | [`Tokio`] | a runtime | `Send` futures, on any of its threads | tokio's timers; its paused clock in tests |
//! | [`TokioLocal`] | a [`LocalSet`] | any futures, on the thread of the set | take a [`Tokio`] beside it |
//!
//! ```
//! use futures::task::{Spawn, SpawnExt};
//! use motet_timer::Timer;
//! use motet_tokio::Tokio;
//! use std::time::Duration;
//!
//! /// Some library: it knows no runtime.
//! async fn late_sum(spawner: impl Spawn, timer: impl Timer) -> u32 {
//!     let sum = spawner.spawn_with_handle(async move {
//!         timer.sleep(Duration::from_millis(1)).await;
//!         1 + 2
//!     });
//!     sum.expect("the runtime is up").await
//! }
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
//! let tokio = Tokio::from(runtime.handle().clone());
//! assert_eq!(runtime.block_on(late_sum(tokio.clone(), tokio)), 3);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod local;

use futures_util::FutureExt;
use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_timer::Timer;
use std::time::Instant;
use tokio::runtime::{Handle, TryCurrentError};
use tokio::task::{JoinHandle, LocalSet};

pub use local::TokioLocal;

/// A tokio runtime as `Spawn` and as `Timer`.
///
/// It works from any thread, inside the runtime or not, for as long as the runtime lives: what is spawned later is refused, and
/// a sleep panics when it is polled later. Timers need a runtime with `enable_time`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use motet_timer::Timer;
/// use motet_tokio::Tokio;
/// use std::time::Duration;
///
/// let tokio = Tokio::current();
/// let before = tokio.now();
/// tokio.sleep(Duration::from_millis(2)).await;
/// assert!(tokio.now() - before >= Duration::from_millis(2));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Tokio {
    handle: Handle,
}

impl Tokio {
    /// The runtime that this thread is inside of.
    ///
    /// # Panics
    ///
    /// Outside of any runtime; see [`try_current`](Self::try_current).
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        Handle::current().into()
    }

    /// The runtime that this thread is inside of, if any.
    ///
    /// ```
    /// assert!(motet_tokio::Tokio::try_current().is_err(), "no runtime here: use `Tokio::from(handle)`");
    /// ```
    ///
    /// # Errors
    ///
    /// If this thread is not inside of a runtime: take a handle from where there is one, and use `Tokio::from`.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        Handle::try_current().map(Self::from)
    }

    /// The runtime's handle.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl From<Handle> for Tokio {
    fn from(handle: Handle) -> Self {
        Self { handle }
    }
}

/// The tasks are detached. One that is given to a runtime which has shut down is refused, and dropped without having run.
impl Spawn for Tokio {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let task = self.handle.spawn(future);
        if task.is_finished() && was_cancelled(task) { Err(SpawnError::shutdown()) } else { Ok(()) }
    }
}

/// What ends a task that nobody else has a handle to: it is done, or its runtime has shut down.
#[cold]
fn was_cancelled(ended: JoinHandle<()>) -> bool {
    // Unconstrained, since the caller may have used up its share of polls, and would be told to wait.
    let ended = tokio::task::unconstrained(ended).now_or_never();
    matches!(ended, Some(Err(error)) if error.is_cancelled())
}

/// tokio's clock and timers: of a millisecond's resolution, late by one or two, and paused where tokio's clock is.
///
/// # Panics
///
/// `sleep` and `sleep_until` panic if the runtime was built without `enable_time`. A sleep, tokio's own, panics if it is polled
/// after its runtime was shut down.
impl Timer for Tokio {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        // The paused clock is the runtime's, and found only from inside.
        let _inside = self.handle.enter();
        tokio::time::Instant::now().into_std()
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> tokio::time::Sleep {
        let _inside = self.handle.enter();
        tokio::time::sleep_until(deadline.into())
    }
}
