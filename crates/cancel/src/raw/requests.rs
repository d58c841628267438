//! What cancellers ask of a task that is woken without a waker of its own.

use super::ledger::{Details, Glance, Ledger, Request, Store, finish_unasked, finish_unasked_unless_overwritten};
use crate::reason::{Reason, Taken};
use futures_util::future::BoxFuture;
use motet_prim::atomic::{AtomicU32, Ordering, fence};
use motet_prim::lock::Mutex;
use once_cell::race::OnceBox;
use std::fmt;
use std::task::Waker;

/// What cancellers ask: a [`CancelWord`](super::CancelWord) without the waker.
///
/// For executors whose records can wake their task as they are: nothing is registered in the task's first pending poll, and nothing let go at its
/// end. Sixteen bytes: what cancellers bring lies in a box that the first of them makes, and `R`, what else is rare in the record, lies there too
/// (see [`rare`](Self::rare)); `B` is whatever fits into the four bytes [beside](Self::beside) the state. Who cancels must wake the task if he is told so ([`Asked::News`]).
///
/// ```
/// use motet_cancel::{Reason, raw::{Asked, Body, Requests}};
/// use std::{future::pending, pin::pin, task::{Context, Waker}};
///
/// let (requests, mut body) = (Requests::<()>::new(), pin!(Body::new(pending::<()>())));
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(body.as_mut().poll_with(&mut cx, &requests).is_pending());
/// assert_eq!(requests.cancel(Reason::none()), Asked::News); // Wake the task.
/// assert_eq!(requests.cancel(Reason::none()), Asked::Known);
/// assert!(body.poll_with(&mut cx, &requests).is_ready());
/// assert_eq!(requests.cancel(Reason::none()), Asked::Finished);
/// ```
pub struct Requests<R = (), B = ()> {
    state: AtomicU32,
    beside: B,
    slow: OnceBox<Slow<R>>,
}

#[derive(Default)]
struct Slow<R> {
    details: Mutex<Details>,
    rare: R,
}

/// What a canceller learns from [`Requests`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the task must be woken if there is news"]
pub enum Asked {
    /// It has finished: nothing was asked.
    Finished,
    /// It was counted, and changes nothing for the task.
    Known,
    /// The task must be polled: wake it now.
    News,
}

impl Asked {
    /// Whether the task had finished: nothing was asked.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Finished)
    }

    /// Whether the task must be woken now.
    #[must_use]
    pub const fn is_news(self) -> bool {
        matches!(self, Self::News)
    }
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        match request {
            Request::Finished => Self::Finished,
            Request::Known => Self::Known,
            Request::News(_) => Self::News,
        }
    }
}

impl Store for Details {
    fn details(&mut self) -> Option<&mut Details> {
        Some(self)
    }

    fn details_or_new(&mut self) -> &mut Details {
        self
    }

    fn take_waker(&mut self) -> Option<Waker> {
        None
    }
}

impl<R> Requests<R> {
    motet_prim::const_fn! {
        /// No requests.
        #[must_use]
        pub const fn new() -> Self {
            Self::with_beside(())
        }
    }
}

impl<R, B> Requests<R, B> {
    motet_prim::const_fn! {
        /// No requests, and `beside` in the four bytes that are free beside the state.
        #[must_use]
        pub const fn with_beside(beside: B) -> Self {
            Self { state: AtomicU32::new(0), beside, slow: OnceBox::new() }
        }
    }

    /// What lies beside the state.
    #[inline]
    pub const fn beside(&self) -> &B {
        &self.beside
    }

    /// What else is rare in the record, if the box was made: for a cancel, or by [`rare_or_default`](Self::rare_or_default).
    #[must_use]
    pub fn rare(&self) -> Option<&R> {
        self.slow.get().map(|slow| &slow.rare)
    }

    /// Whether a request stands that was not taken back.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelling() > 0
    }

    /// How many requests stand that were not taken back. asyncio: `Task.cancelling`.
    #[must_use]
    pub fn cancelling(&self) -> usize {
        Glance::of(&self.state).cancelling()
    }

    /// Whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        Glance::of(&self.state).is_finished()
    }

    /// The first request's reason, if one stands that was not taken back: for an executor that drops a body which has not acted on it.
    ///
    /// ```
    /// use motet_cancel::{Reason, raw::Requests};
    ///
    /// let requests = Requests::<()>::new();
    /// assert_eq!(requests.reason(), None);
    /// let _news = requests.cancel(Reason::from("enough"));
    /// requests.finish();
    /// assert_eq!(requests.reason(), Some(Reason::from("enough")));
    /// ```
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let slow = self.slow.get().filter(|_| self.is_cancelled())?;
        Some(slow.details.lock().reason.clone())
    }
}

impl<R: Default, B> Requests<R, B> {
    /// What else is rare in the record, in the box that is made now unless it is there.
    pub fn rare_or_default(&self) -> &R {
        &self.slow().rare
    }

    #[cold]
    fn slow(&self) -> &Slow<R> {
        self.slow.get_or_init(Box::default)
    }

