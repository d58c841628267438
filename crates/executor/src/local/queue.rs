//! The tasks of a local executor that are due; any thread may add one.
//!
//! ```text
//!   open ── close ──▶ closed: whoever brings a task drops it
//! ```
//!
//! Whoever polls the executor is a *runner*, named by a place in the list of runners. While tasks are queued, a runner
//! either polls or has been woken and not polled yet; one that is dropped then wakes the next. So a task is never left in
//! the queue with a runner asleep.

use crate::slab::Slab;
use crate::task::{Runnable, TaskInfo};
use motet_prim::lock::Mutex;
use std::collections::VecDeque;
use std::task::Waker;

/// The queue, shared by the executor and the records of its tasks.
pub(crate) struct LocalQueue(Mutex<State>);

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
        Self(Mutex::new(State { due: VecDeque::new(), runners: Slab::new(), polling: 0, is_closed: false }))
    }

    /// A task is due.
    pub(crate) fn push(&self, runnable: Runnable) {
        let mut state = self.0.lock();
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

    /// A runner begins: names it.
    pub(super) fn register(&self) -> usize {
        self.0.lock().runners.insert(None)
    }

    /// A runner ends, polled to its end or dropped: a notification that it may have had goes on to another.
    pub(super) fn unregister(&self, runner: usize) {
        let mut state = self.0.lock();
        let own = state.runners.remove(runner);
        let next = if state.due.is_empty() || state.polling > 0 { None } else { state.take_waker() };
        drop(state);
        drop(own);
        next.into_iter().for_each(Waker::wake);
    }

    /// A runner's poll begins: everything that is due now is its batch.
    pub(super) fn begin(&self) -> VecDeque<Runnable> {
        let mut state = self.0.lock();
        state.polling += 1;
        std::mem::take(&mut state.due)
    }

    /// A runner's poll begins: of what is due now its batch is one task, that at `place`.
    pub(super) fn begin_at(&self, place: usize) -> Option<Runnable> {
        let mut state = self.0.lock();
        state.polling += 1;
        let last = state.due.len().checked_sub(1)?;
        state.due.swap_remove_back(place.min(last))
    }

    /// How many tasks are due.
    pub(super) fn due(&self) -> usize {
        self.0.lock().due.len()
    }

    /// What is known of the tasks that are due.
    pub(super) fn infos(&self) -> Vec<TaskInfo> {
        self.0.lock().due.iter().map(|runnable| TaskInfo::of(runnable.metadata())).collect()
    }

    /// A runner's poll ends, and it would be woken through `waker`; true if something is due already.
    pub(super) fn end(&self, runner: usize, waker: Waker) -> bool {
        let mut state = self.0.lock();
        state.polling -= 1;
        let is_due = !state.due.is_empty();
        let stale = state.runners.get_mut(runner).and_then(|place| place.replace(waker));
        drop(state);
        drop(stale);
        is_due
    }

    /// The tasks that are due, for an executor that is being dropped.
    pub(super) fn take(&self) -> VecDeque<Runnable> {
        std::mem::take(&mut self.0.lock().due)
    }

    /// Nothing can be added from here on; gives what was added at last.
    pub(super) fn close(&self) -> VecDeque<Runnable> {
        let mut state = self.0.lock();
        state.is_closed = true;
        std::mem::take(&mut state.due)
    }
}

impl State {
    /// The waker of a runner that sleeps.
    fn take_waker(&mut self) -> Option<Waker> {
        self.runners.iter_mut().find_map(Option::take)
    }
}
