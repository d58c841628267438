//! Work that is to be done: jobs whose drop is their `task_done`.

use core::fmt;
use core::future::Future;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};

use super::queue::Queue;
use super::wait::Get;
use crate::queue::ShutDown;

/// An item to work on, whose drop is its `task_done`; from [`Queue::take`].
///
/// It derefs to the item. However the worker ends, by a return, an error or a panic, the job counts as done.
#[must_use = "dropping a job at once says that it is done"]
pub struct Job<T> {
    item: T,
    done: Done<T>,
}

/// The `task_done` of a [`Job`] whose item was taken out: made when this is dropped.
#[must_use = "dropping it at once says that the job is done"]
pub struct Done<T> {
    queue: Queue<T>,
}

impl<T> Job<T> {
    /// Takes the item out; what is left reports it done when dropped.
    ///
    /// ```
    /// let queue = motet_channel::local::Queue::unbounded();
    /// queue.try_put('a').unwrap();
    /// let job = futures::executor::block_on(queue.take()).unwrap();
    /// let (item, done) = job.into_parts();
    /// assert_eq!(item, 'a');
    /// drop(done);
    /// futures::executor::block_on(queue.join());
    /// ```
    pub fn into_parts(self) -> (T, Done<T>) {
        (self.item, self.done)
    }
}

impl<T> Deref for Job<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for Job<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T> Drop for Done<T> {
    fn drop(&mut self) {
        // Too many: somebody called `task_done` for this job too, and a drop does not panic.
        let _ = self.queue.task_done();
    }
}

impl<T: fmt::Debug> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.item).finish()
    }
}

impl<T> fmt::Debug for Done<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").finish_non_exhaustive()
    }
}

/// The wait of [`Queue::take`].
#[must_use = "a future does nothing unless it is awaited"]
#[derive(Debug)]
pub struct Take<'a, T> {
    queue: &'a Queue<T>,
    get: Get<'a, T>,
}

impl<'a, T> Take<'a, T> {
    pub(super) fn new(queue: &'a Queue<T>) -> Self {
        Self { queue, get: queue.get() }
    }
}

impl<T> Future for Take<'_, T> {
    type Output = Result<Job<T>, ShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let queue = self.queue;
        Pin::new(&mut self.get).poll(cx).map_ok(|item| Job { item, done: Done { queue: queue.clone() } })
    }
}
