//! Threads that wait: to upgrade, and for so long only.

use core::pin::pin;
use core::time::Duration;
use motet_prim::park::{block_on, block_on_until};
use std::time::Instant;

use super::kind::{Reference, Upgradable, Write};
use super::{ReadGuard, RwLock, RwLockGuard, UpgradableReadGuard, WriteGuard};

impl<T: ?Sized> RwLock<T> {
    /// [`read_blocking`](Self::read_blocking), but not for longer than `limit`.
    ///
    /// `None` if it could not read in time: then it has left the line.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let table = motet_sync::RwLock::new(7);
    /// assert_eq!(table.read_blocking_for(Duration::MAX).as_deref(), Some(&7));
    /// let write = table.write_blocking();
    /// assert!(table.read_blocking_for(Duration::from_millis(1)).is_none());
    /// # drop(write);
    /// ```
    #[doc(alias = "try_read_for")]
    #[track_caller]
    pub fn read_blocking_for(&self, limit: Duration) -> Option<ReadGuard<'_, T>> {
        block_on_until(pin!(self.read()), Instant::now().checked_add(limit))
    }

    /// [`upgradable_read_blocking`](Self::upgradable_read_blocking), but not for longer than `limit`.
    ///
    /// `None` if the upgradable read was not its own in time: then it has left the line.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let table = motet_sync::RwLock::new(7);
    /// let seen = table.upgradable_read_blocking_for(Duration::MAX).expect("free");
    /// assert!(table.upgradable_read_blocking_for(Duration::from_millis(1)).is_none());
    /// # drop(seen);
    /// ```
    #[doc(alias = "try_upgradable_read_for")]
    #[track_caller]
    pub fn upgradable_read_blocking_for(&self, limit: Duration) -> Option<UpgradableReadGuard<'_, T>> {
        block_on_until(pin!(self.upgradable_read()), Instant::now().checked_add(limit))
    }

    /// [`write_blocking`](Self::write_blocking), but not for longer than `limit`.
    ///
    /// `None` if it could not write in time: then it has left the line, and readers behind it come in.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let table = motet_sync::RwLock::new(7);
    /// let read = table.read_blocking();
    /// assert!(table.write_blocking_for(Duration::from_millis(1)).is_none());
    /// drop(read);
    /// assert!(table.write_blocking_for(Duration::MAX).is_some());
    /// ```
    #[doc(alias = "try_write_for")]
    #[track_caller]
    pub fn write_blocking_for(&self, limit: Duration) -> Option<WriteGuard<'_, T>> {
        block_on_until(pin!(self.write()), Instant::now().checked_add(limit))
    }
}

impl<L: Reference + Clone> RwLockGuard<L, Upgradable> {
    /// [`upgrade`](Self::upgrade) that parks this thread until the other readers have left.
    ///
    /// This thread must not be one of them.
    ///
    /// ```
    /// use motet_sync::{RwLock, UpgradableReadGuard};
    ///
    /// let table = RwLock::new(1);
    /// *UpgradableReadGuard::upgrade_blocking(table.upgradable_read_blocking()) = 2;
    /// assert_eq!(*table.read_blocking(), 2);
    /// ```
    #[track_caller]
    pub fn upgrade_blocking(this: Self) -> RwLockGuard<L, Write> {
        block_on(Self::upgrade(this))
    }

    /// [`upgrade_blocking`](Self::upgrade_blocking), but not for longer than `limit`.
    ///
    /// ```
    /// use motet_sync::{RwLock, UpgradableReadGuard};
    /// use std::time::Duration;
    ///
    /// let table = RwLock::new(1);
    /// let reader = table.read_blocking();
    /// let seen = table.upgradable_read_blocking();
    /// let seen = UpgradableReadGuard::upgrade_blocking_for(seen, Duration::from_millis(1)).expect_err("somebody reads");
    /// drop(reader);
    /// assert!(UpgradableReadGuard::upgrade_blocking_for(seen, Duration::MAX).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// The guard itself, if others read all the while: it still holds the upgradable read.
    #[doc(alias = "try_upgrade_for")]
    #[track_caller]
    pub fn upgrade_blocking_for(this: Self, limit: Duration) -> Result<RwLockGuard<L, Write>, Self> {
        let mut upgrade = pin!(Self::upgrade(this));
        match block_on_until(upgrade.as_mut(), Instant::now().checked_add(limit)) {
            Some(upgraded) => Ok(upgraded),
            None => upgrade.give_up(),
        }
    }
}