    fn ledger(&self) -> Ledger<'_, Details> {
        let store = &self.slow().details;
        // SeqCst: after the box, before the state; pairs with the fence between the two halves of an end.
        fence(Ordering::SeqCst);
        Ledger { state: &self.state, store }
    }

    /// Asks the body to be dropped at its next poll.
    ///
    /// The first request's reason counts. Many requests are as one, but each needs an [`uncancel`](Self::uncancel) of its own.
    pub fn cancel(&self, reason: Reason) -> Asked {
        self.ledger().request(reason, None).into()
    }

    /// The same with grace: the body goes on until it ends or `limit` is ready; so do its exits.
    pub fn cancel_with_grace(&self, reason: Reason, limit: BoxFuture<'static, ()>) -> Asked {
        self.ledger().request(reason, Some(limit)).into()
    }

    /// What was asked with grace is asked without, if any request stands: for a task that has not begun, so that there is nothing to spare.
    pub fn refuse_grace(&self) {
        self.ledger().refuse_grace();
    }

    /// Takes one request back; gives how many are left.
    ///
    /// # Errors
    ///
    /// [`Taken`]: the body was already dropped for it.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        self.ledger().uncancel()
    }

    /// The task has ended: later requests are too late. Idempotent, and one exchange of one word if nobody has cancelled.
    ///
    /// [`Body::poll_with`](super::Body::poll_with) does it at the end; an executor that drops a body early does it then.
    #[inline]
    pub fn finish(&self) {
        if !finish_unasked(&self.state) {
            self.ledger().finish();
        }
    }
}

impl<R: Default, B> Requests<R, B> {
    /// A word for polls that do not say the end: the executor does, by [`finish`](Self::finish) or by the two halves of it.
    ///
    /// ```
    /// use motet_cancel::{Reason, raw::{Asked, Body, Requests}};
    /// use std::{pin::pin, sync::atomic::{Ordering, fence}, task::{Context, Waker}};
    ///
    /// let (requests, mut body) = (Requests::<()>::new(), pin!(Body::new(async { 7 })));
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(body.as_mut().poll_with(&mut cx, &requests.unfinished()).is_ready());
    /// assert!(!requests.is_finished());
    /// requests.finish_before_fence();
    /// fence(Ordering::SeqCst);
    /// requests.finish_after_fence();
    /// assert_eq!(requests.cancel(Reason::none()), Asked::Finished);
    /// ```
    #[inline]
    pub const fn unfinished(&self) -> Unfinished<'_, R, B> {
        Unfinished(self)
    }

    /// The first half of [`finish`](Self::finish), for a task whose end takes a full fence anyway: it makes no exchange.
    ///
    /// The caller fences then (`fence(SeqCst)`, or what comes to the same), and calls the [second half](Self::finish_after_fence). A
    /// request that comes between the two may be told that it was in time; it was, but for a body that had ended by itself.
    ///
    /// The race to fear: a canceller and the end do not see one another, and what he brought stays. He leaves the box *first* and looks at
    /// the state *then*; the end writes the state *first* and looks for the box *then*, each with a fence in between. So either he finds
    /// the end, or the end finds the box, and empties it.
    #[inline]
    pub fn finish_before_fence(&self) {
        if !finish_unasked_unless_overwritten(&self.state) {
            self.finish();
        }
    }

    /// The second half of [`finish`](Self::finish); see [`finish_before_fence`](Self::finish_before_fence).
    #[inline]
    pub fn finish_after_fence(&self) {
        if self.slow.get().is_some() {
            self.ledger().finish();
        }
    }
}

/// [`Requests`] that a poll leaves open at its end; see [`Requests::unfinished`].
pub struct Unfinished<'a, R = (), B = ()>(&'a Requests<R, B>);

impl<R, B> fmt::Debug for Unfinished<'_, R, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<R: Default, B> super::Word for Unfinished<'_, R, B> {}

impl<R: Default, B> super::sealed::Word for Unfinished<'_, R, B> {
    type Store = Details;

    #[inline]
    fn state(&self) -> &AtomicU32 {
        &self.0.state
    }

    fn ledger(&self) -> Ledger<'_, Details> {
        self.0.ledger()
    }

    #[inline]
    fn is_heard_by(&self, glance: Glance, waker: &Waker) -> bool {
        self.0.is_heard_by(glance, waker)
    }

    fn listen(&self, waker: &Waker) -> Glance {
        self.0.listen(waker)
    }

    #[inline]
    fn finish(&self) {}
}

impl<R: Default, B> super::Word for Requests<R, B> {}

impl<R: Default, B> super::sealed::Word for Requests<R, B> {
    type Store = Details;

    #[inline]
    fn state(&self) -> &AtomicU32 {
        &self.state
    }

    fn ledger(&self) -> Ledger<'_, Details> {
        Self::ledger(self)
    }

    /// Whoever has news wakes the task.
    #[inline]
    fn is_heard_by(&self, _glance: Glance, _waker: &Waker) -> bool {
        true
    }

    fn listen(&self, _waker: &Waker) -> Glance {
        Glance::of(&self.state)
    }
}

impl<R> Default for Requests<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R, B> fmt::Debug for Requests<R, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Glance::of(&self.state).describe("Requests", f)
    }
}
