//! Holding a read-write lock for the sake of a part of its value.
//!
//! A mapped guard points to the part. The pointer stays good while the lock is held: nobody writes meanwhile, nobody but a writer's own
//! guard; and the lock stays where it is: it is borrowed, or in an `Arc`.
//!
//! A mapped writer cannot become a reader: its part may have been reached in a way that is a writer's alone (`Cell::get_mut`), and a
//! second reader would reach it in another.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::guard::RwLockGuard;
use super::kind::{Borrowed, Kind, Lease, Owned, Read, Reference, Write};

/// Holds a [`RwLock`](super::RwLock) and gives a part of its value; made by `map` of a reader's or a writer's guard.
///
/// You name it by its aliases: [`MappedReadGuard`], [`MappedWriteGuard`], and the same with `Owned` before it.
///
/// ```
/// use motet_sync::{ReadGuard, RwLock};
///
/// let line = RwLock::new(vec!['a', 'b']);
/// let first = ReadGuard::map(line.read_blocking(), |line| &line[0]);
/// assert_eq!(format!("{first}, {first:?}"), "a, 'a'");
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct MappedRwLockGuard<L: Lease, K: Kind, U: ?Sized> {
    held: Held<L, K>,
    part: NonNull<U>,
    _part: PhantomData<*mut U>,
}

/// Reads a part of the value of a [`RwLock`](super::RwLock); made by [`ReadGuard::map`](RwLockGuard::map).
pub type MappedReadGuard<'a, U> = MappedRwLockGuard<Borrowed<'a>, Read, U>;
/// Reads and writes a part of the value of a [`RwLock`](super::RwLock); made by [`WriteGuard::map`](RwLockGuard::map).
pub type MappedWriteGuard<'a, U> = MappedRwLockGuard<Borrowed<'a>, Write, U>;
/// A [`MappedReadGuard`] that keeps the lock alive.
pub type OwnedMappedReadGuard<T, U = T> = MappedRwLockGuard<Owned<T>, Read, U>;
/// A [`MappedWriteGuard`] that keeps the lock alive.
pub type OwnedMappedWriteGuard<T, U = T> = MappedRwLockGuard<Owned<T>, Write, U>;

/// A hold; released when dropped.
struct Held<L: Lease, K: Kind> {
    lock: L,
    _kind: PhantomData<fn() -> K>,
}

impl<L: Lease, K: Kind> Drop for Held<L, K> {
    fn drop(&mut self) {
        self.lock.release(K::HOLD);
    }
}

// SAFETY: a reader's guard stands for a `&U`; the lock may be released on any thread where `L` may go.
unsafe impl<L: Lease + Send, U: ?Sized + Sync> Send for MappedRwLockGuard<L, Read, U> {}

// SAFETY: a writer's guard stands for a `&mut U`; the lock as above.
unsafe impl<L: Lease + Send, U: ?Sized + Send> Send for MappedRwLockGuard<L, Write, U> {}

// SAFETY: a shared guard gives out `&U` only.
unsafe impl<L: Lease + Sync, K: Kind, U: ?Sized + Sync> Sync for MappedRwLockGuard<L, K, U> {}

impl<L: Lease, K: Kind, U: ?Sized> MappedRwLockGuard<L, K, U> {
    /// `part` belongs to the value of the lock, on which `lock` has the hold.
    fn of_part(lock: L, part: NonNull<U>) -> Self {
        Self { held: Held { lock, _kind: PhantomData }, part, _part: PhantomData }
    }

    /// The same hold, for a part of the part.
    fn narrowed<V: ?Sized>(self, part: NonNull<V>) -> MappedRwLockGuard<L, K, V> {
        MappedRwLockGuard { held: self.held, part, _part: PhantomData }
    }
}

impl<L: Reference> RwLockGuard<L, Read> {
    /// Goes on with a part of the value; the whole stays locked. An associated function, for the value may have a `map`.
    ///
    /// ```
    /// use motet_sync::{ReadGuard, RwLock};
    ///
    /// let pair = RwLock::new((1, 2));
    /// let second = ReadGuard::map(pair.read_blocking(), |pair| &pair.1);
    /// assert!(*second == 2 && pair.try_write().is_none());
    /// ```
    pub fn map<U: ?Sized>(this: Self, part: impl FnOnce(&L::Value) -> &U) -> MappedRwLockGuard<L::Lease, Read, U> {
        let part = NonNull::from(part(&this));
        MappedRwLockGuard::of_part(this.into_lock().into_lease(), part)
    }

    /// Goes on with a part of the value if there is one, and with the whole if not.
    ///
    /// ```
    /// use motet_sync::{ReadGuard, RwLock};
    ///
    /// let list = RwLock::new(vec![1]);
    /// assert_eq!(*ReadGuard::try_map(list.read_blocking(), |list| list.first()).expect("not empty"), 1);
    /// assert!(ReadGuard::try_map(list.read_blocking(), |list| list.get(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<U: ?Sized>(
        this: Self,
        part: impl FnOnce(&L::Value) -> Option<&U>,
    ) -> Result<MappedRwLockGuard<L::Lease, Read, U>, Self> {
        match part(&this).map(NonNull::from) {
            Some(part) => Ok(MappedRwLockGuard::of_part(this.into_lock().into_lease(), part)),
            None => Err(this),
        }
    }
}

