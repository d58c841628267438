//! Waits of threads that have only so long.

use core::pin::pin;
use core::time::Duration;
use motet_prim::park::block_on_until;
use std::time::Instant;

use super::{BoundedSemaphore, ClosableSemaphore, Closed, Permit, Semaphore, TryAcquireError};

impl Semaphore {
    /// [`acquire_blocking`](Self::acquire_blocking), but not for longer than `limit`. `threading.Semaphore.acquire(timeout=…)`.
    ///
    /// `None` if none was free in time: then it has left the line.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let seats = motet_sync::Semaphore::new(1);
    /// let permit = seats.acquire_blocking_for(Duration::MAX).expect("free");
    /// assert!(seats.acquire_blocking_for(Duration::from_millis(1)).is_none());
    /// # drop(permit);
    /// ```
    #[doc(alias = "try_acquire_for")]
    #[track_caller]
    pub fn acquire_blocking_for(&self, limit: Duration) -> Option<Permit<'_>> {
        self.acquire_many_blocking_for(1, limit)
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking), but not for longer than `limit`.
    ///
    /// `None` if so many were not its own in time: then it has left the line, and those behind it who want less are served at once.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let seats = motet_sync::Semaphore::new(2);
    /// assert!(seats.acquire_many_blocking_for(3, Duration::from_millis(1)).is_none());
    /// assert_eq!(seats.acquire_many_blocking_for(2, Duration::MAX).map(|two| two.count()), Some(2));
    /// ```
    #[track_caller]
    pub fn acquire_many_blocking_for(&self, count: usize, limit: Duration) -> Option<Permit<'_>> {
        block_on_until(pin!(self.acquire_many(count)), Instant::now().checked_add(limit))
    }
}

impl ClosableSemaphore {
    /// [`acquire_blocking`](Self::acquire_blocking), but not for longer than `limit`.
    ///
    /// ```
    /// use motet_sync::{ClosableSemaphore, TryAcquireError};
    /// use std::time::Duration;
    ///
    /// let seats = ClosableSemaphore::new(0);
    /// let late = seats.acquire_blocking_for(Duration::from_millis(1));
    /// assert_eq!(late.err(), Some(TryAcquireError::NoPermits));
    /// seats.close();
    /// assert_eq!(seats.acquire_blocking_for(Duration::MAX).err(), Some(TryAcquireError::Closed));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] if none was free in time: then it has left the line. [`TryAcquireError::Closed`] if it is closed,
    /// before or meanwhile.
    #[doc(alias = "try_acquire_for")]
    #[track_caller]
    pub fn acquire_blocking_for(&self, limit: Duration) -> Result<Permit<'_, Self>, TryAcquireError> {
        self.acquire_many_blocking_for(1, limit)
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking), but not for longer than `limit`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let seats = motet_sync::ClosableSemaphore::new(2);
    /// assert!(seats.acquire_many_blocking_for(3, Duration::from_millis(1)).is_err());
    /// assert!(seats.acquire_many_blocking_for(2, Duration::MAX).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// As [`acquire_blocking_for`](Self::acquire_blocking_for).
    #[track_caller]
    pub fn acquire_many_blocking_for(
        &self,
        count: usize,
        limit: Duration,
    ) -> Result<Permit<'_, Self>, TryAcquireError> {
        let acquired = block_on_until(pin!(self.acquire_many(count)), Instant::now().checked_add(limit));
        acquired.ok_or(TryAcquireError::NoPermits)?.map_err(|Closed| TryAcquireError::Closed)
    }
}

impl BoundedSemaphore {
    /// [`acquire_blocking`](Self::acquire_blocking), but not for longer than `limit`. `threading.BoundedSemaphore.acquire(timeout=…)`.
    ///
    /// `None` if none was free in time: then it has left the line.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let seats = motet_sync::BoundedSemaphore::new(1);
    /// let permit = seats.acquire_blocking_for(Duration::MAX).expect("free");
    /// assert!(seats.acquire_blocking_for(Duration::from_millis(1)).is_none());
    /// # drop(permit);
    /// ```
    #[doc(alias = "try_acquire_for")]
    #[track_caller]
    pub fn acquire_blocking_for(&self, limit: Duration) -> Option<Permit<'_, Self>> {
        block_on_until(pin!(self.acquire()), Instant::now().checked_add(limit))
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking), but not for longer than `limit`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let seats = motet_sync::BoundedSemaphore::new(2);
    /// let one = seats.acquire_blocking();
    /// assert!(seats.acquire_many_blocking_for(2, Duration::from_millis(1)).is_none());
    /// # drop(one);
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is more than the [`bound`](Self::bound).
    #[track_caller]
    pub fn acquire_many_blocking_for(&self, count: usize, limit: Duration) -> Option<Permit<'_, Self>> {
        block_on_until(pin!(self.acquire_many(count)), Instant::now().checked_add(limit))
    }
}
