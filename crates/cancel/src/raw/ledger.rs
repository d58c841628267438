//! The protocol between those who cancel and the one who polls.
//!
//! ```text
//!   count 0 ──cancel──▶ count n ──the deciding poll──▶ TAKEN ──▶ FINISHED
//!      ▲                  │  ▲                                      ▲
//!      └────uncancel──────┘  └──cancel                              │
//!      └───────────────────── the body ends by itself ──────────────┘
//! ```
//!
//! | bit | set by | cleared by | says |
//! | --- | --- | --- | --- |
//! | `ATTENTION` | cancellers, under the lock | the poller, under the lock | there is news: the next poll takes the lock |
//! | `GRACE` | cancellers, under the lock | the poller at a limit; `uncancel` to zero | there are limits, which each poll asks |
//! | `WAKER` | the poller, under the lock | a canceller that takes the waker; `finish` | the waker is registered |
//! | `AT_ONCE` | cancellers, under the lock | `uncancel` to zero | a cancel without grace is among the requests |
//! | `TAKEN` | the poller, under the lock | nobody | the body was dropped for a cancel |
//! | `FINISHED` | the poller, without the lock if there is nothing to let go | nobody | the scope has ended |
//!
//! Everything but `FINISHED` changes under the lock, since cancelling is rare. What is not rare is a poll: it reads the state once,
//! relaxed, and goes on if there is neither news nor a grace. Wakers, limits and reasons are foreign code: none is called, cloned or dropped
//! under the lock. So the limits are *lent* to a poll that asks them, and come back after it, unless they were taken back meanwhile.

use crate::panic::silence;
use crate::reason::{Reason, Taken};
use futures_util::future::BoxFuture;
use motet_prim::atomic::{AtomicU32, Ordering};
use motet_prim::lock::{Mutex, MutexGuard};
use std::fmt;
use std::mem;
use std::task::{Context, Waker};

const ATTENTION: u32 = 1;
const WAKER: u32 = 1 << 1;
const AT_ONCE: u32 = 1 << 2;
const TAKEN: u32 = 1 << 3;
const FINISHED: u32 = 1 << 4;
const GRACE: u32 = 1 << 5;
const ONE: u32 = 1 << 6;
/// So many requests that a further one is no longer counted.
const MOST: u32 = u32::MAX - ONE;

/// When a grace ends.
pub(super) type Limit = BoxFuture<'static, ()>;

/// What a cancel without reason and grace does not need.
#[derive(Default)]
pub struct Details {
    /// The first request's.
    pub(super) reason: Reason,
    limits: Vec<Limit>,
    /// Others of the limits are with a poll that asks them.
    lent: bool,
    /// The poller's, for who has no other place for it.
    pub(super) waker: Option<Waker>,
}

/// What lies under the lock.
pub trait Store {
    /// The details, if there are any.
    fn details(&mut self) -> Option<&mut Details>;
    /// The details, made if need be.
    fn details_or_new(&mut self) -> &mut Details;
    /// The poller's waker, if it is kept here.
    fn take_waker(&mut self) -> Option<Waker>;
}

/// One reading of the state.
#[derive(Clone, Copy)]
pub struct Glance(u32);

impl Glance {
    /// What a poll begins with.
    #[inline]
    pub(super) fn of(state: &AtomicU32) -> Self {
        // Relaxed: a poller that misses news is woken for it, and the lock publishes what the news is.
        Self(state.load(Ordering::Relaxed))
    }

    /// Whether the poll has to look under the lock before it goes on.
    #[inline]
    pub(super) const fn is_urgent(self) -> bool {
        self.0 & (ATTENTION | GRACE) != 0
    }

    /// Whether there is news since the poll looked.
    pub(super) const fn has_news(self) -> bool {
        self.0 & ATTENTION != 0
    }

    /// How many requests stand.
    pub(super) const fn cancelling(self) -> usize {
        (self.0 / ONE) as usize
    }

    /// Whether nobody polls any more.
    pub(super) const fn is_finished(self) -> bool {
        self.0 & FINISHED != 0
    }

    /// For `Debug`.
    pub(super) fn describe(self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("cancelling", &self.cancelling())
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }

    /// Whether a waker is registered.
    #[inline]
    pub(super) const fn has_waker(self) -> bool {
        self.0 & WAKER != 0
    }
}

/// Says that nobody polls any more, if nobody has asked anything and no waker is registered, or if that was said before.
#[inline]
pub(super) fn finish_unasked(state: &AtomicU32) -> bool {
    // Relaxed: nothing is published by it; who must see the end, sees it through what the body's owner does next.
    match state.compare_exchange(0, FINISHED, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => true,
        Err(asked) => asked & FINISHED != 0,
    }
}

/// The same without an exchange: a request that comes at this moment is overwritten, and is known by what its canceller left under the lock.
///
/// False if something was asked before, or said; then nothing is done.
#[inline]
pub(super) fn finish_unasked_unless_overwritten(state: &AtomicU32) -> bool {
    let is_unasked = state.load(Ordering::Relaxed) == 0;
    if is_unasked {
        state.store(FINISHED, Ordering::Relaxed);
    }
    is_unasked
}

/// What came of a request.
pub enum Request {
    /// It was too late.
    Finished,
    /// It changes nothing for the poller.
    Known,
    /// It is news, and this is the poller's waker, if it is kept here.
    News(Option<Waker>),
}

/// The state and what lies under the lock, borrowed from the word that they are parts of.
pub struct Ledger<'a, S> {
    pub(super) state: &'a AtomicU32,
    pub(super) store: &'a Mutex<S>,
}

