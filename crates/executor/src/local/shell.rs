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
//! * *Unpolled*: its only runnable is in the queue of its executor, from the spawn to the first poll, which may be at once. Nobody else drops it.
//! * *Listed*: at its first poll, where async-task has pinned it, the shell's node goes on the list of its executor.
//! * *Empty*: nothing of the body is left; the shell may be dropped anywhere.
//!
//! The race to fear: a wake is on its way on another thread while the executor is dropped. That thread holds a runnable, and
//! will push or drop it. The executor empties every listed shell *first*, and closes the queue under its lock *then*: a
//! runnable that is pushed before the close is dropped by the executor, one that comes later is dropped by its bringer, who
//! saw the close and so everything before it.

use super::list::Node;
use super::queue::{LocalQueue, QueuePointer};
use crate::task::{Home, Origin, Output, Record, RecordPointer, Runnable, Task, TaskPointer, contain, poll_body};
use core::future::Future;
use core::mem::offset_of;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll};
use futures_util::future::LocalBoxFuture;
use motet_cancel::raw::LocalBody;
use pin_project_lite::pin_project;
use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;

pin_project! {
    /// See the head of this file.
    struct LocalShell<F: Future> {
        #[pin]
        node: Node,
        #[pin]
        body: Option<LocalBody<F>>,
    }

    impl<F: Future> PinnedDrop for LocalShell<F> {
        fn drop(this: Pin<&mut Self>) {
            let queue = this.queue();
            this.empty();
            // SAFETY: this is the shell's drop, and nothing of the queue is used after it.
            unsafe { queue.leave() };
        }
    }
}

/// Spawns a task onto a local executor. `start` queues it, or polls it here and now.
///
/// # Safety
///
/// This is the thread of the executor, which is there. Either it is forgotten, or its drop ends the queue (see
/// [`LocalQueue::end`]) before anything that `future` borrows is gone.
pub(super) unsafe fn spawn<F: Future>(
    queue: &Arc<LocalQueue>,
    future: F,
    origin: Origin,
    start: impl FnOnce(Runnable),
) -> Task<F::Output> {
    let home = queue.pointer();
    let shell = |record: &Record| LocalShell {
        node: Node::new(RecordPointer::new(record), empty_at::<F>),
        body: Some(LocalBody::new(future)),
    };
    let builder = async_task::Builder::new().metadata(Record::new(Home::Local(home), origin));
    // SAFETY: this is the queue's thread, says the caller; the shell that enters leaves in its drop.
    unsafe { queue.enter() };
    // SAFETY: the schedule function is `Send`, `Sync` and `'static`, and so is the metadata. The future is neither: see the
    // head of this file, and the promise of the caller.
    let (runnable, task) = unsafe { builder.spawn_unchecked(shell, schedule) };
    let (pointer, runnable) = TaskPointer::of(runnable);
    start(runnable);
    Task::new(task, pointer)
}

/// async-task's schedule function of local tasks: a plain `fn`, and one of their own, so that a wake asks no more than it must.
fn schedule(runnable: Runnable) {
    let queue = runnable.metadata().local_queue().expect(HOME);
    // SAFETY: a task that is scheduled has its shell.
    unsafe { queue.push(runnable) };
}

/// What every local task has.
const HOME: &str = "a local task's home is a local queue";

/// Spawns an exit that a task left behind outside of its scope, detached. An executor that is gone, or goes, drops the exit.
///
/// # Safety
///
/// This is the thread of the queue.
pub(super) unsafe fn spawn_exit(queue: &Arc<LocalQueue>, exit: LocalBoxFuture<'static, ()>) {
    // SAFETY: says the caller.
    if unsafe { queue.is_ending() } {
        return drop(exit);
    }
    let origin = Origin { name: Some("reaped exit".into()), location: Location::caller() };
    // SAFETY: the thread is the queue's, says the caller.
    let start = |runnable| unsafe { queue.push_here(runnable) }.wake();
    // SAFETY: as above; the executor is there, and the exit borrows nothing.
    unsafe { spawn(queue, exit, origin, start) }.detach();
}

impl<F: Future> LocalShell<F> {
    fn queue(&self) -> QueuePointer {
        // SAFETY: async-task polls and drops the future while the record beside it is there.
        let record = unsafe { self.node.record().as_ref() };
        record.local_queue().expect(HOME)
    }

    /// Puts this shell on the list at its first poll.
    #[cold]
    fn list(self: Pin<&mut Self>) {
        let queue = self.queue();
        // SAFETY: nothing is moved: the address is kept, and given back to `empty_at` alone.
        let this = NonNull::from(unsafe { self.get_unchecked_mut() });
        // SAFETY: the field of a shell that is there.
        let node = unsafe { this.byte_add(offset_of!(Self, node)) }.cast::<Node>();
        // SAFETY: only the executor's thread polls; the shell is pinned, and unlinks the node before it goes; its node was made
        // for `empty_at::<F>`.
        unsafe { queue.list(node) };
    }

    /// Takes the body out and drops it here; the task is over.
    fn empty(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.node.unlink();
        // SAFETY: async-task drops the future, and its executor the task, before the metadata beside it.
        let record = unsafe { this.node.record().as_ref() };
        if record.is_finished() {
            return;
        }
        contain(|| this.body.set(None));
        record.end(None);
    }
}

/// Empties the shell around a node.
///
/// # Safety
///
/// The pointer is that which a `LocalShell<F>` put on the list; the shell is there, and nobody else uses it during the call.
unsafe fn empty_at<F: Future>(node: NonNull<Node>) {
    // SAFETY: the node lies in a shell, says the caller, and the pointer was made from one to the shell.
    let mut shell = unsafe { node.byte_sub(offset_of!(LocalShell<F>, node)) }.cast::<LocalShell<F>>();
    // SAFETY: it is there, and ours for now.
    let shell = unsafe { shell.as_mut() };
    // SAFETY: it was pinned when it was listed.
    unsafe { Pin::new_unchecked(shell) }.empty();
}

/// Empties a shell that was taken off the list, and wakes its task, so that its last runnable comes to the queue.
///
/// # Safety
///
/// This is the executor's thread, which polls nothing; the node was taken off its list just now.
pub(super) unsafe fn empty(node: NonNull<Node>) {
    // SAFETY: a node that was on the list is there: its shell takes it off before it goes.
    let known = unsafe { node.as_ref() };
    let (held, empty) = (known.let_go(), known.empty());
    // SAFETY: the shell is pinned and `held` keeps it allocated; only this thread polls it, and it is here.
    unsafe { empty(node) };
    held.into_iter().for_each(Waker::wake);
}

impl<F: Future> Future for LocalShell<F> {
    type Output = Output<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.node.is_listed() {
            self.as_mut().list();
        }
        let this = self.project();
        let (record, node) = (this.node.record(), this.node);
        poll_body(this.body, record, cx, |waker| node.hold(waker))
    }
}
