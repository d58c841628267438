//! The polled part of a scope: the body and what it handed over.

use super::Word;
use super::ledger::{Glance, Ledger, Store};
use crate::frame::{Cause, Ending, Kind, Local, Run, Sendable, Step};
use crate::panic::Payload;
use crate::reason::Cancelled;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// A scope's state machine without its word, which the caller keeps and passes to each poll: a [`CancelWord`](super::CancelWord) or
    /// [`Requests`](super::Requests).
    ///
    /// For executors: `Send` if the future and its output are. A pointer and a tag wider than the future. A poll of an uncancelled body costs one
    /// relaxed load, and the writes of one thread-local byte in and out; nothing is allocated until something is handed over.
    /// Dropped, it drops the future in a frame, and hands what is left to the enclosing frame, else to the reaper.
    ///
    /// ```
    /// use motet_cancel::{Cancelled, Reason, raw::{Body, CancelWord}};
    /// use std::{future::pending, pin::pin, task::{Context, Poll, Waker}};
    ///
    /// let (word, mut body) = (CancelWord::new(), pin!(Body::new(pending::<()>())));
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(body.as_mut().poll_with(&mut cx, &word).is_pending());
    /// word.cancel(Reason::from("enough"));
    /// let cancelled = Cancelled { reason: Reason::from("enough") };
    /// assert_eq!(body.poll_with(&mut cx, &word), Poll::Ready(Err(cancelled)));
    /// ```
    pub struct Body<F: Future> {
        #[pin]
        run: Run<F, Sendable>,
    }
}

pin_project_lite::pin_project! {
    /// A [`Body`] for futures that are not `Send`: its frame takes local work as well.
    pub struct LocalBody<F: Future> {
        #[pin]
        run: Run<F, Local>,
    }
}

impl<F: Future> Body<F> {
    /// A body that has not been polled.
    #[must_use]
    pub const fn new(future: F) -> Self {
        Self { run: Run::new(future) }
    }

    /// Polls: reads the word, then polls the future and what it handed over. Ready when all of that has ended; `word` is finished then.
    ///
    /// # Panics
    ///
    /// With the first panic of the future, its drop, or an exit, once everything has ended; and if polled after completion.
    #[inline]
    pub fn poll_with<W: Word>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        word: &W,
    ) -> Poll<Result<F::Output, Cancelled>> {
        poll_scope(self.project().run, cx, word)
    }
}

impl<F: Future> LocalBody<F> {
    /// A body that has not been polled.
    #[must_use]
    pub const fn new(future: F) -> Self {
        Self { run: Run::new(future) }
    }

    /// Polls: reads the word, then polls the future and what it handed over. Ready when all of that has ended; `word` is finished then.
    ///
    /// # Panics
    ///
    /// With the first panic of the future, its drop, or an exit, once everything has ended; and if polled after completion.
    #[inline]
    pub fn poll_with<W: Word>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        word: &W,
    ) -> Poll<Result<F::Output, Cancelled>> {
        poll_scope(self.project().run, cx, word)
    }
}

impl<F: Future> fmt::Debug for Body<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

impl<F: Future> fmt::Debug for LocalBody<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalBody").finish_non_exhaustive()
    }
}

/// Polls a scope: reads the word, then polls the body and what it handed over.
#[inline]
fn poll_scope<F: Future, K: Kind, W: Word>(
    mut run: Pin<&mut Run<F, K>>,
    cx: &mut Context<'_>,
    word: &W,
) -> Poll<Result<F::Output, Cancelled>> {
    let mut glance = Glance::of(word.state());
    loop {
        if glance.is_urgent() {
            attend(run.as_mut(), cx, &word.ledger());
        }
        match run.as_mut().poll_body(cx) {
            Step::Pending => {}
            Step::Returned(output) => {
                word.finish();
                return Poll::Ready(Ok(output));
            }
            Step::Rest => {
                if let Poll::Ready(ended) = run.as_mut().poll_rest(cx) {
                    word.finish();
                    return Poll::Ready(conclude(ended));
                }
            }
        }
        if word.is_heard_by(glance, cx.waker()) {
            return Poll::Pending;
        }
        glance = word.listen(cx.waker());
        // Do not delete: a cancel before the registration found no waker to call.
        if !glance.has_news() {
            return Poll::Pending;
        }
    }
}

#[inline]
fn conclude<T>(ended: Result<Ending<T>, Payload>) -> Result<T, Cancelled> {
    match ended {
        Ok(Ending::Returned(output)) => Ok(output),
        Ok(Ending::Cancelled(reason)) => Err(Cancelled { reason }),
        Ok(Ending::Panicked) => unreachable!("a panic is an `Err`"),
        Err(panic) => resume_unwind(panic),
    }
}

/// Acts on what the cancellers asked since the last poll, and asks the limits of the grace: at the first that is ready, drops what still runs.
#[cold]
fn attend<F: Future, K: Kind, S: Store>(mut run: Pin<&mut Run<F, K>>, cx: &mut Context<'_>, ledger: &Ledger<'_, S>) {
    let (cancelled, limits) = ledger.take_news(run.is_running());
    if let Some(reason) = cancelled {
        run.as_mut().end(Ending::Cancelled(reason.clone()), Cause::Cancelled(&reason));
    }
    if !limits.poll(cx) {
        return;
    }
    if !run.is_running() {
        run.expire(Ending::Panicked);
    } else if let Some(reason) = ledger.take_cancel() {
        run.expire(Ending::Cancelled(reason));
    }
}
