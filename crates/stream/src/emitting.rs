//! A body that emits: what streams and generators have in common.

use crate::frame::{self, Id};
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

pin_project! {
    pub(crate) struct Emitting<Y, R, F> {
        id: Id<Y, R>,
        // `None`: it has ended, and was dropped.
        #[pin]
        body: Option<F>,
    }
}

impl<Y, R, F: Future> Emitting<Y, R, F> {
    pub(crate) fn new(id: Id<Y, R>, body: F) -> Self {
        Self { id, body: Some(body) }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.body.is_none()
    }

    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.has_ended().then_some(0))
    }

    /// Polls the body for an item; gives its output, too, when it ends, with or without a last item.
    ///
    /// `sent` is what was sent in; it is empty afterwards if an emission took it.
    #[inline(always)]
    pub(crate) fn poll_item(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        sent: &mut Option<R>,
    ) -> (Poll<Option<Y>>, Option<F::Output>) {
        let this = self.project();
        let mut body = this.body;
        let Some(running) = body.as_mut().as_pin_mut() else { return (Poll::Ready(None), None) };
        let waker = cx.waker();
        let (polled, output) = frame::enter(this.id, sent, waker, || running.poll(&mut Context::from_waker(waker)));
        if output.is_some() {
            body.set(None);
        }
        (polled, output)
    }
}
