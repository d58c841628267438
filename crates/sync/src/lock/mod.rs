//! A lock whose waiters are tasks, threads, or both.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: its states and transitions |
//! | `raw` | the word and the line: hand-over, and the calls of the unfair kind |
//! | `future` | waiting, borrowed and owned |
//! | `guard`, `mapped` | holding: the lock's value, and a part of it |

mod future;
mod guard;
mod mapped;
#[cfg(all(test, motet_loom))]
mod model;
mod raw;
mod state;

pub(crate) use future::WHAT;
pub use future::{LockFuture, LockOwnedFuture};
pub use guard::{LockGuard, OwnedLockGuard};
pub use mapped::{MappedLockGuard, OwnedMappedLockGuard};

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use motet_prim::cell::UnsafeCell;
use motet_prim::park::{block_on, block_on_until};
use raw::RawLock;
use std::sync::Arc;
use std::time::Instant;

/// A value that one task, or thread, at a time may use; `asyncio.Lock`, with the value inside.
///
/// Use it where the value is held over an await. Where it never is, a `std::sync::Mutex` does as well.
///
/// A task that panics while it holds the lock releases it: there is no poisoning.
///
/// ```
/// use motet_sync::Lock;
///
/// # motet_prim::park::block_on(async {
/// let hits = Lock::new(0);
/// *hits.lock().await += 1;
/// assert_eq!(*hits.lock().await, 1);
/// # });
/// ```
///
/// # Fairness
///
/// FIFO: a release hands the lock to the oldest waiter, and nobody gets in before it. That costs a change of task at
/// each release under contention; [`Lock::unfair`] makes a lock that does not pay it.
///
/// # Complexity
///
/// Uncontended, a lock and its release are one atomic read-modify-write each. Waiting allocates nothing; joining and
/// leaving the line, from anywhere in it, is O(1).
#[doc(alias = "Mutex")]
pub struct Lock<T: ?Sized> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: whoever has the lock has the value, on whatever thread: it moves, and is never used by two at a time.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}

