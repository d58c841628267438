//! A gate that opens when so many things are done, and stays open.
//!
//! ```text
//!   n left ──count_down──▶ n-1 left … ──count_down──▶ open: all who wait are released
//! ```
//!
//! The count is the state: it only falls. The race to fear, the last `count_down` against a waiter that joins, is the line's to
//! settle: see `line.rs`.

#![forbid(unsafe_code)]

#[cfg(all(test, motet_loom))]
mod model;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use crate::line::{Lead, Line, Look, Place};
use motet_prim::atomic::{AtomicUsize, Ordering};

/// Opens when it was counted down to zero, once and for all; `std::latch` of C++, `CountDownLatch` of Java.
///
/// Use it where others wait until a known number of things is done: so many workers ready, so many parts loaded.
/// For a number that is not known beforehand take a [`WaitGroup`](crate::WaitGroup), for rounds a [`Barrier`](crate::Barrier).
///
/// ```
/// use motet_sync::Latch;
///
/// static READY: Latch = Latch::new(2);
///
/// for _ in 0..2 {
///     std::thread::spawn(|| READY.count_down());
/// }
/// # motet_prim::park::block_on(async {
/// READY.wait().await;
/// assert!(READY.is_open());
/// # });
/// ```
///
/// # Fairness
///
/// All are released at once, the oldest is woken first.
///
/// # Complexity
///
/// To count down is one atomic read-modify-write; the last is O(n) in those it wakes. A wait that has to wait allocates.
pub struct Latch {
    left: AtomicUsize,
    line: Line,
}

impl Latch {
    motet_prim::const_fn! {
        /// A latch that opens after so many counts; at once, if there are none.
        ///
        /// ```
        /// assert!(motet_sync::Latch::new(0).is_open());
        /// ```
        #[must_use]
        pub const fn new(count: usize) -> Self {
            Self { left: AtomicUsize::new(count), line: Line::new() }
        }
    }

    /// Counts one; the last opens it. An open latch stays as it is.
    ///
    /// ```
    /// let ready = motet_sync::Latch::new(1);
    /// ready.count_down();
    /// ready.count_down();
    /// assert_eq!(ready.left(), 0);
    /// ```
    pub fn count_down(&self) {
        self.count_down_by(1);
    }

    /// Counts so many at once, or as many as are left.
    ///
    /// ```
    /// let ready = motet_sync::Latch::new(3);
    /// ready.count_down_by(2);
    /// assert_eq!(ready.left(), 1);
    /// ```
    pub fn count_down_by(&self, count: usize) {
        let next = |left: usize| Some(left.saturating_sub(count));
        // Release: what was done before a count is visible to whoever finds the latch open; each count is a read-modify-write,
        // so the last keeps those before it readable. Pairs with the Acquire in `left`.
        let before = self.left.fetch_update(Ordering::Release, Ordering::Relaxed, next);
        if before.is_ok_and(|left| left > 0 && left <= count) {
            self.line.notify_all();
        }
    }

    /// How many counts are left.
    ///
    /// ```
    /// assert_eq!(motet_sync::Latch::new(2).left(), 2);
    /// ```
    #[must_use]
    pub fn left(&self) -> usize {
        // Acquire: pairs with the Release in `count_down_by`.
        self.left.load(Ordering::Acquire)
    }

    /// Whether all counts are done.
    ///
    /// ```
    /// let latch = motet_sync::Latch::new(1);
    /// latch.count_down();
    /// assert!(latch.is_open());
    /// ```
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.left() == 0
    }

    /// Waits until it is open.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// motet_sync::Latch::new(0).wait().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// All who wait are released at once, the oldest is woken first.
    pub fn wait(&self) -> LatchWait<'_> {
        LatchWait { latch: self, place: Place::new() }
    }

    /// [`wait`](Self::wait) that keeps the latch alive: for a future that is held on to, in a service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let ready = std::sync::Arc::new(motet_sync::Latch::new(1));
    /// let wait = ready.wait_owned();
    /// std::thread::spawn(move || ready.count_down());
    /// wait.await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// The same line as [`wait`](Self::wait).
    pub fn wait_owned(self: &Arc<Self>) -> LatchWaitOwned {
        LatchWaitOwned { latch: self.clone(), place: Place::new() }
    }

    /// Parks this thread until it is open: for threads beside the tasks.
    ///
    /// ```
    /// motet_sync::Latch::new(0).wait_blocking();
    /// ```
    pub fn wait_blocking(&self) {
        Place::block(|| self.look());
    }

    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`: whether it was open in time. `CountDownLatch.await(timeout)`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let ready = motet_sync::Latch::new(1);
    /// assert!(!ready.wait_blocking_for(Duration::from_millis(1)));
    /// ready.count_down();
    /// assert!(ready.wait_blocking_for(Duration::MAX));
    /// ```
    #[doc(alias = "wait_timeout")]
    #[must_use = "it tells whether the latch was open, or the time was up"]
    pub fn wait_blocking_for(&self, limit: Duration) -> bool {
        Place::block_until(Instant::now().checked_add(limit), || self.look()).is_some()
    }

    fn look(&self) -> Look<&Line, ()> {
        if self.is_open() { Look::Ready(()) } else { Look::Wait(&self.line) }
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latch").field("left", &self.left()).finish_non_exhaustive()
    }
}

/// Waits until a [`Latch`] is open; made by [`Latch::wait`].
///
/// # Cancel safety
///
/// Cancel safe, see [`Latch::wait`].
///
/// # Fairness
///
/// All who wait are released at once, the oldest is woken first.
#[must_use = "futures do nothing unless they are awaited"]
pub struct LatchWait<'a> {
    latch: &'a Latch,
    place: Place<&'a Line>,
}

impl Future for LatchWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let latch = self.latch;
        self.place.poll(cx, || latch.look())
    }
}

impl fmt::Debug for LatchWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatchWait").field("place", &self.place).finish()
    }
}

impl Lead for Arc<Latch> {
    fn line(&self) -> &Line {
        &self.line
    }
}

/// Waits through an `Arc` until a [`Latch`] is open; made by [`Latch::wait_owned`].
///
/// # Cancel safety
///
/// Cancel safe, see [`Latch::wait`].
///
/// # Fairness
///
/// The same line as that of [`LatchWait`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct LatchWaitOwned {
    latch: Arc<Latch>,
    place: Place<Arc<Latch>>,
}

impl Future for LatchWaitOwned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { latch, place } = &mut *self;
        place.poll(cx, || latch.look().through(|_| latch.clone()))
    }
}

impl fmt::Debug for LatchWaitOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatchWaitOwned").field("place", &self.place).finish()
    }
}
