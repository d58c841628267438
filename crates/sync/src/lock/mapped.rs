//! Holding a lock for the sake of a part of its value.
//!
//! A mapped guard points to the part. The pointer stays good while the lock is held, for nobody else comes to the value,
//! and the lock stays where it is: it is borrowed, or in an `Arc`.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use std::sync::Arc;

use super::Lock;
use super::guard::Held;
use super::raw::RawLock;

/// Holds a [`Lock`] and gives a part of its value; made by [`LockGuard::map`](super::LockGuard::map).
///
/// ```
/// use motet_sync::{Lock, LockGuard};
///
/// let line = Lock::new(vec!['a', 'b']);
/// let first = LockGuard::map(line.lock_blocking(), |line| &mut line[0]);
/// assert_eq!(*first, 'a');
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct MappedLockGuard<'a, U: ?Sized> {
    held: Held<&'a RawLock>,
    part: NonNull<U>,
    _part: PhantomData<&'a mut U>,
}

// SAFETY: the guard stands for a `&mut U`; the lock may be released on any thread.
unsafe impl<U: ?Sized + Send> Send for MappedLockGuard<'_, U> {}

// SAFETY: a shared guard gives out `&U` only.
unsafe impl<U: ?Sized + Sync> Sync for MappedLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedLockGuard<'a, U> {
    /// `part` belongs to the value of the lock that is held.
    pub(super) fn of_part(held: Held<&'a RawLock>, part: NonNull<U>) -> Self {
        Self { held, part, _part: PhantomData }
    }

    /// Goes on with a part of the part.
    ///
    /// ```
    /// use motet_sync::{Lock, LockGuard, MappedLockGuard};
    ///
    /// let nested = Lock::new(((1, 2), 3));
    /// let pair = LockGuard::map(nested.lock_blocking(), |all| &mut all.0);
    /// assert_eq!(*MappedLockGuard::map(pair, |pair| &mut pair.1), 2);
    /// ```
    pub fn map<V: ?Sized>(mut this: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedLockGuard<'a, V> {
        let part = NonNull::from(part(&mut this));
        MappedLockGuard::of_part(this.held, part)
    }

    /// Goes on with a part of the part if there is one, and with what it has if not.
    ///
    /// ```
    /// use motet_sync::{Lock, LockGuard, MappedLockGuard};
    ///
    /// let lists = Lock::new((vec![1], 2));
    /// let list = LockGuard::map(lists.lock_blocking(), |lists| &mut lists.0);
    /// assert!(MappedLockGuard::try_map(list, |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<V: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<MappedLockGuard<'a, V>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(MappedLockGuard::of_part(this.held, part)),
            None => Err(this),
        }
    }
}

/// Holds a [`Lock`], keeps it alive, and gives a part of its value; made by
/// [`OwnedLockGuard::map`](super::OwnedLockGuard::map).
///
/// ```
/// use motet_sync::{Lock, OwnedLockGuard};
///
/// let line = std::sync::Arc::new(Lock::new(vec!['a', 'b']));
/// let first = OwnedLockGuard::map(line.try_lock_owned().expect("free"), |line| &mut line[0]);
/// assert_eq!(*first, 'a');
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct OwnedMappedLockGuard<T: ?Sized, U: ?Sized = T> {
    held: Held<Arc<Lock<T>>>,
    part: NonNull<U>,
    _part: PhantomData<(*const T, *mut U)>,
}

// SAFETY: the guard stands for a `&mut U` and for the lock, which may be released, and dropped with its value, on any
// thread if the value may go there.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedLockGuard<T, U> {}

// SAFETY: a shared guard gives out `&U` only.
unsafe impl<T: ?Sized + Send, U: ?Sized + Sync> Sync for OwnedMappedLockGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedMappedLockGuard<T, U> {
    /// `part` belongs to the value of the lock that is held.
    pub(super) fn of_part(held: Held<Arc<Lock<T>>>, part: NonNull<U>) -> Self {
        Self { held, part, _part: PhantomData }
    }

    /// Goes on with a part of the part.
    ///
    /// ```
    /// use motet_sync::{Lock, OwnedLockGuard, OwnedMappedLockGuard};
    ///
    /// let nested = std::sync::Arc::new(Lock::new(((1, 2), 3)));
    /// let pair = OwnedLockGuard::map(nested.try_lock_owned().expect("free"), |all| &mut all.0);
    /// assert_eq!(*OwnedMappedLockGuard::map(pair, |pair| &mut pair.1), 2);
    /// ```
    pub fn map<V: ?Sized>(mut this: Self, part: impl FnOnce(&mut U) -> &mut V) -> OwnedMappedLockGuard<T, V> {
        let part = NonNull::from(part(&mut this));
        OwnedMappedLockGuard::of_part(this.held, part)
    }

    /// Goes on with a part of the part if there is one, and with what it has if not.
    ///
    /// ```
    /// use motet_sync::{Lock, OwnedLockGuard, OwnedMappedLockGuard};
    ///
    /// let lists = std::sync::Arc::new(Lock::new((vec![1], 2)));
    /// let list = OwnedLockGuard::map(lists.try_lock_owned().expect("free"), |lists| &mut lists.0);
    /// assert!(OwnedMappedLockGuard::try_map(list, |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<V: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<OwnedMappedLockGuard<T, V>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedLockGuard::of_part(this.held, part)),
            None => Err(this),
        }
    }
}

macro_rules! guard_of_a_part {
    ($([$($generics:tt)*] $guard:ty),+) => {$(
        impl<$($generics)*> Deref for $guard {
            type Target = U;

            fn deref(&self) -> &U {
                // SAFETY: the part is ours as long as the guard lives; see the head of this file.
                unsafe { self.part.as_ref() }
            }
        }

        impl<$($generics)*> DerefMut for $guard {
            fn deref_mut(&mut self) -> &mut U {
                // SAFETY: as above, and the guard is borrowed exclusively.
                unsafe { self.part.as_mut() }
            }
        }

        impl<$($generics)*> fmt::Debug for $guard where U: fmt::Debug {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> fmt::Display for $guard where U: fmt::Display {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    )+};
}

guard_of_a_part!([U: ?Sized] MappedLockGuard<'_, U>, [T: ?Sized, U: ?Sized] OwnedMappedLockGuard<T, U>);
