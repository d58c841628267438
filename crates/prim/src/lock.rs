//! Locks for threads: parking_lot's, or loom's in the same shape under `cfg(motet_loom)`.
//!
//! `lock()` gives the guard itself; a panic poisons nothing. A guard of these is never held across an await and never
//! while a waker is called, cloned or dropped: a waker is foreign code, which may come back for the same lock.
//!
//! ```
//! use motet_prim::lock::{Condvar, Mutex};
//! use std::sync::Arc;
//!
//! let pair = Arc::new((Mutex::new(false), Condvar::new()));
//! let (lock, changed) = &*pair;
//! let other = pair.clone();
//! let thread = std::thread::spawn(move || {
//!     *other.0.lock() = true;
//!     other.1.notify_one();
//! });
//! let mut ready = lock.lock();
//! while !*ready {
//!     changed.wait(&mut ready);
//! }
//! # drop(ready);
//! # thread.join().unwrap();
//! ```
//!
//! [`AdaptiveMutex`] is for sections of some ten nanoseconds on the hottest paths: half the atomic exchanges, no condition variable, and
//! whoever waits spins for a few microseconds first, five at most.

#[cfg(not(motet_loom))]
pub use crate::adaptive::{AdaptiveGuard, AdaptiveMutex};

/// A model takes a mutex for a mutex; that the adaptive one is, is what its own models show.
#[cfg(motet_loom)]
pub use modelled::{Mutex as AdaptiveMutex, MutexGuard as AdaptiveGuard};

#[cfg(not(motet_loom))]
pub use parking_lot::{Condvar, Mutex, MutexGuard, WaitTimeoutResult};

/// Unlocks, runs `f`, and locks again, also if `f` panics.
///
/// ```
/// use motet_prim::lock::{self, Mutex};
///
/// let lock = Mutex::new(1);
/// let mut guard = lock.lock();
/// lock::unlocked(&mut guard, || *lock.lock() += 1);
/// assert_eq!(*guard, 2);
/// ```
#[cfg(not(motet_loom))]
pub fn unlocked<T: ?Sized, R>(guard: &mut MutexGuard<'_, T>, f: impl FnOnce() -> R) -> R {
    MutexGuard::unlocked(guard, f)
}

#[cfg(motet_loom)]
pub use modelled::unlocked;

#[cfg(motet_loom)]
pub use modelled::{Condvar, Mutex, MutexGuard, WaitTimeoutResult};

#[cfg(motet_loom)]
mod modelled {
    use core::fmt;
    use core::ops::{Deref, DerefMut};
    use std::time::{Duration, Instant};

    const HELD: &str = "the guard is empty only while its thread waits in `Condvar::wait`";

    /// loom's mutex in parking_lot's shape.
    #[derive(Default)]
    pub struct Mutex<T: ?Sized>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        /// Puts a value under a lock.
        pub fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        /// Takes the value out.
        pub fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(|e| e.into_inner())
        }
    }

    impl<T: ?Sized> Mutex<T> {
        /// Waits for the lock.
        #[track_caller]
        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard { lock: self, held: Some(self.0.lock().unwrap_or_else(|e| e.into_inner())) }
        }

        /// Takes the lock if it is free.
        #[track_caller]
        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok().map(|held| MutexGuard { lock: self, held: Some(held) })
        }

        /// The value, without locking: `&mut self` proves that nobody else is here.
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(|e| e.into_inner())
        }
    }

    impl<T: ?Sized> fmt::Debug for Mutex<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.pad("Mutex")
        }
    }

    /// Gives the lock back when dropped.
    pub struct MutexGuard<'a, T: ?Sized> {
        lock: &'a Mutex<T>,
        held: Option<loom::sync::MutexGuard<'a, T>>,
    }

    /// Unlocks, runs `f`, and locks again.
    pub fn unlocked<T: ?Sized, R>(guard: &mut MutexGuard<'_, T>, f: impl FnOnce() -> R) -> R {
        guard.held = None;
        let result = f();
        guard.held = guard.lock.lock().held.take();
        result
    }

    impl<T: ?Sized> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.held.as_deref().expect(HELD)
        }
    }

    impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.held.as_deref_mut().expect(HELD)
        }
    }

    impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (**self).fmt(f)
        }
    }

    /// loom's condition variable in parking_lot's shape. In a model a timed wait never times out: time does not pass
    /// there, and a wait that only its limit would end is a lost wakeup that the model should find.
    #[derive(Debug, Default)]
    pub struct Condvar(loom::sync::Condvar);

    impl Condvar {
        /// A condition that nobody waits for.
        pub fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        /// Waits for a notification.
        #[track_caller]
        pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let held = guard.held.take().expect(HELD);
            guard.held = Some(self.0.wait(held).unwrap_or_else(|e| e.into_inner()));
        }

        /// Waits for a notification, whatever the limit.
        #[track_caller]
        pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _limit: Duration) -> WaitTimeoutResult {
            self.wait(guard);
            WaitTimeoutResult(())
        }

        /// Waits for a notification, whatever the deadline.
        #[track_caller]
        pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) -> WaitTimeoutResult {
            self.wait(guard);
            WaitTimeoutResult(())
        }

        /// Wakes one waiting thread.
        #[track_caller]
        pub fn notify_one(&self) -> bool {
            self.0.notify_one();
            true
        }

        /// Wakes all waiting threads.
        #[track_caller]
        pub fn notify_all(&self) -> usize {
            self.0.notify_all();
            0
        }
    }

    /// Whether a timed wait ended by its limit; in a model it never does.
    #[derive(Clone, Copy, Debug)]
    pub struct WaitTimeoutResult(());

    impl WaitTimeoutResult {
        /// Always false in a model.
        pub fn timed_out(self) -> bool {
            false
        }
    }
}
