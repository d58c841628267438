//! The word that a canceller and a polled body share.
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
//! | `WAKER` | the poller, under the lock | a canceller that takes the waker; `finish` | the waker is registered |
//! | `AT_ONCE` | cancellers, under the lock | `uncancel` to zero | a cancel without grace is among the requests |
//! | `TAKEN` | the poller, under the lock | nobody | the body was dropped for a cancel |
//! | `FINISHED` | the poller, without the lock if there is nothing to let go | nobody | the scope has ended |
//!
//! Everything but `FINISHED` changes under the lock, since cancelling is rare. What is not rare is a poll: it reads the state once,
//! relaxed, and goes on if there is neither news nor a lack of a waker. The race to fear is that of a cancel with the first registration:
//! the poller registers under the lock and reads the state after it; either it sees the news, or the canceller, who holds the lock
//! later, sees the waker. Wakers and reasons are foreign code: none is called, cloned or dropped under the lock.

use crate::panic::silence;
use crate::reason::{Reason, Taken};
use futures_util::future::BoxFuture;
use motet_prim::atomic::{AtomicU32, Ordering};
use motet_prim::lock::{Mutex, MutexGuard};
use std::fmt;
use std::task::Waker;

const ATTENTION: u32 = 1;
const WAKER: u32 = 1 << 1;
const AT_ONCE: u32 = 1 << 2;
const TAKEN: u32 = 1 << 3;
const FINISHED: u32 = 1 << 4;
const ONE: u32 = 1 << 5;
/// So many requests that a further one is no longer counted.
const MOST: u32 = u32::MAX - ONE;

/// What cancellers ask, and the waker by which the poller hears of it: one a scope or task.
///
/// Any thread may cancel; one body at a time polls with it ([`Body::poll_with`](super::Body::poll_with)). Forty bytes or fewer.
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
    slow: Mutex<Slow>,
}

struct Slow {
    waker: Option<Waker>,
    details: Option<Box<Details>>,
}

/// What a cancel without reason and grace does not need.
#[derive(Default)]
struct Details {
    /// The first request's.
    reason: Reason,
    /// Those that the poller has not fetched.
    limits: Vec<Limit>,
    /// The limits that the poller has fetched are void: the cancel was taken back.
    forget: bool,
}

/// When a grace ends.
pub(super) type Limit = BoxFuture<'static, ()>;

/// One reading of the state.
#[derive(Clone, Copy)]
pub(super) struct Glance(u32);

impl Glance {
    /// Whether there is news for the poller.
    pub(super) const fn has_news(self) -> bool {
        self.0 & ATTENTION != 0
    }

    /// Whether a waker is registered.
    pub(super) const fn has_waker(self) -> bool {
        self.0 & WAKER != 0
    }
}

/// The news, for the poller.
pub(super) struct News {
    /// Drop the body at once, for this reason: this was the deciding poll.
    pub(super) cancelled: Option<Reason>,
    /// The limits fetched earlier are void.
    pub(super) forget: bool,
    /// New limits.
    pub(super) limits: Vec<Limit>,
}

impl CancelWord {
    motet_prim::const_fn! {
        /// A word that nobody has cancelled.
        #[must_use]
        pub const fn new() -> Self {
            Self { state: AtomicU32::new(0), slow: Mutex::new(Slow { waker: None, details: None }) }
        }
    }

    /// Asks the body to be dropped at its next poll, and wakes it once. `false`: it has finished.
    ///
    /// The first request's reason counts. Many requests are as one, but each needs an [`uncancel`](Self::uncancel) of its own.
    pub fn cancel(&self, reason: Reason) -> bool {
        self.request(reason, None)
    }

    /// The same with grace: the body goes on until it ends or `limit` is ready; so do its exits. `false`: it has finished.
    pub fn cancel_with_grace(&self, reason: Reason, limit: BoxFuture<'static, ()>) -> bool {
        self.request(reason, Some(limit))
    }

