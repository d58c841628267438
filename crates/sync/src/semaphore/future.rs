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

/// A waiter, once there is something to wait for: the uncontended path builds none.
type Place<S> = Option<Waiter<Handle<S>>>;

/// Takes a place in line, behind a try that has failed.
fn place<S: Deref<Target = Semaphore>>(semaphore: S, ticket: Ticket) -> Place<S> {
    Some(Waiter::new(Handle(semaphore), 0, ticket))
}

/// Polls until the permits are ours; gives the reference back.
fn poll_acquire<S: Deref<Target = Semaphore>>(mut in_line: Pin<&mut Place<S>>, cx: &mut Context<'_>) -> Poll<S> {
    let mut turn_lost = false;
    loop {
        let waiter = in_line.as_mut().as_pin_mut().expect("permits are waited for in line");
        let admit = |of: &Handle<S>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket| of.0.raw.admit(ticket);
        let Poll::Ready((Handle(semaphore), ticket)) = waiter.poll_wait(cx, |_, _| false, admit) else {
            return Poll::Pending;
        };
        if ticket.outcome != Outcome::Called || semaphore.raw.take_turn(ticket.wanted) {
            if turn_lost {
                // It came by its permits after all, and looks after the next.
                semaphore.raw.call_next();
            }
            return Poll::Ready(semaphore);
        }
        // Somebody barged in: back to the head of the line.
        in_line.set(place(semaphore, ticket.lost()));
        turn_lost = true;
    }
}

pin_project! {
    /// Waits for permits of a [`Semaphore`]; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Acquire<'a> {
        semaphore: &'a Semaphore,
        wanted: usize,
        #[pin]
        place: Place<&'a Semaphore>,
    }
}

impl<'a> Acquire<'a> {
    #[inline]
    pub(super) fn new(semaphore: &'a Semaphore, wanted: usize) -> Self {
        Self { semaphore, wanted, place: None }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.place.is_none() {
            if let Some(permit) = this.semaphore.try_acquire_many(*this.wanted) {
                return Poll::Ready(permit);
            }
            this.place.set(place(*this.semaphore, Ticket::new(*this.wanted)));
        }
        poll_acquire(this.place, cx).map(|semaphore| Permit::of_acquired(semaphore, *this.wanted))
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("wanted", &self.wanted).field("waiter", &self.place).finish()
    }
}

pin_project! {
    /// Waits for permits of a [`Semaphore`] through an `Arc`; made by [`Semaphore::acquire_owned`] and
    /// [`Semaphore::acquire_many_owned`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct AcquireOwned {
        // Until it is in the line, or with the permit.
        semaphore: Option<Arc<Semaphore>>,
        wanted: usize,
        #[pin]
        place: Place<Arc<Semaphore>>,
    }
}

impl AcquireOwned {
    pub(super) fn new(semaphore: Arc<Semaphore>, wanted: usize) -> Self {
        Self { semaphore: Some(semaphore), wanted, place: None }
    }
}

impl Future for AcquireOwned {
    type Output = OwnedPermit;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(semaphore) = this.semaphore.take() {
            if semaphore.raw.try_acquire(*this.wanted) {
                return Poll::Ready(OwnedPermit::of_acquired(semaphore, *this.wanted));
            }
            this.place.set(place(semaphore, Ticket::new(*this.wanted)));
        }
        poll_acquire(this.place, cx).map(|semaphore| OwnedPermit::of_acquired(semaphore, *this.wanted))
    }
}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").field("wanted", &self.wanted).field("waiter", &self.place).finish()
    }
}
