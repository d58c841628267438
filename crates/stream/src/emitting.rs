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

    /// Polls the body: an item if it has emitted one, and whether it has ended, with its output unless that was given before.
    ///
    /// `sent` is what was sent in; it is empty afterwards if an emission took it.
    #[inline]
    pub(crate) fn poll_item(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        sent: &mut Option<R>,
    ) -> (Option<Y>, Poll<Option<F::Output>>) {
        let this = self.project();
        let mut body = this.body;
        let Some(running) = body.as_mut().as_pin_mut() else { return (None, Poll::Ready(None)) };
        let waker = cx.waker();
        let (polled, slot) =
            frame::enter(this.id, sent.take(), waker, || running.poll(&mut Context::from_waker(waker)));
        *sent = slot.sent.into_inner();
        if polled.is_ready() {
            body.set(None);
        }
        (slot.item.into_inner(), polled.map(Some))
    }
}
