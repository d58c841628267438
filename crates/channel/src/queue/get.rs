//! The getting side: `get` and its kin, and their waits.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::{OrderedQueue, QueueStream, ShutDown, TryGetError};
use crate::shared::{Fifo, Nothing, Order, Place, Shared, poll_get, poll_get_many};
use motet_prim::{park, pin_project};

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Gets the next item; waits for one. asyncio's `get`.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.put('a').await.unwrap();
    /// assert_eq!(queue.get().await, Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing. An item that it was just handed goes to the next
    /// getter, or back to its place in the queue (which may exceed its capacity by that until one is got).
    ///
    /// # Fairness
    ///
    /// Getters are served in the order of their first poll; `try_get` cannot overtake them.
    pub fn get(&self) -> Get<'_, T, O> {
        Get::new(&self.shared)
    }

    /// Gets the next item if one is there. asyncio's `get_nowait`.
    ///
    /// ```
    /// use motet_channel::{Queue, TryGetError};
    ///
    /// let queue = Queue::unbounded();
    /// assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    /// queue.try_put('a').unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryGetError::Empty`], or [`TryGetError::ShutDown`] once the queue is shut down and empty.
    pub fn try_get(&self) -> Result<T, TryGetError> {
        self.shared.try_get().map_err(|nothing| match nothing {
            Nothing::Empty => TryGetError::Empty,
            Nothing::Closed => TryGetError::ShutDown,
        })
    }

    /// Gets all that is there, up to `max` items, and appends them to `out`; waits for the first. How many they were.
    ///
    /// One lock for the batch. With `max` 0 it is ready at once with 0.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// (0..5).for_each(|i| queue.try_put(i).unwrap());
    /// let mut batch = Vec::new();
    /// assert_eq!(queue.get_many(&mut batch, 3).await, Ok(3));
    /// assert_eq!(batch, [0, 1, 2]);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has taken nothing and `out` is as it was.
    pub fn get_many<'a>(&'a self, out: &'a mut Vec<T>, max: usize) -> GetMany<'a, T, O> {
        GetMany::new(&self.shared, out, max)
    }

    /// The items as a stream that ends when the queue is shut down and empty.
    ///
    /// It owns a share of the queue. An item that it gives counts as got: report it by [`task_done`](Self::task_done).
    ///
    /// ```
    /// use futures::StreamExt;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// (1..=3).for_each(|i| queue.try_put(i).unwrap());
    /// queue.shutdown(motet_channel::Shutdown::Drain);
    /// assert_eq!(queue.stream().collect::<Vec<_>>().await, [1, 2, 3]);
    /// # });
    /// ```
    pub fn stream(&self) -> QueueStream<T, O> {
        QueueStream::new(self.shared.clone())
    }

    /// Gets the next item; blocks this thread until one is there.
    ///
    /// For threads outside of any executor; they wait in one line with the tasks. In async code use [`get`](Self::get).
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// let producer = queue.clone();
    /// std::thread::spawn(move || producer.try_put('a'));
    /// assert_eq!(queue.get_blocking(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    pub fn get_blocking(&self) -> Result<T, ShutDown> {
        park::block_on(self.get())
    }

    /// Gets all that is there, up to `max` items; blocks this thread until there is one. See [`get_many`](Self::get_many).
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// (0..3).for_each(|i| queue.try_put(i).unwrap());
    /// let mut batch = Vec::new();
    /// assert_eq!(queue.get_many_blocking(&mut batch, 8), Ok(3));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] once the queue is shut down and empty.
    pub fn get_many_blocking(&self, out: &mut Vec<T>, max: usize) -> Result<usize, ShutDown> {
        park::block_on(self.get_many(out, max))
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::get`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Get<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        #[pin]
        place: Place<&'a Shared<T, O>>,
    }
}

impl<'a, T, O: Order<T>> Get<'a, T, O> {
    pub(crate) fn new(shared: &'a Shared<T, O>) -> Self {
        Self { shared, place: Place::new() }
    }
}

impl<T, O: Order<T>> Future for Get<'_, T, O> {
    type Output = Result<T, ShutDown>;

    // Always, and so on down to the lock: see `shared::poll`.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_get(this.shared, this.place, cx).map(|item| item.ok_or(ShutDown))
    }
}

impl<T, O: Order<T>> fmt::Debug for Get<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("waiting", &!self.place.is_vacant()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::get_many`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct GetMany<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        #[pin]
        place: Place<&'a Shared<T, O>>,
        out: &'a mut Vec<T>,
        max: usize,
    }
}

impl<'a, T, O: Order<T>> GetMany<'a, T, O> {
    pub(crate) fn new(shared: &'a Shared<T, O>, out: &'a mut Vec<T>, max: usize) -> Self {
        Self { shared, place: Place::new(), out, max }
    }
}

impl<T, O: Order<T>> Future for GetMany<'_, T, O> {
    type Output = Result<usize, ShutDown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_get_many(this.shared, this.place, cx, this.out, *this.max).map(|count| count.ok_or(ShutDown))
    }
}

impl<T, O: Order<T>> fmt::Debug for GetMany<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetMany").field("max", &self.max).finish_non_exhaustive()
    }
}
