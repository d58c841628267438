//! Where an item lies between the body that gives it and the poll that takes it.
//!
//! ```text
//!   empty ──offer──▶ full ──the poll of the stream ends──▶ taken by its consumer
//! ```

use crate::frame::{self, Key};
use core::cell::Cell;
use core::task::{Context, Poll};

/// The two ways of one poll: an item out, a value in.
pub(crate) struct Slot<Y, R> {
    pub(crate) item: Cell<Option<Y>>,
    pub(crate) sent: Cell<Option<R>>,
}

/// One emission: puts the item into the slot, then waits until the consumer has taken it; ready with what was sent in.
pub(crate) fn poll_emit<Y, R>(key: &Key<Y, R>, item: &mut Option<Y>, cx: &Context<'_>) -> Poll<Option<R>> {
    frame::with_slot(key, |slot, consumer| {
        let Some(given) = item.take() else {
            // The item is out; if it is still in the slot, this is one more poll by the same poll of the stream.
            return match slot.item.take() {
                None => Poll::Ready(slot.sent.take()),
                full @ Some(_) => {
                    slot.item.set(full);
                    come_back(cx, consumer)
                }
            };
        };
        match slot.item.take() {
            None => {
                slot.item.set(Some(given));
                // What was sent in before this item asked for it has no taker.
                drop(slot.sent.take());
            }
            full @ Some(_) => {
                slot.item.set(full);
                *item = Some(given);
            }
        }
        come_back(cx, consumer)
    })
    .unwrap_or_else(|| escaped())
}

/// The consumer polls the stream again for the next item, and the stream its body. Whatever stands between the two and polls only what was
/// woken (a `FuturesUnordered`, say) must be told.
fn come_back<T>(cx: &Context<'_>, consumer: &core::task::Waker) -> Poll<T> {
    if !cx.waker().will_wake(consumer) {
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
