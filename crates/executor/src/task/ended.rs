//! Waits for a task's end without its result: what a dropped `Task` leaves to the frame it is dropped in.

use super::TaskRef;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Ready once the task has run its cleanups.
pub(super) struct Ended {
    pub(super) task: TaskRef,
}

impl Future for Ended {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.task.is_finished() || self.task.watch(cx.waker()) { Poll::Ready(()) } else { Poll::Pending }
    }
}
