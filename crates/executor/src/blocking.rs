//! The threads for closures that block: started one by one as they are needed, ended after some idle time.
//!
//! ```text
//!           push             a thread takes it
//!   New ──────────▶ In line ───────────────────▶ Started: it runs to its end, and so do the exits that it leaves behind, on such threads
//!    │               │   ▲
//!    │ cancelled     │   │ the cancel was taken back before the poll
//!    ▼               ▼   │
//!   polled by whoever pushes or cancels ───▶ Gone: the closure was dropped; exits that it held are run by workers, if there are any
//! ```
//!
//! Everything changes under one lock. A thread that ends by its idle time looks at the queue once more under that lock, so
//! nothing is left behind between the two.
//!
//! The race to fear: a cancel comes before the closure is in line, and finds nothing there, while the push has not seen the cancel. So whoever
//! cancels asks first and takes the lock then, and a push looks at the requests under the lock.

#[cfg(all(test, motet_loom))]
mod model;
#[cfg(all(test, not(motet_loom)))]
mod tests;

use crate::ambient::{self, Ambient};
use crate::pool::{Shared, run_outside};
use crate::seam;
use crate::task::Runnable;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use motet_cancel::Reason;
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::lock::{Condvar, Mutex};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock, Weak};
#[cfg(not(all(test, motet_loom)))]
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
    /// By their numbers, from which the first in line comes first.
    queue: BTreeMap<u64, Runnable>,
    /// The last number that was given.
    last: u64,
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
    /// It was cancelled before it was in line.
    Cancelled(Runnable),
    /// It was cancelled in line, and has left exits.
    Gone(Runnable),
}

/// A closure's place in line, as the record of its task knows it.
pub(crate) struct InLine {
    pool: Weak<BlockingPool>,
    /// Its number, or one of those below; changes under the pool's lock.
    number: AtomicU64,
}

/// It never was in line.
const NEW: u64 = 0;
/// A thread has taken it.
const STARTED: u64 = u64::MAX;
/// It was cancelled in line.
const GONE: u64 = u64::MAX - 1;

impl BlockingPool {
    pub(crate) fn new(limit: usize, keep_alive: Duration) -> Self {
        let state =
            State { queue: BTreeMap::new(), last: NEW, threads: 0, idle: 0, busy: 0, started: 0, is_stopped: false };
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
        self.see_to(pushed);
    }

    fn see_to(self: &Arc<Self>, pushed: Pushed) {
        match pushed {
            Pushed::Waits => {}
            Pushed::WakeIdle => drop(self.queued.notify_one()),
            Pushed::Start(number) => self.start(number),
            Pushed::Cancelled(runnable) => {
                // By the close of its executor, with a grace perhaps.
                refuse_grace(&runnable);
                self.end(runnable);
            }
            Pushed::Gone(runnable) => match self.executor().filter(|shared| shared.has_threads()) {
                Some(shared) => shared.inject(runnable),
                None => {
                    let pushed = self.state.lock().enqueue(runnable, self.limit);
                    self.see_to(pushed);
                }
            },
        }
    }

    /// A closure that is not to start any more: drops it.
    fn end(&self, runnable: Runnable) {
        self.run(runnable).into_iter().for_each(|shared| shared.tell_virtual_driver());
    }

    fn start(self: &Arc<Self>, number: usize) {
        let pool = self.clone();
        let started = start_thread(format!("motet-blocking-{number}"), move || pool.work());
        let Err(error) = started else { return };
        let mut state = self.state.lock();
        state.threads -= 1;
        // The threads there are take it in their turn. With none, there is nobody.
        let lost = if state.threads == 0 { std::mem::take(&mut state.queue) } else { BTreeMap::new() };
        drop(state);
        let message = format!("no thread could be started for a closure that blocks: {error}");
        let reason = Reason::from_error(io::Error::new(error.kind(), message));
        for (number, runnable) in lost {
            let (record, executor) = (runnable.metadata(), self.executor());
            let is_closure = record.in_line().is_some_and(|line| line.left(number));
            let _asked = record.requests().cancel(reason.clone());
            match executor {
                // Exits, which are woken wherever it be, and may have to wait again.
                Some(shared) if !is_closure => shared.inject(runnable),
                _ => self.end(runnable),
            }
        }
    }

