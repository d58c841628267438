//! Work that is to be done: jobs, `task_done` and `join`.

use core::fmt;
use core::future::Future;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};

use super::{Get, OrderedQueue, ShutDown, TooManyDone};
use crate::shared::{Fifo, Order, Place, Shared, poll_join};
use motet_prim::{park, pin_project};

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Gets the next item as a [`Job`], whose drop is its [`task_done`](Self::task_done): a worker that returns early,
    /// fails or panics cannot forget it.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.put(20).await.unwrap();
    /// let job = queue.take().await.unwrap();
    /// assert_eq!(*job + 1, 21);
    /// drop(job);
    /// queue.join().await;
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`get`](Self::get).
    ///
    /// [`Job`]: crate::Job
    pub fn take(&self) -> Take<'_, T, O> {
        Take::new(self)
    }

    /// Says that the work on one item is done. asyncio's `task_done`.
    ///
    /// Call it once for each item that `get` gave; a [`Job`](crate::Job) calls it by itself.
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.try_put('a').unwrap();
    /// queue.try_get().unwrap();
    /// assert!(queue.task_done().is_ok());
    /// assert!(queue.task_done().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`TooManyDone`] if it was called more often than items were put.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.shared.task_done()
    }

    /// Waits until all that was put is done: each item got, and reported by [`task_done`](Self::task_done). asyncio's
    /// `join`.
    ///
    /// Ready at once if nothing is unfinished. It ends the first time that nothing is, even if more is put before it
    /// is polled again.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::<u8>::unbounded();
    /// queue.join().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn join(&self) -> Join<'_, T, O> {
        Join::new(&self.shared)
    }

    /// Gets the next item as a [`Job`](crate::Job); blocks this thread until there is one. See [`take`](Self::take).
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.try_put(20).unwrap();
    /// assert_eq!(*queue.take_blocking().unwrap(), 20);
    /// queue.join_blocking();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    pub fn take_blocking(&self) -> Result<Job<T, O>, ShutDown> {
        park::block_on(self.take())
    }

    /// Blocks this thread until all that was put is done. See [`join`](Self::join).
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.try_put(()).unwrap();
    /// let worker = queue.clone();
    /// let thread = std::thread::spawn(move || worker.take_blocking().map(drop));
    /// queue.join_blocking();
    /// assert!(queue.is_empty());
    /// # thread.join().unwrap().unwrap();
    /// ```
    pub fn join_blocking(&self) {
        park::block_on(self.join());
    }
}

/// An item to work on, whose drop is its `task_done`; from [`OrderedQueue::take`].
///
/// It derefs to the item. However the worker ends, by a return, an error or a panic, the job counts as done.
///
/// ```
/// # futures::executor::block_on(async {
/// let queue = motet_channel::Queue::unbounded();
/// queue.put(String::from("tea")).await.unwrap();
/// let mut job = queue.take().await.unwrap();
/// job.push_str(" time");
/// let (item, done) = job.into_parts();
/// assert_eq!(item, "tea time");
/// drop(done);
/// queue.join().await;
/// # });
/// ```
#[must_use = "dropping a job at once says that it is done"]
pub struct Job<T, O: Order<T> = Fifo> {
    item: T,
    done: Done<T, O>,
}

/// The `task_done` of a [`Job`] whose item was taken out: made when this is dropped.
#[must_use = "dropping it at once says that the job is done"]
pub struct Done<T, O: Order<T> = Fifo> {
    queue: OrderedQueue<T, O>,
}

impl<T, O: Order<T>> Job<T, O> {
    /// Takes the item out; what is left reports it done when dropped.
    pub fn into_parts(self) -> (T, Done<T, O>) {
        (self.item, self.done)
    }
}

impl<T, O: Order<T>> Deref for Job<T, O> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T, O: Order<T>> DerefMut for Job<T, O> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T, O: Order<T>> Drop for Done<T, O> {
    fn drop(&mut self) {
        // Too many: somebody called `task_done` for this job too, and a drop does not panic.
        let _ = self.queue.task_done();
    }
}

impl<T: fmt::Debug, O: Order<T>> fmt::Debug for Job<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.item).finish()
    }
}

impl<T, O: Order<T>> fmt::Debug for Done<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::take`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Take<'a, T, O: Order<T> = Fifo> {
        queue: &'a OrderedQueue<T, O>,
        #[pin]
        get: Get<'a, T, O>,
    }
}

impl<'a, T, O: Order<T>> Take<'a, T, O> {
    fn new(queue: &'a OrderedQueue<T, O>) -> Self {
        Self { queue, get: queue.get() }
    }
}

impl<T, O: Order<T>> Future for Take<'_, T, O> {
    type Output = Result<Job<T, O>, ShutDown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let queue = this.queue;
        this.get.poll(cx).map_ok(|item| Job { item, done: Done { queue: queue.clone() } })
    }
}

impl<T, O: Order<T>> fmt::Debug for Take<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Take").field(&self.get).finish()
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::join`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Join<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        #[pin]
        place: Place<&'a Shared<T, O>>,
    }
}

impl<'a, T, O: Order<T>> Join<'a, T, O> {
    fn new(shared: &'a Shared<T, O>) -> Self {
        Self { shared, place: Place::new() }
    }
}

impl<T, O: Order<T>> Future for Join<'_, T, O> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll_join(this.shared, this.place, cx)
    }
}

impl<T, O: Order<T>> fmt::Debug for Join<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("waiting", &!self.place.is_vacant()).finish_non_exhaustive()
    }
}
