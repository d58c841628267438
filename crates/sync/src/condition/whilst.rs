//! Waiting as long as something holds.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use motet_prim::pin_project;

use super::future::{Reference, Wait};
use super::{Condition, ConditionGuard};
use crate::futurelock::Watch;
use crate::lock;

pin_project! {
    /// Wait after wait, by either reference.
    pub(super) struct WaitWhile<R: Reference, G: ConditionGuard, P> {
        condition: R,
        predicate: P,
        watch: Watch,
        // Before the first wait.
        guard: Option<G>,
        #[pin]
        wait: Option<Wait<R, G>>,
    }
}

impl<R: Reference, G: ConditionGuard, P> WaitWhile<R, G, P> {
    #[track_caller]
    pub(super) fn new(condition: R, guard: G, predicate: P) -> Self {
        Self { condition, predicate, watch: Watch::new(lock::WHAT), guard: Some(guard), wait: None }
    }
}

impl<R: Reference + Clone, G: ConditionGuard, P: FnMut(&mut G::Target) -> bool> Future for WaitWhile<R, G, P> {
    type Output = G;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
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
            this.wait.set(Some(Wait::watched(this.condition.clone(), guard, *this.watch)));
        }
    }
}

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
        #[pin]
        pub(super) waits: WaitWhile<&'a Condition, G, P>,
    }
}

pin_project! {
    /// Waits through an `Arc` for notifications as long as a predicate holds; made by [`Condition::wait_while_owned`].
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, see [`Condition::wait_while`].
    ///
    /// # Fairness
    ///
    /// The same line as that of [`ConditionWaitWhile`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct ConditionWaitWhileOwned<G: ConditionGuard, P> {
        #[pin]
        pub(super) waits: WaitWhile<Arc<Condition>, G, P>,
    }
}

macro_rules! future_of_waits {
    ($name:ident $($lifetime:lifetime)?) => {
        impl<G: ConditionGuard, P: FnMut(&mut G::Target) -> bool> Future for $name<$($lifetime,)? G, P> {
            type Output = G;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
                self.project().waits.poll(cx)
            }
        }

        impl<G: ConditionGuard, P> fmt::Debug for $name<$($lifetime,)? G, P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let waits = self.waits.wait.is_some();
                f.debug_struct(stringify!($name)).field("waits", &waits).finish_non_exhaustive()
            }
        }
    };
}

future_of_waits!(ConditionWaitWhile '_);
future_of_waits!(ConditionWaitWhileOwned);
