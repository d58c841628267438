//! A future in a frame of its own: a scope that nobody can cancel.

use super::kind::Kind;
use super::run::{Ending, Run};
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project_lite::pin_project! {
    /// Runs a body in a frame; ready when what the body handed over has ended too.
    pub(crate) struct Framed<F: Future, K: Kind> {
        #[pin]
        run: Run<F, K>,
    }
}

impl<F: Future, K: Kind> Framed<F, K> {
    pub(crate) const fn new(body: F) -> Self {
        Self { run: Run::new(body) }
    }
}

impl<F: Future, K: Kind> From<Run<F, K>> for Framed<F, K> {
    fn from(run: Run<F, K>) -> Self {
        Self { run }
    }
}

impl<F: Future, K: Kind> Future for Framed<F, K> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match ready!(self.project().run.poll_run(cx)) {
            Ok(Ending::Returned(output)) => Poll::Ready(output),
            Ok(Ending::Cancelled(_) | Ending::Panicked) => {
                unreachable!("nobody can cancel it, and a panic is an `Err`")
            }
            Err(panic) => resume_unwind(panic),
        }
    }
}
