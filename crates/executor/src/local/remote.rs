//! What other threads may reach of a local executor: the deque into which they wake its tasks, and the runners' wakers.
//!
//! ```text
//!   open ── close ──▶ closed: whoever brings a task takes it back, and drops it
//! ```
//!
//! Whoever polls the executor is a *runner*, named by a place in the list of runners:
//!
//! ```text
//!              begin                      end: something is due, it wakes itself and all that rest
//!   Woken ─────────────▶ Polling ──────────────────────────────────────────────────────────────────▶ Woken
//!     ▲                     └───── rest: nothing is due, under the lock ───▶ Resting (its waker in its place)
//!     └─────────────────────── a push, or the end of another's poll, takes the waker ─────┘
//! ```
//!
//! While tasks are due and no runner polls, none rests: all of them are woken, not one, for a `run` may be kept and never polled
//! again (a futurelock), and nobody knows of which that is true. A runner that is dropped owes nothing, then.
//!
//! The race to fear: a push on another thread sees a runner that polls, and wakes nobody, while that runner finds nothing and
//! lies down, or ends. The count of those who poll is written without the lock, but whoever rests or ends takes himself off first and
//! looks at the deque under the lock then: a push that held the lock before is seen, one that holds it after sees the count,
//! and the wakers.

use crate::slab::Slab;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

/// A deque that any thread may push into, and who is to hear of it.
pub(super) struct Remote<T> {
    /// How many runners poll: they look at the deque before they rest. Written on the executor's thread alone.
    polling: AtomicUsize,
    /// How many items wait, so that a look needs no lock. Written under the lock.
    waiting: AtomicUsize,
    state: Mutex<State<T>>,
}

struct State<T> {
    due: VecDeque<T>,
    /// A place is empty while its runner polls, or has been woken.
    runners: Slab<Option<Waker>>,
    is_closed: bool,
}

impl<T> Remote<T> {
    pub(super) fn new() -> Self {
        let state = State { due: VecDeque::new(), runners: Slab::new(), is_closed: false };
        Self { polling: AtomicUsize::new(0), waiting: AtomicUsize::new(0), state: Mutex::new(state) }
    }

    /// Brings an item from any thread; gives the wakes of the runners that are to hear of it, or takes nothing: it is closed.
    pub(super) fn push(&self, item: T) -> Result<Wakes, T> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(item);
        }
        state.due.push_back(item);
        // Relaxed: a look without the lock may be late, and is made good by the one under it.
        self.waiting.store(state.due.len(), Ordering::Relaxed);
        Ok(if self.is_polled() { Wakes::default() } else { state.take_wakers() })
    }

    /// Whether a runner polls.
    pub(super) fn is_polled(&self) -> bool {
        // Relaxed: other threads ask under the lock, which orders it against a runner that rests.
        self.polling.load(Ordering::Relaxed) > 0
    }

    /// The wakes of all runners that rest, if items wait; `is_due`: the executor's thread has some.
    pub(super) fn wakes(&self, is_due: bool) -> Wakes {
        // The lock is for the look, too: see the head of this file.
        let mut state = self.state.lock();
        if is_due || !state.due.is_empty() { state.take_wakers() } else { Wakes::default() }
    }

    /// How many items wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Takes every item that waits, and leaves an empty deque for those to come.
    pub(super) fn take(&self, empty: VecDeque<T>) -> VecDeque<T> {
        let mut state = self.state.lock();
        self.waiting.store(0, Ordering::Relaxed);
        mem::replace(&mut state.due, empty)
    }

    /// Looks at every item that waits; `look` is of this crate.
    pub(super) fn for_each(&self, look: impl FnMut(&T)) {
        self.state.lock().due.iter().for_each(look);
    }

    /// Nothing can be brought from here on.
    pub(super) fn close(&self) {
        self.state.lock().is_closed = true;
    }

    /// A runner is there from now on: names it.
    pub(super) fn register(&self) -> usize {
        self.state.lock().runners.insert(None)
    }

    /// A runner goes.
    pub(super) fn unregister(&self, runner: usize) {
        let removed = self.state.lock().runners.remove(runner);
        // Foreign code, so not under the lock.
        removed.flatten().into_iter().for_each(discard);
    }

    /// A runner polls.
    pub(super) fn begin(&self) {
        // Relaxed, and no exchange: only this thread writes it.
        self.polling.store(self.polling.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A runner's poll is over. It rests, or sees to the [wakes](Self::wakes).
    pub(super) fn end(&self) {
        self.polling.store(self.polling.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
    }

    /// A runner whose poll is over rests, to be woken by `waker`; false, and it wakes itself, if items wait.
    pub(super) fn rest(&self, runner: usize, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        if state.due.is_empty() && !state.knows(runner, waker) {
            drop(state);
            // Foreign code, so not under the lock; and it may panic, so before the place counts on it.
            let waker = waker.clone();
            state = self.state.lock();
            // The look below comes after this: what was pushed meanwhile may have woken nobody.
            let stale = state.runners.get_mut(runner).and_then(|place| place.replace(waker));
            let rests = state.due.is_empty();
            drop(state);
            stale.into_iter().for_each(discard);
            return rests;
        }
        state.due.is_empty()
    }
}

impl<T> State<T> {
    /// Whether a runner's place has this very waker.
    fn knows(&mut self, runner: usize, waker: &Waker) -> bool {
        matches!(self.runners.get_mut(runner), Some(Some(known)) if known.will_wake(waker))
    }

    /// The wakes of all runners that rest.
    fn take_wakers(&mut self) -> Wakes {
        let mut wakers = self.runners.iter_mut().filter_map(Option::take).map(Wakeup::from);
        Wakes { _first: wakers.next(), _others: wakers.collect() }
    }
}

/// The wakes of runners: made once this is dropped, under no lock. One, as a rule, and then nothing is allocated.
#[derive(Default)]
#[must_use = "wake them once the lock is free"]
pub(super) struct Wakes {
    _first: Option<Wakeup>,
    _others: Vec<Wakeup>,
}

impl Wakes {
    /// Wakes them.
    pub(super) fn wake(self) {
        drop(self);
    }
}
