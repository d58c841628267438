//! The future that async-task polls: it drives the body inside its cancel scope, and nothing unwinds out of it.
//!
//! ```text
//!   Some(body) ── pending ──▶ Some(body)
//!        │
//!        ├─ completed, cancelled, panicked ────────────▶ Some(what is left of it: nothing foreign), result given, record ended
//!        └─ dropped by its executor ─────────────────────▶ None, record ended
//! ```
//!
//! The race to fear: the record ends (and with it, perhaps, the executor) while the body is still there. So the body is
//! always dropped first, and the record is ended last.

use super::reference::as_current;
use super::{Output, Place, Rare, Record, RecordPointer, TaskRef, contain};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use motet_cancel::raw::{Body, LocalBody, Requests};
use motet_cancel::{Cancelled, PanicPayload, TaskError};
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
            // SAFETY: async-task drops the future before the metadata beside it.
            let record = unsafe { this.record.as_ref() };
            if !record.is_finished() {
                drop_body(this.body);
                record.end(None);
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
        poll_body(this.body, *this.record, cx, |_| {})
    }
}

/// A body in its scope: one that is `Send`, or one that is not.
pub(crate) trait ScopedBody {
    /// What the body gives.
    type Output;

    /// Polls the body and what it handed over.
    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests<Rare, Place>,
    ) -> Poll<Result<Self::Output, Cancelled>>;
}

impl<F: Future> ScopedBody for Body<F> {
    type Output = F::Output;

    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests<Rare, Place>,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.poll_with(cx, &requests.unfinished())
    }
}

impl<F: Future> ScopedBody for LocalBody<F> {
    type Output = F::Output;

    fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        requests: &Requests<Rare, Place>,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.poll_with(cx, &requests.unfinished())
    }
}

/// Polls a task's body; on its end ends the record, and gives the result. What is left of the body then is empty. If it is pending, `hold` is shown
/// the task's waker: here, since a result that is looked at on its way is copied.
#[inline]
pub(crate) fn poll_body<B: ScopedBody>(
    body: Pin<&mut Option<B>>,
    pointer: RecordPointer,
    cx: &mut Context<'_>,
    hold: impl FnOnce(&Waker),
) -> Poll<Output<B::Output>> {
    // SAFETY: async-task polls the future while the task lives, and the record lies beside the future.
    let record = unsafe { pointer.as_ref() };
    // Its executor may have taken the body away while a wake was on its way.
    let Some(scope) = body.as_pin_mut() else {
        let gone = TaskError::Cancelled(record.reason_to_go());
        return Poll::Ready(conclude(record, pointer, Err(gone), cx));
    };
    record.begin_poll();
    let waker = cx.waker();
    let poll = || catch_unwind(AssertUnwindSafe(|| scope.poll_with(cx, record.requests())));
    // SAFETY: async-task polls its task's future with that task's waker.
    match unsafe { as_current(waker, poll) } {
        Ok(Poll::Pending) => {
            record.wait(waker);
            hold(waker);
            Poll::Pending
        }
        Ok(Poll::Ready(Ok(value))) => {
            // A result that nobody will await is dropped here, where the task still counts as live.
            let output = if record.is_unawaited() { Output::dropped(value) } else { Output::of(value) };
            record.end(Some(waker));
            Poll::Ready(output)
        }
        Ok(Poll::Ready(Err(Cancelled { reason }))) => {
            Poll::Ready(conclude(record, pointer, Err(TaskError::Cancelled(reason)), cx))
        }
        Err(payload) => {
            Poll::Ready(conclude(record, pointer, Err(TaskError::Panicked(PanicPayload::new(payload))), cx))
        }
    }
}

/// The end of a task that has no value to give.
#[cold]
fn conclude<T>(record: &Record, pointer: RecordPointer, result: Result<T, TaskError>, cx: &Context<'_>) -> Output<T> {
    let mut output = Output::new(result, || TaskRef::of_polled(pointer, cx));
    if record.is_unawaited() {
        output = Output::gone();
    }
    record.end(Some(cx.waker()));
    output
}

/// Drops a body if it is still there.
fn drop_body<B>(mut body: Pin<&mut Option<B>>) {
    contain(|| body.set(None));
}
