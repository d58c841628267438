//! The queue of a local executor: the tasks that are due, the tasks that wait, and how long all of that must be there.
//!
//! ```text
//!   push on the executor's thread ──▶ own queue ─────────────┬──▶ the runner's batch
//!   push on another thread ──▶ remote deque ── begin ────────┘
//! ```
//!
//! The executor's own thread has a queue for itself: a task that is woken or spawned there is queued without a lock and
//! without an atomic. What other threads wake lies under a lock (see [`remote`](super::remote)), and joins it when a poll begins.
//!
//! A record points to the queue and counts nothing, for a task that is spawned, woken and ends on its thread should write no
//! word that other threads can see. Instead the executor counts, in a plain cell, the tasks whose shells are there:
//!
//! ```text
//!   open ── the executor's drop ──▶ ending: shells are emptied, runnables dropped ──▶ closed
//!                                    enter, leave: a plain count                       leave: drops an `Arc`
//! ```
//!
//! * *Open*, *ending*: the executor holds the queue. Whoever wakes a task on another thread holds it too before the push, for
//!   after the push the task may end, and the executor with it.
//! * *Closed*: the tasks that are left are those whose runnables are on their way on other threads. The executor has left a
//!   hold on the queue for each of them; each gives it back in the drop of its shell. async-task drops a future before it lets
//!   the task end, and schedules no task that has ended: so nobody follows a record's pointer after that.

use super::due::Due;
use super::list::{List, Node};
use super::own_thread::OwnThread;
use super::remote::{Remote, Wakes};
use super::shell;
use crate::pool::PanicHook;
use crate::task::{Runnable, TaskInfo, contain};
use core::ptr::NonNull;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

/// The deque for what other threads bring gives the memory of a rush back beyond so many places.
const KEPT: usize = 1 << 12;

/// The queue, shared by the executor and the records of its tasks.
pub(crate) struct LocalQueue {
    own: OwnThread<Own>,
    remote: Remote<Runnable>,
}

/// What the executor's thread has for itself.
struct Own {
    due: Due<Runnable>,
    /// The tasks that were polled and have not ended.
    polled: List,
    /// How many tasks there are: how many shells.
    tasks: Cell<usize>,
    /// How many runners there are.
    runners: Cell<usize>,
    /// Empty, between two exchanges with the deque of the other threads.
    exchange: Cell<VecDeque<Runnable>>,
    /// Hears of panics that nobody awaits.
    panic_hook: Cell<PanicHook>,
    stage: Cell<Stage>,
}

/// See the head of this file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Ending,
    Closed,
}

/// The queue as the records of its tasks know it: not counted; see the head of this file.
#[derive(Clone, Copy)]
pub(crate) struct QueuePointer(NonNull<LocalQueue>);

// SAFETY: it is a `&LocalQueue` without the lifetime, and a queue is `Sync` (checked below).
unsafe impl Send for QueuePointer {}
// SAFETY: as above.
unsafe impl Sync for QueuePointer {}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<LocalQueue>();
};

impl QueuePointer {
    /// For a record, which has room for an address.
    pub(crate) fn address(self) -> NonNull<()> {
        self.0.cast()
    }

    /// What [`address`](Self::address) gave.
    ///
    /// # Safety
    ///
    /// The address comes from there.
    pub(crate) unsafe fn from_address(address: NonNull<()>) -> Self {
        Self(address.cast())
    }

    /// A task is due; on any thread.
    ///
    /// # Safety
    ///
    /// The runnable is of a task of this queue, and its shell is there.
    pub(super) unsafe fn push(self, runnable: Runnable) {
        // SAFETY: the task's shell is there, so the queue is, until the runnable is pushed.
        let queue = unsafe { self.0.as_ref() };
        match queue.own.get() {
            // A runner polls: the executor is there, and nobody has to be woken.
            Some(own) if queue.remote.is_polled() => own.due.push(runnable),
            // SAFETY: says the caller.
            _ => unsafe { self.push_unpolled(runnable) },
        }
    }

    /// The same while no runner polls, or on another thread, or after the executor's end.
    ///
    /// # Safety
    ///
    /// As [`push`](Self::push).
    #[cold]
    unsafe fn push_unpolled(self, runnable: Runnable) {
        // SAFETY: the task's shell is there, so the queue is.
        let queue = unsafe { self.0.as_ref() };
        let is_held_here = queue.own.get().is_some_and(|own| own.stage.get() != Stage::Closed);
        if is_held_here {
            // SAFETY: this is the queue's thread.
            return unsafe { queue.push_here(runnable) }.wake();
        }
        // Before the push: after it the executor may go, and the queue with it.
        // SAFETY: as above.
        let queue = unsafe { self.hold() };
        match queue.remote.push(runnable) {
            Ok(wakes) => wakes.wake(),
            // Its shell is empty: the executor saw to that before it closed the queue.
            Err(runnable) => drop(runnable),
        }
    }

