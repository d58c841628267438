//! The putting side: `put` and its kin, and their waits.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::{OrderedQueue, PutError, QueueSink, ShutDown, Slot, TryPutError};
use crate::shared::{Fifo, Order, Place, Refusal, Shared, poll_put, poll_reserve, stop_putting};
use motet_prim::{park, pin_project};

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Puts an item; waits while the queue is full. asyncio's `put`.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::bounded(1);
    /// queue.put('a').await.unwrap();
    /// assert_eq!(queue.len(), 1);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`PutError`](crate::PutError) gives the item back if the queue is shut down, before or during the wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has put nothing; the item is dropped with it, and the place that was
    /// perhaps reserved for it is the next putter's. To keep the item, [`reserve`](Self::reserve) first: then nothing is at
    /// stake while waiting.
    ///
    /// # Fairness
    ///
    /// Putters are served in the order of their first poll.
    pub fn put(&self, item: T) -> Put<'_, T, O> {
        Put::new(&self.shared, item)
    }

    /// Puts an item if there is room. asyncio's `put_nowait`.
    ///
    /// ```
    /// use motet_channel::{Queue, TryPutError};
    ///
    /// let queue = Queue::bounded(1);
    /// assert_eq!(queue.try_put('a'), Ok(()));
    /// assert_eq!(queue.try_put('b'), Err(TryPutError::Full('b')));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryPutError::Full`] without room (a place that is reserved for others is none), [`TryPutError::ShutDown`] once
    /// the queue is shut down; both give the item back.
    pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
        self.shared.try_put(item).map_err(|refusal| match refusal {
            Refusal::Full(item) => TryPutError::Full(item),
            Refusal::Closed(item) => TryPutError::ShutDown(item),
        })
    }

    /// Waits for room and reserves it; the item is put with the [`Slot`], without another wait.
    ///
    /// Use it where the item must survive a cancelled wait, or is costly to make before there is room for it.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::bounded(1);
    /// let slot = queue.reserve().await.unwrap();
    /// assert!(queue.is_full());
    /// slot.put('a').unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] if the queue is shut down.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has reserved nothing.
    ///
    /// [`Slot`]: crate::Slot
    pub fn reserve(&self) -> Reserve<'_, T, O> {
        Reserve::new(&self.shared)
    }

    /// Reserves a place if there is room.
    ///
    /// ```
    /// use motet_channel::{Queue, TryPutError};
    ///
    /// let queue = Queue::bounded(1);
    /// let slot = queue.try_reserve().unwrap();
    /// assert_eq!(queue.try_reserve().unwrap_err(), TryPutError::Full(()));
    /// assert!(slot.put('a').is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// [`TryPutError::Full`] without room, [`TryPutError::ShutDown`] once the queue is shut down.
    pub fn try_reserve(&self) -> Result<Slot<'_, T, O>, TryPutError<()>> {
        match self.shared.try_reserve() {
            Ok(()) => Ok(Slot::new(&self.shared)),
            Err(Refusal::Full(())) => Err(TryPutError::Full(())),
            Err(Refusal::Closed(())) => Err(TryPutError::ShutDown(())),
        }
    }

    /// Waits for room and reserves it; blocks this thread until there is some. See [`reserve`](Self::reserve).
    ///
    /// ```
    /// let queue = motet_channel::Queue::bounded(1);
    /// queue.reserve_blocking().unwrap().put('a').unwrap();
    /// assert_eq!(queue.try_get(), Ok('a'));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] if the queue is shut down.
    pub fn reserve_blocking(&self) -> Result<Slot<'_, T, O>, ShutDown> {
        park::block_on(self.reserve())
    }

    /// The putting side as a sink. It owns a share of the queue; closing it does not shut the queue down.
    ///
    /// ```
    /// use futures::{SinkExt, StreamExt};
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// futures::stream::iter(1..=3).map(Ok).forward(queue.sink()).await.unwrap();
    /// assert_eq!(queue.len(), 3);
    /// # });
    /// ```
    pub fn sink(&self) -> QueueSink<T, O> {
        QueueSink::new(self.shared.clone())
    }

    /// Puts an item; blocks this thread while the queue is full.
    ///
    /// For threads outside of any executor; they wait in one line with the tasks. In async code use [`put`](Self::put).
    ///
    /// ```
    /// let queue = motet_channel::Queue::bounded(1);
    /// let producer = queue.clone();
    /// let thread = std::thread::spawn(move || (0..3).try_for_each(|i| producer.put_blocking(i)));
    /// assert_eq!([(); 3].map(|()| queue.get_blocking().unwrap()), [0, 1, 2]);
    /// assert_eq!(thread.join().unwrap(), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`PutError`] gives the item back if the queue is shut down.
    pub fn put_blocking(&self, item: T) -> Result<(), PutError<T>> {
        park::block_on(self.put(item))
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::put`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Put<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        // Empty until it must wait.
        #[pin]
        place: Place<&'a Shared<T, O>>,
        // Empty once it is put; and, at a rendezvous, while it waits in line.
        item: Option<T>,
    }
}

impl<'a, T, O: Order<T>> Put<'a, T, O> {
    pub(crate) fn new(shared: &'a Shared<T, O>, item: T) -> Self {
        Self { shared, place: Place::new(), item: Some(item) }
    }

    /// Gives the put up and takes its item back; `None` if it has been put.
    ///
    /// For what comes after a timeout or a lost race, so that the item is not swallowed:
    ///
    /// ```
    /// use futures::FutureExt;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::bounded(1);
    /// queue.put('a').await.unwrap();
    /// let mut put = std::pin::pin!(queue.put('b'));
    /// assert!(put.as_mut().now_or_never().is_none());
    /// assert_eq!(put.as_mut().take_back(), Some('b'));
    /// # });
    /// ```
    ///
    /// The future must not be polled again.
    #[must_use = "the item is dropped, if there is one"]
    pub fn take_back(self: Pin<&mut Self>) -> Option<T> {
        let this = self.project();
        stop_putting(this.place).or_else(|| this.item.take())
    }
}

impl<T, O: Order<T>> Future for Put<'_, T, O> {
    type Output = Result<(), PutError<T>>;

    // Always, and so on down to the lock: see `shared::poll`.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_put(this.shared, this.place, cx, this.item).map_err(PutError)
    }
}

impl<T, O: Order<T>> fmt::Debug for Put<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").field("waiting", &!self.place.is_vacant()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::reserve`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Reserve<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        #[pin]
        place: Place<&'a Shared<T, O>>,
    }
}

impl<'a, T, O: Order<T>> Reserve<'a, T, O> {
    pub(crate) fn new(shared: &'a Shared<T, O>) -> Self {
        Self { shared, place: Place::new() }
    }
}

impl<'a, T, O: Order<T>> Future for Reserve<'a, T, O> {
    type Output = Result<Slot<'a, T, O>, ShutDown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let shared = *this.shared;
        poll_reserve(shared, this.place, cx)
            .map(|reserved| if reserved { Ok(Slot::new(shared)) } else { Err(ShutDown) })
    }
}

impl<T, O: Order<T>> fmt::Debug for Reserve<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").field("waiting", &!self.place.is_vacant()).finish_non_exhaustive()
    }
}
