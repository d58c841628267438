//! Waiting as long as something holds.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use motet_prim::pin_project;

use super::{Condition, ConditionGuard, ConditionWait};
use crate::futurelock::Watch;
use crate::lock;

pin_project! {
    /// Waits for notifications as long as a predicate holds; made by [`Condition::wait_while`].
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, see [`Condition::wait_while`].
    ///
    /// # Fairness
    ///
    /// FIFO at each notification, see [`Condition::wait_while`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct ConditionWaitWhile<'a, G: ConditionGuard, P> {
        condition: &'a Condition,
        predicate: P,
        watch: Watch,
        // Before the first wait.
        guard: Option<G>,
        #[pin]
        wait: Option<ConditionWait<'a, G>>,
    }
}

impl<'a, G: ConditionGuard, P> ConditionWaitWhile<'a, G, P> {
    #[track_caller]
    pub(super) fn new(condition: &'a Condition, guard: G, predicate: P) -> Self {
        Self { condition, predicate, watch: Watch::new(lock::WHAT), guard: Some(guard), wait: None }
    }
}

impl<G: ConditionGuard, P: FnMut(&mut G::Target) -> bool> Future for ConditionWaitWhile<'_, G, P> {
    type Output = G;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let mut guard = match this.guard.take() {
                Some(guard) => guard,
                None => {
                    let wait = this.wait.as_mut().as_pin_mut();
                    let guard = ready!(wait.expect("a `wait_while` was polled after it was ready").poll(cx));
                    this.wait.set(None);
                    guard
                }
            };
            if !(this.predicate)(&mut guard) {
                return Poll::Ready(guard);
            }
            this.wait.set(Some(ConditionWait::watched(this.condition, guard, *this.watch)));
        }
    }
}

impl<G: ConditionGuard, P> fmt::Debug for ConditionWaitWhile<'_, G, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConditionWaitWhile").field("wait", &self.wait).finish_non_exhaustive()
    }
}