    /// One more counted hold on the queue.
    ///
    /// # Safety
    ///
    /// The queue is there.
    unsafe fn hold(self) -> Arc<LocalQueue> {
        // SAFETY: the pointer was made from an `Arc`, which is there, says the caller.
        unsafe { Arc::increment_strong_count(self.0.as_ptr()) };
        // SAFETY: the count above is this hold's.
        unsafe { Arc::from_raw(self.0.as_ptr()) }
    }

    /// A shell is polled for the first time.
    ///
    /// # Safety
    ///
    /// As [`List::insert`]'s, for the node of a shell of this queue.
    pub(super) unsafe fn list(self, node: NonNull<Node>) {
        // SAFETY: the shell is there, so the queue is.
        let queue = unsafe { self.0.as_ref() };
        // SAFETY: the caller is on the list's thread.
        let own = unsafe { queue.own.get_unchecked() };
        // SAFETY: says the caller; the list lies where the queue does, in an `Arc`.
        unsafe { own.polled.insert(node) };
    }

    /// Who hears of a panic that nobody awaits.
    ///
    /// # Safety
    ///
    /// A task of this queue is being polled here, so the queue is there.
    pub(crate) unsafe fn panic_hook(self) -> PanicHook {
        // SAFETY: says the caller.
        let hook = &unsafe { self.0.as_ref() }.own().panic_hook;
        let kept = hook.take();
        hook.set(kept.clone());
        kept
    }

    /// A shell goes, on whatever thread.
    ///
    /// # Safety
    ///
    /// For each time that a shell entered, this is called once, in the shell's drop; its caller uses nothing of the queue afterwards.
    pub(super) unsafe fn leave(self) {
        // SAFETY: the shell is there still, so the queue is.
        let own = unsafe { self.0.as_ref() }.own.get();
        match own {
            Some(own) if own.stage.get() != Stage::Closed => own.tasks.set(own.tasks.get() - 1),
            // SAFETY: this shell was there when the queue was closed, so one of the holds that the executor left is its own.
            _ => drop(unsafe { Arc::from_raw(self.0.as_ptr()) }),
        }
    }
}

impl LocalQueue {
    /// A queue of this thread.
    pub(super) fn new() -> Arc<Self> {
        let own = Own {
            due: Due::new(),
            polled: List::new(),
            tasks: Cell::new(0),
            runners: Cell::new(0),
            exchange: Cell::new(VecDeque::new()),
            panic_hook: Cell::default(),
            stage: Cell::new(Stage::Open),
        };
        Arc::new(Self { own: OwnThread::new(own), remote: Remote::new() })
    }

    /// What its tasks' records have of it.
    pub(super) fn pointer(self: &Arc<Self>) -> QueuePointer {
        // Not through a reference, which would give no right to the count beside the queue.
        QueuePointer(NonNull::new(Arc::as_ptr(self).cast_mut()).expect("an `Arc` is not null"))
    }

    fn own(&self) -> &Own {
        self.own.get().expect("the executor and its runners stay on one thread")
    }

    pub(super) fn set_panic_hook(&self, hook: PanicHook) {
        self.own().panic_hook.set(hook);
    }

    /// A task's shell is about to be made.
    ///
    /// # Safety
    ///
    /// This is the queue's thread, and the shell [leaves](QueuePointer::leave).
    pub(super) unsafe fn enter(&self) {
        // SAFETY: says the caller.
        let tasks = unsafe { &self.own.get_unchecked().tasks };
        tasks.set(tasks.get() + 1);
    }

    /// A task is due, on the executor's thread; gives the wakes of the runners that are to hear of it. That is foreign code, by
    /// which the executor may go.
    ///
    /// # Safety
    ///
    /// This is the queue's thread.
    pub(super) unsafe fn push_here(&self, runnable: Runnable) -> Wakes {
        // SAFETY: says the caller.
        let own = unsafe { self.own.get_unchecked() };
        own.due.push(runnable);
        if self.remote.is_polled() || own.runners.get() == 0 { Wakes::default() } else { self.remote.wakes(true) }
    }

    /// A runner begins: names it.
    pub(super) fn register(&self) -> usize {
        let runners = &self.own().runners;
        runners.set(runners.get() + 1);
        self.remote.register()
    }

    /// A runner ends, polled to its end or dropped.
    pub(super) fn unregister(&self, runner: usize) {
        let runners = &self.own().runners;
        runners.set(runners.get() - 1);
        self.remote.unregister(runner);
    }

