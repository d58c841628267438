//! A connection's task on somebody else's executor, which may end before the connection does.

use super::own::Own;
use futures_util::task::FutureObj;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

/// Where a connection's tasks go on when their executor drops them. It lives as long as somebody uses the connection.
pub(crate) struct Refuge {
    own: Arc<Own>,
}

impl Refuge {
    pub(super) fn new(own: Arc<Own>) -> Self {
        Self { own }
    }

    fn take_in(&self, task: FutureObj<'static, ()>) {
        // Without a thread the task ends here, and the requests of its connection with an error.
        if let Ok(queue) = self.own.queue() {
            queue.push(task);
        }
    }
}

/// A task that finds its refuge when it is dropped before its end. A panic is its end.
pub(super) struct Carried {
    task: Option<FutureObj<'static, ()>>,
    refuge: Weak<Refuge>,
}

impl Carried {
    pub(super) fn new(task: FutureObj<'static, ()>, refuge: Weak<Refuge>) -> Self {
        Self { task: Some(task), refuge }
    }
}

impl Future for Carried {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut task) = self.task.take() else { return Poll::Ready(()) };
        let polled = Pin::new(&mut task).poll(cx);
        if polled.is_pending() {
            self.task = Some(task);
        }
        polled
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        if let (Some(task), Some(refuge)) = (self.task.take(), self.refuge.upgrade()) {
            refuge.take_in(task);
        }
    }
}
