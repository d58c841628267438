//! A local task's future as async-task owns it: a shell around a body that its executor can take out in place.
//!
//! async-task frees a task wherever its last reference goes, on a foreign thread perhaps, and long after the executor. The
//! body must never go there: it may be no `Send`, and what it borrows may be gone. So:
//!
//! ```text
//!   Unpolled ── first poll ──▶ Listed ──── ended ─────▶ Empty
//!       │                        └── executor dropped ──▶ ▲
//!       └── its runnable is in the executor's queue; dropped there, on this thread ─┘
//! ```
//!
//! * *Unpolled*: its only runnable is in the queue of its executor, from the spawn to the first poll. Nobody else drops it.
//! * *Listed*: at its first poll, where async-task has pinned it, the shell puts its address on the list of its executor.
//! * *Empty*: nothing of the body is left; the shell may be dropped anywhere.
//!
//! The race to fear: a wake is on its way on another thread while the executor is dropped. That thread holds a runnable, and
//! will push or drop it. The executor empties every listed shell *first*, and closes the queue under its lock *then*: a
//! runnable that is pushed before the close is dropped by the executor, one that comes later is dropped by its bringer, who
//! saw the close and so everything before it.

use super::queue::LocalQueue;
use crate::slab::Slab;
use crate::task::{
    Home, Origin, Output, Record, RecordPointer, Task, TaskInfo, TaskPointer, TaskRef, contain, finish, poll_body, schedule,
};
use async_task::WithInfo;
use core::future::Future;
use core::marker::PhantomPinned;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll};
use futures_util::future::LocalBoxFuture;
use motet_cancel::raw::LocalBody;
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

pin_project! {
    /// See the head of this file. Never `Unpin`: a pointer to it lies in the list while others poll it.
    struct LocalShell<F: Future> {
        #[pin]
        body: Option<LocalBody<F>>,
        listing: Option<Listing>,
        record: RecordPointer,
        #[pin]
        pinned: PhantomPinned,
    }

    impl<F: Future> PinnedDrop for LocalShell<F> {
        fn drop(this: Pin<&mut Self>) {
            this.empty();
        }
    }
}

/// Where a shell is before its first poll, and after it.
enum Listing {
    Unpolled(Rc<Bodies>),
    Listed(Rc<Bodies>, usize),
}

/// The list of the shells whose bodies an executor must empty before it goes.
pub(super) struct Bodies(RefCell<Slab<Listed>>);

struct Listed {
    shell: NonNull<()>,
    /// Empties the shell.
    empty: unsafe fn(NonNull<()>),
    task: TaskRef,
}

