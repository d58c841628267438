//! What is known of a task, on any thread, from its spawn to its end and after it: async-task's metadata.
//!
//! The phase is written by whoever polls the task, so plain stores do; it is a picture for `tasks()` and `is_finished`.
//! What the `Task` says of itself is written by its owner alone.

use super::home::{Address, Home};
use super::id::PackedId;
use super::waits::Waits;
use super::{Runnable, SelfReference, TaskId, TaskPanic, TaskRef, TaskState};
use crate::ambient;
use crate::blocking::{BlockingPool, InLine};
use crate::local::QueuePointer;
use crate::pool::{Key, PanicHook, ShardPointer};
use async_task::ScheduleInfo;
use core::mem::ManuallyDrop;
use core::task::Waker;
use futures_util::future::BoxFuture;
use futures_util::task::AtomicWaker;
use motet_cancel::raw::{Asked, Requests};
use motet_cancel::{PanicPayload, Reason};
use motet_prim::Wakeup;
use motet_prim::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};
use std::panic::Location;
use std::sync::{Arc, OnceLock};

/// Who spawned a task, in words.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) location: &'static Location<'static>,
}

impl Origin {
    /// A task without a name.
    pub(crate) fn at(location: &'static Location<'static>) -> Self {
        Self { name: None, location }
    }
}

/// A task's metadata.
pub(crate) struct Record {
    /// What is asked of it, and what few tasks have.
    requests: Requests<Rare, Place>,
    home: Address,
    location: &'static Location<'static>,
    id: PackedId,
    phase: AtomicU8,
    /// Who awaits the output, as the `Task` says.
    awaited: AtomicU8,
}

/// The task's place in its home's list: a [`Key`].
pub(crate) type Place = AtomicU32;

/// A name, whoever waits for the end of a task whose `Task` was dropped, and a closure's place in the line for a blocking thread.
#[derive(Default)]
pub(crate) struct Rare {
    name: OnceLock<Arc<str>>,
    in_line: OnceLock<InLine>,
    ended: AtomicWaker,
    /// Whether somebody waits in `ended`.
    watched: AtomicBool,
    waits: Waits<TaskRef>,
}

/// A million tasks may sleep: with the future, this is what a task takes.
#[cfg(all(target_pointer_width = "64", not(motet_loom)))]
const _: () = assert!(size_of::<Record>() <= 40);

/// The reason of a task whose executor let it go.
pub(crate) const GONE: &str = "its executor is closed or gone";

/// Never polled.
const NEW: u8 = 0;
/// In its first poll.
const STARTED: u8 = 1;
/// Pending; from here on a listed task has a reference on itself, so that it stays even if nobody holds its waker.
const WAITING: u8 = 2;
/// In another poll.
const RUNNING: u8 = 3;
const FINISHED: u8 = 4;

/// There is a `Task`.
const AWAITED: u8 = 0;
/// It was detached.
const DETACHED: u8 = 1;
/// It was dropped: somebody may wait for the end.
const DROPPED: u8 = 2;

impl Record {
    pub(crate) fn new(home: Home, origin: Origin) -> Self {
        let Origin { name, location } = origin;
        let requests = Requests::with_beside(AtomicU32::new(Key::UNLISTED.to_bits()));
        name.into_iter().for_each(|name| set_name(&requests, name));
        if let Home::Blocking(shard) = home {
            // SAFETY: whoever spawns onto an executor holds it.
            set_in_line(&requests, unsafe { shard.as_ref() }.blocking());
        }
        Self {
            requests,
            home: home.pack(),
            location,
            id: TaskId::next().pack(),
            phase: AtomicU8::new(NEW),
            awaited: AtomicU8::new(AWAITED),
        }
    }

    fn home(&self) -> ManuallyDrop<Home> {
        self.home.home()
    }

    pub(crate) fn requests(&self) -> &Requests<Rare, Place> {
        &self.requests
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id.unpack()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.requests.rare()?.name.get().map(|name| &**name)
    }

