//! Waiting for a lock.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{LazyWaiter, Locked, Waitable, Waiter, pin_project};

use super::guard::Reference;
use super::raw::{Line, Outcome, Ticket};
use super::{Lock, LockGuard, OwnedLockGuard};
use crate::futurelock::{self, Watch};

/// What the holder of a lock has.
pub(crate) const WHAT: &str = "lock";

/// A reference to the lock, of either kind. A type of its own, so that the line is nobody else's to touch.
struct Handle<L>(L);

impl<L: Reference> Waitable for Handle<L> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &Line {
        self.0.raw().line()
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        self.0.raw().hand_on(ticket);
    }
}

/// A waiter, once there is something to wait for: the uncontended path builds none, and drops none.
type Place<L> = LazyWaiter<Handle<L>>;

/// A place in line, behind a try that has failed.
fn waiter<L: Reference>(lock: L, ticket: Ticket) -> Waiter<Handle<L>> {
    Waiter::new(Handle(lock), 0, ticket)
}

/// Polls until the lock is ours; gives the reference back.
fn poll_lock<L: Reference>(mut in_line: Pin<&mut Place<L>>, cx: &mut Context<'_>) -> Poll<L> {
    loop {
        let admit = |lock: &Handle<L>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket| lock.0.raw().admit(ticket);
        let Poll::Ready((Handle(lock), mut ticket)) = in_line.as_mut().poll_wait(cx, admit) else {
            futurelock::look(|| Some(in_line.as_mut().get()?.into_ref().get_ref().handle().0.raw()));
            return Poll::Pending;
        };
        ticket.watch.taken();
        if ticket.outcome != Outcome::Called || lock.raw().take_turn() {
            return Poll::Ready(lock);
        }
        // Somebody barged in: back to the head of the line.
        in_line.as_mut().enter(|| waiter(lock, ticket.lost()));
    }
}

pin_project! {
    /// Waits for a [`Lock`]; made by [`Lock::lock`].
    ///
    /// # Cancel safety
    ///
    /// Loses its place, see [`Lock::lock`].
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on; [`Lock::unfair`] makes the other kind.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct LockFuture<'a, T: ?Sized> {
        lock: &'a Lock<T>,
        watch: Watch,
        #[pin]
        place: Place<&'a Lock<T>>,
    }
}

impl<'a, T: ?Sized> LockFuture<'a, T> {
    #[inline]
    #[track_caller]
    pub(super) fn new(lock: &'a Lock<T>) -> Self {
        Self::watched(lock, Watch::new(WHAT))
    }

    /// For one that was made elsewhere.
    #[inline]
    pub(crate) fn watched(lock: &'a Lock<T>, watch: Watch) -> Self {
        Self { lock, watch, place: LazyWaiter::new() }
    }

    /// Behind a try that has failed. Not inlined, so that the poll before it can be.
    #[inline(never)]
    fn wait(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LockGuard<'a, T>> {
        let mut this = self.project();
        this.place.as_mut().enter(|| waiter(*this.lock, Ticket::new(*this.watch)));
        poll_lock(this.place, cx).map(LockGuard::of_locked)
    }
}

impl<'a, T: ?Sized> Future for LockFuture<'a, T> {
    type Output = LockGuard<'a, T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.place.is_vacant() && self.lock.raw.try_lock() {
            return Poll::Ready(LockGuard::of_locked(self.lock));
        }
        self.wait(cx)
    }
}

impl<T: ?Sized> fmt::Debug for LockFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockFuture").field("waiter", &self.place).finish()
    }
}

pin_project! {
    /// Waits for a [`Lock`] through an `Arc`; made by [`Lock::lock_owned`].
    ///
    /// # Cancel safety
    ///
    /// Loses its place, see [`Lock::lock_owned`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`LockFuture`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct LockOwnedFuture<T: ?Sized> {
        // Until it is in the line, or with the guard.
        lock: Option<Arc<Lock<T>>>,
        watch: Watch,
        #[pin]
        place: Place<Arc<Lock<T>>>,
    }
}

impl<T: ?Sized> LockOwnedFuture<T> {
    #[track_caller]
    pub(super) fn new(lock: Arc<Lock<T>>) -> Self {
        Self::watched(lock, Watch::new(WHAT))
    }

    /// For one that was made elsewhere.
    pub(crate) fn watched(lock: Arc<Lock<T>>, watch: Watch) -> Self {
        Self { lock: Some(lock), watch, place: LazyWaiter::new() }
    }
}

impl<T: ?Sized> Future for LockOwnedFuture<T> {
    type Output = OwnedLockGuard<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(lock) = this.lock.take() {
            if lock.raw.try_lock() {
                return Poll::Ready(OwnedLockGuard::of_locked(lock));
            }
            this.place.as_mut().enter(|| waiter(lock, Ticket::new(*this.watch)));
        }
        poll_lock(this.place, cx).map(OwnedLockGuard::of_locked)
    }
}

impl<T: ?Sized> fmt::Debug for LockOwnedFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockOwnedFuture").field("waiter", &self.place).finish()
    }
}
