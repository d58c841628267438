//! Waiting for a notification, and for the lock after it.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use motet_prim::{Admit, Leave, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};

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

/// A reference to a condition: a borrow, or an `Arc`.
pub(super) trait Reference: Deref<Target = Condition> {}

impl Reference for &Condition {}
impl Reference for Arc<Condition> {}

/// A reference to the condition. A type of its own, so that the line is nobody else's to touch.
struct Handle<R>(R);

impl<R: Reference> Waitable for Handle<R> {
    type State = State;
    type Payload = Ticket;

    fn wait_list(&self) -> &WaitList<State, Ticket> {
        &self.0.line
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, State, Ticket>, _wakes: &mut WakeBatch) {
        line.leave();
    }

    fn on_return(&self, _list: usize, ticket: Ticket) {
        drop(Notification::of(&*self.0, ticket.outcome));
    }
}

/// A notification for one that has not got the lock yet; dropped, it goes to the next.
struct Notification<R: Reference> {
    condition: R,
    passes_on: bool,
}

impl<R: Reference> Notification<R> {
    fn of(condition: R, outcome: Outcome) -> Self {
        Self { condition, passes_on: outcome == Outcome::One }
    }

    fn used(mut self) {
        self.passes_on = false;
    }
}

impl<R: Reference> Drop for Notification<R> {
    fn drop(&mut self) {
        if self.passes_on {
            self.condition.notify(1);
        }
    }
}

pin_project! {
    /// A wait, by either reference.
    pub(super) struct Wait<R: Reference, G: ConditionGuard> {
        watch: Watch,
        // Until it is in line.
        guard: Option<G>,
        // While it is in line.
        lock: Option<G::Lock>,
        #[pin]
        in_line: Option<Waiter<Handle<R>>>,
        // Leaves the lock's line before the notification is passed on.
        #[pin]
        relocking: Option<G::Locking>,
        notification: Option<Notification<R>>,
    }
}

impl<R: Reference, G: ConditionGuard> Wait<R, G> {
    #[track_caller]
    pub(super) fn new(condition: R, guard: G) -> Self {
        Self::watched(condition, guard, Watch::new(lock::WHAT))
    }

    /// For one that was made elsewhere.
    pub(super) fn watched(condition: R, guard: G, watch: Watch) -> Self {
        let ticket = Ticket { joined: Generation::default(), outcome: Outcome::Waiting };
        let in_line = Some(Waiter::new(Handle(condition), 0, ticket));
        Self { watch, guard: Some(guard), lock: None, in_line, relocking: None, notification: None }
    }

    /// The first half: until it is notified.
    pub(super) fn poll_notified(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.as_mut().project();
        let Some(waiter) = this.in_line.as_mut().as_pin_mut() else { return Poll::Ready(()) };
        let join = |_: &Handle<R>, line: &mut Locked<'_, State, Ticket>, ticket: &mut Ticket| {
            ticket.joined = line.join();
            Admit::Wait
        };
        let polled = waiter.poll_wait(cx, |_, _| false, join);
        // In line, it unlocks: not before, or a notification in between would miss it.
        if let Some(guard) = this.guard.take() {
            *this.lock = Some(guard.into_lock());
        }
        let (Handle(condition), ticket) = ready!(polled);
        self.lock_again(condition, ticket);
        Poll::Ready(())
    }

    /// Waits for no notification any more, once it is in line: what is left is to lock again. Whether it was notified before it left.
    pub(super) fn give_up(mut self: Pin<&mut Self>) -> bool {
        let Some(waiter) = self.as_mut().project().in_line.as_pin_mut() else { return true };
        let (Leave::Granted(Handle(condition), ticket) | Leave::Ungranted(Handle(condition), ticket)) = waiter.leave();
        self.lock_again(condition, ticket);
        ticket.outcome != Outcome::Waiting
    }

    fn lock_again(self: Pin<&mut Self>, condition: R, ticket: Ticket) {
        let mut this = self.project();
        this.in_line.set(None);
        *this.notification = Some(Notification::of(condition, ticket.outcome));
        let lock = this.lock.take().expect("unlocked when it joined the line");
        this.relocking.set(Some(G::locking(lock, *this.watch)));
    }
}

impl<R: Reference, G: ConditionGuard> Future for Wait<R, G> {
    type Output = G;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
        ready!(self.as_mut().poll_notified(cx));
        let mut this = self.project();
        let relocking = this.relocking.as_mut().as_pin_mut().expect("a condition was polled after it was ready");
        let guard = ready!(relocking.poll(cx));
        this.relocking.set(None);
        if let Some(notification) = this.notification.take() {
            notification.used();
        }
        Poll::Ready(guard)
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
        #[pin]
        pub(super) wait: Wait<&'a Condition, G>,
    }
}

pin_project! {
    /// Waits through an `Arc`, without the lock, for a notification; made by [`Condition::wait_owned`].
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, see [`Condition::wait`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`ConditionWait`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct ConditionWaitOwned<G: ConditionGuard> {
        #[pin]
        pub(super) wait: Wait<Arc<Condition>, G>,
    }
}

macro_rules! future_of_a_wait {
    ($name:ident $($lifetime:lifetime)?) => {
        impl<G: ConditionGuard> Future for $name<$($lifetime,)? G> {
            type Output = G;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
                self.project().wait.poll(cx)
            }
        }

        impl<G: ConditionGuard> fmt::Debug for $name<$($lifetime,)? G> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Wait { in_line, notification, .. } = &self.wait;
                f.debug_struct(stringify!($name))
                    .field("waiter", in_line)
                    .field("notified", &notification.is_some())
                    .finish_non_exhaustive()
            }
        }
    };
}

future_of_a_wait!(ConditionWait '_);
future_of_a_wait!(ConditionWaitOwned);