    fn work(&self) {
        while let Some(runnable) = self.next() {
            SERVES.with(|serves| serves.set(true));
            let executor = self.run(runnable);
            SERVES.with(|serves| serves.set(false));
            self.state.lock().busy -= 1;
            // A virtual clock may move only while nobody works here.
            executor.into_iter().for_each(|shared| shared.tell_virtual_driver());
        }
    }

    fn executor(&self) -> Option<Arc<Shared>> {
        self.executor.get().and_then(Weak::upgrade)
    }

    /// Polls a task on this thread, which belongs to the executor meanwhile.
    fn run(&self, runnable: Runnable) -> Option<Arc<Shared>> {
        let executor = self.executor();
        let reaper = executor.as_ref().map(seam::reap_into);
        let entered = executor.clone().map(|shared| ambient::enter(Ambient::Pool(shared)));
        run_outside(runnable);
        drop((entered, reaper));
        executor
    }

    /// The next task; none when the thread has idled long enough, or the executor is over.
    fn next(&self) -> Option<Runnable> {
        let mut state = self.state.lock();
        loop {
            if let Some((_number, runnable)) = state.queue.pop_first() {
                runnable.metadata().in_line().into_iter().for_each(|line| line.set_number(STARTED));
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

#[cfg(not(all(test, motet_loom)))]
fn start_thread(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    #[cfg(test)]
    crate::pool::refusal::may_start()?;
    thread::Builder::new().name(name).spawn(work).map(drop)
}
#[cfg(all(test, motet_loom))]
use model::start_thread;

impl State {
    fn push(&mut self, runnable: Runnable, limit: usize) -> Pushed {
        let record = runnable.metadata();
        let Some(line) = record.in_line() else { return self.enqueue(runnable, limit) };
        // Under the lock: see the head of this file.
        match (line.number(), record.requests().is_cancelled()) {
            (NEW, true) => {
                line.set_number(GONE);
                return Pushed::Cancelled(runnable);
            }
            (GONE, true) => return Pushed::Gone(runnable),
            (NEW | GONE, false) => line.set_number(self.last + 1),
            _ => debug_assert_eq!(line.number(), STARTED, "it is in line once"),
        }
        self.enqueue(runnable, limit)
    }

    fn enqueue(&mut self, runnable: Runnable, limit: usize) -> Pushed {
        self.last += 1;
        self.queue.insert(self.last, runnable);
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

    /// Takes a closure out of the line, if it is there.
    fn take(&mut self, line: &InLine) -> Option<Runnable> {
        let runnable = self.queue.remove(&line.number())?;
        line.set_number(GONE);
        Some(runnable)
    }
}

/// A grace is for what runs: the task is to end at once.
fn refuse_grace(runnable: &Runnable) {
    runnable.metadata().requests().refuse_grace();
}

impl InLine {
    /// A closure that is not in line yet.
    pub(crate) fn new(pool: &Arc<BlockingPool>) -> Self {
        Self { pool: Arc::downgrade(pool), number: AtomicU64::new(NEW) }
    }

    /// The task was cancelled: if the closure is in line, it is dropped here and now.
    pub(crate) fn leave(&self, has_grace: bool) {
        let Some(pool) = self.pool.upgrade() else { return };
        let left = pool.state.lock().take(self);
        let Some(runnable) = left else { return };
        if has_grace {
            refuse_grace(&runnable);
        }
        pool.end(runnable);
    }

    /// Whether the closure had this number in line, from which it was taken.
    fn left(&self, number: u64) -> bool {
        let had = self.number() == number;
        if had {
            self.set_number(GONE);
        }
        had
    }

    fn number(&self) -> u64 {
        // Relaxed, as the store: under the pool's lock, or by whoever has the runnable.
        self.number.load(Ordering::Relaxed)
    }

    fn set_number(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }
}

motet_prim::thread_local! {
    /// Whether this thread has taken a closure from the line, and polls its task.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// A closure as a future: ready when it is polled by the thread that took it from the line.
pub(crate) struct Closure<F>(Option<F>);

impl<F> Unpin for Closure<F> {}

impl<F> Closure<F> {
    pub(crate) fn new(run: F) -> Self {
        Self(Some(run))
    }
}

impl<T, F: FnOnce() -> T> Future for Closure<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken, not looked at: what the closure itself polls has not been taken from the line.
        if !SERVES.with(|serves| serves.replace(false)) {
            // Its cancel was taken back at the last moment: to the line again.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.0.take() {
            Some(run) => Poll::Ready(run()),
            None => unreachable!("a scope polls a future that has ended no more"),
        }
    }
}