    pub(crate) fn shared_name(&self) -> Option<Arc<str>> {
        self.requests.rare()?.name.get().cloned()
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Asks the task to end; the caller wakes it if that is news. A closure in the line for a blocking thread ends here.
    pub(super) fn ask(&self, reason: Reason, limit: Option<BoxFuture<'static, ()>>) -> Asked {
        let has_grace = limit.is_some();
        let asked = match limit {
            _ if self.is_finished() => Asked::Finished,
            None => self.requests.cancel(reason),
            Some(limit) => self.requests.cancel_with_grace(reason, limit),
        };
        if asked.is_news() {
            self.in_line().into_iter().for_each(|line| line.leave(has_grace));
        }
        asked
    }

    /// Why the task was cancelled, if its executor has let it go: what was asked of it, or that.
    pub(super) fn reason_to_go(&self) -> Reason {
        self.requests.reason().unwrap_or_else(|| Reason::from(GONE))
    }

    /// Of a closure, its place in the line for a blocking thread.
    pub(crate) fn in_line(&self) -> Option<&InLine> {
        self.requests.rare()?.in_line.get()
    }

    /// The queue of a local task.
    pub(crate) fn local_queue(&self) -> Option<QueuePointer> {
        match *self.home() {
            Home::Local(queue) => Some(queue),
            Home::Pool(_) | Home::Blocking(_) | Home::Foreign(_) => None,
        }
    }

    pub(crate) fn set_key(&self, key: Key) {
        // Relaxed: written before the task is scheduled for the first time, read by whoever polls it.
        self.requests.beside().store(key.to_bits(), Ordering::Relaxed);
    }

    /// A word that nobody looks at once the task has ended: whoever looks for its home has its runnable, or lists it.
    pub(super) fn link(&self) -> &AtomicPtr<()> {
        debug_assert!(self.is_finished(), "until then it names the home");
        self.home.word()
    }

    pub(super) fn key(&self) -> Key {
        Key::from_bits(self.requests.beside().load(Ordering::Relaxed))
    }

    pub(crate) fn state(&self) -> TaskState {
        match self.phase.load(Ordering::Relaxed) {
            FINISHED => TaskState::Finished,
            _ if self.requests.is_cancelled() => TaskState::Cancelling,
            NEW => TaskState::New,
            WAITING => TaskState::Waiting,
            _ => TaskState::Running,
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        // Acquire: pairs with the Release in `end`; what the task did is visible to whoever saw it finished.
        self.phase.load(Ordering::Acquire) == FINISHED
    }

    pub(super) fn begin_poll(&self) {
        let phase = if self.phase.load(Ordering::Relaxed) == NEW { STARTED } else { RUNNING };
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// A poll was pending. `waker`: the task's own.
    pub(super) fn wait(&self, waker: &Waker) {
        if self.phase.load(Ordering::Relaxed) == STARTED && self.is_listed() {
            // Counts until `end`: the list does not.
            std::mem::forget(waker.clone());
        }
        self.phase.store(WAITING, Ordering::Relaxed);
    }

    /// Whether the task is on the list of an executor: from its spawn to its end, if at all.
    fn is_listed(&self) -> bool {
        self.key() != Key::UNLISTED
    }

    /// The body is gone and the result known: nobody can cancel the task from here on; takes it off its home's list, and tells whoever waits for
    /// the end.
    ///
    /// Whoever calls this has the task's runnable; `waker` is the task's own, if it is at hand.
    pub(crate) fn end(&self, waker: Option<&Waker>) {
        let phase = self.phase.load(Ordering::Relaxed);
        // Release: see `is_finished`.
        self.phase.store(FINISHED, Ordering::Release);
        match (&*self.home(), self.key()) {
            (Home::Local(_) | Home::Foreign(_), _) | (_, Key::UNLISTED) => self.requests.finish(),
            (Home::Pool(shard) | Home::Blocking(shard), key) => {
                // SAFETY: it was counted in `wait`.
                let reference =
                    unsafe { SelfReference::new(matches!(phase, WAITING | RUNNING), self.is_unawaited(), waker) };
                self.requests.finish_before_fence();
                // SAFETY: the task is on the shard's list, and comes off it here and now only; the runnable counts.
                unsafe { shard.retire(key, reference) };
                // `retire` is a full fence.
                self.requests.finish_after_fence();
            }
        }
        // Relaxed: a `Task` that is dropped says so before it cancels. If its cancel came before the word was finished, whoever
        // polls has taken the word's lock since then, and so sees it; if not, nobody waits.
        if self.awaited.load(Ordering::Relaxed) != DROPPED {
            return;
        }
        // So does the box, which the cancel made; with none, nobody waits.
        let Some(rare) = self.requests.rare() else { return };
        // AcqRel: this and the exchange in `watch` are ordered, being of one word: either this one sees the mark, or that
        // one comes later, and its caller sees the phase.
        if rare.watched.swap(true, Ordering::AcqRel) {
            // Foreign code, whose panic would unwind into the end of the task.
            rare.ended.take().map(Wakeup::from).into_iter().for_each(Wakeup::wake);
        }
    }

    /// Registers the waker of whoever waits for the end; true if the end has come.
    pub(super) fn watch(&self, waker: &Waker) -> bool {
        let rare = self.requests.rare_or_default();
        rare.ended.register(waker);
        // AcqRel: pairs with the exchange in `end`.
        rare.watched.swap(true, Ordering::AcqRel);
        // The second look: the end may have come before the mark.
        self.is_finished()
    }

    /// Who waits for this task's end, and whether it waits for another's.
    pub(super) fn waits(&self) -> &Waits<TaskRef> {
        &self.requests.rare_or_default().waits
    }

    /// Nobody will await the output: the `Task` is detached.
    pub(super) fn set_detached(&self) {
        self.awaited.store(DETACHED, Ordering::Relaxed);
    }

    /// Nobody will await the output, but somebody may wait for the end: the `Task` is dropped.
    pub(super) fn set_dropped(&self) {
        self.awaited.store(DROPPED, Ordering::Relaxed);
    }

    pub(super) fn is_unawaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) != AWAITED
    }

    /// Whom to tell of a panic that nobody awaits; to be asked in the poll that panicked, before the task ends.
    pub(super) fn panic_hook(&self) -> PanicHook {
        match &*self.home() {
            // SAFETY: the task has not ended, so it is on the shard's list.
            Home::Pool(shard) | Home::Blocking(shard) => unsafe { shard.as_ref() }.panic_hook().clone(),
            Home::Foreign(pump) => pump.panic_hook().clone(),
            // SAFETY: the task is being polled.
            Home::Local(queue) => unsafe { queue.panic_hook() },
        }
    }

    /// Tells a hook of a panic that nobody awaits.
    pub(super) fn report(&self, hook: &PanicHook, payload: &PanicPayload) {
        hook.call(&TaskPanic { id: self.id(), name: self.name(), location: self.location, payload });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.home.counts() {
            drop(ManuallyDrop::into_inner(self.home()));
        }
    }
}

#[cold]
fn set_name(requests: &Requests<Rare, Place>, name: Arc<str>) {
    let named = requests.rare_or_default().name.set(name);
    debug_assert!(named.is_ok(), "the record is new");
}

#[cold]
fn set_in_line(requests: &Requests<Rare, Place>, pool: &Arc<BlockingPool>) {
    let set = requests.rare_or_default().in_line.set(InLine::new(pool));
    debug_assert!(set.is_ok(), "the record is new");
}

/// async-task's schedule function: a plain `fn`, so that a wake costs no extra pair of reference counts.
///
/// After the push nothing keeps the task alive: what is needed of its record is read before.
pub(crate) fn schedule(runnable: Runnable, info: ScheduleInfo) {
    let Some(shard) = runnable.metadata().home.pool() else { return schedule_elsewhere(runnable) };
    ambient::with_worker(|worker| match worker {
        // SAFETY: a task that is scheduled has not ended, so it is on the shard's list.
        Some(worker) if unsafe { worker.works_for(shard) } => worker.push(runnable, info.woken_while_running),
        _ => push_from_outside(runnable, shard),
    });
}

#[cold]
fn schedule_elsewhere(runnable: Runnable) {
    match &*runnable.metadata().home() {
        Home::Pool(_) => unreachable!("looked at by `schedule`"),
        Home::Blocking(shard) => {
            // SAFETY: as in `schedule`.
            let blocking = unsafe { shard.as_ref() }.blocking().clone();
            blocking.push(runnable);
        }
        Home::Local(_) => unreachable!("a local task has a schedule function of its own"),
        Home::Foreign(pump) => {
            let pump = pump.clone();
            pump.push(runnable);
        }
    }
}

#[cold]
fn push_from_outside(runnable: Runnable, shard: ShardPointer) {
    // SAFETY: as in `schedule`.
    let pool = unsafe { shard.as_ref() }.pool();
    match pool {
        Some(pool) => pool.inject(runnable),
        // The executor is gone, so its last task had ended: this one is no more than a late echo.
        None => drop(runnable),
    }
}
