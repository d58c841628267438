//! A semaphore that never has more permits than it began with.

use core::fmt;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::block_on;
use std::sync::Arc;

use super::{Acquire, AcquireOwned, OverReleased, OwnedPermit, Permit, Semaphore};

/// A [`Semaphore`] that takes back no more permits than it gave; `asyncio.BoundedSemaphore`.
///
/// A permit gives itself back when it is dropped. What is [forgotten](Permit::forget), and only that, may be
/// [released](Self::release) by hand: a release too many is an error, and not a wrong count.
///
/// ```
/// use motet_sync::{BoundedSemaphore, OverReleased};
///
/// let seats = BoundedSemaphore::new(2);
/// seats.try_acquire().expect("free").forget();
/// assert_eq!(seats.release(1), Ok(()));
/// assert_eq!(seats.release(1), Err(OverReleased));
/// assert_eq!(seats.available(), 2);
/// ```
///
/// # Fairness
///
/// As [`Semaphore`].
///
/// # Complexity
///
/// As [`Semaphore`].
pub struct BoundedSemaphore {
    pub(super) semaphore: Semaphore,
    bound: usize,
    /// How many permits were forgotten, and not released since.
    forgotten: AtomicUsize,
}

impl BoundedSemaphore {
    motet_prim::const_fn! {
        /// A semaphore with so many free permits.
        ///
        /// ```
        /// static SEATS: motet_sync::BoundedSemaphore = motet_sync::BoundedSemaphore::new(3);
        /// assert_eq!(SEATS.available(), 3);
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`Semaphore::MAX_PERMITS`].
        #[must_use]
        pub const fn new(permits: usize) -> Self {
            Self { semaphore: Semaphore::new(permits), bound: permits, forgotten: AtomicUsize::new(0) }
        }
    }

    motet_prim::const_fn! {
        /// The kind that trades order for throughput, like [`Semaphore::unfair`].
        ///
        /// ```
        /// let seats = motet_sync::BoundedSemaphore::unfair(1);
        /// assert!(seats.try_acquire().is_some());
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`Semaphore::MAX_PERMITS`].
        #[must_use]
        pub const fn unfair(permits: usize) -> Self {
            Self { semaphore: Semaphore::unfair(permits), bound: permits, forgotten: AtomicUsize::new(0) }
        }
    }

    /// Waits for a permit.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::BoundedSemaphore::new(1);
    /// let permit = seats.acquire().await;
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
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_, Self> {
        Acquire::new(self, 1)
    }

    /// Waits for `count` permits, all at once: it holds none while it waits. Who wants none waits for nobody.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::BoundedSemaphore::new(5);
    /// assert_eq!(seats.acquire_many(4).await.count(), 4);
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
    /// # Panics
    ///
    /// If `count` is more than the [`bound`](Self::bound): it would wait for ever, and everybody behind it.
    #[track_caller]
    pub fn acquire_many(&self, count: usize) -> Acquire<'_, Self> {
        self.assert_within_bound(count);
        Acquire::new(self, count)
    }

    /// [`acquire`](Self::acquire) with a permit that keeps the semaphore alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// let permit = seats.acquire_owned().await;
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
    #[track_caller]
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned<Self> {
        AcquireOwned::new(self.clone(), 1)
    }

    /// [`acquire_many`](Self::acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// assert_eq!(seats.acquire_many_owned(2).await.count(), 2);
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
    /// # Panics
    ///
    /// If `count` is more than the [`bound`](Self::bound).
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, count: usize) -> AcquireOwned<Self> {
        self.assert_within_bound(count);
        AcquireOwned::new(self.clone(), count)
    }

    /// Takes a permit if one is free and, on the fair kind, nobody waits.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(1);
    /// let permit = seats.try_acquire();
    /// assert!(permit.is_some() && seats.try_acquire().is_none());
    /// ```
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit<'_, Self>> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits if so many are free and, on the fair kind, nobody waits.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(2);
    /// assert!(seats.try_acquire_many(3).is_none() && seats.try_acquire_many(2).is_some());
    /// ```
    #[must_use]
    pub fn try_acquire_many(&self, count: usize) -> Option<Permit<'_, Self>> {
        self.semaphore.raw.try_acquire(count).then(|| Permit::of_acquired(self, count))
    }

    /// [`try_acquire`](Self::try_acquire) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// let permit = seats.try_acquire_owned();
    /// assert!(permit.is_some() && seats.available() == 1);
    /// ```
    #[must_use]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit<Self>> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// let permit = seats.try_acquire_many_owned(2);
    /// assert!(permit.is_some() && seats.available() == 0);
    /// ```
    #[must_use]
    pub fn try_acquire_many_owned(self: &Arc<Self>, count: usize) -> Option<OwnedPermit<Self>> {
        self.semaphore.raw.try_acquire(count).then(|| OwnedPermit::of_acquired(self.clone(), count))
    }

    /// Parks this thread until it has a permit: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(2);
    /// let permit = seats.acquire_blocking();
    /// assert_eq!((permit.count(), seats.available()), (1, 1));
    /// ```
    #[track_caller]
    pub fn acquire_blocking(&self) -> Permit<'_, Self> {
        block_on(self.acquire())
    }

    /// Parks this thread until it has `count` permits.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(2);
    /// assert_eq!(seats.acquire_many_blocking(2).count(), 2);
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is more than the [`bound`](Self::bound).
    #[track_caller]
    pub fn acquire_many_blocking(&self, count: usize) -> Permit<'_, Self> {
        block_on(self.acquire_many(count))
    }

    /// [`acquire_blocking`](Self::acquire_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// let permit = seats.acquire_owned_blocking();
    /// std::thread::spawn(move || drop(permit)).join().unwrap();
    /// assert_eq!(seats.available(), 2);
    /// ```
    #[track_caller]
    pub fn acquire_owned_blocking(self: &Arc<Self>) -> OwnedPermit<Self> {
        block_on(self.acquire_owned())
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::BoundedSemaphore::new(2));
    /// assert_eq!(seats.acquire_many_owned_blocking(2).count(), 2);
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is more than the [`bound`](Self::bound).
    #[track_caller]
    pub fn acquire_many_owned_blocking(self: &Arc<Self>, count: usize) -> OwnedPermit<Self> {
        block_on(self.acquire_many_owned(count))
    }

    /// How many permits are free just now. For reports: it may have changed when you read it.
    ///
    /// ```
    /// assert_eq!(motet_sync::BoundedSemaphore::new(3).available(), 3);
    /// ```
    #[must_use]
    pub fn available(&self) -> usize {
        self.semaphore.available()
    }

    /// With how many permits it began: it never has more.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(3);
    /// let permit = seats.try_acquire();
    /// assert_eq!((seats.bound(), seats.available()), (3, 2));
    /// # drop(permit);
    /// ```
    #[must_use]
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// Gives back `count` permits that were [forgotten](Permit::forget); `BoundedSemaphore.release()`.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(1);
    /// assert_eq!(seats.release(1), Err(motet_sync::OverReleased));
    /// seats.acquire_blocking().forget();
    /// assert_eq!(seats.release(1), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`OverReleased`], and nothing is given back, if fewer were forgotten.
    pub fn release(&self, count: usize) -> Result<(), OverReleased> {
        // Relaxed: it only counts; the semaphore's own word publishes.
        let taken = self.forgotten.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count));
        taken.map_err(|_| OverReleased)?;
        self.semaphore.give_back(count);
        Ok(())
    }

    /// Takes away free permits, like [`Semaphore::forget_permits`]. So many may be [released](Self::release) by hand.
    ///
    /// ```
    /// let seats = motet_sync::BoundedSemaphore::new(3);
    /// assert_eq!(seats.forget_permits(2), 2);
    /// assert_eq!((seats.available(), seats.release(2)), (1, Ok(())));
    /// ```
    pub fn forget_permits(&self, most: usize) -> usize {
        let count = self.semaphore.forget_permits(most);
        self.note_forgotten(count);
        count
    }

    #[track_caller]
    fn assert_within_bound(&self, count: usize) {
        let bound = self.bound;
        assert!(
            count <= bound,
            "{count} permits of a semaphore with a bound of {bound} can never be had: ask for no more than that"
        );
    }

    pub(super) fn note_forgotten(&self, count: usize) {
        // Relaxed: it only counts.
        self.forgotten.fetch_add(count, Ordering::Relaxed);
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("BoundedSemaphore");
        fields.field("available", &self.available()).field("bound", &self.bound).finish_non_exhaustive()
    }
}