impl<L: Reference> RwLockGuard<L, Write> {
    /// Goes on with a part of the value; the whole stays locked. An associated function, for the value may have a `map`.
    ///
    /// ```
    /// use motet_sync::{RwLock, WriteGuard};
    ///
    /// let pair = RwLock::new((1, 2));
    /// *WriteGuard::map(pair.write_blocking(), |pair| &mut pair.1) += 1;
    /// assert_eq!(pair.into_inner(), (1, 3));
    /// ```
    pub fn map<U: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut L::Value) -> &mut U,
    ) -> MappedRwLockGuard<L::Lease, Write, U> {
        let part = NonNull::from(part(&mut this));
        MappedRwLockGuard::of_part(this.into_lock().into_lease(), part)
    }

    /// Goes on with a part of the value if there is one, and with the whole if not.
    ///
    /// ```
    /// use motet_sync::{RwLock, WriteGuard};
    ///
    /// let list = RwLock::new(vec![1]);
    /// assert!(WriteGuard::try_map(list.write_blocking(), |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut L::Value) -> Option<&mut U>,
    ) -> Result<MappedRwLockGuard<L::Lease, Write, U>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(MappedRwLockGuard::of_part(this.into_lock().into_lease(), part)),
            None => Err(this),
        }
    }
}

impl<L: Lease, U: ?Sized> MappedRwLockGuard<L, Read, U> {
    /// Goes on with a part of the part.
    ///
    /// ```
    /// use motet_sync::{MappedReadGuard, ReadGuard, RwLock};
    ///
    /// let nested = RwLock::new(((1, 2), 3));
    /// let pair = ReadGuard::map(nested.read_blocking(), |all| &all.0);
    /// assert_eq!(*MappedReadGuard::map(pair, |pair| &pair.1), 2);
    /// ```
    pub fn map<V: ?Sized>(this: Self, part: impl FnOnce(&U) -> &V) -> MappedRwLockGuard<L, Read, V> {
        let part = NonNull::from(part(&this));
        this.narrowed(part)
    }

    /// Goes on with a part of the part if there is one, and with what it has if not.
    ///
    /// ```
    /// use motet_sync::{MappedReadGuard, ReadGuard, RwLock};
    ///
    /// let lists = RwLock::new((vec![1], 2));
    /// let list = ReadGuard::map(lists.read_blocking(), |lists| &lists.0);
    /// assert!(MappedReadGuard::try_map(list, |list| list.get(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<V: ?Sized>(
        this: Self,
        part: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<MappedRwLockGuard<L, Read, V>, Self> {
        match part(&this).map(NonNull::from) {
            Some(part) => Ok(this.narrowed(part)),
            None => Err(this),
        }
    }
}

impl<L: Lease, U: ?Sized> MappedRwLockGuard<L, Write, U> {
    /// Goes on with a part of the part.
    ///
    /// ```
    /// use motet_sync::{MappedWriteGuard, RwLock, WriteGuard};
    ///
    /// let nested = RwLock::new(((1, 2), 3));
    /// let pair = WriteGuard::map(nested.write_blocking(), |all| &mut all.0);
    /// *MappedWriteGuard::map(pair, |pair| &mut pair.1) += 1;
    /// assert_eq!(nested.into_inner(), ((1, 3), 3));
    /// ```
    pub fn map<V: ?Sized>(mut this: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedRwLockGuard<L, Write, V> {
        let part = NonNull::from(part(&mut this));
        this.narrowed(part)
    }

    /// Goes on with a part of the part if there is one, and with what it has if not.
    ///
    /// ```
    /// use motet_sync::{MappedWriteGuard, RwLock, WriteGuard};
    ///
    /// let lists = RwLock::new((vec![1], 2));
    /// let list = WriteGuard::map(lists.write_blocking(), |lists| &mut lists.0);
    /// assert!(MappedWriteGuard::try_map(list, |list| list.get_mut(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if there is no such part.
    pub fn try_map<V: ?Sized>(
        mut this: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<MappedRwLockGuard<L, Write, V>, Self> {
        match part(&mut this).map(NonNull::from) {
            Some(part) => Ok(this.narrowed(part)),
            None => Err(this),
        }
    }
}

impl<L: Lease, K: Kind, U: ?Sized> Deref for MappedRwLockGuard<L, K, U> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: nobody else writes as long as the guard lives; see the head of this file.
        unsafe { self.part.as_ref() }
    }
}

impl<L: Lease, U: ?Sized> DerefMut for MappedRwLockGuard<L, Write, U> {
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: a writer is alone as long as its guard lives, and that is borrowed exclusively.
        unsafe { self.part.as_mut() }
    }
}

impl<L: Lease, K: Kind, U: ?Sized + fmt::Debug> fmt::Debug for MappedRwLockGuard<L, K, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L: Lease, K: Kind, U: ?Sized + fmt::Display> fmt::Display for MappedRwLockGuard<L, K, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
