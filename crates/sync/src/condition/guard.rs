//! The guards that a condition gives up and takes again.

use core::ops::DerefMut;

use crate::{LockGuard, OwnedLockGuard};

/// A guard that a [`Condition`](super::Condition) gives up and takes again: [`LockGuard`] or [`OwnedLockGuard`]. There are no others.
pub trait ConditionGuard: DerefMut + sealed::Relock {}

impl<T: ?Sized> ConditionGuard for LockGuard<'_, T> {}
impl<T: ?Sized> ConditionGuard for OwnedLockGuard<T> {}

pub(super) mod sealed {
    use core::future::Future;
    use std::sync::Arc;

    use crate::futurelock::Watch;
    use crate::lock::{Lock, LockFuture, LockGuard, LockOwnedFuture, OwnedLockGuard};

    pub trait Relock: Sized {
        /// A reference to the lock.
        type Lock;
        /// Takes the lock again.
        type Locking: Future<Output = Self>;

        /// Unlocks.
        fn into_lock(self) -> Self::Lock;

        /// For one that was made elsewhere.
        fn locking(lock: Self::Lock, watch: Watch) -> Self::Locking;
    }

    impl<'a, T: ?Sized> Relock for LockGuard<'a, T> {
        type Lock = &'a Lock<T>;
        type Locking = LockFuture<'a, T>;

        fn into_lock(self) -> &'a Lock<T> {
            Self::lock_of(&self)
        }

        fn locking(lock: &'a Lock<T>, watch: Watch) -> LockFuture<'a, T> {
            LockFuture::watched(lock, watch)
        }
    }

    impl<T: ?Sized> Relock for OwnedLockGuard<T> {
        type Lock = Arc<Lock<T>>;
        type Locking = LockOwnedFuture<T>;

        fn into_lock(self) -> Arc<Lock<T>> {
            Self::lock_of(&self).clone()
        }

        fn locking(lock: Arc<Lock<T>>, watch: Watch) -> LockOwnedFuture<T> {
            LockOwnedFuture::watched(lock, watch)
        }
    }
}
