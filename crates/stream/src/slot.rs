//! Where an item lies between the body that gives it and the poll that takes it.
//!
//! ```text
//!   empty ──offer──▶ full ──the poll of the stream ends──▶ taken by its consumer
//! ```

use crate::frame::{self, Key};
use core::cell::Cell;
use core::convert::Infallible;
use core::task::{Context, Poll, Waker};

/// The two ways of one poll: an item out, a value in. Where nothing can be sent, `R` is [`Infallible`], and takes no space.
pub(crate) struct Slot<Y, R> {
    pub(crate) item: Cell<Option<Y>>,
    pub(crate) sent: Cell<Option<R>>,
}

/// One emission: puts the item into the slot, and is ready when it is polled again.
///
/// A second poll by the same poll of the stream lets the body run on with the item still in the slot; its next emission then waits.
#[inline]
pub(crate) fn poll_emit<Y>(key: &Key<Y, Infallible>, item: &mut Option<Y>, cx: &Context<'_>) -> Poll<()> {
    let Some(offered) = item.take() else { return Poll::Ready(()) };
    lent(frame::with_slot(key, |slot, consumer| {
        slot.offer(offered, item);
        come_back(cx, consumer)
    }))
}

/// One emission that wants an answer: puts the item into the slot, then waits until the consumer has taken it; ready with what was sent in.
#[inline]
pub(crate) fn poll_exchange<Y, R>(key: &Key<Y, R>, item: &mut Option<Y>, cx: &Context<'_>) -> Poll<Option<R>> {
    lent(frame::with_slot(key, |slot, consumer| {
        if let Some(offered) = item.take() {
            slot.offer(offered, item);
        } else if !slot.is_full() {
            return Poll::Ready(slot.sent.take());
        }
        // One more poll by the same poll of the stream, if it is full.
        come_back(cx, consumer)
    }))
}

impl<Y, R> Slot<Y, R> {
    /// Puts the item into the slot; back to where it came from if that is full.
    #[inline]
    fn offer(&self, item: Y, from: &mut Option<Y>) {
        if self.is_full() {
            *from = Some(item);
            return;
        }
        self.item.set(Some(item));
        // What was sent in before this item asked for it has no taker.
        drop(self.sent.take());
    }

    #[inline]
    fn is_full(&self) -> bool {
        // SAFETY: the cell is this thread's, and nobody writes to it while this looks.
        unsafe { (*self.item.as_ptr()).is_some() }
    }
}

#[inline]
fn lent<T>(polled: Option<Poll<T>>) -> Poll<T> {
    match polled {
        Some(polled) => polled,
        None => escaped(),
    }
}

/// The consumer polls the stream again for the next item, and the stream its body. Whatever stands between the two and polls only what was
/// woken (a `FuturesUnordered`, say) must be told.
#[inline]
fn come_back<T>(cx: &Context<'_>, consumer: &Waker) -> Poll<T> {
    // Most often it is the very same, handed down.
    if !core::ptr::eq(cx.waker(), consumer) && !cx.waker().will_wake(consumer) {
        cx.waker().wake_by_ref();
    }
    Poll::Pending
}

#[cold]
fn escaped() -> ! {
    panic!(
        "a yielder was used outside of its stream: `emit` works while the stream that the yielder was made for is being polled, in \
         the task that polls it; do not send it to another task or keep it beyond the stream"
    );
}
