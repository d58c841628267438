//! The threads for closures that block: started one by one as they are needed, ended after some idle time.
//!
//! ```text
//!   queued ──▶ taken by an idle thread, or by a new one while there are fewer than the limit; else it waits
//! ```
//!
//! Everything changes under one lock. A thread that ends by its idle time looks at the queue once more under that lock, so
//! nothing is left behind between the two.

use crate::ambient::{self, Ambient};
use crate::pool::{Shared, run_outside};
use crate::seam;
use crate::task::Runnable;
use motet_prim::lock::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::Duration;

/// The blocking threads of one executor.
pub(crate) struct BlockingPool {
    limit: usize,
    /// So long a thread waits for more before it ends.
    keep_alive: Duration,
    state: Mutex<State>,
    queued: Condvar,
    executor: OnceLock<Weak<Shared>>,
}

struct State {
    queue: VecDeque<Runnable>,
    threads: usize,
    idle: usize,
    busy: usize,
    started: usize,
    is_stopped: bool,
}

/// What a push must do once the lock is gone.
#[must_use]
enum Pushed {
    /// Nothing: every thread is busy, and there are as many as may be.
    Waits,
    /// An idle thread takes it.
    WakeIdle,
    /// A new thread takes it; its number.
    Start(usize),
}

impl BlockingPool {
    pub(crate) fn new(limit: usize, keep_alive: Duration) -> Self {
        let state = State { queue: VecDeque::new(), threads: 0, idle: 0, busy: 0, started: 0, is_stopped: false };
        Self { limit, keep_alive, state: Mutex::new(state), queued: Condvar::new(), executor: OnceLock::new() }
    }

    /// Whose threads these are.
    pub(crate) fn serve(&self, executor: Weak<Shared>) {
        // Set once, when the executor is made.
        let _ = self.executor.set(executor);
    }

    /// Queues a closure's task.
    pub(crate) fn push(self: &Arc<Self>, runnable: Runnable) {
        match self.state.lock().push(runnable, self.limit) {
            Pushed::Waits => {}
            Pushed::WakeIdle => drop(self.queued.notify_one()),
            Pushed::Start(number) => self.start(number),
        }
    }

    fn start(self: &Arc<Self>, number: usize) {
        let pool = self.clone();
        let started = thread::Builder::new().name(format!("motet-blocking-{number}")).spawn(move || pool.work());
        if started.is_ok() {
            return;
        }
        // Whoever drops a task that is on a list holds its executor.
        let _executor = self.executor.get().and_then(Weak::upgrade);
        // The threads there are take it in their turn. With none, there is nobody: the tasks end as cancelled.
        let mut state = self.state.lock();
        state.threads -= 1;
        let lost = if state.threads == 0 { std::mem::take(&mut state.queue) } else { VecDeque::new() };
        drop(state);
        drop(lost);
    }

    fn work(&self) {
        while let Some(runnable) = self.next() {
            let executor = self.executor.get().and_then(Weak::upgrade);
            let reaper = executor.as_ref().map(seam::reap_into);
            let entered = executor.clone().map(|shared| ambient::enter(Ambient::Pool(shared)));
            run_outside(runnable);
            drop((entered, reaper));
            self.state.lock().busy -= 1;
            // A virtual clock may move only while nobody works here.
            executor.into_iter().for_each(|shared| shared.tell_virtual_driver());
        }
    }

    /// The next task; none when the thread has idled long enough, or the executor is over.
    fn next(&self) -> Option<Runnable> {
        let mut state = self.state.lock();
        loop {
            if let Some(runnable) = state.queue.pop_front() {
                state.busy += 1;
                return Some(runnable);
            }
            if state.is_stopped {
                break;
            }
            state.idle += 1;
            let timed_out = self.queued.wait_for(&mut state, self.keep_alive).timed_out();
            state.idle -= 1;
            if timed_out && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        None
    }

    /// Whether nothing is queued and nothing runs.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state.lock();
        state.queue.is_empty() && state.busy == 0
    }

    /// The executor is over: idle threads end now, and no new one starts.
    pub(crate) fn stop(&self) {
        self.state.lock().is_stopped = true;
        self.queued.notify_all();
    }
}

impl State {
    fn push(&mut self, runnable: Runnable, limit: usize) -> Pushed {
        self.queue.push_back(runnable);
        // An idle thread that was notified counts as idle until it has the lock: so the queue is compared, not its last.
        if self.queue.len() <= self.idle {
            return Pushed::WakeIdle;
        }
        if self.threads == limit {
            return Pushed::Waits;
        }
        self.threads += 1;
        self.started += 1;
        Pushed::Start(self.started - 1)
    }
}
