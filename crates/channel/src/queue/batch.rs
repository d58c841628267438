//! Putting many items, one after the other, in a way that loses none.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;

use super::{OrderedQueue, Reserve, ShutDown};
use crate::shared::{Fifo, Order, Refusal, Shared};
use motet_prim::{park, pin_project};

impl<T, O: Order<T>> OrderedQueue<T, O> {
    /// Puts all of `items`, from the front; waits while the queue is full. Each leaves `items` as it goes into the queue.
    ///
    /// ```
    /// use std::collections::VecDeque;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::Queue::unbounded();
    /// let mut items = VecDeque::from([1, 2, 3]);
    /// queue.put_many(&mut items).await.unwrap();
    /// assert_eq!((queue.len(), items.len()), (3, 0));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] if the queue is shut down; what was not put is still in `items`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while it waits, what it has put is in the queue, and the rest is in `items`.
    pub fn put_many<'a>(&'a self, items: &'a mut VecDeque<T>) -> PutMany<'a, T, O> {
        PutMany::new(&self.shared, items)
    }

    /// Puts all of `items`; blocks this thread while the queue is full. See [`put_many`](Self::put_many).
    ///
    /// ```
    /// let queue = motet_channel::Queue::unbounded();
    /// queue.put_many_blocking(&mut (0..3).collect()).unwrap();
    /// assert_eq!(queue.len(), 3);
    /// ```
    ///
    /// # Errors
    ///
    /// [`ShutDown`] if the queue is shut down; what was not put is still in `items`.
    pub fn put_many_blocking(&self, items: &mut VecDeque<T>) -> Result<(), ShutDown> {
        park::block_on(self.put_many(items))
    }
}

pin_project! {
    /// The wait of [`OrderedQueue::put_many`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct PutMany<'a, T, O: Order<T> = Fifo> {
        shared: &'a Shared<T, O>,
        items: &'a mut VecDeque<T>,
        // The wait for the next place.
        #[pin]
        reserve: Option<Reserve<'a, T, O>>,
    }
}

impl<'a, T, O: Order<T>> PutMany<'a, T, O> {
    pub(crate) fn new(shared: &'a Shared<T, O>, items: &'a mut VecDeque<T>) -> Self {
        Self { shared, items, reserve: None }
    }
}

impl<T, O: Order<T>> Future for PutMany<'_, T, O> {
    type Output = Result<(), ShutDown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Some(reserve) = this.reserve.as_mut().as_pin_mut() {
                let slot = ready!(reserve.poll(cx))?;
                this.reserve.set(None);
                let Some(item) = this.items.pop_front() else { return Poll::Ready(Ok(())) };
                if let Err(refused) = slot.put(item) {
                    this.items.push_front(refused.0);
                    return Poll::Ready(Err(ShutDown));
                }
            }
            let Some(item) = this.items.pop_front() else { return Poll::Ready(Ok(())) };
            match this.shared.try_put(item) {
                Ok(()) => {}
                Err(Refusal::Closed(item)) => {
                    this.items.push_front(item);
                    return Poll::Ready(Err(ShutDown));
                }
                Err(Refusal::Full(item)) => {
                    this.items.push_front(item);
                    this.reserve.set(Some(Reserve::new(this.shared)));
                }
            }
        }
    }
}

impl<T, O: Order<T>> fmt::Debug for PutMany<'_, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutMany").field("left", &self.items.len()).finish_non_exhaustive()
    }
}
