//! Waiting for a notification.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{Admit, LazyWaiter, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};

use super::Notify;
use super::state::{Enter, Generation};

/// What a waiter carries. Without gaps: a waiter with one is not built where it stays, but copied there in odd pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// It waits for the end of this generation, or for a notification of its own.
    pub(super) since: Generation,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Outcome {
    Waiting,
    /// It was the oldest, and the notification is its own.
    One,
    /// All were notified.
    All,
}

/// A reference to the `Notify`. A type of its own, so that the line is nobody else's to touch.
struct Handle<R>(R);

impl<R: Deref<Target = Notify>> Waitable for Handle<R> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &WaitList<(), Ticket> {
        &self.0.line
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, (), Ticket>, _wakes: &mut WakeBatch) {
        self.0.note_if_empty(line);
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        if ticket.outcome == Outcome::One {
            self.0.notify_one();
        }
    }
}

/// The check again, under the lock: a notifier in between saw nobody in line.
fn admit<R: Deref<Target = Notify>>(notify: &Handle<R>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket) -> Admit {
    if notify.0.state.enter(ticket.since) == Enter::Queue { Admit::Wait } else { Admit::Pass }
}

pin_project! {
    /// Waits for a notification of a [`Notify`]; made by [`Notify::notified`].
    ///
    /// # Cancel safety
    ///
    /// Loses its place, and no notification, see [`Notify::notified`].
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Notified<'a> {
        notify: &'a Notify,
        since: Generation,
        // Once there is something to wait for.
        #[pin]
        place: LazyWaiter<Handle<&'a Notify>>,
    }
}

impl<'a> Notified<'a> {
    pub(super) fn new(notify: &'a Notify) -> Self {
        Self { notify, since: notify.generation(), place: LazyWaiter::new() }
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.place.is_vacant() && this.notify.state.try_enter(*this.since) != Enter::Queue {
            return Poll::Ready(());
        }
        let ticket = Ticket { since: *this.since, outcome: Outcome::Waiting };
        let waiter = this.place.enter(|| Waiter::new(Handle(*this.notify), 0, ticket));
        waiter.poll_wait(cx, |_, _| false, admit).map(drop)
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").field("waiter", &self.place).finish()
    }
}

pin_project! {
    /// Waits through an `Arc` for a notification of a [`Notify`]; made by [`Notify::notified_owned`].
    ///
    /// # Cancel safety
    ///
    /// Loses its place, and no notification, see [`Notify::notified`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`Notified`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct NotifiedOwned {
        // Until it is in line.
        notify: Option<Arc<Notify>>,
        since: Generation,
        #[pin]
        place: LazyWaiter<Handle<Arc<Notify>>>,
    }
}

impl NotifiedOwned {
    pub(super) fn new(notify: Arc<Notify>) -> Self {
        Self { since: notify.generation(), notify: Some(notify), place: LazyWaiter::new() }
    }
}

impl Future for NotifiedOwned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(notify) = this.notify.take() {
            if notify.state.try_enter(*this.since) != Enter::Queue {
                return Poll::Ready(());
            }
            let ticket = Ticket { since: *this.since, outcome: Outcome::Waiting };
            this.place.as_mut().enter(|| Waiter::new(Handle(notify), 0, ticket));
        }
        this.place.poll_wait(cx, admit).map(drop)
    }
}

impl fmt::Debug for NotifiedOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifiedOwned").field("waiter", &self.place).finish()
    }
}
