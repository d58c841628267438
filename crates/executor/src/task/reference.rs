//! Pointers to a task, and counted references on it, from which its record can be read on any thread, until long after its end.
//!
//! async-task counts its runnable, its wakers and its `Task`, and frees header, metadata and future together when the last of them
//! goes. So a waker is a counted reference. A task that is neither queued nor waited for is kept by one that it has on itself, from
//! its first pending poll to its end ([`SelfReference`]); its list holds a bare address, and shows it only while the task lives (see `pool/roster`).

use super::waits::{Waiting, Waits};
use super::{Record, Runnable};
use crate::pool::{Key, Listed};
use crate::queue::Pointer;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::task::{Context, RawWakerVTable, Waker};
use futures_util::future::BoxFuture;
use motet_cancel::Reason;
use motet_prim::atomic::AtomicPtr;
use std::cell::Cell;

/// A pointer to a task's record, for those who know that the task lives: its own future, and [`TaskRef`].
#[derive(Clone, Copy)]
pub(crate) struct RecordPointer(NonNull<Record>);

// SAFETY: it is a `&Record` without the lifetime, and a record is `Sync` (checked below).
unsafe impl Send for RecordPointer {}
// SAFETY: as above.
unsafe impl Sync for RecordPointer {}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Record>();
};

motet_prim::thread_local! {
    /// The address of the task that is being polled.
    static CURRENT: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Runs `poll`, which does not unwind, as the task that has this waker.
///
/// # Safety
///
/// The waker is async-task's, of a task with a [`Record`] that lives until `poll` returns.
pub(super) unsafe fn as_current<R>(waker: &Waker, poll: impl FnOnce() -> R) -> R {
    let outer = CURRENT.with(|current| current.replace(waker.data()));
    let polled = poll();
    CURRENT.with(|current| current.set(outer));
    polled
}

impl RecordPointer {
    /// Points to a record in its final place.
    pub(crate) fn new(record: &Record) -> Self {
        Self(NonNull::from(record))
    }

    /// The record.
    ///
    /// # Safety
    ///
    /// The task that the record belongs to outlives the borrow: the caller is inside its future, or holds a reference.
    pub(crate) unsafe fn as_ref<'a>(self) -> &'a Record {
        // SAFETY: the caller keeps the allocation alive; nobody ever has a `&mut Record`.
        unsafe { self.0.as_ref() }
    }
}

/// Points to a task's allocation, for those who know that the task lives: its list, and its [`Task`](super::Task).
#[derive(Clone, Copy)]
pub(crate) struct TaskPointer(NonNull<()>);

// SAFETY: it gives access to the record, which is `Sync`, and to the count, which is atomic; never to the future.
unsafe impl Send for TaskPointer {}
// SAFETY: as above.
unsafe impl Sync for TaskPointer {}

impl TaskPointer {
    /// The task of a runnable.
    pub(crate) fn of(runnable: Runnable) -> (Self, Runnable) {
        let address = runnable.into_raw();
        // SAFETY: it was one a moment ago.
        (Self(address), unsafe { Runnable::from_raw(address) })
    }

    /// Whether this thread is inside of a poll of this very task.
    pub(super) fn is_current(self) -> bool {
        CURRENT.try_with(|current| ptr::eq(current.get(), self.0.as_ptr())).unwrap_or(false)
    }

    /// A runnable that is never run and never dropped: it counts for nothing, and shows what lies in the allocation.
    ///
    /// # Safety
    ///
    /// The task lives as long as what this gives.
    unsafe fn uncounted(self) -> ManuallyDrop<Runnable> {
        // SAFETY: the address is that of a task with this metadata, and it lives, says the caller.
        ManuallyDrop::new(unsafe { Runnable::from_raw(self.0) })
    }

    /// The record.
    ///
    /// # Safety
    ///
    /// The task outlives the borrow.
    pub(crate) unsafe fn as_ref<'a>(self) -> &'a Record {
        // SAFETY: says the caller.
        let record = RecordPointer::new(unsafe { self.uncounted() }.metadata());
        // SAFETY: as above.
        unsafe { record.as_ref() }
    }

    /// Asks the task to end, by itself until `limit` is ready if there is one; false if it has ended.
    ///
    /// # Safety
    ///
    /// The task outlives the call.
    pub(super) unsafe fn cancel(self, reason: Reason, limit: Option<BoxFuture<'static, ()>>) -> bool {
        // SAFETY: says the caller.
        let asked = unsafe { self.as_ref() }.ask(reason, limit);
        if asked.is_news() {
            // SAFETY: as above.
            unsafe { self.uncounted() }.waker().wake();
        }
        !asked.is_finished()
    }
}

// SAFETY: the address is that of an allocation that begins with words, and the link lies in the task's record.
unsafe impl Listed for TaskPointer {
    fn address(self) -> NonNull<()> {
        self.0
    }

    unsafe fn from_address(address: NonNull<()>) -> Self {
        Self(address)
    }

    unsafe fn key(self) -> Key {
        // SAFETY: says the caller.
        unsafe { self.as_ref() }.key()
    }

    unsafe fn link<'a>(self) -> &'a AtomicPtr<()> {
        // SAFETY: says the caller.
        unsafe { self.as_ref() }.link()
    }

    unsafe fn release(self, reference: NonNull<()>) {
        // SAFETY: `SelfReference::keep_of` made it of a table that is static.
        let vtable = unsafe { reference.cast::<RawWakerVTable>().as_ref() };
        // SAFETY: these are the parts of the task's waker, and one that was forgotten is still counted.
        drop(unsafe { Waker::new(self.0.as_ptr().cast_const(), vtable) });
    }
}

/// At the end of a task: the reference that it has on itself, if it was ever pending.
#[derive(Clone, Copy)]
pub(crate) struct SelfReference<'a> {
    /// Whether there is one.
    is_counted: bool,
    /// Whether it is the last one, as far as is known: nobody awaits the task.
    is_last: bool,
    /// The task's waker, if it is at hand, or it is made.
    waker: Option<&'a Waker>,
}

