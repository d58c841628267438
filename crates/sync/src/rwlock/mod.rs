//! Many readers, or one writer.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: its holds and their transitions |
//! | `raw` | the word and the line: who is served |
//! | `future` | waiting, in each kind and by each reference; upgrading |
//! | `owned` | the ways to take it through an `Arc` |
//! | `timed` | threads that upgrade, or have only so long |
//! | `guard`, `mapped` | holding, downgrading: the lock's value, and a part of it |
//! | `kind` | the kinds, and the references, as types |

mod future;
mod guard;
mod kind;
mod mapped;
#[cfg(all(test, motet_loom))]
mod model;
mod owned;
mod raw;
mod state;
mod timed;

pub use future::{
    ReadFuture, ReadOwnedFuture, RwLockFuture, RwLockUpgrade, UpgradableReadFuture, UpgradableReadOwnedFuture,
    WriteFuture, WriteOwnedFuture,
};
pub use guard::{
    OwnedReadGuard, OwnedUpgradableReadGuard, OwnedWriteGuard, ReadGuard, RwLockGuard, UpgradableReadGuard, WriteGuard,
};
pub use kind::{Borrowed, Kind, Lease, Owned, Read, Reference, Upgradable, Write};
pub use mapped::{MappedReadGuard, MappedRwLockGuard, MappedWriteGuard, OwnedMappedReadGuard, OwnedMappedWriteGuard};

use core::fmt;
use motet_prim::cell::UnsafeCell;
use motet_prim::park::block_on;
use raw::RawRwLock;
use state::Hold;

/// A value that many may read at a time, or one may write.
///
/// Use it where reads are many and long (held over an await); for short ones a [`Lock`](crate::Lock) is as fast. asyncio has
/// none.
///
/// A task that panics while it holds the lock releases it: there is no poisoning.
///
/// ```
/// use motet_sync::RwLock;
///
/// static TABLE: RwLock<Vec<u32>> = RwLock::new(Vec::new());
///
/// # motet_prim::park::block_on(async {
/// TABLE.write().await.push(7);
/// let (one, two) = (TABLE.read().await, TABLE.read().await);
/// assert_eq!(one[0], two[0]);
/// # });
/// ```
///
/// # Fairness
///
/// FIFO: who comes waits behind those who wait, readers behind a writer too, so that neither starves the other. Readers
/// that stand next to each other in line come in together. So do not read twice in one task: with a writer in between, the
/// second read waits for the first to end.
///
/// # Complexity
///
/// Uncontended, to take the lock and to release it are one atomic read-modify-write each. Waiting allocates nothing; joining
/// and leaving the line, from anywhere in it, is O(1).
pub struct RwLock<T: ?Sized> {
    raw: RawRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock owns the value.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}

// SAFETY: readers on several threads share the value; a writer on any thread has it to itself, and may move it out.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    motet_prim::const_fn! {
        /// A lock around a value.
        ///
        /// ```
        /// static LIMIT: motet_sync::RwLock<u32> = motet_sync::RwLock::new(10);
        /// assert_eq!(*LIMIT.read_blocking(), 10);
        /// ```
        #[must_use]
        pub const fn new(value: T) -> Self {
            Self { raw: RawRwLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// Takes the value out of its lock.
    ///
    /// ```
    /// assert_eq!(motet_sync::RwLock::new(7).into_inner(), 7);
    /// ```
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until it may read, together with others.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = motet_sync::RwLock::new(7);
    /// assert_eq!(*table.read().await, 7);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; a lock that was handed to it already goes on to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, together with all other ways to take the lock.
    #[inline]
    #[track_caller]
    pub fn read(&self) -> ReadFuture<'_, T> {
        RwLockFuture::new(self)
    }

    /// Reads, if nothing stands against it and nobody waits.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// let (one, two) = (table.try_read(), table.try_read());
    /// assert!(one.is_some() && two.is_some() && table.try_write().is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        self.raw.take(Hold::Read).then(|| RwLockGuard::of_held(self))
    }

    /// Parks this thread until it holds the lock: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// assert_eq!(*table.read_blocking(), 7);
    /// ```
    #[track_caller]
    pub fn read_blocking(&self) -> ReadGuard<'_, T> {
        self.try_read().unwrap_or_else(|| block_on(self.read()))
    }

    /// Waits until it may read, together with others, as the one who may [upgrade](RwLockGuard::upgrade) to a writer.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = motet_sync::RwLock::new(7);
    /// let seen = table.upgradable_read().await;
    /// assert!(table.try_read().is_some() && table.try_upgradable_read().is_none());
    /// # drop(seen);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; a lock that was handed to it already goes on to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, together with all other ways to take the lock.
    #[inline]
    #[track_caller]
    pub fn upgradable_read(&self) -> UpgradableReadFuture<'_, T> {
        RwLockFuture::new(self)
    }

    /// Takes the upgradable read, if nothing stands against it and nobody waits.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// let seen = table.try_upgradable_read();
    /// assert!(seen.is_some() && table.try_upgradable_read().is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn try_upgradable_read(&self) -> Option<UpgradableReadGuard<'_, T>> {
        self.raw.take(Hold::Upgradable).then(|| RwLockGuard::of_held(self))
    }

    /// Parks this thread until it holds the lock: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// assert_eq!(*table.upgradable_read_blocking(), 7);
    /// ```
    #[track_caller]
    pub fn upgradable_read_blocking(&self) -> UpgradableReadGuard<'_, T> {
        self.try_upgradable_read().unwrap_or_else(|| block_on(self.upgradable_read()))
    }

    /// Waits until it may write, alone.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = motet_sync::RwLock::new(7);
    /// *table.write().await += 1;
    /// assert_eq!(table.into_inner(), 8);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; a lock that was handed to it already goes on to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, together with all other ways to take the lock.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> WriteFuture<'_, T> {
        RwLockFuture::new(self)
    }

    /// Writes, if nothing stands against it and nobody waits.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// let write = table.try_write();
    /// assert!(write.is_some() && table.try_read().is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        self.raw.take(Hold::Write).then(|| RwLockGuard::of_held(self))
    }

    /// Parks this thread until it holds the lock: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let table = motet_sync::RwLock::new(7);
    /// *table.write_blocking() += 1;
    /// assert_eq!(table.into_inner(), 8);
    /// ```
    #[track_caller]
    pub fn write_blocking(&self) -> WriteGuard<'_, T> {
        self.try_write().unwrap_or_else(|| block_on(self.write()))
    }

    /// The value, without locking: `&mut self` proves that nobody else is here.
    ///
    /// ```
    /// let mut table = motet_sync::RwLock::new(7);
    /// *table.get_mut() += 1;
    /// assert_eq!(table.into_inner(), 8);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: exclusive access to the lock is exclusive access to its value.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("RwLock");
        match self.try_read() {
            Some(value) => fields.field("value", &&*value),
            None => fields.field("value", &format_args!("<locked>")),
        };
        fields.finish()
    }
}
