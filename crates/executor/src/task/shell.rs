//! The future that async-task polls: it drives the body inside its cancel scope, and nothing unwinds out of it.
//!
//! ```text
//!   Some(body) ── pending ──▶ Some(body)
//!        │
//!        ├─ completed, cancelled, panicked ────────────▶ None, result given, record ended
//!        └─ dropped by its executor ─────────────────────▶ None, record ended
//! ```
//!
//! The race to fear: the record ends (and with it, perhaps, the executor) while the body is still there. So the body is
//! always dropped first, and the record is ended last.

use super::{Output, Record, RecordPointer, TaskRef, contain};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use motet_cancel::raw::{Body, LocalBody, Requests};
use motet_cancel::{Cancelled, PanicPayload, Reason, TaskError};
use pin_project_lite::pin_project;
use std::panic::{AssertUnwindSafe, catch_unwind};

pin_project! {
    /// A body in its scope, and the record of the task.
    pub(crate) struct Shell<F: Future> {
        #[pin]
        body: Option<Body<F>>,
        record: RecordPointer,
    }

    impl<F: Future> PinnedDrop for Shell<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.body.is_some() {
                // SAFETY: async-task drops the future before the metadata beside it.
                let record = unsafe { this.record.as_ref() };
                drop_body(this.body);
                finish(record, None);
            }
        }
    }
}

impl<F: Future> Shell<F> {
    /// Wraps a task's future; `record` is the task's own, in its final place.
    pub(crate) fn new(body: F, record: RecordPointer) -> Self {
        Self { body: Some(Body::new(body)), record }
    }
}

impl<F: Future> Future for Shell<F> {
    type Output = Output<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_body(this.body, *this.record, cx)
    }
}

/// The reason of a task whose executor let it go.
pub(crate) const GONE: &str = "its executor is closed or gone";

/// A body in its scope: one that is `Send`, or one that is not.
pub(crate) trait ScopedBody {
    /// What the body gives.
    type Output;

    /// Polls the body and what it handed over.
    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests,
    ) -> Poll<Result<Self::Output, Cancelled>>;
}

impl<F: Future> ScopedBody for Body<F> {
    type Output = F::Output;

    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.poll_with(cx, requests)
    }
}

impl<F: Future> ScopedBody for LocalBody<F> {
    type Output = F::Output;

    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.poll_with(cx, requests)
    }
}

/// Polls a task's body; on its end drops what is left of it, ends the record, and gives the result.
pub(crate) fn poll_body<B: ScopedBody>(
    mut body: Pin<&mut Option<B>>,
    pointer: RecordPointer,
    cx: &mut Context<'_>,
) -> Poll<Output<B::Output>> {
    // SAFETY: async-task polls the future while the task lives, and the record lies beside the future.
    let record = unsafe { pointer.as_ref() };
    record.begin_poll();
    let polled = match body.as_mut().as_pin_mut() {
        Some(scope) => pointer.as_current(|| poll_scope(scope, record, cx)),
        // Its executor has taken the body away while a wake was on its way.
        None => Poll::Ready(Err(TaskError::Cancelled(Reason::from(GONE)))),
    };
    let Poll::Ready(result) = polled else {
        record.wait(cx.waker());
        return Poll::Pending;
    };
    drop_body(body);
    let output = Output::new(result, || TaskRef::of_polled(pointer, cx));
    // A result that nobody will await is dropped here, where the task still counts as live.
    let output = if record.is_unawaited() {
        drop(output);
        Output::gone()
    } else {
        output
    };
    finish(record, Some(cx.waker()));
    Poll::Ready(output)
}

fn poll_scope<B: ScopedBody>(
    scope: Pin<&mut B>,
    record: &Record,
    cx: &mut Context<'_>,
) -> Poll<Result<B::Output, TaskError>> {
    match catch_unwind(AssertUnwindSafe(|| scope.poll_with(cx, record.requests()))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(Ok(value))) => Poll::Ready(Ok(value)),
        Ok(Poll::Ready(Err(Cancelled { reason }))) => Poll::Ready(Err(TaskError::Cancelled(reason))),
        Err(payload) => Poll::Ready(Err(TaskError::Panicked(PanicPayload::new(payload)))),
    }
}

/// Drops a body if it is still there.
fn drop_body<B>(mut body: Pin<&mut Option<B>>) {
    contain(|| body.set(None));
}

/// The task is over: nobody can cancel it from here on, and it does not count as live any more. `waker`: its own, if it is at hand.
pub(crate) fn finish(record: &Record, waker: Option<&Waker>) {
    record.requests().finish();
    record.end(waker);
}
