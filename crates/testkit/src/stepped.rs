//! A future that a test polls by hand.

use crate::WakeCount;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// A future, boxed and pinned, with a waker of its own that counts.
///
/// ```
/// use motet_test::Stepped;
/// use std::task::Poll;
///
/// let mut never = Stepped::new(std::future::pending::<()>());
/// assert_eq!(never.poll(), Poll::Pending);
/// assert!(!never.is_woken());
/// ```
pub struct Stepped<F> {
    future: Pin<Box<F>>,
    wakes: WakeCount,
    seen: usize,
}

impl<F: Future> Stepped<F> {
    /// Takes the future; polls nothing yet.
    pub fn new(future: F) -> Self {
        Self { future: Box::pin(future), wakes: WakeCount::new(), seen: 0 }
    }

    /// Polls once.
    pub fn poll(&mut self) -> Poll<F::Output> {
        self.seen = self.wakes.count();
        self.wakes.poll(self.future.as_mut())
    }

    /// Polls once with a waker that is new each time, as a task does that moves between executors.
    pub fn poll_with_new_waker(&mut self) -> Poll<F::Output> {
        let total = self.wakes.count();
        self.wakes = WakeCount::new();
        (0..total).for_each(|_| self.wakes.waker().wake());
        self.poll()
    }

    /// Polls again while each poll was followed by a wake; `Pending` means that it now waits for somebody else.
    ///
    /// # Panics
    ///
    /// After 100,000 polls: a future that wakes itself for ever makes no progress.
    pub fn poll_until_stalled(&mut self) -> Poll<F::Output> {
        for _ in 0..100_000 {
            match self.poll() {
                Poll::Pending if self.is_woken() => {}
                done_or_stalled => return done_or_stalled,
            }
        }
        panic!("the future woke itself 100,000 times in a row without getting ready")
    }

    /// Whether a wake came since the last poll began.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.wakes.count() > self.seen
    }

    /// How many wakes came since the start.
    #[must_use]
    pub fn wakes(&self) -> usize {
        self.wakes.count()
    }

    /// The pinned future, for a method of its own.
    pub fn as_mut(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }
}

impl<F> fmt::Debug for Stepped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stepped").field("wakes", &self.wakes.count()).finish_non_exhaustive()
    }
}