impl Bodies {
    pub(super) fn new() -> Self {
        Self(RefCell::new(Slab::new()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// What is known of the tasks that were polled and have not ended.
    pub(super) fn infos(&self) -> Vec<TaskInfo> {
        self.0.borrow_mut().iter_mut().map(|listed| TaskInfo::of(&listed.task)).collect()
    }

    /// Empties every listed shell in place, and wakes its task, so that its last runnable comes to the queue.
    pub(super) fn empty_all(&self) {
        loop {
            // Not under the borrow: a body's drop is foreign code, which may drop other tasks.
            let next = self.0.borrow_mut().pop();
            let Some(Listed { shell, empty, task }) = next else { return };
            // SAFETY: the shell was listed at a poll, so it is pinned, and `task` keeps it allocated; nobody polls it, for
            // only this thread does and it is here; it takes itself off this list before its body goes.
            unsafe { empty(shell) };
            task.wake();
        }
    }
}

/// Spawns a task onto a local executor.
///
/// # Safety
///
/// The executor that `queue` and `bodies` belong to stays on this thread, and either it is forgotten, or it drops what is in
/// the queue, calls `empty_all`, and closes the queue, in this order, before anything that `future` borrows is gone.
pub(super) unsafe fn spawn<F: Future>(
    queue: &Arc<LocalQueue>,
    bodies: &Rc<Bodies>,
    future: F,
    origin: Origin,
) -> Task<F::Output> {
    let record = Record::new(Home::Local(queue.clone()), origin);
    let listing = Some(Listing::Unpolled(bodies.clone()));
    let shell = |record: &Record| LocalShell {
        body: Some(LocalBody::new(future)),
        listing,
        record: RecordPointer::new(record),
        pinned: PhantomPinned,
    };
    let builder = async_task::Builder::new().metadata(record);
    // SAFETY: the schedule function is `Send`, `Sync` and `'static`, and so is the metadata. The future is neither: see the
    // head of this file, and the promise of the caller.
    let (runnable, task) = unsafe { builder.spawn_unchecked(shell, WithInfo(schedule)) };
    let (pointer, runnable) = TaskPointer::of(runnable);
    runnable.schedule();
    Task::new(task, pointer)
}

/// Spawns an exit that a task left behind outside of its scope, detached.
pub(super) fn spawn_exit(queue: &Arc<LocalQueue>, bodies: &Rc<Bodies>, exit: LocalBoxFuture<'static, ()>) {
    let origin = Origin { name: Some("reaped exit".into()), location: Location::caller() };
    // SAFETY: the exit borrows nothing; `bodies` is no `Send`, so this is the executor's thread. An executor that was dropped
    // has closed its queue: then the task is dropped right here.
    unsafe { spawn(queue, bodies, exit, origin) }.detach();
}

impl<F: Future> LocalShell<F> {
    /// Puts this shell on the list at its first poll.
    fn list(self: Pin<&mut Self>, cx: &Context<'_>) {
        let pointer = *self.as_ref().get_ref().record_pointer();
        let listing = self.as_ref().get_ref().listing.as_ref();
        let Some(Listing::Unpolled(bodies)) = listing else { return };
        let bodies = bodies.clone();
        // SAFETY: nothing is moved: the address is kept, and given back to `empty_at` alone.
        let this = unsafe { self.get_unchecked_mut() };
        let shell = NonNull::from(&mut *this).cast();
        let task = TaskRef::of_polled(pointer, cx);
        let listed = Listed { shell, empty: empty_at::<F>, task };
        let key = bodies.0.borrow_mut().insert(listed);
        this.listing = Some(Listing::Listed(bodies, key));
    }

    fn record_pointer(&self) -> &RecordPointer {
        &self.record
    }

    /// Takes the body out and drops it here; the task is over.
    fn empty(self: Pin<&mut Self>) {
        let mut this = self.project();
        unlist(this.listing.take());
        if this.body.is_none() {
            return;
        }
        contain(|| this.body.set(None));
        // SAFETY: async-task drops the future, and its executor the task, before the metadata beside it.
        finish(unsafe { this.record.as_ref() }, None);
    }
}

/// Empties the shell at an address.
///
/// # Safety
///
/// A `LocalShell<F>` lies there, pinned, and nobody else uses it during the call.
unsafe fn empty_at<F: Future>(shell: NonNull<()>) {
    // SAFETY: the caller says what lies there, and that it is ours for now.
    let shell = unsafe { shell.cast::<LocalShell<F>>().as_mut() };
    // SAFETY: it is pinned, says the caller.
    unsafe { Pin::new_unchecked(shell) }.empty();
}

/// Takes a shell off its list, if it is still there.
fn unlist(listing: Option<Listing>) {
    if let Some(Listing::Listed(bodies, key)) = listing {
        // Out of the borrow: what is removed holds a reference on a task.
        let listed = bodies.0.borrow_mut().remove(key);
        drop(listed);
    }
}

impl<F: Future> Future for LocalShell<F> {
    type Output = Output<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.as_mut().list(cx);
        let this = self.project();
        let polled = poll_body(this.body, *this.record, cx);
        if polled.is_ready() {
            unlist(this.listing.take());
        }
        polled
    }
}
