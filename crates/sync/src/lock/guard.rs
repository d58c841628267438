//! Holding a lock: the way to its value until the guard is dropped.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use std::sync::Arc;

use super::Lock;
use super::mapped::{MappedLockGuard, OwnedMappedLockGuard};
use super::raw::RawLock;

/// A lock that is ours, by whatever reference; unlocks when dropped.
pub(super) struct Held<L: Reference>(pub(super) L);

/// A reference to a lock, of any kind.
pub(super) trait Reference {
    fn raw(&self) -> &RawLock;
}

impl Reference for &RawLock {
    fn raw(&self) -> &RawLock {
        self
    }
}

impl<T: ?Sized> Reference for &Lock<T> {
    #[inline]
    fn raw(&self) -> &RawLock {
        &self.raw
    }
}

impl<T: ?Sized> Reference for Arc<Lock<T>> {
    fn raw(&self) -> &RawLock {
        &self.raw
    }
}

impl<L: Reference> Drop for Held<L> {
    #[inline]
    fn drop(&mut self) {
        self.0.raw().unlock();
    }
}

/// Holds a [`Lock`]: derefs to its value, and releases it when dropped, panics included.
///
/// ```
/// let hits = motet_sync::Lock::new(1);
/// let mut guard = hits.lock_blocking();
/// *guard += 1;
/// assert_eq!(format!("{guard}, {guard:?}"), "2, 2");
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct LockGuard<'a, T: ?Sized> {
    held: Held<&'a Lock<T>>,
    /// `Send` and `Sync` as the `&mut T` is that it stands for.
    _value: PhantomData<&'a mut T>,
}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    /// For whoever has just locked it.
    #[inline]
    pub(super) fn of_locked(lock: &'a Lock<T>) -> Self {
        Self { held: Held(lock), _value: PhantomData }
    }

    /// The lock that it holds.
    pub(crate) fn lock_of(this: &Self) -> &'a Lock<T> {
        this.held.0
    }

    /// Goes on with a part of the value; the whole stays locked. An associated function, for the value may have a `map`.
    ///
    /// ```
    /// use motet_sync::{Lock, LockGuard};
    ///
    /// let pair = Lock::new((1, 2));
    /// let mut second = LockGuard::map(pair.lock_blocking(), |pair| &mut pair.1);
    /// *second += 1;
    /// assert!(pair.is_locked());
    /// drop(second);
    /// assert_eq!(pair.into_inner(), (1, 3));
    /// ```
    pub fn map<U: ?Sized>(mut this: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedLockGuard<'a, U> {
        let part = NonNull::from(part(&mut this));
        MappedLockGuard::of_part(this.into_raw(), part)
    }

    /// Goes on with a part of the value if there is one, and with the whole if not.
    ///
    /// ```
    /// use motet_sync::{Lock, LockGuard};
    ///
    /// let list = Lock::new(vec![1]);
    /// let first = LockGuard::try_map(list.lock_blocking(), |list| list.first_mut());
    /// assert_eq!(*first.expect("not empty"), 1);
    /// assert!(LockGuard::try_map(list.lock_blocking(), |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedLockGuard<'a, U>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(MappedLockGuard::of_part(this.into_raw(), part)),
            None => Err(this),
        }
    }

    /// The same hold, on the lock without its value.
    fn into_raw(self) -> Held<&'a RawLock> {
        let raw = &self.held.0.raw;
        core::mem::forget(self);
        Held(raw)
    }
}

/// Holds a [`Lock`] and keeps it alive; made by [`Lock::lock_owned`].
///
/// It may outlive every other reference to the lock, and move into another task.
///
/// ```
/// let guard = std::sync::Arc::new(motet_sync::Lock::new(7)).try_lock_owned().expect("new, so free");
/// assert_eq!(*guard, 7);
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct OwnedLockGuard<T: ?Sized> {
    held: Held<Arc<Lock<T>>>,
    /// `Send` and `Sync` as the value is that it stands for.
    _value: PhantomData<T>,
}

impl<T: ?Sized> OwnedLockGuard<T> {
    /// For whoever has just locked it.
    #[inline]
    pub(super) fn of_locked(lock: Arc<Lock<T>>) -> Self {
        Self { held: Held(lock), _value: PhantomData }
    }

    /// The lock that it holds.
    pub(crate) fn lock_of(this: &Self) -> &Arc<Lock<T>> {
        &this.held.0
    }

    /// Goes on with a part of the value; the whole stays locked.
    ///
    /// ```
    /// use motet_sync::{Lock, OwnedLockGuard};
    ///
    /// let pair = std::sync::Arc::new(Lock::new((1, 2)));
    /// let guard = pair.try_lock_owned().expect("nobody else is here");
    /// *OwnedLockGuard::map(guard, |pair| &mut pair.1) += 1;
    /// assert_eq!(*pair.lock_blocking(), (1, 3));
    /// ```
    pub fn map<U: ?Sized>(mut this: Self, part: impl FnOnce(&mut T) -> &mut U) -> OwnedMappedLockGuard<T, U> {
        let part = NonNull::from(part(&mut this));
        OwnedMappedLockGuard::of_part(this.held, part)
    }

    /// Goes on with a part of the value if there is one, and with the whole if not.
    ///
    /// ```
    /// use motet_sync::{Lock, OwnedLockGuard};
    ///
    /// let list = std::sync::Arc::new(Lock::new(vec![1]));
    /// let guard = list.try_lock_owned().expect("nobody else is here");
    /// assert!(OwnedLockGuard::try_map(guard, |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<OwnedMappedLockGuard<T, U>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedLockGuard::of_part(this.held, part)),
            None => Err(this),
        }
    }
}

macro_rules! guard_of_the_value {
    ($($guard:ty),+) => {$(
        impl<T: ?Sized> Deref for $guard {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the lock is ours as long as the guard lives, and `&mut` goes through `&mut` of the guard.
                self.held.0.value.with(|value| unsafe { &*value })
            }
        }

        impl<T: ?Sized> DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: the lock is ours as long as the guard lives, and the guard is borrowed exclusively.
                self.held.0.value.with_mut(|value| unsafe { &mut *value })
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    )+};
}

guard_of_the_value!(LockGuard<'_, T>, OwnedLockGuard<T>);
