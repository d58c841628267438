//! One value from the child that makes it to the handle that awaits it.
//!
//! ```text
//!   Waiting(waker?) ──fulfil──▶ Done(value) ──the handle takes it──▶ Over
//!         └───────── the promise is dropped ───────────────────────▶ Over
//! ```
//!
//! All under one lock, which is held for a few instructions; wakers are cloned, dropped and called outside of it.

use core::fmt;
use core::task::{Context, Poll, Waker};
use motet_cancel::{Cancelled, Reason};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::error::Error;
use std::io;
use std::sync::Arc;

/// There will be no value: the child failed, was cancelled, or was never started, since its group is finished or ends.
///
/// The group has the child's error, and this says no more than that there is no value: to a group whose body or child returns it, it is a cancellation
/// and not a failure. It becomes an [`io::Error`] or a `Box<dyn Error>` by `?`, and in there it is one to [`motet_cancel::is_cancelled`] too. An error type
/// of your own that it becomes counts as a failure.
///
/// ```
/// use futures::executor::LocalPool;
/// use motet_combinators::{GroupError, task_group};
/// use std::io;
///
/// let mut pool = LocalPool::new();
/// let spawner = pool.spawner();
/// let group = task_group(&spawner, |group| async move {
///     let child = group.spawn(async { Err::<u32, _>(io::Error::other("disk full")) });
///     Ok(child.await? + 1)
/// });
/// let Err(GroupError::Failed(errors)) = pool.run_until(group) else { panic!("it failed") };
/// assert_eq!(errors.len(), 1);
/// assert_eq!(errors[0].to_string(), "disk full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the child of a group ended without a value: it failed, was cancelled, or came too late to start")
    }
}

/// By this an error that is known as `dyn Error` alone says that there is no failure behind it.
static CANCELLED: Cancelled = Cancelled { reason: Reason::none() };

impl Error for Closed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&CANCELLED)
    }
}

impl From<Closed> for io::Error {
    /// Of the kind `Other`, with the `Closed` inside.
    fn from(closed: Closed) -> Self {
        Self::other(closed)
    }
}

enum State<T> {
    Waiting(Option<Waker>),
    Done(T),
    Over,
}

/// The child's side.
pub(crate) struct Promise<T>(Arc<Mutex<State<T>>>);

/// The handle's side.
pub(crate) struct Awaited<T>(Arc<Mutex<State<T>>>);

pub(crate) fn promise<T>() -> (Promise<T>, Awaited<T>) {
    let state = Arc::new(Mutex::new(State::Waiting(None)));
    (Promise(state.clone()), Awaited(state))
}

impl<T> Promise<T> {
    pub(crate) fn fulfil(self, value: T) {
        self.leave(State::Done(value));
    }

    fn leave(&self, state: State<T>) {
        let mut guard = self.0.lock();
        let State::Waiting(waker) = &mut *guard else { return };
        let waker = waker.take();
        *guard = state;
        drop(guard);
        if let Some(waker) = waker {
            // It may panic, and we may stand in a drop.
            Wakeup::from(waker).wake();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.leave(State::Over);
    }
}

impl<T> Drop for Awaited<T> {
    /// Nobody waits any more: the waker goes at once, and a value that is there.
    fn drop(&mut self) {
        let mut guard = self.0.lock();
        if let State::Waiting(waker) = &mut *guard {
            let waker = waker.take();
            drop(guard);
            waker.into_iter().for_each(discard);
            return;
        }
        let value = core::mem::replace(&mut *guard, State::Over);
        drop(guard);
        drop(value);
    }
}

impl<T> Awaited<T> {
    /// One that gives nothing.
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Mutex::new(State::Over)))
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Closed>> {
        if let Some(ended) = self.take(|waker| waker.as_ref().is_some_and(|known| known.will_wake(cx.waker()))) {
            return ended;
        }
        // The waker differs: clone it outside of the lock, then look again.
        let mut new = Some(cx.waker().clone());
        let ended = self.take(|waker| {
            core::mem::swap(waker, &mut new);
            true
        });
        drop(new);
        ended.unwrap_or(Poll::Pending)
    }

    /// What it has come to; `None` if it waits and `register` does not say that the waker is right.
    fn take(&mut self, register: impl FnOnce(&mut Option<Waker>) -> bool) -> Option<Poll<Result<T, Closed>>> {
        let mut guard = self.0.lock();
        if let State::Waiting(waker) = &mut *guard {
            return register(waker).then_some(Poll::Pending);
        }
        match core::mem::replace(&mut *guard, State::Over) {
            State::Done(value) => Some(Poll::Ready(Ok(value))),
            State::Over | State::Waiting(_) => Some(Poll::Ready(Err(Closed))),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(*self.0.lock(), State::Waiting(_))
    }
}
