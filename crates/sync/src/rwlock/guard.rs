//! Holding the lock.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::future::RwLockUpgrade;
use super::kind::{Kind, Read, Reference, Upgradable, Write};
use super::{Hold, RwLock};

/// Holds a [`RwLock`], in one of three kinds, by either reference; releases it when dropped, panics included.
///
/// You name it by its aliases: [`ReadGuard`], [`UpgradableReadGuard`], [`WriteGuard`], and the same with `Owned` before it.
///
/// ```
/// let table = motet_sync::RwLock::new(1);
/// let (one, two) = (table.read_blocking(), table.read_blocking());
/// assert_eq!(format!("{one}, {two:?}"), "1, 1");
/// ```
#[must_use = "dropped at once, it releases the lock at once; `let _guard = …` keeps it"]
#[clippy::has_significant_drop]
pub struct RwLockGuard<L: Reference, K: Kind> {
    lock: L,
    _kind: PhantomData<fn() -> K>,
}

/// Reads the value of a [`RwLock`]; made by [`RwLock::read`].
pub type ReadGuard<'a, T> = RwLockGuard<&'a RwLock<T>, Read>;
/// Reads the value of a [`RwLock`], and may upgrade; made by [`RwLock::upgradable_read`].
pub type UpgradableReadGuard<'a, T> = RwLockGuard<&'a RwLock<T>, Upgradable>;
/// Reads and writes the value of a [`RwLock`]; made by [`RwLock::write`].
pub type WriteGuard<'a, T> = RwLockGuard<&'a RwLock<T>, Write>;
/// A [`ReadGuard`] that keeps the lock alive; made by [`RwLock::read_owned`].
pub type OwnedReadGuard<T> = RwLockGuard<Arc<RwLock<T>>, Read>;
/// An [`UpgradableReadGuard`] that keeps the lock alive; made by [`RwLock::upgradable_read_owned`].
pub type OwnedUpgradableReadGuard<T> = RwLockGuard<Arc<RwLock<T>>, Upgradable>;
/// A [`WriteGuard`] that keeps the lock alive; made by [`RwLock::write_owned`].
pub type OwnedWriteGuard<T> = RwLockGuard<Arc<RwLock<T>>, Write>;

impl<L: Reference, K: Kind> RwLockGuard<L, K> {
    /// For whoever has just taken the hold.
    #[inline]
    pub(super) fn of_held(lock: L) -> Self {
        Self { lock, _kind: PhantomData }
    }

    pub(super) fn lock(&self) -> &L {
        &self.lock
    }

    /// The reference, and the hold with it.
    pub(super) fn into_lock(self) -> L {
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: `this` is never dropped, nor used again: the reference moves out.
        unsafe { core::ptr::read(&raw const this.lock) }
    }

    /// The same lock, in another kind of guard. The holds have been exchanged.
    fn into_kind<M: Kind>(self) -> RwLockGuard<L, M> {
        RwLockGuard::of_held(self.into_lock())
    }

    fn exchange<M: Kind>(self) -> RwLockGuard<L, M> {
        self.lock.raw.exchange(K::HOLD, M::HOLD);
        self.into_kind()
    }
}

impl<L: Reference> RwLockGuard<L, Write> {
    /// Becomes a reader, with nobody writing in between; lets in the readers that stand first in line.
    ///
    /// ```
    /// use motet_sync::{RwLock, WriteGuard};
    ///
    /// let table = RwLock::new(1);
    /// let mut write = table.write_blocking();
    /// *write += 1;
    /// let read = WriteGuard::downgrade(write);
    /// assert_eq!((*read, *table.try_read().expect("readers only")), (2, 2));
    /// ```
    pub fn downgrade(this: Self) -> RwLockGuard<L, Read> {
        this.exchange()
    }

    /// Becomes the upgradable reader, with nobody writing in between.
    ///
    /// ```
    /// use motet_sync::{RwLock, WriteGuard};
    ///
    /// let table = RwLock::new(1);
    /// let upgradable = WriteGuard::downgrade_to_upgradable(table.write_blocking());
    /// assert!(table.try_read().is_some() && table.try_write().is_none());
    /// # drop(upgradable);
    /// ```
    pub fn downgrade_to_upgradable(this: Self) -> RwLockGuard<L, Upgradable> {
        this.exchange()
    }
}

impl<L: Reference> RwLockGuard<L, Upgradable> {
    /// Waits until the other readers have left, and becomes the writer, with nobody writing in between.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// use motet_sync::{RwLock, UpgradableReadGuard};
    ///
    /// let table = RwLock::new(1);
    /// let seen = table.upgradable_read().await;
    /// assert_eq!(*seen, 1);
    /// *UpgradableReadGuard::upgrade(seen).await = 2;
    /// assert_eq!(*table.read().await, 2);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses the lock: it consumed the guard, and dropped at any time it leaves you without a hold.
    ///
    /// # Fairness
    ///
    /// It goes before all who wait: they wait for its reader as well.
    #[track_caller]
    pub fn upgrade(this: Self) -> RwLockUpgrade<L>
    where
        L: Clone,
    {
        RwLockUpgrade::new(this)
    }

    /// Becomes the writer if nobody else reads.
    ///
    /// ```
    /// use motet_sync::{RwLock, UpgradableReadGuard};
    ///
    /// let table = RwLock::new(1);
    /// let reader = table.read_blocking();
    /// let seen = UpgradableReadGuard::try_upgrade(table.upgradable_read_blocking()).expect_err("somebody reads");
    /// drop(reader);
    /// assert!(UpgradableReadGuard::try_upgrade(seen).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if others read.
    pub fn try_upgrade(this: Self) -> Result<RwLockGuard<L, Write>, Self> {
        if this.lock.raw.take(Hold::Upgrade) { Ok(this.end_upgrade()) } else { Err(this) }
    }

    /// Becomes a plain reader: another may be upgradable.
    ///
    /// ```
    /// use motet_sync::{RwLock, UpgradableReadGuard};
    ///
    /// let table = RwLock::new(1);
    /// let read = UpgradableReadGuard::downgrade(table.upgradable_read_blocking());
    /// assert!(table.try_upgradable_read().is_some());
    /// # drop(read);
    /// ```
    pub fn downgrade(this: Self) -> RwLockGuard<L, Read> {
        this.exchange()
    }

    /// By the holder of the writer's hold beside this one.
    pub(super) fn end_upgrade(self) -> RwLockGuard<L, Write> {
        self.lock.raw.end_upgrade();
        self.into_kind()
    }
}

impl<L: Reference, K: Kind> Drop for RwLockGuard<L, K> {
    #[inline]
    fn drop(&mut self) {
        self.lock.raw.release(K::HOLD);
    }
}

impl<L: Reference, K: Kind> Deref for RwLockGuard<L, K> {
    type Target = L::Value;

    #[inline]
    fn deref(&self) -> &L::Value {
        // SAFETY: nobody writes as long as the guard lives but itself, and `&mut` goes through `&mut` of the guard.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<L: Reference> DerefMut for RwLockGuard<L, Write> {
    #[inline]
    fn deref_mut(&mut self) -> &mut L::Value {
        // SAFETY: a writer is alone as long as the guard lives, and the guard is borrowed exclusively.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<L: Reference<Value: fmt::Debug>, K: Kind> fmt::Debug for RwLockGuard<L, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L: Reference<Value: fmt::Display>, K: Kind> fmt::Display for RwLockGuard<L, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
