//! Holding permits.

use core::fmt;
use std::sync::Arc;

use super::Semaphore;
use super::any::AnySemaphore;

/// One permit of a [`Semaphore`] (or of another kind of semaphore), or several; given back when dropped, panics included.
///
/// ```
/// let seats = motet_sync::Semaphore::new(3);
/// let mut two = seats.try_acquire_many(2).expect("three are free");
/// let one = two.split(1).expect("it has two");
/// drop(two);
/// assert_eq!((one.count(), seats.available()), (1, 2));
/// ```
#[must_use = "dropped at once, it is given back at once; `let _permit = …` keeps it"]
#[clippy::has_significant_drop]
pub struct Permit<'a, S: AnySemaphore = Semaphore> {
    semaphore: &'a S,
    count: usize,
}

impl<'a, S: AnySemaphore> Permit<'a, S> {
    #[inline]
    pub(super) fn of_acquired(semaphore: &'a S, count: usize) -> Self {
        Self { semaphore, count }
    }

    /// How many permits it stands for.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(3);
    /// assert_eq!(seats.try_acquire_many(2).map(|two| two.count()), Some(2));
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Never gives it back: the semaphore has so many permits less, until a [`Semaphore::release`].
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(2);
    /// seats.try_acquire().expect("two are free").forget();
    /// assert_eq!(seats.available(), 1);
    /// ```
    pub fn forget(mut self) {
        let count = core::mem::take(&mut self.count);
        self.semaphore.on_forget(count);
    }

    /// Parts with `count` permits; `None`, and nothing happens, if it has fewer.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(3);
    /// let mut all = seats.try_acquire_many(3).expect("three are free");
    /// assert!(all.split(4).is_none());
    /// assert_eq!(all.split(2).map(|two| two.count()), Some(2));
    /// assert_eq!((all.count(), seats.available()), (1, 2));
    /// ```
    #[must_use = "what is split off and dropped is given back"]
    pub fn split(&mut self, count: usize) -> Option<Self> {
        self.count = self.count.checked_sub(count)?;
        Some(Self { semaphore: self.semaphore, count })
    }

    /// Takes in the permits of another. What would be more than a semaphore can have free goes back to it.
    ///
    /// ```
    /// let seats = motet_sync::Semaphore::new(3);
    /// let mut one = seats.try_acquire().expect("three are free");
    /// one.merge(seats.try_acquire_many(2).expect("two are free"));
    /// assert_eq!(one.count(), 3);
    /// ```
    ///
    /// # Panics
    ///
    /// If `other` belongs to another semaphore (and is given back there).
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(core::ptr::eq(self.semaphore, other.semaphore), "{FOREIGN}");
        take_in(&mut self.count, &mut other.count);
    }
}

/// Moves permits, as far as a semaphore has room for them: so that all can be given back.
fn take_in(count: &mut usize, other: &mut usize) {
    let moved = (*other).min(Semaphore::MAX_PERMITS - *count);
    *count += moved;
    *other -= moved;
}

const FOREIGN: &str = "merge permits of one semaphore only";

impl<S: AnySemaphore> Drop for Permit<'_, S> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.semaphore().give_back(self.count);
    }
}

impl<S: AnySemaphore> fmt::Debug for Permit<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("count", &self.count).finish_non_exhaustive()
    }
}

/// One permit of a [`Semaphore`], or several, that keeps the semaphore alive and may move into another task.
///
/// ```
/// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(1));
/// let permit = seats.try_acquire_owned().expect("one is free");
/// let guest = std::thread::spawn(move || drop(permit));
/// guest.join().unwrap();
/// assert_eq!(seats.available(), 1);
/// ```
#[must_use = "dropped at once, it is given back at once; `let _permit = …` keeps it"]
#[clippy::has_significant_drop]
pub struct OwnedPermit<S: AnySemaphore = Semaphore> {
    semaphore: Arc<S>,
    count: usize,
}

impl<S: AnySemaphore> OwnedPermit<S> {
    pub(super) fn of_acquired(semaphore: Arc<S>, count: usize) -> Self {
        Self { semaphore, count }
    }

    /// How many permits it stands for.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(3));
    /// assert_eq!(seats.try_acquire_many_owned(2).map(|two| two.count()), Some(2));
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Never gives it back, like [`Permit::forget`].
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(2));
    /// seats.try_acquire_owned().expect("two are free").forget();
    /// assert_eq!(seats.available(), 1);
    /// ```
    pub fn forget(mut self) {
        let count = core::mem::take(&mut self.count);
        self.semaphore.on_forget(count);
    }

    /// Parts with `count` permits; `None`, and nothing happens, if it has fewer.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(3));
    /// let mut all = seats.try_acquire_many_owned(3).expect("three are free");
    /// assert_eq!((all.split(4).is_none(), all.split(2).map(|two| two.count())), (true, Some(2)));
    /// ```
    #[must_use = "what is split off and dropped is given back"]
    pub fn split(&mut self, count: usize) -> Option<Self> {
        self.count = self.count.checked_sub(count)?;
        Some(Self { semaphore: self.semaphore.clone(), count })
    }

    /// Takes in the permits of another. What would be more than a semaphore can have free goes back to it.
    ///
    /// ```
    /// let seats = std::sync::Arc::new(motet_sync::Semaphore::new(3));
    /// let mut one = seats.try_acquire_owned().expect("three are free");
    /// one.merge(seats.try_acquire_many_owned(2).expect("two are free"));
    /// assert_eq!(one.count(), 3);
    /// ```
    ///
    /// # Panics
    ///
    /// If `other` belongs to another semaphore (and is given back there).
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(Arc::ptr_eq(&self.semaphore, &other.semaphore), "{FOREIGN}");
        take_in(&mut self.count, &mut other.count);
    }
}

impl<S: AnySemaphore> Drop for OwnedPermit<S> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.semaphore().give_back(self.count);
    }
}

impl<S: AnySemaphore> fmt::Debug for OwnedPermit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("count", &self.count).finish_non_exhaustive()
    }
}
