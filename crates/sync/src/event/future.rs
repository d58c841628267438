//! Waiting for an event.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{Admit, LazyWaiter, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};

use super::Event;
use super::state::{Enter, Generation};

/// A reference to an event. A type of its own, so that the line is nobody else's to touch.
struct Handle<R>(R);

/// What a waiter waits for the end of; stamped when it joins the line.
pub(super) type Ticket = Generation;

impl<R: Deref<Target = Event>> Waitable for Handle<R> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &WaitList<(), Ticket> {
        &self.0.line
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, (), Ticket>, _wakes: &mut WakeBatch) {
        self.0.note_if_empty(line);
    }

    /// Nothing was taken from anybody.
    fn on_return(&self, _list: usize, _ticket: Ticket) {}
}

/// The check again, under the lock: a setter in between saw nobody in line.
fn admit<R: Deref<Target = Event>>(event: &Handle<R>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket) -> Admit {
    match event.0.state.enter() {
        Enter::Pass => Admit::Pass,
        Enter::Queue(generation) => {
            *ticket = generation;
            Admit::Wait
        }
    }
}

pin_project! {
    /// Waits until an [`Event`] is set; made by [`Event::wait`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, see [`Event::wait`].
    ///
    /// # Fairness
    ///
    /// All who wait are released at once, the oldest is woken first.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct EventWait<'a> {
        event: &'a Event,
        // Once there is something to wait for.
        #[pin]
        place: LazyWaiter<Handle<&'a Event>>,
    }
}

impl<'a> EventWait<'a> {
    #[inline]
    pub(super) fn new(event: &'a Event) -> Self {
        Self { event, place: LazyWaiter::new() }
    }
}

impl Future for EventWait<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.place.is_vacant() && this.event.is_set() {
            return Poll::Ready(());
        }
        let waiter = this.place.enter(|| Waiter::new(Handle(*this.event), 0, this.event.state.generation()));
        waiter.poll_wait(cx, |_, _| false, admit).map(drop)
    }
}

impl fmt::Debug for EventWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWait").field("waiter", &self.place).finish()
    }
}

pin_project! {
    /// Waits through an `Arc` until an [`Event`] is set; made by [`Event::wait_owned`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, see [`Event::wait`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`EventWait`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct EventWaitOwned {
        // Until it is in line.
        event: Option<Arc<Event>>,
        #[pin]
        place: LazyWaiter<Handle<Arc<Event>>>,
    }
}

impl EventWaitOwned {
    pub(super) fn new(event: Arc<Event>) -> Self {
        Self { event: Some(event), place: LazyWaiter::new() }
    }
}

impl Future for EventWaitOwned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(event) = this.event.take() {
            if event.is_set() {
                return Poll::Ready(());
            }
            let clear = event.state.generation();
            this.place.as_mut().enter(|| Waiter::new(Handle(event), 0, clear));
        }
        this.place.poll_wait(cx, admit).map(drop)
    }
}

impl fmt::Debug for EventWaitOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWaitOwned").field("waiter", &self.place).finish()
    }
}
