//! Waiting for a token.

use super::links::Node;
use crate::frame::{Cause, Ending, Run, Sendable};
use crate::reason::Reason;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Waits until a token is cancelled.
pub(super) struct WaitForCancel<'a> {
    node: &'a Node,
    /// The place in the token's list, once there is one.
    key: Option<u64>,
}

impl<'a> WaitForCancel<'a> {
    pub(super) const fn new(node: &'a Node) -> Self {
        Self { node, key: None }
    }
}

impl Future for WaitForCancel<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let node = self.node;
        node.poll_wait(&mut self.key, cx.waker())
    }
}

impl Drop for WaitForCancel<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.node.leave(key);
        }
    }
}

pin_project_lite::pin_project! {
    /// Runs a future in a frame until a token is cancelled.
    pub(super) struct UntilCancelled<'a, F: Future> {
        #[pin]
        pub(super) run: Run<F, Sendable>,
        pub(super) wait: WaitForCancel<'a>,
    }
}

impl<F: Future> Future for UntilCancelled<'_, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.run.is_running() && Pin::new(this.wait).poll(cx).is_ready() {
            let reason = Reason::from("its token was cancelled");
            this.run.as_mut().end(Ending::Cancelled(reason.clone()), Cause::Cancelled(&reason));
        }
        match ready!(this.run.poll_run(cx)) {
            Ok(Ending::Returned(output)) => Poll::Ready(Some(output)),
            Ok(Ending::Cancelled(_)) => Poll::Ready(None),
            Ok(Ending::Panicked) => unreachable!("a panic is an `Err`"),
            Err(panic) => resume_unwind(panic),
        }
    }
}
