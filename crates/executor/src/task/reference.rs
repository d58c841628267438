//! A counted reference on a task, from which its record can be read on any thread, until long after the task's end.
//!
//! async-task counts its runnable, its wakers and its `Task`, and frees header, metadata and future together when the last
//! of them goes. A counted waker is therefore all that a reference takes; its two parts lie in the record, so that a reference
//! is one pointer: to the record, with a waker in its place in async-task's count.

use super::{Record, Runnable};
use crate::queue::Pointer;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::task::{RawWakerVTable, Waker};
use motet_prim::atomic::{AtomicPtr, Ordering};
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
    /// The record of the task that is being polled, to be compared and never read.
    static CURRENT: Cell<*const Record> = const { Cell::new(ptr::null()) };
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

    /// Whether this thread is inside of a poll of this very task.
    pub(super) fn is_current(self) -> bool {
        CURRENT.try_with(|current| ptr::eq(current.get(), self.0.as_ptr())).unwrap_or(false)
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

/// The parts of a task's waker, in its record: a waker that is not counted.
pub(super) struct WakerParts {
    data: AtomicPtr<()>,
    vtable: AtomicPtr<RawWakerVTable>,
}

impl WakerParts {
    /// Nothing yet: the task does not exist.
    pub(super) fn unknown() -> Self {
        Self { data: AtomicPtr::new(ptr::null_mut()), vtable: AtomicPtr::new(ptr::null_mut()) }
    }

    fn set(&self, waker: &Waker) {
        // Relaxed: written before anybody else knows the task; what makes it known publishes them.
        self.data.store(waker.data().cast_mut(), Ordering::Relaxed);
        self.vtable.store(ptr::from_ref(waker.vtable()).cast_mut(), Ordering::Relaxed);
    }

    /// The waker, which counts for nothing.
    ///
    /// # Safety
    ///
    /// The parts are set, and the task lives as long as what this gives.
    unsafe fn uncounted(&self) -> ManuallyDrop<Waker> {
        let (data, vtable) = (self.data.load(Ordering::Relaxed), self.vtable.load(Ordering::Relaxed));
        // SAFETY: it was a `&'static`.
        let vtable = unsafe { &*vtable };
        // SAFETY: these are the parts of async-task's own waker; the caller keeps the task alive, and the waker is not dropped.
        ManuallyDrop::new(unsafe { Waker::new(data, vtable) })
    }
}

/// A counted reference on a task: one pointer.
pub(crate) struct TaskRef(RecordPointer);

impl TaskRef {
    /// A reference on a task that was just made.
    pub(crate) fn of_new(runnable: &Runnable) -> Self {
        let record = runnable.metadata();
        // What is forgotten counts until this reference is dropped.
        let waker = ManuallyDrop::new(runnable.waker());
        record.waker().set(&waker);
        Self(RecordPointer::new(record))
    }

    /// One more reference on a task.
    ///
    /// # Safety
    ///
    /// The task lives: the caller is inside its future, or has its `async_task::Task`, or another reference.
    pub(crate) unsafe fn of_living(record: RecordPointer) -> Self {
        // SAFETY: the task lives, says the caller.
        let parts = unsafe { record.as_ref() }.waker();
        // SAFETY: as above; the parts were set when the task was made.
        let waker = unsafe { parts.uncounted() };
        // What is forgotten counts until this reference is dropped.
        std::mem::forget(Waker::clone(&waker));
        Self(record)
    }

    /// Lets the task run once more.
    pub(crate) fn wake(&self) {
        // SAFETY: `self` counts.
        unsafe { self.waker().uncounted() }.wake_by_ref();
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> Self {
        // SAFETY: `self` counts.
        unsafe { Self::of_living(self.0) }
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        // SAFETY: `self` counts, until the waker is dropped below.
        let waker = unsafe { self.waker().uncounted() };
        drop(ManuallyDrop::into_inner(waker));
    }
}

impl Deref for TaskRef {
    type Target = Record;

    fn deref(&self) -> &Record {
        // SAFETY: `self` counts as a reference on the task.
        unsafe { self.0.as_ref() }
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