impl<'a> SelfReference<'a> {
    /// # Safety
    ///
    /// If it is counted, a waker of the task was forgotten. `waker` is the task's own.
    pub(super) unsafe fn new(is_counted: bool, is_last: bool, waker: Option<&'a Waker>) -> Self {
        Self { is_counted, is_last, waker }
    }

    /// Whether the task's memory goes with it: else whoever awaits the task frees it.
    pub(crate) fn is_last(self) -> bool {
        self.is_last
    }

    /// Takes it back, if there is one.
    ///
    /// # Safety
    ///
    /// It is that of this task, on which there is another reference that outlives the call.
    pub(crate) unsafe fn drop_of(self, task: TaskPointer) {
        if self.is_counted {
            // SAFETY: the caller has another one.
            let reference = unsafe { Self { is_counted: true, ..self }.keep_of(task) };
            // SAFETY: it is counted.
            unsafe { task.release(reference) };
        }
    }

    /// Keeps it, or makes one, for somebody who [releases](Listed::release) it.
    ///
    /// # Safety
    ///
    /// As for [`drop_of`](Self::drop_of).
    pub(crate) unsafe fn keep_of(self, task: TaskPointer) -> NonNull<()> {
        let keep = |waker: &Waker| {
            debug_assert_eq!(waker.data(), task.0.as_ptr().cast_const(), "async-task's wakers point to the task");
            if !self.is_counted {
                std::mem::forget(waker.clone());
            }
            NonNull::from(waker.vtable()).cast()
        };
        match self.waker {
            Some(waker) => keep(waker),
            // SAFETY: the caller has a reference.
            None => keep(&unsafe { task.uncounted() }.waker()),
        }
    }
}

/// A counted reference on a task: async-task's waker keeps the allocation, and with it the record.
#[derive(Clone)]
pub(crate) struct TaskRef {
    waker: Waker,
    record: RecordPointer,
}

impl TaskRef {
    /// A reference on a task.
    ///
    /// # Safety
    ///
    /// The task lives: the caller has its `async_task::Task`, or its list shows it.
    pub(crate) unsafe fn of_living(task: TaskPointer) -> Self {
        // SAFETY: the task lives, says the caller.
        Self::of_runnable(&*unsafe { task.uncounted() })
    }

    /// A reference on the task that this thread polls.
    pub(crate) fn current() -> Option<Self> {
        let current = NonNull::new(CURRENT.try_with(Cell::get).ok()?.cast_mut())?;
        // SAFETY: `as_current` has it from the waker of a task that lives until the address is taken back, and this thread is inside of that poll.
        Some(unsafe { Self::of_living(TaskPointer(current)) })
    }

    /// A reference on a task that is due.
    pub(crate) fn of_runnable(runnable: &Runnable) -> Self {
        Self { waker: runnable.waker(), record: RecordPointer::new(runnable.metadata()) }
    }

    /// A reference on a task, inside of its poll by async-task.
    pub(crate) fn of_polled(record: RecordPointer, cx: &Context<'_>) -> Self {
        Self { waker: cx.waker().clone(), record }
    }

    /// Lets the task run once more.
    pub(crate) fn wake(&self) {
        self.waker.wake_by_ref();
    }

    /// Asks the task to end; false if it has ended.
    pub(crate) fn cancel(&self, reason: Reason) -> bool {
        self.ask_and_wake(reason, None)
    }

    /// Asks the task to end by itself until `limit` is ready; false if it has ended.
    pub(crate) fn cancel_with_grace(&self, reason: Reason, limit: BoxFuture<'static, ()>) -> bool {
        self.ask_and_wake(reason, Some(limit))
    }

    fn ask_and_wake(&self, reason: Reason, limit: Option<BoxFuture<'static, ()>>) -> bool {
        let asked = self.ask(reason, limit);
        if asked.is_news() {
            self.wake();
        }
        !asked.is_finished()
    }

    /// Drops the body and its cleanups at the next poll.
    pub(crate) fn abandon(&self, reason: Reason) {
        self.cancel_with_grace(reason, Box::pin(std::future::ready(())));
    }
}

impl Waiting for TaskRef {
    fn waits(&self) -> &Waits<Self> {
        Record::waits(self)
    }

    fn is(&self, other: &Self) -> bool {
        self.record.0 == other.record.0
    }
}

impl Deref for TaskRef {
    type Target = Record;

    fn deref(&self) -> &Record {
        // SAFETY: the waker counts as a reference on the task.
        unsafe { self.record.as_ref() }
    }
}

// SAFETY: async-task's own pair gives back the runnable that it took.
unsafe impl Pointer for Runnable {
    fn into_pointer(self) -> NonNull<()> {
        self.into_raw()
    }

    unsafe fn from_pointer(pointer: NonNull<()>) -> Self {
        // SAFETY: the caller promises that the pointer comes from `into_pointer`, and is used once.
        unsafe { Self::from_raw(pointer) }
    }
}
