//! Waits for a task's end without its result: what a dropped `Task` leaves to the frame it is dropped in.

use super::TaskRef;
use super::waits::{Waiting, may_wait};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Ready once the task has run its cleanups; or if it waits in turn for the task that polls this, see [`waits`](super::waits).
pub(super) struct Ended {
    pub(super) task: TaskRef,
}

impl Future for Ended {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.task.is_finished() || self.task.watch(cx.waker()) {
            return Poll::Ready(());
        }
        let may_wait = match TaskRef::current() {
            Some(task) => may_wait(&task, &self.task),
            // The root of a `block_on`, for whose end no task waits. (One in which a task blocks is that task: its end waits for the root's.)
            None => {
                self.task.waits().unlink();
                true
            }
        };
        if may_wait { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.task.waits().unlink();
    }
}
