//! A semaphore that can be closed.

use core::fmt;
use motet_prim::park::block_on;
use std::sync::Arc;

use super::{Acquire, AcquireOwned, Closed, OwnedPermit, Permit, Semaphore, TryAcquireError};

/// A [`Semaphore`] that can be closed: then nobody acquires any more, and all who wait are told.
///
/// Use it where the end of a service must reach those who wait for their turn in it.
///
/// ```
/// use motet_sync::{ClosableSemaphore, Closed};
///
/// # motet_prim::park::block_on(async {
/// let seats = ClosableSemaphore::new(1);
/// let permit = seats.acquire().await.expect("open");
/// seats.close();
/// assert_eq!(seats.acquire().await.err(), Some(Closed));
/// drop(permit);                                  // what was acquired before stays good, and is given back
/// assert_eq!(seats.available(), 1);
/// # });
/// ```
///
/// # Fairness
///
/// As [`Semaphore`].
///
/// # Complexity
///
/// As [`Semaphore`]; to close is O(n) in those who wait.
pub struct ClosableSemaphore {
    pub(super) semaphore: Semaphore,
}

impl ClosableSemaphore {
    motet_prim::const_fn! {
        /// A semaphore with so many free permits.
        ///
        /// ```
        /// static SEATS: motet_sync::ClosableSemaphore = motet_sync::ClosableSemaphore::new(3);
        /// assert_eq!(SEATS.available(), 3);
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`Semaphore::MAX_PERMITS`].
        #[must_use]
        pub const fn new(permits: usize) -> Self {
            Self { semaphore: Semaphore::new(permits) }
        }
    }

    motet_prim::const_fn! {
        /// The kind that trades order for throughput, like [`Semaphore::unfair`].
        ///
        /// ```
        /// let seats = motet_sync::ClosableSemaphore::unfair(1);
        /// assert!(seats.try_acquire().is_ok());
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`Semaphore::MAX_PERMITS`].
        #[must_use]
        pub const fn unfair(permits: usize) -> Self {
            Self { semaphore: Semaphore::unfair(permits) }
        }
    }

    /// Closes it, for good: all who wait, and all who come, get [`Closed`]. Permits that were granted stay good.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(1);
    /// seats.close();
    /// assert!(seats.is_closed() && seats.acquire_blocking().is_err());
    /// ```
    pub fn close(&self) {
        self.semaphore.raw.close();
    }

    /// Whether it was closed.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(3);
    /// seats.close();
    /// assert!(seats.is_closed());
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.semaphore.raw.is_closed()
    }

    /// Waits for a permit.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::ClosableSemaphore::new(1);
    /// let permit = seats.acquire().await.unwrap();
    /// assert_eq!(seats.available(), 0);
    /// # drop(permit);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; what it was granted already goes to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, together with all other ways to acquire.
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_, Self> {
        Acquire::new(self, 1)
    }

    /// Waits for `count` permits, all at once: it holds none while it waits. Who wants none waits for nobody.
    ///
    /// More than the semaphore will ever have is waited for in vain until it is closed, and those behind it wait as long.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::ClosableSemaphore::new(5);
    /// assert_eq!(seats.acquire_many(4).await.unwrap().count(), 4);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line, and those behind it who want less are served at once.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, whatever those before and behind it want.
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_many(&self, count: usize) -> Acquire<'_, Self> {
        Acquire::new(self, count)
    }

    /// [`acquire`](Self::acquire) with a permit that keeps the semaphore alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// let permit = seats.acquire_owned().await.unwrap();
    /// assert_eq!((permit.count(), seats.available()), (1, 1));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`acquire`](Self::acquire).
    ///
    /// # Fairness
    ///
    /// The same line as [`acquire`](Self::acquire).
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned<Self> {
        AcquireOwned::new(self.clone(), 1)
    }

    /// [`acquire_many`](Self::acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// assert_eq!(seats.acquire_many_owned(2).await.unwrap().count(), 2);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`acquire_many`](Self::acquire_many).
    ///
    /// # Fairness
    ///
    /// The same line as [`acquire_many`](Self::acquire_many).
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, count: usize) -> AcquireOwned<Self> {
        AcquireOwned::new(self.clone(), count)
    }

    /// Takes a permit if one is free and, on the fair kind, nobody waits.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(1);
    /// let permit = seats.try_acquire();
    /// assert!(permit.is_ok() && seats.try_acquire().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If it is closed, or has too few free permits, or others wait (on the fair kind).
    pub fn try_acquire(&self) -> Result<Permit<'_, Self>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits if so many are free and, on the fair kind, nobody waits.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(2);
    /// assert!(seats.try_acquire_many(3).is_err() && seats.try_acquire_many(2).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// If it is closed, or has too few free permits, or others wait (on the fair kind).
    pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_, Self>, TryAcquireError> {
        self.try_count(count).map(|()| Permit::of_acquired(self, count))
    }

    /// [`try_acquire`](Self::try_acquire) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// let permit = seats.try_acquire_owned();
    /// assert!(permit.is_ok() && seats.available() == 1);
    /// ```
    ///
    /// # Errors
    ///
    /// If it is closed, or has too few free permits, or others wait (on the fair kind).
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit<Self>, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// let permit = seats.try_acquire_many_owned(2);
    /// assert!(permit.is_ok() && seats.available() == 0);
    /// ```
    ///
    /// # Errors
    ///
    /// If it is closed, or has too few free permits, or others wait (on the fair kind).
    pub fn try_acquire_many_owned(self: &Arc<Self>, count: usize) -> Result<OwnedPermit<Self>, TryAcquireError> {
        self.try_count(count).map(|()| OwnedPermit::of_acquired(self.clone(), count))
    }

    /// Parks this thread until it has a permit: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(2);
    /// let permit = seats.acquire_blocking().unwrap();
    /// assert_eq!((permit.count(), seats.available()), (1, 1));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_blocking(&self) -> Result<Permit<'_, Self>, Closed> {
        block_on(self.acquire())
    }

    /// Parks this thread until it has `count` permits.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(2);
    /// assert_eq!(seats.acquire_many_blocking(2).unwrap().count(), 2);
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_many_blocking(&self, count: usize) -> Result<Permit<'_, Self>, Closed> {
        block_on(self.acquire_many(count))
    }

    /// [`acquire_blocking`](Self::acquire_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// let permit = seats.acquire_owned_blocking().unwrap();
    /// std::thread::spawn(move || drop(permit)).join().unwrap();
    /// assert_eq!(seats.available(), 2);
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_owned_blocking(self: &Arc<Self>) -> Result<OwnedPermit<Self>, Closed> {
        block_on(self.acquire_owned())
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::ClosableSemaphore::new(2));
    /// assert_eq!(seats.acquire_many_owned_blocking(2).unwrap().count(), 2);
    /// ```
    ///
    /// # Errors
    ///
    /// [`Closed`], if it is closed, before or meanwhile.
    #[track_caller]
    pub fn acquire_many_owned_blocking(self: &Arc<Self>, count: usize) -> Result<OwnedPermit<Self>, Closed> {
        block_on(self.acquire_many_owned(count))
    }

    /// How many permits are free just now. For reports: it may have changed when you read it.
    ///
    /// ```
    /// assert_eq!(motet_sync::ClosableSemaphore::new(3).available(), 3);
    /// ```
    #[must_use]
    pub fn available(&self) -> usize {
        self.semaphore.available()
    }

    /// Adds `count` permits, like [`Semaphore::release`]. On a closed semaphore they are counted, and nobody gets them.
    ///
    /// ```
    /// let seats = motet_sync::ClosableSemaphore::new(0);
    /// seats.release(2);
    /// assert_eq!(seats.available(), 2);
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is more than [`Semaphore::MAX_PERMITS`], or more than that would be free; nothing is added then.
    #[track_caller]
    pub fn release(&self, count: usize) {
        self.semaphore.release(count);
    }

    /// Takes away free permits, like [`Semaphore::forget_permits`].
    ///
    /// ```
    /// assert_eq!(motet_sync::ClosableSemaphore::new(3).forget_permits(2), 2);
    /// ```
    pub fn forget_permits(&self, most: usize) -> usize {
        self.semaphore.forget_permits(most)
    }

    fn try_count(&self, count: usize) -> Result<(), TryAcquireError> {
        if self.is_closed() {
            return Err(TryAcquireError::Closed);
        }
        if self.semaphore.raw.try_acquire(count) { Ok(()) } else { Err(TryAcquireError::NoPermits) }
    }
}

impl fmt::Debug for ClosableSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("ClosableSemaphore");
        fields.field("available", &self.available()).field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}
