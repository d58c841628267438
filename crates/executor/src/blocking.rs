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
use crate::task::{Runnable, TaskRef};
use motet_cancel::Reason;
use motet_prim::lock::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io;
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
        // A statement of its own: the lock is free again when a thread starts.
        let pushed = self.state.lock().push(runnable, self.limit);
        match pushed {
            Pushed::Waits => {}
            Pushed::WakeIdle => drop(self.queued.notify_one()),
            Pushed::Start(number) => self.start(number),
        }
    }

    fn start(self: &Arc<Self>, number: usize) {
        let pool = self.clone();
        let started = start_thread(format!("motet-blocking-{number}"), move || pool.work());
        let Err(error) = started else { return };
        let mut state = self.state.lock();
        state.threads -= 1;
        // The threads there are take it in their turn. With none, there is nobody.
        let lost = if state.threads == 0 { std::mem::take(&mut state.queue) } else { VecDeque::new() };
        drop(state);
        let message = format!("no thread could be started for a closure that blocks: {error}");
        let reason = Reason::from_error(io::Error::new(error.kind(), message));
        for runnable in lost {
            TaskRef::of_runnable(&runnable).cancel(reason.clone());
            self.give_to_workers(runnable);
        }
    }

    /// The task was cancelled before its closure has started: a worker drops that, runs the exits, and ends the task.
    fn give_to_workers(&self, runnable: Runnable) {
        match self.executor.get().and_then(Weak::upgrade) {
            Some(shared) => shared.inject(runnable),
            None => drop(runnable),
        }
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

fn start_thread(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    #[cfg(all(test, not(motet_loom)))]
    tests::may_start()?;
    thread::Builder::new().name(name).spawn(work).map(drop)
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

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use crate::{Executor, TaskError, block_on};
    use std::cell::Cell;
    use std::io;
    use std::sync::mpsc;

    std::thread_local! {
        static REFUSES: Cell<bool> = const { Cell::new(false) };
    }

    /// Whether the system starts threads for this one.
    pub(super) fn may_start() -> io::Result<()> {
        if REFUSES.get() { Err(io::Error::new(io::ErrorKind::WouldBlock, "no thread to be had")) } else { Ok(()) }
    }

    fn executor() -> Executor {
        Executor::builder().threads(1).blocking_threads(2).build().expect("it starts no thread")
    }

    #[test]
    fn closures_without_a_thread_end_with_the_reason_and_later_ones_may_have_one() {
        let executor = executor();
        REFUSES.set(true);
        let refused = [1, 2].map(|n| executor.spawn_blocking(move || n));
        REFUSES.set(false);
        for task in refused {
            let Err(TaskError::Cancelled(reason)) = executor.block_on(task) else { panic!("nobody could run it") };
            assert_eq!(reason, "no thread could be started for a closure that blocks: no thread to be had");
            let error = reason.error().and_then(|error| error.downcast_ref::<io::Error>());
            assert_eq!(error.map(io::Error::kind), Some(io::ErrorKind::WouldBlock));
        }
        assert_eq!(executor.block_on(executor.spawn_blocking(|| 7)).ok(), Some(7));
    }

    #[test]
    fn closures_wait_for_the_threads_there_are() {
        let executor = executor();
        let (go, may_go) = mpsc::channel::<()>();
        let first = executor.spawn_blocking(move || may_go.recv());
        REFUSES.set(true);
        let waits = executor.spawn_blocking(|| 7);
        REFUSES.set(false);
        assert!(!waits.is_finished());
        go.send(()).expect("it receives");
        assert!(executor.block_on(first).is_ok_and(|received| received.is_ok()));
        assert_eq!(block_on(waits).ok(), Some(7));
    }
}
