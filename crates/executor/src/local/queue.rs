//! The tasks of a local executor that are due; any thread may add one.
//!
//! ```text
//!   open ── close ──▶ closed: whoever brings a task drops it
//!
//!   push on the executor's thread ──▶ own deque ─────────────┬──▶ the runner's batch
//!   push on another thread ──▶ shared deque ── begin ────────┘
//! ```
//!
//! The executor's own thread has a deque for itself: a task that is woken or spawned there is queued without a lock and
//! without an atomic. What other threads wake lies in a second one, under a lock, and joins the first when a poll begins.
//!
//! Whoever polls the executor is a *runner*, named by a place in the list of runners. While tasks are queued, a runner
//! either polls or has been woken and not polled yet; one that is dropped then wakes the next. So a task is never left in
//! the queue with a runner asleep. Runners live on the executor's thread, so its own pushes know without the lock whether
//! there is one to wake.

use super::own_thread::OwnThread;
use crate::slab::Slab;
use crate::task::{Runnable, TaskInfo};
use motet_prim::lock::Mutex;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;

/// An empty queue gives the memory of a rush back beyond so many places.
const KEPT: usize = 1 << 12;

/// The queue, shared by the executor and the records of its tasks.
pub(crate) struct LocalQueue {
    own: OwnThread<Own>,
    shared: Mutex<State>,
}

/// What the executor's thread has for itself.
struct Own {
    due: RefCell<VecDeque<Runnable>>,
    /// How many runners poll.
    polling: Cell<usize>,
    /// How many runners there are.
    runners: Cell<usize>,
    is_closed: Cell<bool>,
}

/// What other threads may reach.
struct State {
    due: VecDeque<Runnable>,
    /// A place is empty while its runner polls, or has been woken.
    runners: Slab<Option<Waker>>,
    /// How many runners poll: they look at the queue before they go.
    polling: usize,
    is_closed: bool,
}

impl LocalQueue {
    pub(super) fn new() -> Self {
        let own = Own {
            due: RefCell::new(VecDeque::new()),
            polling: Cell::new(0),
            runners: Cell::new(0),
            is_closed: Cell::new(false),
        };
        let state = State { due: VecDeque::new(), runners: Slab::new(), polling: 0, is_closed: false };
        Self { own: OwnThread::new(own), shared: Mutex::new(state) }
    }

    /// Whether this is the executor's thread, and the executor is there: then it holds the queue.
    pub(crate) fn is_held_here(&self) -> bool {
        self.own.get().is_some_and(|own| !own.is_closed.get())
    }

    /// A task is due, on the executor's thread; gives the waker of a runner that is to hear of it.
    #[must_use]
    pub(crate) fn push_here(&self, runnable: Runnable) -> Option<Waker> {
        let own = self.own();
        own.due.borrow_mut().push_back(runnable);
        if own.polling.get() > 0 || own.runners.get() == 0 { None } else { self.shared.lock().take_waker() }
    }

    /// A task is due.
    pub(crate) fn push(&self, runnable: Runnable) {
        let mut state = self.shared.lock();
        if state.is_closed {
            drop(state);
            // Its shell is empty: the executor saw to that before it closed the queue.
            return drop(runnable);
        }
        state.due.push_back(runnable);
        let waker = if state.polling == 0 { state.take_waker() } else { None };
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    fn own(&self) -> &Own {
        self.own.get().expect("the executor and its runners stay on one thread")
    }

    /// A runner begins: names it.
    pub(super) fn register(&self) -> usize {
        let runners = &self.own().runners;
        runners.set(runners.get() + 1);
        self.shared.lock().runners.insert(None)
    }

    /// A runner ends, polled to its end or dropped: a notification that it may have had goes on to another.
    pub(super) fn unregister(&self, runner: usize) {
        let own = self.own();
        own.runners.set(own.runners.get() - 1);
        let mut state = self.shared.lock();
        let removed = state.runners.remove(runner);
        let is_due = !state.due.is_empty() || !own.due.borrow().is_empty();
        let next = if is_due && state.polling == 0 { state.take_waker() } else { None };
        drop(state);
        drop(removed);
        next.into_iter().for_each(Waker::wake);
    }

    /// A runner's poll begins: everything that is due now is its batch; says how many tasks that are.
    pub(super) fn begin(&self) -> usize {
        let own = self.own();
        own.polling.set(own.polling.get() + 1);
        let mut state = self.shared.lock();
        state.polling += 1;
        let mut due = own.due.borrow_mut();
        due.append(&mut state.due);
        due.len()
    }

    /// A task of the batch, if no other runner took it.
    pub(super) fn pop(&self) -> Option<Runnable> {
        self.own().due.borrow_mut().pop_front()
    }

    /// A runner's poll begins: of what is due now its batch is one task, that at `place`.
    pub(super) fn begin_at(&self, place: usize) -> Option<Runnable> {
        let last = self.begin().checked_sub(1)?;
        self.own().due.borrow_mut().swap_remove_back(place.min(last))
    }

    /// How many tasks are due.
    pub(super) fn due(&self) -> usize {
        self.own().due.borrow().len() + self.shared.lock().due.len()
    }

    /// What is known of the tasks that are due.
    pub(super) fn infos(&self) -> Vec<TaskInfo> {
        let info = |runnable: &Runnable| TaskInfo::of(runnable.metadata());
        let mut infos: Vec<TaskInfo> = self.own().due.borrow().iter().map(info).collect();
        infos.extend(self.shared.lock().due.iter().map(info));
        infos
    }

    /// A runner's poll ends, and it would be woken through `waker`; true if something is due already.
    pub(super) fn end(&self, runner: usize, waker: Waker) -> bool {
        let own = self.own();
        own.polling.set(own.polling.get() - 1);
        let mut due = own.due.borrow_mut();
        if due.is_empty() && due.capacity() > KEPT {
            due.shrink_to(KEPT / 2);
        }
        let mut state = self.shared.lock();
        state.polling -= 1;
        let is_due = !state.due.is_empty() || !due.is_empty();
        let stale = state.runners.get_mut(runner).and_then(|place| place.replace(waker));
        drop(state);
        drop(due);
        drop(stale);
        is_due
    }

    /// The tasks that are due, for an executor that is being dropped.
    pub(super) fn take(&self) -> VecDeque<Runnable> {
        let mut due = std::mem::take(&mut *self.own().due.borrow_mut());
        due.append(&mut self.shared.lock().due);
        due
    }

    /// Nothing can be added from here on; gives what was added at last.
    pub(super) fn close(&self) -> VecDeque<Runnable> {
        self.own().is_closed.set(true);
        self.shared.lock().is_closed = true;
        self.take()
    }
}

impl State {
    /// The waker of a runner that sleeps.
    fn take_waker(&mut self) -> Option<Waker> {
        self.runners.iter_mut().find_map(Option::take)
    }
}
