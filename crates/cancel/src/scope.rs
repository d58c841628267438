//! Scopes: a future that can be stopped from outside, and cleans up.

use crate::raw::{Body, CancelWord, LocalBody};
use crate::reason::{Cancelled, Reason, Taken};
use futures_util::future::FutureExt;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Wraps a future so that it can be cancelled from outside and completes only when what it left behind is cleaned up.
///
/// Use it where work runs on somebody else's runtime: `tokio::spawn(scope(work).0)`. Every task of Motet's own executor is such a scope
/// already. Everything the body drops, a lost branch of a foreign `select!` included, hands its guards' exits to the scope, which runs
/// them beside the body. asyncio: what every task does for `async with`.
///
/// ```
/// use futures::{executor::block_on, poll};
/// use motet_cancel::{Outcome, guard, scope};
/// use std::{future, pin::pin, sync::mpsc};
///
/// let (log, exits) = mpsc::channel();
/// let (work, handle) = scope(async {
///     let _connection = guard(log, async |log: mpsc::Sender<_>, outcome| log.send(outcome).unwrap());
///     future::pending::<()>().await;
/// });
/// block_on(async {
///     let mut work = pin!(work);
///     assert!(poll!(work.as_mut()).is_pending());
///     handle.cancel("shutting down");
///     assert_eq!(work.await.unwrap_err().reason, "shutting down");
/// });
/// assert_eq!(exits.recv(), Ok(Outcome::Cancelled("shutting down".into())));
/// ```
///
/// # Cancel safety
///
/// Dropping the [`Scope`] drops its body and hands what is left to do to the enclosing scope, else to the reaper.
pub fn scope<F: Future>(body: F) -> (Scope<F>, CancelHandle) {
    let word = Arc::new(CancelWord::new());
    let handle = CancelHandle { word: Arc::clone(&word) };
    (Scope { body: Body::new(body), finish: FinishOnDrop(word) }, handle)
}

/// [`scope`] for a future that is not `Send`; it takes the exits of local guards too.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{guard_local, scope_local};
/// use std::{cell::Cell, rc::Rc};
///
/// let open = Rc::new(Cell::new(true));
/// let resource = Rc::clone(&open);
/// let (work, _handle) = scope_local(async move {
///     let _guard = guard_local(resource, async |open: Rc<Cell<bool>>, _outcome| open.set(false));
/// });
/// block_on(work).unwrap();
/// assert!(!open.get());
/// ```
///
/// # Cancel safety
///
/// Dropping the [`LocalScope`] drops its body and hands what is left to do to the enclosing local scope. Without one, what is `Send` goes
/// to the reaper; local exits are abandoned, with what they themselves still hold.
pub fn scope_local<F: Future>(body: F) -> (LocalScope<F>, CancelHandle) {
    let word = Arc::new(CancelWord::new());
    let handle = CancelHandle { word: Arc::clone(&word) };
    (LocalScope { body: LocalBody::new(body), finish: FinishOnDrop(word) }, handle)
}

/// A scope that is gone has finished: its handle says so, and its waker is let go.
struct FinishOnDrop(Arc<CancelWord>);

impl Drop for FinishOnDrop {
    fn drop(&mut self) {
        self.0.finish();
    }
}

pin_project_lite::pin_project! {
    /// A future that can be cancelled through its [`CancelHandle`]; given by [`scope`].
    ///
    /// Panics with the first panic of the body or of an exit, once everything has ended, and if polled after completion.
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<F: Future> {
        // Before the word: the body is dropped first.
        #[pin]
        body: Body<F>,
        finish: FinishOnDrop,
    }
}

pin_project_lite::pin_project! {
    /// A [`Scope`] that stays on its thread; given by [`scope_local`].
    #[must_use = "futures do nothing unless polled"]
    pub struct LocalScope<F: Future> {
        // Before the word: the body is dropped first.
        #[pin]
        body: LocalBody<F>,
        finish: FinishOnDrop,
    }
}

impl<F: Future> Scope<F> {
    pub(crate) fn word(&self) -> &CancelWord {
        &self.finish.0
    }
}

impl<F: Future> LocalScope<F> {
    pub(crate) fn word(&self) -> &CancelWord {
        &self.finish.0
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.body.poll_with(cx, &*this.finish.0)
    }
}

impl<F: Future> Future for LocalScope<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.body.poll_with(cx, &*this.finish.0)
    }
}

impl<F: Future> fmt::Debug for Scope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("word", &self.finish.0).finish()
    }
}

impl<F: Future> fmt::Debug for LocalScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalScope").field("word", &self.finish.0).finish()
    }
}

/// Cancels a scope, from any thread, inside the scope included; given by [`scope`].
///
/// A cancel is a sticky count with the first request's reason: it wakes the scope once and is read once, before the body is polled. What
/// becomes ready in that poll or later loses to it; what became ready in the poll during which the cancel arrived has won.
///
/// ```
/// use motet_cancel::scope;
/// use futures::executor::block_on;
///
/// let (work, handle) = scope(async { 7 });
/// assert!(handle.cancel("changed my mind"));
/// assert_eq!(handle.uncancel(), Ok(0));
/// assert_eq!(block_on(work), Ok(7));
/// assert!(!handle.cancel("too late"));
/// ```
#[derive(Clone)]
pub struct CancelHandle {
    word: Arc<CancelWord>,
}

impl CancelHandle {
    /// Asks the scope to drop its body at its next poll and then to run the exits. `false`: the scope has finished.
    ///
    /// Exits are never interrupted: cancelling again changes nothing. The first request's reason counts. asyncio: `Task.cancel`.
    pub fn cancel(&self, reason: impl Into<Reason>) -> bool {
        self.word.cancel(reason.into())
    }

    /// Asks the body to end by itself, and drops what still runs when `limit` is ready. `false`: the scope has finished.
    ///
    /// Until then the body goes on; it can look at [`is_cancelled`](Self::is_cancelled). Any future is the clock. The limit bounds the exits too: what is
    /// dropped when it is ready is abandoned ([`set_on_abandon`](crate::set_on_abandon)). After a plain [`cancel`](Self::cancel), this only bounds the exits.
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use motet_cancel::{checkpoint, scope};
    /// use std::future;
    ///
    /// let (stop, stopping) = std::sync::mpsc::channel();
    /// let (work, handle) = scope(async move {
    ///     let handle: motet_cancel::CancelHandle = stopping.recv().unwrap();
    ///     while !handle.is_cancelled() {
    ///         checkpoint().await;
    ///     }
    ///     "ended by itself"
    /// });
    /// handle.cancel_with_grace("shutting down", future::pending());
    /// stop.send(handle).unwrap();
    /// assert_eq!(block_on(work), Ok("ended by itself"));
    /// ```
    pub fn cancel_with_grace(
        &self,
        reason: impl Into<Reason>,
        limit: impl Future<Output = ()> + Send + 'static,
    ) -> bool {
        self.word.cancel_with_grace(reason.into(), limit.boxed())
    }

    /// Whether a request to cancel stands that was not taken back.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.word.is_cancelled()
    }

    /// Whether the scope has ended, its cleanup included, or is gone.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.word.is_finished()
    }

    /// Takes one request back, and gives how many still stand. asyncio: `Task.uncancel`.
    ///
    /// # Errors
    ///
    /// [`Taken`]: the scope has dropped its body already.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        self.word.uncancel()
    }

    /// How many requests to cancel stand. asyncio: `Task.cancelling`.
    #[must_use]
    pub fn cancelling(&self) -> usize {
        self.word.cancelling()
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").field("word", &self.word).finish()
    }
}
