//! Putting many items, one after the other, in a way that loses none.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;

use super::line::Ticket;
use super::queue::Queue;
use super::state::{Refusal, Shared};
use super::wait::{Kind, poll_reserve};
use crate::queue::ShutDown;

impl<T> Queue<T> {
    /// Puts all of `items`, from the front; waits while the queue is full. Each leaves `items` as it goes into the queue.
    ///
    /// ```
    /// use std::collections::VecDeque;
    /// # futures::executor::block_on(async {
    /// let queue = motet_channel::local::Queue::unbounded();
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
    pub fn put_many<'a>(&'a self, items: &'a mut VecDeque<T>) -> PutMany<'a, T> {
        PutMany { shared: self.shared(), items, ticket: None }
    }
}

/// The wait of [`Queue::put_many`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct PutMany<'a, T> {
    shared: &'a Shared<T>,
    items: &'a mut VecDeque<T>,
    /// The wait for the next place.
    ticket: Option<Ticket>,
}

impl<T> PutMany<'_, T> {
    /// Puts what goes without a wait; what then is first is to be waited for.
    fn put_at_once(&mut self) -> Poll<Result<(), ShutDown>> {
        while let Some(item) = self.items.pop_front() {
            match self.shared.try_put(item) {
                Ok(()) => {}
                Err(Refusal::ShutDown(item)) => return self.refuse(item),
                Err(Refusal::Full(item)) => {
                    self.items.push_front(item);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn refuse(&mut self, item: T) -> Poll<Result<(), ShutDown>> {
        self.items.push_front(item);
        Poll::Ready(Err(ShutDown))
    }
}

impl<T> Future for PutMany<'_, T> {
    type Output = Result<(), ShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if this.ticket.is_none() {
                if let Poll::Ready(put) = this.put_at_once() {
                    return Poll::Ready(put);
                }
            }
            if !ready!(poll_reserve(this.shared, &mut this.ticket, cx)) {
                return Poll::Ready(Err(ShutDown));
            }
            let Some(item) = this.items.pop_front() else { unreachable!("a place was waited for, for an item") };
            if let Err(item) = this.shared.fill_place(item) {
                return this.refuse(item);
            }
        }
    }
}

impl<T> Drop for PutMany<'_, T> {
    fn drop(&mut self) {
        Kind::ROOM.leave(self.shared, &mut self.ticket);
    }
}

impl<T> fmt::Debug for PutMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutMany").field("left", &self.items.len()).finish_non_exhaustive()
    }
}
