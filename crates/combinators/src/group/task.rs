//! The handles: of a group, and of a child in it.

use super::members::Members;
use crate::cancelled::is_cancelled;
use crate::promise::{Awaited, Closed, Promise, promise};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::future::FutureExt;
use futures_util::task::FutureObj;
use motet_cancel::{CancelHandle, Cancelled, PanicPayload, Reason, report_unheard, scope};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// A handle of a group: spawns children into it, and cancels it. Children may hold one.
///
/// Given by [`task_group`](crate::task_group()). asyncio: `TaskGroup`.
pub struct TaskGroup<E> {
    pub(super) members: Arc<Members<E>>,
}

impl<E> Clone for TaskGroup<E> {
    fn clone(&self) -> Self {
        Self { members: self.members.clone() }
    }
}

impl<E> TaskGroup<E> {
    /// Cancels all children and the body: the group ends quietly, once their cleanup is done. Again, it changes nothing. asyncio: `TaskGroup.cancel`.
    ///
    /// If the body has its result already, or gives it in this very poll, that is the group's; else it is [`GroupError::Cancelled`](crate::GroupError).
    pub fn cancel(&self) {
        self.members.cancel();
    }

    /// How many children have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no child is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the group takes no more children: it was cancelled, a child failed, or it has finished.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.members.is_open()
    }

    /// Waits until no child is left. New ones may come later. A child that waits for this waits for itself, and so for ever.
    ///
    /// For a graceful shutdown: stop to accept, give `drained` a timeout, then [`cancel`](Self::cancel).
    ///
    /// ```
    /// use futures::executor::LocalPool;
    /// use motet_cancel::CancelToken;
    /// use motet_combinators::{task_group, timeout};
    /// use std::{io, time::Duration};
    ///
    /// # async fn accept() -> u32 { 7 }
    /// # async fn serve(_connection: u32) -> io::Result<()> { Ok(()) }
    /// let stop = CancelToken::new(); // another task, or a signal, cancels it
    /// # stop.cancel();
    /// let mut pool = LocalPool::new();
    /// let spawner = pool.spawner();
    /// let server = task_group(&spawner, |group| async move {
    ///     while let Some(connection) = stop.run_until_cancelled(accept()).await {
    ///         drop(group.spawn(serve(connection)));
    ///     }
    ///     if timeout(Duration::from_secs(5), group.drained()).await.is_err() {
    ///         group.cancel();
    ///     }
    ///     Ok::<_, io::Error>("stopped")
    /// });
    /// assert_eq!(pool.run_until(server).unwrap(), "stopped");
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happens when it is dropped.
    pub async fn drained(&self) {
        struct Waiting<'a, E>(&'a Members<E>, u64);
        impl<E> Drop for Waiting<'_, E> {
            fn drop(&mut self) {
                self.0.stop_waiting(self.1);
            }
        }
        let mut waiting = Waiting(&self.members, 0);
        core::future::poll_fn(|cx| waiting.0.poll_drained(&mut waiting.1, cx)).await;
    }
}

impl<E: Send + 'static> TaskGroup<E> {
    /// Spawns a child. It starts when the body suspends next.
    ///
    /// Its error cancels its siblings and the body. Its panic does too, and goes on once they have ended. In a group that ends or
    /// has ended, the future is dropped unpolled, and its [`GroupTask`] gives [`Closed`]. asyncio: `create_task`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`GroupTask`] leaves the child running.
    pub fn spawn<T, F>(&self, future: F) -> GroupTask<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (child, handle) = scope(future);
        let (promise, awaited) = promise();
        let entered = self.members.enter(&handle, |number| {
            let membership = Membership { members: self.members.clone(), number };
            FutureObj::new(Box::pin(Child { future: child, promise, membership }.run()))
        });
        let awaited = if entered { awaited } else { Awaited::closed() };
        GroupTask { awaited, handle }
    }
}

/// A child and what it owes. The order of the fields is that of their drops: the child leaves when all of it is gone, started or not.
struct Child<F, T, E: 'static> {
    future: F,
    promise: Promise<T>,
    membership: Membership<E>,
}

impl<F, T, E: 'static> Child<F, T, E>
where
    F: Future<Output = Result<Result<T, E>, Cancelled>>,
{
    async fn run(self) {
        let Self { membership, promise, future } = self;
        match AssertUnwindSafe(future).catch_unwind().await {
            Ok(Ok(Ok(value))) => promise.fulfil(value),
            Ok(Ok(Err(error))) => membership.failed(error),
            Ok(Err(_cancelled)) => {}
            Err(panic) => membership.panicked(PanicPayload::new(panic)),
        }
    }
}

/// A child's place in its group, given up when the child is gone.
struct Membership<E> {
    members: Arc<Members<E>>,
    number: u64,
}

impl<E: 'static> Membership<E> {
    fn failed(&self, error: E) {
        // A child that reports a cancellation has not failed.
        if is_cancelled(&error) {
            return;
        }
        if let Some(unheard) = self.members.fail(error) {
            report_unheard(unheard);
        }
    }

    fn panicked(&self, panic: PanicPayload) {
        if let Some(unheard) = self.members.panicked(panic) {
            // The group is gone: let the executor hear of it.
            unheard.resume();
        }
    }
}

impl<E> Drop for Membership<E> {
    fn drop(&mut self) {
        self.members.leave(self.number);
    }
}

/// A child of a [`TaskGroup`]: its value, or [`Closed`] if it ended without one. Dropped, the child runs on.
///
/// When the child fails, the group drops its body and its other children; but one that is being polled on another thread at that moment may still see
/// the `Closed`. So do not `unwrap` in there: use `?`, for the group does not count a `Closed` as a failure, or let the body return the handles,
/// which have their values once the group has succeeded.
pub struct GroupTask<T> {
    awaited: Awaited<T>,
    handle: CancelHandle,
}

impl<T> GroupTask<T> {
    /// Cancels this child; the group and the siblings go on. `false`: it has ended.
    pub fn cancel(&self, reason: impl Into<Reason>) -> bool {
        self.handle.cancel(reason)
    }

    /// A handle that cancels this child.
    #[must_use]
    pub fn handle(&self) -> CancelHandle {
        self.handle.clone()
    }

    /// Whether the child has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.awaited.is_pending()
    }
}

impl<T> Future for GroupTask<T> {
    type Output = Result<T, Closed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaited.poll(cx)
    }
}

impl<E> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").field("len", &self.len()).field("is_closed", &self.is_closed()).finish()
    }
}

impl<T> fmt::Debug for GroupTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupTask").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}
