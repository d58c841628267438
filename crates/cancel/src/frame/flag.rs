//! A flag that is set once, and one task that waits for it.

use motet_prim::Wakeup;
use motet_prim::lock::Mutex;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Set once; one future waits for it.
#[derive(Clone)]
pub(crate) struct Flag(Arc<Mutex<State>>);

enum State {
    Unset(Option<Waker>),
    Set,
}

impl Flag {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State::Unset(None))))
    }

    /// Waits until it is set.
    pub(crate) const fn wait(self) -> Wait {
        Wait(self)
    }

    fn set(&self) {
        let before = std::mem::replace(&mut *self.0.lock(), State::Set);
        if let State::Unset(Some(waker)) = before {
            // Most often in a drop, which a waker that panics must not make panic.
            Wakeup::from(waker).wake();
        }
    }
}

/// Sets a flag when dropped, and so when the work that owns this ends, or is dropped unfinished.
pub(crate) struct SetOnDrop(Flag);

impl SetOnDrop {
    pub(crate) fn new(flag: &Flag) -> Self {
        Self(flag.clone())
    }
}

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Waits for a flag.
pub(crate) struct Wait(Flag);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let known = match &*self.0.0.lock() {
            State::Set => return Poll::Ready(()),
            State::Unset(Some(waker)) => waker.will_wake(cx.waker()),
            State::Unset(None) => false,
        };
        if known {
            return Poll::Pending;
        }
        // A waker is cloned and dropped outside the lock; the flag may be set meanwhile, so look again.
        let waker = cx.waker().clone();
        let mut state = self.0.0.lock();
        let displaced = match &mut *state {
            State::Set => None,
            State::Unset(registered) => Some(registered.replace(waker)),
        };
        drop(state);
        if displaced.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}
