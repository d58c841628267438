//! Initialising a cell, and waiting for it.

use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use motet_prim::pin_project;

use super::{OnceCell, Turn};
use crate::line::{Lead, Line, Place};

pin_project! {
    /// A candidate: waits for the value or for its turn, and then runs its own initialiser.
    struct Candidate<'a, T, F, Fut> {
        cell: &'a OnceCell<T>,
        init: Option<F>,
        place: Place<&'a Line>,
        // Before the turn, so that it is dropped before the next begins.
        #[pin]
        running: Option<Fut>,
        turn: Option<Turn<'a, T>>,
    }

    impl<T, F, Fut> PinnedDrop for Candidate<'_, T, F, Fut> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.place.leave() {
                // It was called, and will not come.
                this.cell.candidates.notify_one();
            }
        }
    }
}

impl<'a, T, F, Fut> Candidate<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future,
{
    fn new(cell: &'a OnceCell<T>, init: F) -> Self {
        Self { cell, init: Some(init), place: Place::new(), running: None, turn: None }
    }

    fn poll<E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        value_of: impl FnOnce(Fut::Output) -> Result<T, E>,
    ) -> Poll<Result<&'a T, E>> {
        let mut this = self.project();
        let cell: &'a OnceCell<T> = this.cell;
        if this.turn.is_none() {
            match ready!(this.place.poll(cx, || cell.look_for_turn())) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(turn) => *this.turn = Some(turn),
            }
            let init = this.init.take().expect("a `get_or_init` was polled after it was ready");
            this.running.set(Some(init()));
        }
        let running = this.running.as_mut().as_pin_mut().expect("an initialiser runs in its turn");
        let made = value_of(ready!(running.poll(cx)));
        this.running.set(None);
        let turn = this.turn.take().expect("held since it began");
        Poll::Ready(made.map(|value| turn.finish(value)))
    }
}

pin_project! {
    /// Reads a [`OnceCell`], or initialises it; made by [`OnceCell::get_or_init`].
    ///
    /// # Cancel safety
    ///
    /// The next one initialises, see [`OnceCell::get_or_init`].
    ///
    /// # Fairness
    ///
    /// As the [cell](OnceCell#fairness).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct GetOrInit<'a, T, F, Fut> {
        #[pin]
        candidate: Candidate<'a, T, F, Fut>,
    }
}

impl<'a, T, F: FnOnce() -> Fut, Fut: Future<Output = T>> GetOrInit<'a, T, F, Fut> {
    pub(super) fn new(cell: &'a OnceCell<T>, init: F) -> Self {
        Self { candidate: Candidate::new(cell, init) }
    }
}

impl<'a, T, F: FnOnce() -> Fut, Fut: Future<Output = T>> Future for GetOrInit<'a, T, F, Fut> {
    type Output = &'a T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        let made = ready!(self.project().candidate.poll(cx, Ok::<T, Infallible>));
        Poll::Ready(match made {
            Ok(value) => value,
            Err(never) => match never {},
        })
    }
}

pin_project! {
    /// Reads a [`OnceCell`], or tries to initialise it; made by [`OnceCell::get_or_try_init`].
    ///
    /// # Cancel safety
    ///
    /// The next one initialises, see [`OnceCell::get_or_try_init`].
    ///
    /// # Fairness
    ///
    /// As the [cell](OnceCell#fairness).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct GetOrTryInit<'a, T, F, Fut> {
        #[pin]
        candidate: Candidate<'a, T, F, Fut>,
    }
}

impl<'a, T, F: FnOnce() -> Fut, Fut: Future> GetOrTryInit<'a, T, F, Fut> {
    pub(super) fn new(cell: &'a OnceCell<T>, init: F) -> Self {
        Self { candidate: Candidate::new(cell, init) }
    }
}

impl<'a, T, E, F, Fut> Future for GetOrTryInit<'a, T, F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    type Output = Result<&'a T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().candidate.poll(cx, |made| made)
    }
}

macro_rules! debug_of_a_candidate {
    ($($name:ident),+) => {$(
        impl<T, F, Fut> fmt::Debug for $name<'_, T, F, Fut> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let initializing = self.candidate.turn.is_some();
                f.debug_struct(stringify!($name)).field("initializing", &initializing).finish_non_exhaustive()
            }
        }
    )+};
}

debug_of_a_candidate!(GetOrInit, GetOrTryInit);

/// Waits for the value of a [`OnceCell`]; made by [`OnceCell::wait`].
///
/// # Cancel safety
///
/// Cancel safe, see [`OnceCell::wait`].
///
/// # Fairness
///
/// All who wait are released at once, the oldest is woken first.
#[must_use = "futures do nothing unless they are awaited"]
pub struct OnceWait<'a, T> {
    cell: &'a OnceCell<T>,
    place: Place<&'a Line>,
}

impl<'a, T> OnceWait<'a, T> {
    pub(super) fn new(cell: &'a OnceCell<T>) -> Self {
        Self { cell, place: Place::new() }
    }
}

impl<'a, T> Future for OnceWait<'a, T> {
    type Output = &'a T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        let cell = self.cell;
        self.place.poll(cx, || cell.look_for_value())
    }
}

impl<T> fmt::Debug for OnceWait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceWait").field("place", &self.place).finish()
    }
}

/// To the line of those who only wait for the value.
impl<T> Lead for Arc<OnceCell<T>> {
    fn line(&self) -> &Line {
        &self.readers
    }
}

/// Waits through an `Arc` for the value of a [`OnceCell`]; made by [`OnceCell::wait_owned`].
///
/// # Cancel safety
///
/// Cancel safe, see [`OnceCell::wait`].
///
/// # Fairness
///
/// The same line as that of [`OnceWait`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct OnceWaitOwned<T> {
    cell: Arc<OnceCell<T>>,
    place: Place<Arc<OnceCell<T>>>,
}

impl<T> OnceWaitOwned<T> {
    pub(super) fn new(cell: Arc<OnceCell<T>>) -> Self {
        Self { cell, place: Place::new() }
    }
}

impl<T> Future for OnceWaitOwned<T> {
    type Output = Arc<OnceCell<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { cell, place } = &mut *self;
        place.poll(cx, || cell.look_for_value().through(|_| cell.clone())).map(|_| cell.clone())
    }
}

impl<T> fmt::Debug for OnceWaitOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceWaitOwned").field("place", &self.place).finish()
    }
}
