//! The word that a canceller and a polled body share: the ledger, and the waker by which the poller hears of news.
//!
//! The race to fear is that of a cancel with the first registration: the poller registers under the lock and reads the state after
//! it; either it sees the news, or the canceller, who holds the lock later, sees the waker.

use super::ledger::{Details, Glance, Ledger, Request, Store, finish_unasked};
use super::seen::Seen;
use crate::reason::{Reason, Taken};
use futures_util::future::BoxFuture;
use motet_prim::Wakeup;
use motet_prim::atomic::{AtomicU32, AtomicUsize};
use motet_prim::lock::Mutex;
use std::fmt;
use std::mem;
use std::task::Waker;

/// What cancellers ask, and the waker by which the poller hears of it: one a scope.
///
/// Any thread may cancel; one body at a time polls with it ([`Body::poll_with`](super::Body::poll_with)). Forty bytes. An executor that can
/// wake its tasks without a waker keeps [`Requests`](super::Requests) instead: sixteen, and no clone of a waker.
///
/// ```
/// use motet_cancel::{Reason, raw::CancelWord};
///
/// let word = CancelWord::new();
/// assert!(word.cancel(Reason::from("stop")));
/// assert!(word.is_cancelled());
/// word.finish();
/// assert!(!word.cancel(Reason::none()), "it has finished");
/// ```
pub struct CancelWord {
    state: AtomicU32,
    vtable: AtomicU32,
    data: AtomicUsize,
    slow: Mutex<Slow>,
}

/// Sixteen bytes: the waker moves into the details when there are any.
pub enum Slow {
    Waker(Waker),
    Details(Option<Box<Details>>),
}

impl Store for Slow {
    fn details(&mut self) -> Option<&mut Details> {
        match self {
            Self::Waker(_) => None,
            Self::Details(details) => details.as_deref_mut(),
        }
    }

    fn details_or_new(&mut self) -> &mut Details {
        let waker = self.take_waker();
        match self {
            Self::Details(details) => {
                let details = details.get_or_insert_default();
                details.waker = waker;
                details
            }
            Self::Waker(_) => unreachable!("the waker was taken"),
        }
    }

    fn take_waker(&mut self) -> Option<Waker> {
        if let Self::Details(details) = self {
            return details.as_mut()?.waker.take();
        }
        match mem::replace(self, Self::Details(None)) {
            Self::Waker(waker) => Some(waker),
            Self::Details(_) => None,
        }
    }
}

impl Slow {
    fn replace_waker(&mut self, waker: Waker) -> Option<Waker> {
        match self {
            Self::Details(Some(details)) => details.waker.replace(waker),
            Self::Details(None) | Self::Waker(_) => match mem::replace(self, Self::Waker(waker)) {
                Self::Waker(displaced) => Some(displaced),
                Self::Details(_) => None,
            },
        }
    }
}

impl CancelWord {
    motet_prim::const_fn! {
        /// A word that nobody has cancelled.
        #[must_use]
        pub const fn new() -> Self {
            Self {
                state: AtomicU32::new(0),
                vtable: AtomicU32::new(Seen::NOBODY),
                data: AtomicUsize::new(0),
                slow: Mutex::new(Slow::Details(None)),
            }
        }
    }

    fn ledger(&self) -> Ledger<'_, Slow> {
        Ledger { state: &self.state, store: &self.slow }
    }

    fn seen(&self) -> Seen<'_> {
        Seen { data: &self.data, vtable: &self.vtable }
    }

    /// Asks the body to be dropped at its next poll, and wakes it once. `false`: it has finished.
    ///
    /// The first request's reason counts. Many requests are as one, but each needs an [`uncancel`](Self::uncancel) of its own.
    pub fn cancel(&self, reason: Reason) -> bool {
        self.wake(self.ledger().request(reason, None))
    }

    /// The same with grace: the body goes on until it ends or `limit` is ready; so do its exits. `false`: it has finished.
    pub fn cancel_with_grace(&self, reason: Reason, limit: BoxFuture<'static, ()>) -> bool {
        self.wake(self.ledger().request(reason, Some(limit)))
    }

    fn wake(&self, request: Request) -> bool {
        if let Request::News(Some(waker)) = request {
            // What was asked was asked, whatever the waker does.
            Wakeup::from(waker).wake();
            return true;
        }
        !matches!(request, Request::Finished)
    }

    /// Takes one request back; gives how many are left.
    ///
    /// # Errors
    ///
    /// [`Taken`]: the body was already dropped for it.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        self.ledger().uncancel()
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

    /// Whether the scope or task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        Glance::of(&self.state).is_finished()
    }

    /// The scope or task has ended: later requests give `false`, and the waker is let go. Idempotent.
    ///
    /// [`Body::poll_with`](super::Body::poll_with) does it at the end; an executor that drops a body early does it then.
    #[inline]
    pub fn finish(&self) {
        if !finish_unasked(&self.state) {
            self.ledger().finish();
        }
    }

    /// Registers the poller's waker; gives the state after that, which may bring news.
    pub(super) fn register(&self, waker: &Waker) -> Glance {
        let registered = waker.clone();
        let glance = self.ledger().register(|slow| slow.replace_waker(registered));
        self.seen().set(waker);
        glance
    }
}

impl super::Word for CancelWord {}

impl super::sealed::Word for CancelWord {
    type Store = Slow;

    #[inline]
    fn state(&self) -> &AtomicU32 {
        &self.state
    }

    #[inline]
    fn ledger(&self) -> Ledger<'_, Slow> {
        Self::ledger(self)
    }

    #[inline]
    fn is_heard_by(&self, glance: Glance, waker: &Waker) -> bool {
        glance.has_waker() && self.seen().is(waker)
    }

    #[cold]
    fn listen(&self, waker: &Waker) -> Glance {
        self.register(waker)
    }
}

impl Default for CancelWord {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Glance::of(&self.state).describe("CancelWord", f)
    }
}
