//! The ways to take the lock through an `Arc`, with guards that keep it alive.

use motet_prim::park::block_on;
use std::sync::Arc;

use super::{
    Hold, OwnedReadGuard, OwnedUpgradableReadGuard, OwnedWriteGuard, ReadOwnedFuture, RwLock, RwLockFuture,
    RwLockGuard, UpgradableReadOwnedFuture, WriteOwnedFuture,
};

/// Through an `Arc`, with guards that keep the lock alive and may move into another task.
impl<T: ?Sized> RwLock<T> {
    /// [`read`](Self::read) with a guard that keeps the lock alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// let guard = table.read_owned().await;
    /// assert_eq!(*guard, 7);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`read`](Self::read).
    ///
    /// # Fairness
    ///
    /// The same line as [`read`](Self::read).
    #[track_caller]
    pub fn read_owned(self: &Arc<Self>) -> ReadOwnedFuture<T> {
        RwLockFuture::new(self.clone())
    }

    /// [`try_read`](Self::try_read) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// assert!(table.try_read_owned().is_some());
    /// ```
    #[must_use]
    pub fn try_read_owned(self: &Arc<Self>) -> Option<OwnedReadGuard<T>> {
        self.raw.take(Hold::Read).then(|| RwLockGuard::of_held(self.clone()))
    }

    /// [`read_blocking`](Self::read_blocking) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// assert_eq!(*table.read_owned_blocking(), 7);
    /// ```
    #[track_caller]
    pub fn read_owned_blocking(self: &Arc<Self>) -> OwnedReadGuard<T> {
        self.try_read_owned().unwrap_or_else(|| block_on(self.read_owned()))
    }

    /// [`upgradable_read`](Self::upgradable_read) with a guard that keeps the lock alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// let guard = table.upgradable_read_owned().await;
    /// assert_eq!(*guard, 7);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`upgradable_read`](Self::upgradable_read).
    ///
    /// # Fairness
    ///
    /// The same line as [`upgradable_read`](Self::upgradable_read).
    #[track_caller]
    pub fn upgradable_read_owned(self: &Arc<Self>) -> UpgradableReadOwnedFuture<T> {
        RwLockFuture::new(self.clone())
    }

    /// [`try_upgradable_read`](Self::try_upgradable_read) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// assert!(table.try_upgradable_read_owned().is_some());
    /// ```
    #[must_use]
    pub fn try_upgradable_read_owned(self: &Arc<Self>) -> Option<OwnedUpgradableReadGuard<T>> {
        self.raw.take(Hold::Upgradable).then(|| RwLockGuard::of_held(self.clone()))
    }

    /// [`upgradable_read_blocking`](Self::upgradable_read_blocking) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// assert_eq!(*table.upgradable_read_owned_blocking(), 7);
    /// ```
    #[track_caller]
    pub fn upgradable_read_owned_blocking(self: &Arc<Self>) -> OwnedUpgradableReadGuard<T> {
        self.try_upgradable_read_owned().unwrap_or_else(|| block_on(self.upgradable_read_owned()))
    }

    /// [`write`](Self::write) with a guard that keeps the lock alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// let guard = table.write_owned().await;
    /// assert_eq!(*guard, 7);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`write`](Self::write).
    ///
    /// # Fairness
    ///
    /// The same line as [`write`](Self::write).
    #[track_caller]
    pub fn write_owned(self: &Arc<Self>) -> WriteOwnedFuture<T> {
        RwLockFuture::new(self.clone())
    }

    /// [`try_write`](Self::try_write) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// assert!(table.try_write_owned().is_some());
    /// ```
    #[must_use]
    pub fn try_write_owned(self: &Arc<Self>) -> Option<OwnedWriteGuard<T>> {
        self.raw.take(Hold::Write).then(|| RwLockGuard::of_held(self.clone()))
    }

    /// [`write_blocking`](Self::write_blocking) with a guard that keeps the lock alive.
    ///
    /// ```
    /// let table = std::sync::Arc::new(motet_sync::RwLock::new(7));
    /// *table.write_owned_blocking() += 1;
    /// assert_eq!(*table.read_blocking(), 8);
    /// ```
    #[track_caller]
    pub fn write_owned_blocking(self: &Arc<Self>) -> OwnedWriteGuard<T> {
        self.try_write_owned().unwrap_or_else(|| block_on(self.write_owned()))
    }
}