    fn request(&self, reason: Reason, limit: Option<Limit>) -> bool {
        let mut slow = self.slow.lock();
        // Relaxed, as every change under the lock: the lock orders them, and who reads without it learns no more than the number.
        // Only `finish` changes the state without the lock; one of the two changes comes first and is seen by the other.
        let counted = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
            (state & FINISHED == 0 && state < MOST).then_some(state + ONE)
        });
        let state = match counted {
            Ok(before) => before,
            Err(refused) => {
                drop(slow);
                drop((reason, limit));
                return refused & FINISHED == 0;
            }
        };
        // A second plain request is no news, nor is one for a body that was dropped already; a limit always is.
        let is_news = limit.is_some() || state & (AT_ONCE | TAKEN) == 0;
        let mut superfluous = None;
        if state >= ONE {
            superfluous = Some(reason);
        } else if !reason.is_none() {
            slow.details.get_or_insert_default().reason = reason;
        }
        match limit {
            Some(limit) => slow.details.get_or_insert_default().limits.push(limit),
            None => self.set(AT_ONCE),
        }
        let waker = if is_news { self.announce(&mut slow) } else { None };
        drop(slow);
        drop(superfluous);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Tells the poller that there is news; gives its waker, to be called after the lock.
    #[must_use]
    fn announce(&self, slow: &mut MutexGuard<'_, Slow>) -> Option<Waker> {
        self.set(ATTENTION);
        self.clear(WAKER);
        slow.waker.take()
    }

    /// Takes one request back; gives how many are left.
    ///
    /// # Errors
    ///
    /// [`Taken`]: the body was already dropped for it.
    pub fn uncancel(&self) -> Result<usize, Taken> {
        let mut slow = self.slow.lock();
        let state = self.bits();
        if state & TAKEN != 0 {
            return Err(Taken);
        }
        if state < ONE {
            return Ok(0);
        }
        // Relaxed: under the lock.
        let left = (self.state.fetch_sub(ONE, Ordering::Relaxed) / ONE) - 1;
        let mut void = None;
        if left == 0 {
            self.clear(AT_ONCE);
            if let Some(details) = &mut slow.details {
                let forget = Details { forget: true, ..Details::default() };
                void = Some(std::mem::replace(&mut **details, forget));
                self.set(ATTENTION);
            }
        }
        drop(slow);
        drop(void);
        Ok(left as usize)
    }

    /// Whether a request stands that was not taken back.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.bits() >= ONE
    }

    /// How many requests stand that were not taken back. asyncio: `Task.cancelling`.
    #[must_use]
    pub fn cancelling(&self) -> usize {
        (self.bits() / ONE) as usize
    }

    /// Whether the scope or task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.bits() & FINISHED != 0
    }

    /// The scope or task has ended: later requests give `false`, and the waker is let go. Idempotent.
    ///
    /// [`Body::poll_with`](super::Body::poll_with) does it at the end; an executor that drops a body early does it then.
    pub fn finish(&self) {
        let holds = |state: u32| state & (WAKER | ATTENTION) != 0 || state >= ONE;
        let state = self.bits();
        if state & FINISHED != 0 {
            return;
        }
        if !holds(state) {
            // Relaxed: nothing is published by it; who must see the end, sees it through what the body's owner does next.
            let before = self.state.fetch_or(FINISHED, Ordering::Relaxed);
            if !holds(before) {
                return;
            }
        }
        let mut slow = self.slow.lock();
        self.change_as_poller(FINISHED, WAKER);
        let waker = slow.waker.take();
        let limits = slow.details.as_mut().map(|details| std::mem::take(&mut details.limits));
        drop(slow);
        // Foreign drops, and most often we are in one ourselves, which must not panic.
        silence(|| drop((waker, limits)));
    }

    /// What a poll begins with.
    pub(super) fn glance(&self) -> Glance {
        Glance(self.bits())
    }

    /// Registers the poller's waker; gives the state after that, which may bring news.
    pub(super) fn register(&self, waker: &Waker) -> Glance {
        let waker = waker.clone();
        let mut slow = self.slow.lock();
        let displaced = slow.waker.replace(waker);
        self.change_as_poller(WAKER, 0);
        let glance = self.glance();
        drop(slow);
        drop(displaced);
        glance
    }

    /// Fetches the news. `running`: a plain request decides now.
    pub(super) fn take_news(&self, running: bool) -> News {
        let mut slow = self.slow.lock();
        let state = self.bits();
        self.clear(ATTENTION);
        let mut news = News { cancelled: None, forget: false, limits: Vec::new() };
        if let Some(details) = &mut slow.details {
            news.forget = std::mem::take(&mut details.forget);
            news.limits = std::mem::take(&mut details.limits);
        }
        if running && state >= ONE && state & AT_ONCE != 0 {
            news.cancelled = Some(self.take(&slow));
        }
        drop(slow);
        news
    }

    /// The grace is over: this poll decides. `None`: the cancel was taken back.
    pub(super) fn take_cancel(&self) -> Option<Reason> {
        let slow = self.slow.lock();
        (self.bits() >= ONE).then(|| self.take(&slow))
    }

    fn take(&self, slow: &MutexGuard<'_, Slow>) -> Reason {
        self.set(TAKEN);
        slow.details.as_ref().map_or_else(Reason::none, |details| details.reason.clone())
    }

    fn bits(&self) -> u32 {
        // Relaxed: a poller that misses news is woken for it, and the lock publishes what the news is.
        self.state.load(Ordering::Relaxed)
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

impl Default for CancelWord {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelWord")
            .field("cancelling", &self.cancelling())
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
