//! A number of permits, and a line for them.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: permits and flags, and their transitions |
//! | `raw` | the word and the line: grants, and the calls of the unfair kind |
//! | `future` | waiting, borrowed and owned |
//! | `permit` | holding permits, borrowed and owned |
//! | `closable`, `bounded` | the other two kinds |
//! | `timed` | threads that have only so long |
//! | `any` | what the three have in common |
//! | `error` | a closed semaphore, no permit, a release too many |

#![forbid(unsafe_code)]

mod any;
mod bounded;
mod closable;
mod error;
mod future;
#[cfg(all(test, motet_loom))]
mod model;
mod permit;
mod raw;
mod state;
mod timed;

pub use any::AnySemaphore;
pub use bounded::BoundedSemaphore;
pub use closable::ClosableSemaphore;
pub use error::{Closed, OverReleased, TryAcquireError};
pub use future::{Acquire, AcquireOwned};
pub use permit::{OwnedPermit, Permit};

use core::fmt;
use motet_prim::park::block_on;
use raw::RawSemaphore;
use std::sync::Arc;

/// Lets so many in at a time; `asyncio.Semaphore`.
///
/// Use it to bound what runs at once: requests in flight, open files, children of a task group.
///
/// ```
/// use motet_sync::Semaphore;
///
/// static IN_FLIGHT: Semaphore = Semaphore::new(10);
///
/// # motet_prim::park::block_on(async {
/// let _permit = IN_FLIGHT.acquire().await;      // until the end of the scope
/// assert_eq!(IN_FLIGHT.available(), 9);
/// # });
/// ```
///
/// # Fairness
///
/// FIFO, whatever each one wants: a waiter for many permits is not overtaken by those for one, and nobody who comes
/// later gets in before it, whoever has just released. [`Semaphore::unfair`] makes the other kind.
///
/// # Complexity
///
/// Uncontended, an acquire and a release are one atomic read-modify-write each. Waiting allocates nothing; joining and
/// leaving the line, from anywhere in it, is O(1).
pub struct Semaphore {
    raw: RawSemaphore,
}

impl Semaphore {
    /// The most permits that a semaphore can have free. Those that [permits](Permit) give back beyond that are lost.
    pub const MAX_PERMITS: usize = state::MAX_PERMITS;

    motet_prim::const_fn! {
        /// A semaphore with so many free permits. With none it is locked until a [`release`](Self::release).
        ///
        /// ```
        /// assert!(motet_sync::Semaphore::new(0).try_acquire().is_none());
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[must_use]
        pub const fn new(permits: usize) -> Self {
            Self { raw: RawSemaphore::new(permits, false) }
        }
    }

    motet_prim::const_fn! {
        /// A semaphore whose permits a running task may take before a waiter that has been woken for them.
        ///
        /// Throughput instead of order; still, nobody starves. One that was passed over a few times, since others took what was
        /// released or since that was too little for it, is served as on the fair kind: what is released from then on is kept for it,
        /// and is not [available](Self::available), until it is enough. So one that wants more than there will ever be holds up all others in
        /// the end, as it does there, until it is dropped.
        ///
        /// ```
        /// let seats = motet_sync::Semaphore::unfair(1);
        /// assert!(seats.try_acquire().is_some());
        /// ```
        ///
        /// # Panics
        ///
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[must_use]
        pub const fn unfair(permits: usize) -> Self {
            Self { raw: RawSemaphore::new(permits, true) }
        }
    }