impl<'a, S: Store> Ledger<'a, S> {
    /// Asks the body to end: at its next poll, or when `limit` is ready.
    pub(super) fn request(&self, reason: Reason, limit: Option<Limit>) -> Request {
        let mut store = self.store.lock();
        // Relaxed, as every change under the lock: the lock orders them, and who reads without it learns no more than the number.
        // Only an end changes the state without the lock. Either one of the two changes is seen by the other, or the end overwrites this one, and
        // then finds what is left here (see `Requests::finish_before_fence`).
        let counted = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
            (state & FINISHED == 0 && state < MOST).then_some(state + ONE)
        });
        let state = match counted {
            Ok(before) => before,
            Err(refused) => {
                drop(store);
                drop((reason, limit));
                return if refused & FINISHED == 0 { Request::Known } else { Request::Finished };
            }
        };
        // A second plain request is no news, nor is one for a body that was dropped already; a limit always is.
        let is_news = limit.is_some() || state & (AT_ONCE | TAKEN) == 0;
        let mut superfluous = None;
        if state >= ONE {
            superfluous = Some(reason);
        } else if !reason.is_none() {
            store.details_or_new().reason = reason;
        }
        let mut set = if is_news { ATTENTION } else { 0 };
        match limit {
            Some(limit) => {
                store.details_or_new().limits.push(limit);
                set |= GRACE;
            }
            None => set |= AT_ONCE,
        }
        self.set(set);
        let waker = if is_news { self.unregister(&mut store) } else { None };
        drop(store);
        drop(superfluous);
        if is_news { Request::News(waker) } else { Request::Known }
    }

    /// What was asked with grace is asked without.
    pub(super) fn refuse_grace(&self) {
        let _store = self.store.lock();
        if self.bits() >= ONE {
            self.set(ATTENTION | AT_ONCE);
        }
    }

    /// Takes the poller's waker, to be called after the lock.
    #[must_use]
    fn unregister(&self, store: &mut MutexGuard<'_, S>) -> Option<Waker> {
        let waker = store.take_waker();
        if waker.is_some() {
            self.clear(WAKER);
        }
        waker
    }

    /// Takes one request back; gives how many are left.
    pub(super) fn uncancel(&self) -> Result<usize, Taken> {
        let mut store = self.store.lock();
        let state = self.bits();
        if state & TAKEN != 0 {
            return Err(Taken);
        }
        // Relaxed: under the lock. In one step: an end without an exchange may overwrite what was read above.
        let fewer = |state: u32| if state < ONE { None } else { Some(state - ONE) };
        let Ok(before) = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer) else { return Ok(0) };
        let left = before / ONE - 1;
        let mut void = None;
        if left == 0 {
            self.clear(AT_ONCE | GRACE);
            void = store.details().map(|details| {
                details.lent = false;
                (mem::take(&mut details.reason), mem::take(&mut details.limits))
            });
        }
        drop(store);
        drop(void);
        Ok(left as usize)
    }

    /// Says that nobody polls any more, and lets go what was left here.
    #[cold]
    pub(super) fn finish(&self) {
        let mut store = self.store.lock();
        self.change_as_poller(FINISHED, WAKER | GRACE);
        let waker = store.take_waker();
        let limits = store.details().map(|details| mem::take(&mut details.limits));
        drop(store);
        // Foreign drops, and most often we are in one ourselves, which must not panic.
        silence(|| drop((waker, limits)));
    }

    /// For the poller: under the lock, `register` puts the waker into the store and gives the one that it displaces.
    pub(super) fn register(&self, register: impl FnOnce(&mut S) -> Option<Waker>) -> Glance {
        let mut store = self.store.lock();
        let displaced = register(&mut store);
        self.change_as_poller(WAKER, 0);
        let glance = Glance::of(self.state);
        drop(store);
        drop(displaced);
        glance
    }

    /// Fetches the news. `running`: a plain request decides now, and this is its reason.
    pub(super) fn take_news(&self, running: bool) -> (Option<Reason>, Lent<'a, S>) {
        let mut store = self.store.lock();
        let state = self.bits();
        self.clear(ATTENTION);
        let is_lent = state & GRACE != 0;
        let limits = match store.details() {
            Some(details) if is_lent => {
                details.lent = true;
                mem::take(&mut details.limits)
            }
            _ => Vec::new(),
        };
        let decides = running && state >= ONE && state & AT_ONCE != 0;
        let cancelled = decides.then(|| self.take(&mut store));
        drop(store);
        (cancelled, Lent { ledger: Ledger { state: self.state, store: self.store }, limits, is_lent })
    }

    /// The grace is over: this poll decides. `None`: the cancel was taken back.
    pub(super) fn take_cancel(&self) -> Option<Reason> {
        let mut store = self.store.lock();
        (self.bits() >= ONE).then(|| self.take(&mut store))
    }

    fn take(&self, store: &mut MutexGuard<'_, S>) -> Reason {
        self.set(TAKEN);
        store.details().map_or_else(Reason::none, |details| details.reason.clone())
    }

    #[inline]
    fn bits(&self) -> u32 {
        Glance::of(self.state).0
    }

    /// For the poller, under the lock: without it only the poller itself changes the state, so this needs no read-modify-write.
    fn change_as_poller(&self, set: u32, clear: u32) {
        // Relaxed: under the lock.
        self.state.store((self.bits() | set) & !clear, Ordering::Relaxed);
    }

    fn set(&self, bits: u32) {
        // Relaxed: under the lock.
        self.state.fetch_or(bits, Ordering::Relaxed);
    }

    fn clear(&self, bits: u32) {
        // Relaxed: under the lock.
        self.state.fetch_and(!bits, Ordering::Relaxed);
    }
}

/// The limits, out of the word while a poll asks them.
pub(super) struct Lent<'a, S: Store> {
    ledger: Ledger<'a, S>,
    limits: Vec<Limit>,
    is_lent: bool,
}

impl<S: Store> Lent<'_, S> {
    /// Whether one of them is ready. Then these have served, and only what was added meanwhile stays.
    pub(super) fn poll(mut self, cx: &mut Context<'_>) -> bool {
        let is_over = self.limits.iter_mut().any(|limit| limit.as_mut().poll(cx).is_ready());
        if is_over {
            let limits = mem::take(&mut self.limits);
            silence(|| drop(limits));
        }
        is_over
    }
}

impl<S: Store> Drop for Lent<'_, S> {
    /// Gives back what has not served; a panic of a limit comes through here too.
    fn drop(&mut self) {
        if !self.is_lent {
            return;
        }
        let mut limits = mem::take(&mut self.limits);
        let mut store = self.ledger.store.lock();
        if let Some(details) = store.details() {
            // If it is not set any more, all that was lent was taken back.
            if mem::take(&mut details.lent) {
                limits.append(&mut details.limits);
                details.limits = mem::take(&mut limits);
                if details.limits.is_empty() {
                    self.ledger.clear(GRACE);
                }
            }
        }
        drop(store);
        silence(|| drop(limits));
    }
}
