//! An item's way from a body to its consumer, with the checks that a yielder needs and nothing else.
//!
//! An emission asks whether the stream being polled is its own, whether that still takes an item, and whether it is polled with the consumer's waker; the poll
//! that ends asks whether it is still the one. One stream at a time, numbers only: with streams within streams, or items of any
//! type, there is more to do.

use futures::Stream;
use motet_prim::atomic::{AtomicU64, Ordering};
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker};

/// The poll that is in progress on this thread.
struct Current {
    /// The stream's id, which is even and not zero; one more once there is an item; 0 if no stream is being polled.
    turn: Cell<u64>,
    consumer: Cell<*const Waker>,
    item: Cell<u32>,
}

std::thread_local! {
    static CURRENT: Current = const { Current { turn: Cell::new(0), consumer: Cell::new(ptr::null()), item: Cell::new(0) } };
}

static LAST_ID: AtomicU64 = AtomicU64::new(0);

pin_project! {
    struct Checked<F> {
        id: u64,
        #[pin]
        body: Option<F>,
    }
}

/// Emits the numbers of one stream.
pub(crate) struct Yielder(u64);

struct Emit {
    id: u64,
    item: Option<u32>,
}

/// A stream of the numbers that the body emits.
pub(crate) fn stream<F: Future<Output = ()>>(f: impl FnOnce(Yielder) -> F) -> impl Stream<Item = u32> {
    // Relaxed: the number itself is all there is to it.
    let id = LAST_ID.fetch_add(2, Ordering::Relaxed) + 2;
    Checked { id, body: Some(f(Yielder(id))) }
}

impl Yielder {
    #[inline]
    pub(crate) fn emit(&mut self, item: u32) -> impl Future<Output = ()> + use<> {
        Emit { id: self.0, item: Some(item) }
    }
}

impl Future for Emit {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(item) = self.item.take() else { return Poll::Ready(()) };
        CURRENT.with(|current| {
            if current.turn.get() != self.id {
                not_for_this_floor();
            }
            current.item.set(item);
            current.turn.set(self.id + 1);
            if !ptr::eq(current.consumer.get(), cx.waker()) {
                not_for_this_floor();
            }
        });
        Poll::Pending
    }
}

impl<F: Future<Output = ()>> Stream for Checked<F> {
    type Item = u32;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        /// Unwinding: no stream is being polled any more.
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.with(|current| current.turn.set(0));
            }
        }
        let this = self.project();
        let mut body = this.body;
        let Some(running) = body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        CURRENT.with(|current| {
            if current.turn.get() != 0 {
                not_for_this_floor();
            }
            current.turn.set(*this.id);
            current.consumer.set(cx.waker());
        });
        let leave = Leave;
        let polled = running.poll(cx);
        std::mem::forget(leave);
        let item = CURRENT.with(|current| {
            if current.turn.get() == *this.id + 1 {
                current.turn.set(0);
                return Some(current.item.get());
            }
            if current.turn.get() != *this.id {
                not_for_this_floor();
            }
            current.turn.set(0);
            None
        });
        if polled.is_ready() {
            body.set(None);
        }
        match item {
            Some(item) => Poll::Ready(Some(item)),
            None => polled.map(|()| None),
        }
    }
}

#[cold]
fn not_for_this_floor() -> ! {
    panic!("a stream within a stream, a yielder outside of its stream, or a waker that is not the consumer's");
}
