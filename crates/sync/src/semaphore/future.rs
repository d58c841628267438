//! Waiting for permits.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use motet_prim::{LazyWaiter, Locked, Waitable, Waiter, WakeBatch, pin_project};

use super::any::AnySemaphore;
use super::raw::{Line, Outcome, PutBy, RawSemaphore, Ticket};
use super::{Closed, OwnedPermit, Permit, Semaphore};
use crate::futurelock::{self, Watch};

/// What an acquire waits for.
const WHAT: &str = "permit";

/// A reference to a semaphore, of any kind. A type of its own, so that the line is nobody else's to touch.
struct Handle<R>(R);

impl<R: Deref<Target: AnySemaphore>> Handle<R> {
    fn raw(&self) -> &RawSemaphore {
        &self.0.semaphore().raw
    }
}

impl<R: Deref<Target: AnySemaphore>> Waitable for Handle<R> {
    type State = PutBy;
    type Payload = Ticket;

    fn wait_list(&self) -> &Line {
        self.raw().line()
    }

    /// The one behind it may want less.
    fn on_leave(&self, _list: usize, line: &mut Locked<'_, PutBy, Ticket>, wakes: &mut WakeBatch) {
        self.raw().serve_locked(line, 0, wakes);
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        self.raw().hand_on(ticket);
    }
}

/// A waiter, once there is something to wait for: the uncontended path builds none, and drops none.
type Place<R> = LazyWaiter<Handle<R>>;

/// A place in line, behind a try that has failed.
fn waiter<R: Deref<Target: AnySemaphore>>(semaphore: R, ticket: Ticket) -> Waiter<Handle<R>> {
    Waiter::new(Handle(semaphore), 0, ticket)
}

/// Without waiting: the permits, or that there will be none. `None`: take a place in line.
#[inline]
fn try_acquire<S: AnySemaphore>(semaphore: &S, wanted: usize) -> Option<Result<(), Closed>> {
    let raw = &semaphore.semaphore().raw;
    if S::CLOSABLE && raw.is_closed() {
        return Some(Err(Closed));
    }
    raw.try_acquire(wanted).then_some(Ok(()))
}

/// Polls until the permits are ours, or the semaphore is closed; gives the reference back.
fn poll_acquire<R>(mut in_line: Pin<&mut Place<R>>, cx: &mut Context<'_>) -> Poll<Result<R, Closed>>
where
    R: Deref<Target: AnySemaphore>,
{
    let mut turn_lost = false;
    loop {
        let admit =
            |of: &Handle<R>, line: &mut Locked<'_, PutBy, Ticket>, ticket: &mut Ticket| of.raw().admit(line, ticket);
        let Poll::Ready((handle, mut ticket)) = in_line.as_mut().poll_wait(cx, admit) else {
            futurelock::look(|| Some(in_line.as_mut().get()?.into_ref().get_ref().handle().raw()));
            return Poll::Pending;
        };
        ticket.watch.taken();
        match ticket.outcome {
            Outcome::Closed => return Poll::Ready(Err(Closed)),
            // Somebody barged in: back to the head of the line.
            Outcome::Called if !handle.raw().take_turn(ticket.wanted) => {
                in_line.as_mut().enter(|| waiter(handle.0, ticket.lost()));
                turn_lost = true;
            }
            Outcome::Called | Outcome::Granted | Outcome::Waiting => {
                if turn_lost {
                    // It came by its permits after all, and looks after the next.
                    handle.raw().call_next();
                }
                return Poll::Ready(Ok(handle.0));
            }
        }
    }
}

pin_project! {
    /// Waits for permits of a semaphore; made by [`Semaphore::acquire`] and [`Semaphore::acquire_many`], and by those of the
    /// other semaphores.
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; what it was granted already goes to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on; [`Semaphore::unfair`] makes the other kind.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Acquire<'a, S: AnySemaphore = Semaphore> {
        semaphore: &'a S,
        wanted: usize,
        watch: Watch,
        #[pin]
        place: Place<&'a S>,
    }
}

impl<'a, S: AnySemaphore> Acquire<'a, S> {
    #[inline]
    #[track_caller]
    pub(super) fn new(semaphore: &'a S, wanted: usize) -> Self {
        Self { semaphore, wanted, watch: Watch::new(WHAT), place: LazyWaiter::new() }
    }

    /// Behind a try that has failed. Not inlined, so that the poll before it can be.
    #[inline(never)]
    fn wait(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Permit<'a, S>, Closed>> {
        let mut this = self.project();
        this.place.as_mut().enter(|| waiter(*this.semaphore, Ticket::new(*this.wanted, *this.watch)));
        poll_acquire(this.place, cx).map_ok(|semaphore| Permit::of_acquired(semaphore, *this.wanted))
    }
}

impl<'a, S: AnySemaphore> Future for Acquire<'a, S> {
    type Output = S::Acquired<Permit<'a, S>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.place.is_vacant() {
            if let Some(acquired) = try_acquire(self.semaphore, self.wanted) {
                return Poll::Ready(S::acquired(acquired.map(|()| Permit::of_acquired(self.semaphore, self.wanted))));
            }
        }
        self.wait(cx).map(S::acquired)
    }
}

impl<S: AnySemaphore> fmt::Debug for Acquire<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("wanted", &self.wanted).field("waiter", &self.place).finish()
    }
}

pin_project! {
    /// Waits for permits of a semaphore through an `Arc`; made by [`Semaphore::acquire_owned`] and
    /// [`Semaphore::acquire_many_owned`], and by those of the other semaphores.
    ///
    /// # Cancel safety
    ///
    /// Loses its place, like [`Acquire`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`Acquire`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct AcquireOwned<S: AnySemaphore = Semaphore> {
        // Until it is in the line, or with the permit.
        semaphore: Option<Arc<S>>,
        wanted: usize,
        watch: Watch,
        #[pin]
        place: Place<Arc<S>>,
    }
}

impl<S: AnySemaphore> AcquireOwned<S> {
    #[track_caller]
    pub(super) fn new(semaphore: Arc<S>, wanted: usize) -> Self {
        Self { semaphore: Some(semaphore), wanted, watch: Watch::new(WHAT), place: LazyWaiter::new() }
    }
}

impl<S: AnySemaphore> Future for AcquireOwned<S> {
    type Output = S::Acquired<OwnedPermit<S>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(semaphore) = this.semaphore.take() {
            if let Some(acquired) = try_acquire(&*semaphore, *this.wanted) {
                return Poll::Ready(S::acquired(acquired.map(|()| OwnedPermit::of_acquired(semaphore, *this.wanted))));
            }
            this.place.as_mut().enter(|| waiter(semaphore, Ticket::new(*this.wanted, *this.watch)));
        }
        let acquired = ready!(poll_acquire(this.place, cx));
        Poll::Ready(S::acquired(acquired.map(|semaphore| OwnedPermit::of_acquired(semaphore, *this.wanted))))
    }
}

impl<S: AnySemaphore> fmt::Debug for AcquireOwned<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").field("wanted", &self.wanted).field("waiter", &self.place).finish()
    }
}
