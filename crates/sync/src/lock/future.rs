//! Waiting for a lock.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{Locked, Waitable, Waiter, WakeBatch, pin_project};

use super::guard::Reference;
use super::raw::{Line, Outcome, Ticket};
use super::{Lock, LockGuard, OwnedLockGuard};

/// A reference to the lock, of either kind. A type of its own, so that the line is nobody else's to touch.
struct Handle<L>(L);

impl<L: Reference> Waitable for Handle<L> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &Line {
        self.0.raw().line()
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, (), Ticket>, _wakes: &mut WakeBatch) {
        self.0.raw().note_if_empty(line);
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        self.0.raw().hand_on(ticket);
    }
}

/// Polls until the lock is ours; gives the reference back.
fn poll_lock<L: Reference>(mut waiter: Pin<&mut Waiter<Handle<L>>>, cx: &mut Context<'_>) -> Poll<L> {
    let mut may_try = true;
    loop {
        let pass = |lock: &Handle<L>, _: &mut Ticket| may_try && lock.0.raw().try_lock();
        let admit = |lock: &Handle<L>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket| lock.0.raw().admit(ticket);
        let Poll::Ready((lock, ticket)) = waiter.as_mut().poll_wait(cx, pass, admit) else {
            return Poll::Pending;
        };
        if ticket.outcome != Outcome::Called || lock.0.raw().take_turn() {
            return Poll::Ready(lock.0);
        }
        // Somebody barged in: back to the head of the line.
        waiter.set(Waiter::new(lock, 0, ticket.lost()));
        may_try = false;
    }
}

pin_project! {
    /// Waits for a [`Lock`]; made by [`Lock::lock`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct LockFuture<'a, T: ?Sized> {
        #[pin]
        waiter: Waiter<Handle<&'a Lock<T>>>,
    }
}

impl<'a, T: ?Sized> LockFuture<'a, T> {
    pub(super) fn new(lock: &'a Lock<T>) -> Self {
        Self { waiter: Waiter::new(Handle(lock), 0, Ticket::default()) }
    }
}

impl<'a, T: ?Sized> Future for LockFuture<'a, T> {
    type Output = LockGuard<'a, T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_lock(self.project().waiter, cx).map(LockGuard::of_locked)
    }
}

impl<T: ?Sized> fmt::Debug for LockFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockFuture").field("waiter", &self.waiter).finish()
    }
}

pin_project! {
    /// Waits for a [`Lock`] through an `Arc`; made by [`Lock::lock_owned`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct LockOwnedFuture<T: ?Sized> {
        #[pin]
        waiter: Waiter<Handle<Arc<Lock<T>>>>,
    }
}

impl<T: ?Sized> LockOwnedFuture<T> {
    pub(super) fn new(lock: Arc<Lock<T>>) -> Self {
        Self { waiter: Waiter::new(Handle(lock), 0, Ticket::default()) }
    }
}

impl<T: ?Sized> Future for LockOwnedFuture<T> {
    type Output = OwnedLockGuard<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_lock(self.project().waiter, cx).map(OwnedLockGuard::of_locked)
    }
}

impl<T: ?Sized> fmt::Debug for LockOwnedFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockOwnedFuture").field("waiter", &self.waiter).finish()
    }
}