    /// Waits for a permit; `async with semaphore`.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::Semaphore::new(1);
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
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire::new(self, 1)
    }

    /// Waits for `count` permits, all at once: it holds none while it waits. Who wants none waits for nobody.
    ///
    /// More than the semaphore will ever have is waited for in vain, and those behind it wait as long; a
    /// [`BoundedSemaphore`](crate::BoundedSemaphore), which knows how many that are, panics.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = motet_sync::Semaphore::new(5);
    /// let table = seats.acquire_many(4).await;
    /// assert_eq!((table.count(), seats.available()), (4, 1));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line, and those behind it who want less are served at once.
    ///
    /// # Fairness
    ///
    /// FIFO with those who want one: neither starves the other.
    #[track_caller]
    pub fn acquire_many(&self, count: usize) -> Acquire<'_> {
        Acquire::new(self, count)
    }

    /// Waits for a permit that keeps the semaphore alive and may move into another task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(1));
    /// let permit = seats.acquire_owned().await;
    /// std::thread::spawn(move || drop(permit)).join().unwrap();
    /// assert_eq!(seats.available(), 1);
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
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned {
        AcquireOwned::new(self.clone(), 1)
    }

    /// [`acquire_many`](Self::acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(2));
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
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, count: usize) -> AcquireOwned {
        AcquireOwned::new(self.clone(), count)
    }

    /// Takes a permit if one is free and, on the fair kind, nobody waits.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(1);
    /// let permit = seats.try_acquire();
    /// assert!(permit.is_some() && seats.try_acquire().is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits if so many are free and, on the fair kind, nobody waits. Who wants none gets that, whoever waits.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(2);
    /// assert!(seats.try_acquire_many(3).is_none());
    /// assert_eq!(seats.try_acquire_many(2).expect("two are free").count(), 2);
    /// ```
    #[must_use]
    #[inline]
    pub fn try_acquire_many(&self, count: usize) -> Option<Permit<'_>> {
        self.raw.try_acquire(count).then(|| Permit::of_acquired(self, count))
    }

    /// [`try_acquire`](Self::try_acquire) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(1));
    /// assert!(seats.try_acquire_owned().is_some());
    /// ```
    #[must_use]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(1));
    /// assert!(seats.try_acquire_many_owned(2).is_none());
    /// ```
    #[must_use]
    pub fn try_acquire_many_owned(self: &Arc<Self>, count: usize) -> Option<OwnedPermit> {
        self.raw.try_acquire(count).then(|| OwnedPermit::of_acquired(self.clone(), count))
    }

    /// Parks this thread until it has a permit: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(1);
    /// let permit = seats.acquire_blocking();
    /// assert_eq!(seats.available(), 0);
    /// # drop(permit);
    /// ```
    #[track_caller]
    pub fn acquire_blocking(&self) -> Permit<'_> {
        self.acquire_many_blocking(1)
    }

    /// Parks this thread until it has `count` permits.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(2);
    /// assert_eq!(seats.acquire_many_blocking(2).count(), 2);
    /// ```
    #[track_caller]
    pub fn acquire_many_blocking(&self, count: usize) -> Permit<'_> {
        let waiting = self.acquire_many(count);
        self.try_acquire_many(count).unwrap_or_else(|| block_on(waiting))
    }

    /// [`acquire_blocking`](Self::acquire_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(1));
    /// let permit = seats.acquire_owned_blocking();
    /// std::thread::spawn(move || drop(permit)).join().unwrap();
    /// assert_eq!(seats.available(), 1);
    /// ```
    #[track_caller]
    pub fn acquire_owned_blocking(self: &Arc<Self>) -> OwnedPermit {
        self.acquire_many_owned_blocking(1)
    }

    /// [`acquire_many_blocking`](Self::acquire_many_blocking) with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(2));
    /// assert_eq!(seats.acquire_many_owned_blocking(2).count(), 2);
    /// ```
    #[track_caller]
    pub fn acquire_many_owned_blocking(self: &Arc<Self>, count: usize) -> OwnedPermit {
        let waiting = self.acquire_many_owned(count);
        self.try_acquire_many_owned(count).unwrap_or_else(|| block_on(waiting))
    }

    /// How many permits are free just now. For reports: it may have changed when you read it.
    ///
    /// On the fair kind what is free may be promised to a waiter; on the unfair kind what is kept for a waiter is not counted.
    ///
    /// ```
    /// assert_eq!(motet_sync::Semaphore::new(3).available(), 3);
    /// ```
    #[must_use]
    pub fn available(&self) -> usize {
        self.raw.permits()
    }

    /// Adds `count` permits, and serves as many waiters as they suffice for; `Semaphore.release()`.
    ///
    /// For permits that were [forgotten](Permit::forget), or to raise the limit: a [`Permit`] gives itself back.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(0);
    /// seats.release(2);
    /// assert_eq!(seats.available(), 2);
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is more than [`MAX_PERMITS`](Self::MAX_PERMITS), or more than that would be free; nothing is added then.
    #[track_caller]
    pub fn release(&self, count: usize) {
        assert!(self.raw.release(count), "more than `Semaphore::MAX_PERMITS` permits");
    }

    /// Takes away as many free permits as there are, up to `most`; how many that were. Lowers the limit: what is held
    /// comes back as ever.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(3);
    /// let held = seats.try_acquire();
    /// assert_eq!((seats.forget_permits(5), seats.available()), (2, 0));
    /// drop(held);
    /// assert_eq!(seats.available(), 1);
    /// ```
    pub fn forget_permits(&self, most: usize) -> usize {
        self.raw.take_away(most)
    }

    /// From a permit's drop.
    #[inline]
    fn give_back(&self, count: usize) {
        if count > 0 {
            // Where there is no room so many were released meanwhile that these are not missed.
            self.raw.give_back(count);
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available", &self.available()).finish_non_exhaustive()
    }
}
