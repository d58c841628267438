//! A waker that counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts how often it is called, and does nothing else.
///
/// Clones share one count. Each clone of the waker it gives counts into it too.
///
/// ```
/// let wakes = motet_test::WakeCount::new();
/// wakes.waker().wake_by_ref();
/// assert_eq!(wakes.take(), 1);
/// assert_eq!(wakes.count(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct WakeCount {
    count: Arc<Count>,
}

#[derive(Debug, Default)]
struct Count(Mutex<usize>);

impl WakeCount {
    /// A count that stands at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A waker that adds one to this count.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.count))
    }

    /// How often the waker was called since the start, or since the last [`take`](Self::take).
    #[must_use]
    pub fn count(&self) -> usize {
        *self.count.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the count and sets it back to zero.
    #[must_use = "use `reset` to only forget the wakes so far"]
    pub fn take(&self) -> usize {
        std::mem::take(&mut *self.count.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets the wakes so far.
    pub fn reset(&self) {
        let _forgotten = self.take();
    }

    /// Polls `future` once with this count's waker.
    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker()))
    }

    /// How many wakers of this count exist besides the `WakeCount`s themselves: a primitive that forgot a waiter keeps none.
    #[must_use]
    pub fn wakers_alive(&self, counts_alive: usize) -> usize {
        Arc::strong_count(&self.count).saturating_sub(counts_alive)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }
}
