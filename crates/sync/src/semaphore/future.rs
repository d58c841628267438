//! Waiting for permits.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{Locked, Waitable, Waiter, WakeBatch, pin_project};

use super::raw::{Line, Outcome, Ticket};
use super::{OwnedPermit, Permit, Semaphore};

/// A reference to the semaphore, of either kind. A type of its own, so that the line is nobody else's to touch.
struct Handle<S>(S);

impl<S: Deref<Target = Semaphore>> Waitable for Handle<S> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &Line {
        self.0.raw.line()
    }

    /// The one behind it may want less.
    fn on_leave(&self, _list: usize, line: &mut Locked<'_, (), Ticket>, wakes: &mut WakeBatch) {
        self.0.raw.serve_locked(line, wakes);
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        self.0.raw.hand_on(ticket);
    }
}

/// Polls until the permits are ours; gives the reference back, and how many there are.
fn poll_acquire<S: Deref<Target = Semaphore>>(
    mut waiter: Pin<&mut Waiter<Handle<S>>>,
    cx: &mut Context<'_>,
) -> Poll<(S, usize)> {
    let mut may_try = true;
    loop {
        let pass = |of: &Handle<S>, ticket: &mut Ticket| may_try && of.0.raw.try_acquire(ticket.wanted);
        let admit = |of: &Handle<S>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket| of.0.raw.admit(ticket);
        let Poll::Ready((of, ticket)) = waiter.as_mut().poll_wait(cx, pass, admit) else {
            return Poll::Pending;
        };
        if ticket.outcome != Outcome::Called || of.0.raw.take_turn(ticket.wanted) {
            if !may_try {
                of.0.raw.call_next();
            }
            return Poll::Ready((of.0, ticket.wanted));
        }
        // Somebody barged in: back to the head of the line.
        waiter.set(Waiter::new(of, 0, ticket.lost()));
        may_try = false;
    }
}

pin_project! {
    /// Waits for permits of a [`Semaphore`]; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Acquire<'a> {
        #[pin]
        waiter: Waiter<Handle<&'a Semaphore>>,
    }
}

impl<'a> Acquire<'a> {
    pub(super) fn new(semaphore: &'a Semaphore, wanted: usize) -> Self {
        Self { waiter: Waiter::new(Handle(semaphore), 0, Ticket::new(wanted)) }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_acquire(self.project().waiter, cx).map(|(semaphore, count)| Permit::of_acquired(semaphore, count))
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("waiter", &self.waiter).finish()
    }
}

pin_project! {
    /// Waits for permits of a [`Semaphore`] through an `Arc`; made by [`Semaphore::acquire_owned`] and
    /// [`Semaphore::acquire_many_owned`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct AcquireOwned {
        #[pin]
        waiter: Waiter<Handle<Arc<Semaphore>>>,
    }
}

impl AcquireOwned {
    pub(super) fn new(semaphore: Arc<Semaphore>, wanted: usize) -> Self {
        Self { waiter: Waiter::new(Handle(semaphore), 0, Ticket::new(wanted)) }
    }
}

impl Future for AcquireOwned {
    type Output = OwnedPermit;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_acquire(self.project().waiter, cx).map(|(semaphore, count)| OwnedPermit::of_acquired(semaphore, count))
    }
}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").field("waiter", &self.waiter).finish()
    }
}
