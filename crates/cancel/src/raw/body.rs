//! The polled part of a scope: the body, what it handed over, and the grace it was given.

use super::word::{CancelWord, Limit};
use crate::frame::{Cause, Ending, Kind, Local, Run, Sendable};
use crate::panic::silence;
use crate::reason::Cancelled;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pin_project_lite::pin_project! {
    /// A scope's state machine without its [`CancelWord`], which the caller keeps and passes to each poll.
    ///
    /// For executors: `Send` if the future and its output are. A poll of an uncancelled body costs one relaxed load and the swap of a
    /// small thread-local; nothing is allocated until something is handed over.
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
        cancellable: Cancellable<F, Sendable>,
    }
}

pin_project_lite::pin_project! {
    /// A [`Body`] for futures that are not `Send`: its frame takes local work as well.
    pub struct LocalBody<F: Future> {
        #[pin]
        cancellable: Cancellable<F, Local>,
    }
}

impl<F: Future> Body<F> {
    /// A body that has not been polled.
    #[must_use]
    pub const fn new(future: F) -> Self {
        Self { cancellable: Cancellable::new(future) }
    }

    /// Polls: reads the word, then polls the future and what it handed over. Ready when all of that has ended; `word` is finished then.
    ///
    /// # Panics
    ///
    /// With the first panic of the future, its drop, or an exit, once everything has ended; and if polled after completion.
    pub fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        word: &CancelWord,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.project().cancellable.poll_with(cx, word)
    }
}

impl<F: Future> LocalBody<F> {
    /// A body that has not been polled.
    #[must_use]
    pub const fn new(future: F) -> Self {
        Self { cancellable: Cancellable::new(future) }
    }

    /// Polls: reads the word, then polls the future and what it handed over. Ready when all of that has ended; `word` is finished then.
    ///
    /// # Panics
    ///
    /// With the first panic of the future, its drop, or an exit, once everything has ended; and if polled after completion.
    pub fn poll_with(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        word: &CancelWord,
    ) -> Poll<Result<F::Output, Cancelled>> {
        self.project().cancellable.poll_with(cx, word)
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

/// The waker that the word holds a clone of, by its parts: comparing them needs no lock. As long as the word holds the clone, no
/// other waker can have the same parts and mean another task.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts {
    data: usize,
    vtable: usize,
}

impl Parts {
    const NONE: Self = Self { data: 0, vtable: 0 };

    fn of(waker: &Waker) -> Self {
        Self { data: waker.data() as usize, vtable: std::ptr::from_ref(waker.vtable()) as usize }
    }
}

pin_project_lite::pin_project! {
    struct Cancellable<F: Future, K: Kind> {
        #[pin]
        run: Run<F, K>,
        registered: Parts,
        grace: Option<Box<Grace>>,
    }
}

/// The limits of the grace that was given: the first that is ready counts.
#[derive(Default)]
struct Grace {
    limits: Vec<Limit>,
}

impl Drop for Grace {
    /// Limits are foreign futures, and a scope's drop does not panic.
    fn drop(&mut self) {
        let limits = std::mem::take(&mut self.limits);
        silence(|| drop(limits));
    }
}

impl<F: Future, K: Kind> Cancellable<F, K> {
    const fn new(future: F) -> Self {
        Self { run: Run::new(future), registered: Parts::NONE, grace: None }
    }

    fn poll_with(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        word: &CancelWord,
    ) -> Poll<Result<F::Output, Cancelled>> {
        let mut glance = word.glance();
        loop {
            if glance.has_news() {
                self.as_mut().attend(word);
            }
            if self.grace.is_some() {
                self.as_mut().poll_limits(cx, word);
            }
            let this = self.as_mut().project();
            match this.run.poll_run(cx) {
                Poll::Ready(ended) => {
                    word.finish();
                    return Poll::Ready(match ended {
                        Ok(Ending::Returned(output)) => Ok(output),
                        Ok(Ending::Cancelled(reason)) => Err(Cancelled { reason }),
                        Ok(Ending::Panicked) => unreachable!("a panic is an `Err`"),
                        Err(panic) => resume_unwind(panic),
                    });
                }
                Poll::Pending => {
                    let parts = Parts::of(cx.waker());
                    if glance.has_waker() && *this.registered == parts {
                        return Poll::Pending;
                    }
                    *this.registered = parts;
                    glance = word.register(cx.waker());
                    // Do not delete: a cancel before the registration found no waker to call.
                    if !glance.has_news() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Acts on what the cancellers asked since the last poll.
    fn attend(self: Pin<&mut Self>, word: &CancelWord) {
        let this = self.project();
        let news = word.take_news(this.run.is_running());
        if news.forget {
            *this.grace = None;
        }
        if !news.limits.is_empty() {
            this.grace.get_or_insert_default().limits.extend(news.limits);
        }
        if let Some(reason) = news.cancelled {
            this.run.end(Ending::Cancelled(reason.clone()), Cause::Cancelled(reason));
        }
    }

    /// Polls the limits of the grace; at the first that is ready, drops what still runs.
    fn poll_limits(self: Pin<&mut Self>, cx: &mut Context<'_>, word: &CancelWord) {
        let this = self.project();
        let Some(grace) = this.grace else { return };
        if !grace.limits.iter_mut().any(|limit| limit.as_mut().poll(cx).is_ready()) {
            return;
        }
        *this.grace = None;
        if !this.run.is_running() {
            this.run.expire(Ending::Panicked);
        } else if let Some(reason) = word.take_cancel() {
            this.run.expire(Ending::Cancelled(reason));
        }
    }
}
