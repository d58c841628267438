//! A value that is made once, by whoever needs it first.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | whose turn it is to initialise |
//! | `future` | initialising, and waiting for it |
//! | `error` | a value that came too late |

#![forbid(unsafe_code)]

mod error;
mod future;
#[cfg(all(test, motet_loom))]
mod model;
mod state;

pub use error::SetError;
pub use future::{GetOrInit, GetOrTryInit, OnceWait, OnceWaitOwned};

use crate::line::{Line, Look, Place};
use core::fmt;
use core::future::{Future, ready};
use core::time::Duration;
use motet_prim::park::block_on;
use state::{Begin, State};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A value that is written once, by an initialiser that may await, and read for ever after.
///
/// Use it for what is made on first use: a connection, a configuration that is fetched. `std::sync::OnceLock` is for values
/// that are made without awaiting.
///
/// ```
/// use motet_sync::OnceCell;
///
/// static GREETING: OnceCell<String> = OnceCell::new();
///
/// # motet_prim::park::block_on(async {
/// let first = GREETING.get_or_init(async || "Ave".to_owned()).await;
/// let again = GREETING.get_or_init(async || unreachable!("it is there")).await;
/// assert_eq!((first.as_str(), again.as_str()), ("Ave", "Ave"));
/// # });
/// ```
///
/// # Fairness
///
/// One initialiser runs at a time. If it fails, is dropped or panics, the oldest of those who wait with an initialiser of
/// their own is woken to run it; one that comes just then may be faster.
///
/// # Complexity
///
/// Once it is set, reading is one atomic load. A wait that has to wait allocates.
pub struct OnceCell<T> {
    state: State,
    value: OnceLock<T>,
    /// Those who would initialise it: one is called when an initialiser gives up.
    candidates: Line,
    /// Those who only wait for it.
    readers: Line,
}

