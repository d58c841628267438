//! A counted reference on a task, from which its record can be read on any thread, until long after the task's end.
//!
//! async-task counts its runnable, its wakers and its `Task`, and frees header, metadata and future together when the last
//! of them goes. A waker beside a pointer to the metadata is therefore all that a reference takes.

use super::{Record, Runnable};
use crate::queue::Pointer;
use core::ops::Deref;
use core::ptr::NonNull;
use std::cell::Cell;
use std::task::{Context, Waker};

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
    /// The record of the task that is being polled, to be compared and never read.
    static CURRENT: Cell<*const Record> = const { Cell::new(std::ptr::null()) };
}

impl RecordPointer {
    /// Points to a record in its final place.
    pub(crate) fn new(record: &Record) -> Self {
        Self(NonNull::from(record))
    }

    /// Runs `poll`, which does not unwind, as this task: [`TaskRef::is_current`] holds inside of it.
    pub(super) fn as_current<R>(self, poll: impl FnOnce() -> R) -> R {
        let outer = CURRENT.with(|current| current.replace(self.0.as_ptr()));
        let polled = poll();
        CURRENT.with(|current| current.set(outer));
        polled
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

/// A counted reference on a task.
#[derive(Clone)]
pub(crate) struct TaskRef {
    /// Counts. Declared before the pointer for no reason: neither looks at the other in its drop.
    waker: Waker,
    record: RecordPointer,
}

impl TaskRef {
    /// A reference on a task that is about to run.
    pub(crate) fn of_runnable(runnable: &Runnable) -> Self {
        Self { waker: runnable.waker(), record: RecordPointer::new(runnable.metadata()) }
    }

    /// A reference on the task that is being polled: `record` is its own, and `cx` the one that async-task made.
    pub(crate) fn of_polled(record: RecordPointer, cx: &Context<'_>) -> Self {
        Self { waker: cx.waker().clone(), record }
    }

    /// Whether this thread is inside of a poll of this very task.
    pub(super) fn is_current(&self) -> bool {
        CURRENT.try_with(|current| std::ptr::eq(current.get(), self.record.0.as_ptr())).unwrap_or(false)
    }

    /// Lets the task run once more.
    pub(crate) fn wake(&self) {
        self.waker.wake_by_ref();
    }
}

impl Deref for TaskRef {
    type Target = Record;

    fn deref(&self) -> &Record {
        // SAFETY: `waker` is a reference on the task, and lives as long as `self`.
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