// SAFETY: as above: a shared lock lends the value to one holder at a time.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    motet_prim::const_fn! {
        /// A lock around a value.
        ///
        /// ```
        /// static TABLE: motet_sync::Lock<Vec<u32>> = motet_sync::Lock::new(Vec::new());
        /// TABLE.lock_blocking().push(1);
        /// assert_eq!(TABLE.lock_blocking().len(), 1);
        /// ```
        #[must_use]
        pub const fn new(value: T) -> Self {
            Self { raw: RawLock::new(false), value: UnsafeCell::new(value) }
        }
    }

    motet_prim::const_fn! {
        /// A lock that a running task may take before a waiter that has been woken for it.
        ///
        /// For short sections under heavy contention: throughput instead of order. A waiter that has lost its turn a
        /// few times is handed the lock as on the fair kind, so nobody starves.
        ///
        /// ```
        /// let hits = motet_sync::Lock::unfair(0);
        /// *hits.lock_blocking() += 1;
        /// assert_eq!(hits.into_inner(), 1);
        /// ```
        #[must_use]
        pub const fn unfair(value: T) -> Self {
            Self { raw: RawLock::new(true), value: UnsafeCell::new(value) }
        }
    }

    /// Takes the value out of its lock.
    ///
    /// ```
    /// assert_eq!(motet_sync::Lock::new(7).into_inner(), 7);
    /// ```
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until the lock is ours; `async with lock`.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let name = motet_sync::Lock::new(String::from("alto"));
    /// name.lock().await.push('!');
    /// assert_eq!(*name.lock().await, "alto!");
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; if the lock was handed to it already, it goes to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on; see [`Lock::unfair`] for the other kind.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockFuture<'_, T> {
        LockFuture::new(self)
    }

    /// Waits until the lock is ours, with a guard that keeps the lock alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let hits = std::sync::Arc::new(motet_sync::Lock::new(0));
    /// let mut guard = hits.lock_owned().await;
    /// let thread = std::thread::spawn(move || *guard += 1);
    /// thread.join().unwrap();
    /// assert_eq!(*hits.lock().await, 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`lock`](Self::lock).
    ///
    /// # Fairness
    ///
    /// The same line as [`lock`](Self::lock).
    #[track_caller]
    pub fn lock_owned(self: &Arc<Self>) -> LockOwnedFuture<T> {
        LockOwnedFuture::new(self.clone())
    }

    /// Takes the lock if nobody holds it and, on the fair kind, nobody waits for it.
    ///
    /// ```
    /// let hits = motet_sync::Lock::new(0);
    /// let guard = hits.try_lock().expect("nobody else is here");
    /// assert!(hits.try_lock().is_none());
    /// # drop(guard);
    /// ```
    #[must_use]
    #[inline]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        self.raw.try_lock().then(|| LockGuard::of_locked(self))
    }

    /// [`try_lock`](Self::try_lock) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let hits = std::sync::Arc::new(motet_sync::Lock::new(0));
    /// let guard = hits.try_lock_owned().expect("nobody else is here");
    /// assert!(hits.try_lock_owned().is_none());
    /// # drop(guard);
    /// ```
    #[must_use]
    pub fn try_lock_owned(self: &Arc<Self>) -> Option<OwnedLockGuard<T>> {
        self.raw.try_lock().then(|| OwnedLockGuard::of_locked(self.clone()))
    }

    /// Parks this thread until the lock is ours: for threads beside the tasks. Both wait in one line.
    ///
    /// In a task use [`lock`](Self::lock): a parked worker runs nobody, perhaps not even the holder.
    ///
    /// ```
    /// let hits = motet_sync::Lock::new(0);
    /// *hits.lock_blocking() += 1;
    /// assert_eq!(*hits.lock_blocking(), 1);
    /// ```
    #[track_caller]
    pub fn lock_blocking(&self) -> LockGuard<'_, T> {
        let waiting = self.lock();
        self.try_lock().unwrap_or_else(|| block_on(waiting))
    }

    /// [`lock_blocking`](Self::lock_blocking), but not for longer than `limit`. `threading.Lock.acquire(timeout=…)`.
    ///
    /// `None` if the lock was not ours in time: then it has left the line.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let hits = motet_sync::Lock::new(0);
    /// let guard = hits.lock_blocking_for(Duration::MAX).expect("free");
    /// assert!(hits.lock_blocking_for(Duration::from_millis(1)).is_none());
    /// # drop(guard);
    /// ```
    #[doc(alias = "try_lock_for")]
    #[track_caller]
    pub fn lock_blocking_for(&self, limit: Duration) -> Option<LockGuard<'_, T>> {
        block_on_until(pin!(self.lock()), Instant::now().checked_add(limit))
    }

    /// [`lock_blocking`](Self::lock_blocking) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let hits = std::sync::Arc::new(motet_sync::Lock::new(0));
    /// *hits.lock_owned_blocking() += 1;
    /// assert_eq!(*hits.lock_blocking(), 1);
    /// ```
    #[track_caller]
    pub fn lock_owned_blocking(self: &Arc<Self>) -> OwnedLockGuard<T> {
        let waiting = self.lock_owned();
        self.try_lock_owned().unwrap_or_else(|| block_on(waiting))
    }

    /// Whether somebody holds the lock just now; `Lock.locked()`. For reports: it may have changed when you read it.
    ///
    /// ```
    /// let hits = motet_sync::Lock::new(0);
    /// let guard = hits.lock_blocking();
    /// assert!(hits.is_locked());
    /// drop(guard);
    /// assert!(!hits.is_locked());
    /// ```
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// The value, without locking: `&mut self` proves that nobody else is here.
    ///
    /// ```
    /// let mut hits = motet_sync::Lock::new(0);
    /// *hits.get_mut() += 1;
    /// assert_eq!(hits.into_inner(), 1);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: exclusive access to the lock is exclusive access to its value.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Lock");
        match self.try_lock() {
            Some(value) => fields.field("value", &&*value),
            None => fields.field("value", &format_args!("<locked>")),
        };
        fields.finish()
    }
}