impl<T> OnceCell<T> {
    motet_prim::const_fn! {
        /// A cell without a value.
        ///
        /// ```
        /// assert_eq!(motet_sync::OnceCell::<u8>::new().get(), None);
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            Self { state: State::empty(), value: OnceLock::new(), candidates: Line::new(), readers: Line::new() }
        }
    }

    /// The value, if it is there.
    ///
    /// ```
    /// let cell = motet_sync::OnceCell::from(7);
    /// assert_eq!(cell.get(), Some(&7));
    /// ```
    #[must_use]
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The value, to be changed in place: `&mut self` proves that nobody else is here.
    ///
    /// ```
    /// let mut cell = motet_sync::OnceCell::from(7);
    /// *cell.get_mut().expect("it has a value") += 1;
    /// assert_eq!(cell.into_inner(), Some(8));
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// Takes the value out, and leaves the cell empty.
    ///
    /// ```
    /// let mut cell = motet_sync::OnceCell::from(7);
    /// assert_eq!((cell.take(), cell.take()), (Some(7), None));
    /// assert!(cell.set(8).is_ok());
    /// ```
    pub fn take(&mut self) -> Option<T> {
        self.state.reset();
        self.value.take()
    }

    /// The value, without its cell.
    ///
    /// ```
    /// assert_eq!(motet_sync::OnceCell::from(7).into_inner(), Some(7));
    /// ```
    #[must_use]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Gives it its value, unless it has one, or is about to.
    ///
    /// ```
    /// use motet_sync::{OnceCell, SetError};
    ///
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.set(1), Ok(()));
    /// assert_eq!(cell.set(2), Err(SetError::AlreadySet(2)));
    /// ```
    ///
    /// # Errors
    ///
    /// The value comes back if there is one already, or if an initialiser is running.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.state.begin() {
            Begin::Begun => {
                Turn(self).finish(value);
                Ok(())
            }
            Begin::Busy => Err(SetError::Initializing(value)),
            Begin::Set => Err(SetError::AlreadySet(value)),
        }
    }

    /// The value; made by `init` if it is not there.
    ///
    /// If another's initialiser is running, waits for its end; if that ends without a value, runs its own.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let cell = motet_sync::OnceCell::new();
    /// assert_eq!(*cell.get_or_init(async || 6 * 7).await, 42);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, nothing happened. Dropped while its own initialiser runs, that is dropped too, and the next
    /// one who waits runs its own.
    ///
    /// # Fairness
    ///
    /// The oldest who waits is called next; one that comes just then may be faster.
    pub fn get_or_init<F, Fut>(&self, init: F) -> GetOrInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        GetOrInit::new(self, init)
    }

    /// The value; made by `init` if it is not there, which may fail.
    ///
    /// A failure is returned to whoever ran it; the next one who waits runs its own.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let cell = motet_sync::OnceCell::new();
    /// assert_eq!(cell.get_or_try_init(async || Err("down")).await, Err("down"));
    /// assert_eq!(cell.get_or_try_init(async || Ok::<_, &str>(42)).await, Ok(&42));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As [`get_or_init`](Self::get_or_init).
    ///
    /// # Fairness
    ///
    /// As [`get_or_init`](Self::get_or_init).
    pub fn get_or_try_init<E, F, Fut>(&self, init: F) -> GetOrTryInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        GetOrTryInit::new(self, init)
    }

    /// The value; made by `init` on this thread if it is not there. Parks the thread while another's initialiser runs.
    ///
    /// For threads beside the tasks: whoever needs the value first makes it, be it a task or a thread, and both wait in one line.
    ///
    /// ```
    /// static TABLE: motet_sync::OnceCell<Vec<u32>> = motet_sync::OnceCell::new();
    /// assert_eq!(TABLE.get_or_init_blocking(|| vec![1, 2, 3]).len(), 3);
    /// ```
    pub fn get_or_init_blocking(&self, init: impl FnOnce() -> T) -> &T {
        self.get().unwrap_or_else(|| block_on(self.get_or_init(|| ready(init()))))
    }

    /// [`get_or_init_blocking`](Self::get_or_init_blocking) with an `init` that may fail.
    ///
    /// ```
    /// let port = motet_sync::OnceCell::new();
    /// assert!(port.get_or_try_init_blocking(|| "eighty".parse::<u16>()).is_err());
    /// assert_eq!(port.get_or_try_init_blocking(|| "80".parse::<u16>()), Ok(&80));
    /// ```
    ///
    /// # Errors
    ///
    /// That of `init`; the next one who waits runs its own.
    pub fn get_or_try_init_blocking<E>(&self, init: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        self.get().map_or_else(|| block_on(self.get_or_try_init(|| ready(init()))), Ok)
    }

    /// Waits until somebody has given it a value.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let cell = motet_sync::OnceCell::from(7);
    /// assert_eq!(*cell.wait().await, 7);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// All who wait are released at once, the oldest is woken first.
    pub fn wait(&self) -> OnceWait<'_, T> {
        OnceWait::new(self)
    }

    /// [`wait`](Self::wait) that keeps the cell alive, and gives it back with its value in it: for a future that is held on to, in a
    /// service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let cell = std::sync::Arc::new(motet_sync::OnceCell::from(7));
    /// assert_eq!(cell.wait_owned().await.get(), Some(&7));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// The same line as [`wait`](Self::wait).
    pub fn wait_owned(self: &Arc<Self>) -> OnceWaitOwned<T> {
        OnceWaitOwned::new(self.clone())
    }

    /// Parks this thread until somebody has given it a value: for threads beside the tasks.
    ///
    /// ```
    /// static CELL: motet_sync::OnceCell<u8> = motet_sync::OnceCell::new();
    /// let thread = std::thread::spawn(|| *CELL.wait_blocking());
    /// assert!(CELL.set(7).is_ok());
    /// assert_eq!(thread.join().unwrap(), 7);
    /// ```
    pub fn wait_blocking(&self) -> &T {
        Place::block(|| self.look_for_value())
    }

    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`: the value, if it was there in time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let cell = motet_sync::OnceCell::new();
    /// assert_eq!(cell.wait_blocking_for(Duration::from_millis(1)), None);
    /// assert!(cell.set(7).is_ok());
    /// assert_eq!(cell.wait_blocking_for(Duration::MAX), Some(&7));
    /// ```
    #[doc(alias = "wait_timeout")]
    pub fn wait_blocking_for(&self, limit: Duration) -> Option<&T> {
        Place::block_until(Instant::now().checked_add(limit), || self.look_for_value())
    }

    fn look_for_value(&self) -> Look<&Line, &T> {
        match self.get() {
            Some(value) => Look::Ready(value),
            None => Look::Wait(&self.readers),
        }
    }

    /// By a candidate: the value, or the turn to make it.
    fn look_for_turn(&self) -> Look<&Line, Result<&T, Turn<'_, T>>> {
        if let Some(value) = self.get() {
            return Look::Ready(Ok(value));
        }
        match self.state.begin() {
            Begin::Begun => Look::Ready(Err(Turn(self))),
            // Set between the two looks, it is there at the next.
            Begin::Set => self.get().map_or(Look::Wait(&self.candidates), |value| Look::Ready(Ok(value))),
            Begin::Busy => Look::Wait(&self.candidates),
        }
    }
}

/// The turn to initialise; dropped without a value, it goes to the next.
struct Turn<'a, T>(&'a OnceCell<T>);

impl<'a, T> Turn<'a, T> {
    fn finish(self, value: T) -> &'a T {
        let cell = self.0;
        core::mem::forget(self);
        let value = cell.value.get_or_init(|| value);
        cell.state.finish();
        cell.candidates.notify_all();
        cell.readers.notify_all();
        value
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.0.state.give_up();
        self.0.candidates.notify_one();
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        Self { state: State::set(), value: OnceLock::from(value), ..Self::new() }
    }
}

/// A cell of its own, with a clone of the value, if there is one by now.
impl<T: Clone> Clone for OnceCell<T> {
    fn clone(&self) -> Self {
        self.get().map_or_else(Self::new, |value| Self::from(value.clone()))
    }
}

/// By what is there by now: the value, or none.
impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => f.debug_tuple("OnceCell").field(value).finish(),
            None => f.write_str("OnceCell(<unset>)"),
        }
    }
}
