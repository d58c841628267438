//! Waiting for a notification, and for the lock after it.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use motet_prim::{Admit, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};

use super::state::{Generation, Outcome, State};
use super::{Condition, ConditionGuard};
use crate::futurelock::Watch;
use crate::lock;

/// What a waiter carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// Stamped when it joins the line.
    pub(super) joined: Generation,
    pub(super) outcome: Outcome,
}

/// A reference to the condition. A type of its own, so that the line is nobody else's to touch.
struct Handle<'a>(&'a Condition);

impl Waitable for Handle<'_> {
    type State = State;
    type Payload = Ticket;

    fn wait_list(&self) -> &WaitList<State, Ticket> {
        &self.0.line
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, State, Ticket>, _wakes: &mut WakeBatch) {
        line.leave();
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        drop(Notification::of(self.0, ticket.outcome));
    }
}

/// A notification for one that has not got the lock yet; dropped, it goes to the next.
struct Notification<'a> {
    condition: &'a Condition,
    passes_on: bool,
}

impl<'a> Notification<'a> {
    fn of(condition: &'a Condition, outcome: Outcome) -> Self {
        Self { condition, passes_on: outcome == Outcome::One }
    }

    fn used(mut self) {
        self.passes_on = false;
    }
}

impl Drop for Notification<'_> {
    fn drop(&mut self) {
        if self.passes_on {
            self.condition.notify(1);
        }
    }
}

pin_project! {
    /// Waits, without the lock, for a notification; made by [`Condition::wait`].
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, see [`Condition::wait`].
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct ConditionWait<'a, G: ConditionGuard> {
        condition: &'a Condition,
        watch: Watch,
        // Until it is in line.
        guard: Option<G>,
        // While it is in line.
        lock: Option<G::Lock>,
        #[pin]
        in_line: Option<Waiter<Handle<'a>>>,
        // Leaves the lock's line before the notification is passed on.
        #[pin]
        relocking: Option<G::Locking>,
        notification: Option<Notification<'a>>,
    }
}

impl<'a, G: ConditionGuard> ConditionWait<'a, G> {
    #[track_caller]
    pub(super) fn new(condition: &'a Condition, guard: G) -> Self {
        Self::watched(condition, guard, Watch::new(lock::WHAT))
    }

    /// For one that was made elsewhere.
    pub(super) fn watched(condition: &'a Condition, guard: G, watch: Watch) -> Self {
        let ticket = Ticket { joined: Generation::default(), outcome: Outcome::Waiting };
        let in_line = Some(Waiter::new(Handle(condition), 0, ticket));
        Self { condition, watch, guard: Some(guard), lock: None, in_line, relocking: None, notification: None }
    }
}

impl<G: ConditionGuard> Future for ConditionWait<'_, G> {
    type Output = G;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(waiter) = this.in_line.as_mut().as_pin_mut() {
            let join = |_: &Handle<'_>, line: &mut Locked<'_, State, Ticket>, ticket: &mut Ticket| {
                ticket.joined = line.join();
                Admit::Wait
            };
            let polled = waiter.poll_wait(cx, |_, _| false, join);
            // In line, it unlocks: not before, or a notification in between would miss it.
            if let Some(guard) = this.guard.take() {
                *this.lock = Some(guard.into_lock());
            }
            let (_, ticket) = ready!(polled);
            this.in_line.set(None);
            *this.notification = Some(Notification::of(this.condition, ticket.outcome));
            let lock = this.lock.take().expect("unlocked when it joined the line");
            this.relocking.set(Some(G::locking(lock, *this.watch)));
        }
        let relocking = this.relocking.as_mut().as_pin_mut().expect("a condition was polled after it was ready");
        let guard = ready!(relocking.poll(cx));
        this.relocking.set(None);
        if let Some(notification) = this.notification.take() {
            notification.used();
        }
        Poll::Ready(guard)
    }
}

impl<G: ConditionGuard> fmt::Debug for ConditionWait<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notified = self.notification.is_some();
        f.debug_struct("ConditionWait")
            .field("waiter", &self.in_line)
            .field("notified", &notified)
            .finish_non_exhaustive()
    }
}
