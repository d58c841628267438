//! `finally`: a future, and a cleanup that is run whatever happens to it.

use crate::frame::{After, Framed, Sendable};
use crate::guard::{Guard, guard};
use crate::outcome::Outcome;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Runs `body`, then `cleanup`: after a return, a panic, a cancel, or a drop alike. Python: `try`/`finally`.
///
/// To know how the body ended, or to own a resource, take a [`guard`].
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::finally;
/// use std::sync::mpsc;
///
/// let (log, said) = mpsc::channel();
/// let body_log = log.clone();
/// let work = finally(
///     async move { body_log.send("body").unwrap() },
///     async move { log.send("cleanup").unwrap() },
/// );
/// block_on(work);
/// assert_eq!(said.iter().collect::<Vec<_>>(), ["body", "cleanup"]);
/// ```
///
/// # Cancel safety
///
/// Nothing is lost: dropped at any point, before its first poll too, it drops the body and hands the cleanup over.
pub fn finally<F, C>(body: F, cleanup: C) -> Finally<F, C>
where
    F: Future,
    C: Future<Output = ()> + Send + 'static,
{
    let cleanup = guard(cleanup, run as Run<C>);
    Finally { framed: Framed::new(Steps { body: Some(body), output: None, cleanup: Some(cleanup), closing: None }) }
}

/// The exit of a guard whose resource is the cleanup itself.
type Run<C> = fn(C, Outcome) -> C;

fn run<C>(cleanup: C, _outcome: Outcome) -> C {
    cleanup
}

pin_project_lite::pin_project! {
    /// A body and its cleanup; given by [`finally`].
    ///
    /// Panics with the first panic of the body or the cleanup, once both have ended.
    #[must_use = "futures do nothing unless polled"]
    pub struct Finally<F: Future, C> {
        #[pin]
        framed: Framed<Steps<F, C>, Sendable>,
    }
}

impl<F: Future, C> Future for Finally<F, C> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().framed.poll(cx)
    }
}

impl<F: Future, C> fmt::Debug for Finally<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finally").finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    // The fields in the order in which they are dropped: the body before the cleanup.
    struct Steps<F: Future, C> {
        #[pin]
        body: Option<F>,
        output: Option<F::Output>,
        cleanup: Option<Guard<C, Run<C>>>,
        closing: Option<After<Sendable>>,
    }
}

impl<F: Future, C> Future for Steps<F, C> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(body) = this.body.as_mut().as_pin_mut() {
            *this.output = Some(ready!(body.poll(cx)));
            this.body.set(None);
        }
        if let Some(cleanup) = this.cleanup.take() {
            *this.closing = Some(cleanup.end(Outcome::Returned));
        }
        if let Some(closing) = this.closing {
            ready!(Pin::new(closing).poll(cx));
            *this.closing = None;
        }
        Poll::Ready(this.output.take().expect("polled after completion"))
    }
}