    /// Whether a runner polls.
    pub(super) fn is_polled(&self) -> bool {
        self.remote.is_polled()
    }

    /// A runner polls until the guard goes: nobody else need be woken for what is pushed.
    pub(super) fn begin(&self) -> Polling<'_> {
        self.remote.begin();
        Polling(self)
    }

    /// What other threads brought joins the queue; says how many tasks are due.
    pub(super) fn collect(&self) -> usize {
        let own = self.own();
        if self.remote.len() > 0 {
            let mut brought = self.remote.take(own.exchange.take());
            brought.drain(..).for_each(|runnable| own.due.push(runnable));
            if brought.capacity() > KEPT {
                brought.shrink_to(KEPT / 2);
            }
            own.exchange.set(brought);
        }
        own.due.len()
    }

    /// Gives `count` tasks to `run`, and fewer if another runner takes some.
    pub(super) fn run(&self, count: &mut usize, mut run: impl FnMut(Runnable)) {
        let own = self.own();
        while *count > 0 {
            *count -= 1;
            let Some(runnable) = own.due.pop() else { return };
            run(runnable);
        }
    }

    /// The task at `place` of those that are due; the last if there are fewer.
    pub(super) fn take(&self, place: usize) -> Option<Runnable> {
        let last = self.collect().checked_sub(1)?;
        self.own().due.swap_remove_back(place.min(last))
    }

    /// How many tasks are due.
    pub(super) fn due(&self) -> usize {
        self.own().due.len() + self.remote.len()
    }

    /// How many tasks have not ended.
    pub(super) fn tasks(&self) -> usize {
        self.own().tasks.get()
    }

    /// What is known of the tasks that have not ended; those that are due and were polled before are told twice.
    pub(super) fn infos(&self) -> Vec<TaskInfo> {
        let (own, mut infos) = (self.own(), Vec::new());
        // SAFETY: a task on the list has its shell, and so its record.
        own.polled.for_each(|record| infos.push(TaskInfo::of(unsafe { record.as_ref() })));
        own.due.for_each(|runnable| infos.push(TaskInfo::of(runnable.metadata())));
        self.remote.for_each(|runnable| infos.push(TaskInfo::of(runnable.metadata())));
        infos
    }

    /// Wakes every runner that rests, if something is due and none polls. So many runners do not rest: if there are no more, nobody does.
    pub(super) fn wake_resting(&self, awake: usize) {
        let own = self.own();
        if !self.is_polled() && own.runners.get() > awake {
            self.remote.wakes(own.due.len() > 0).wake();
        }
    }

    /// Whether the executor is gone, or goes.
    ///
    /// # Safety
    ///
    /// This is the queue's thread.
    pub(super) unsafe fn is_ending(&self) -> bool {
        // SAFETY: says the caller.
        unsafe { self.own.get_unchecked() }.stage.get() != Stage::Open
    }

    /// The executor goes: drops every body here, on its thread.
    pub(super) fn end(self: &Arc<Self>) {
        let own = self.own();
        own.stage.set(Stage::Ending);
        // Tasks that are due, those never polled among them: dropped here, with their bodies.
        self.drop_due();
        // Tasks that wait: emptied in place, then woken, so that their last runnables come to the queue.
        while let Some(node) = own.polled.pop() {
            // SAFETY: this is the executor's thread, and the executor is being dropped.
            unsafe { shell::empty(node) };
        }
        self.drop_due();
        // The shells that are left are empty, and each will leave on the thread that brings its runnable: with such a hold.
        (0..own.tasks.get()).for_each(|_| std::mem::forget(self.clone()));
        own.stage.set(Stage::Closed);
        // From here on a wake that was on its way finds the queue closed and an empty body.
        self.remote.close();
        self.drop_due();
        contain(|| drop(own.panic_hook.take()));
    }

    /// Drops the tasks that are due, and those that become due by that.
    fn drop_due(&self) {
        while self.collect() > 0 {
            self.run(&mut { usize::MAX }, |runnable| contain(|| drop(runnable)));
        }
    }
}

/// A runner that polls. Dropped, it neither rests nor polls again for all it knows: others hear of what is due.
pub(super) struct Polling<'q>(&'q LocalQueue);

impl Polling<'_> {
    /// The poll is over: the runner rests until `waker` is called; false, and it wakes itself, if something is due.
    pub(super) fn rest(self, runner: usize, waker: &Waker) -> bool {
        let queue = self.0;
        queue.remote.end();
        // The rest of the drop is the caller's.
        std::mem::forget(self);
        queue.own().due.len() == 0 && queue.remote.rest(runner, waker)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.remote.end();
        self.0.wake_resting(0);
    }
}
