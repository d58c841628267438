//! How a yielder finds the slot of its stream: the streams that are being polled on this thread, innermost first.
//!
//! ```text
//!   CURRENT ──▶ frame of the inner stream ──outer──▶ frame of the outer stream ──outer──▶ null
//!                │ id, slot, waker                    │ id, slot, waker
//! ```
//!
//! A frame lies on the stack of the poll that made it, from [`enter`] until that poll returns or unwinds; then it is unlinked, wherever in the
//! chain it is by now. So the chain holds living frames only, even if code beneath us switches stacks between two polls and they end out of
//! order. A yielder knows an id, not an address. Ids are never used twice, so a yielder that has escaped finds nothing, and never
//! the slot of another stream.
//!
//! Only this thread touches its chain. The race to fear is none; the hazard is a frame of another type under the same id. It
//! cannot be: an [`Id`] carries the types of the slot, is not `Clone`, and gives one [`Key`].

use crate::slot::Slot;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr;
use core::task::Waker;
use motet_prim::atomic::{AtomicU64, Ordering};

motet_prim::global! {
    static LAST_ID: AtomicU64 = AtomicU64::new(0);
}

motet_prim::thread_local! {
    static CURRENT: Cell<*const Frame> = const { Cell::new(ptr::null()) };
}

/// The stream's half of an id: opens frames. It takes items out and puts what is sent in: its types may vary that way only, or a generator that is
/// sent `&'static str` could pass for one that is sent shorter-lived words.
pub(crate) struct Id<Y, R>(u64, PhantomData<fn(R) -> Y>);

/// The yielder's half: finds them, puts items in and takes out what was sent.
pub(crate) struct Key<Y, R>(u64, PhantomData<fn(Y) -> R>);

struct Frame {
    id: u64,
    /// A `Slot<Y, R>` of the types that the id was made with.
    slot: *const (),
    waker: *const Waker,
    outer: Cell<*const Self>,
}

/// A new id, never used before, in its two halves.
pub(crate) fn new_id<Y, R>() -> (Id<Y, R>, Key<Y, R>) {
    // Relaxed: the number itself is all there is to it.
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    (Id(id, PhantomData), Key(id, PhantomData))
}

/// Runs `poll` with this slot as that of the stream.
#[inline]
pub(crate) fn enter<Y, R, T>(id: &Id<Y, R>, slot: &Slot<Y, R>, waker: &Waker, poll: impl FnOnce() -> T) -> T {
    struct Leave<'a>(&'a Frame);
    impl Drop for Leave<'_> {
        #[inline]
        fn drop(&mut self) {
            CURRENT.with(|current| unlink(current, self.0));
        }
    }
    let frame = Frame { id: id.0, slot: ptr::from_ref(slot).cast(), waker, outer: Cell::new(CURRENT.with(Cell::get)) };
    CURRENT.with(|current| current.set(&raw const frame));
    let _leave = Leave(&frame);
    poll()
}

#[inline]
fn unlink(current: &Cell<*const Frame>, frame: &Frame) {
    if ptr::eq(current.get(), frame) {
        current.set(frame.outer.get());
    } else {
        unlink_from_within(current, frame);
    }
}

#[cold]
fn unlink_from_within(current: &Cell<*const Frame>, frame: &Frame) {
    let mut at = current.get();
    // SAFETY: every frame in the chain is alive: it leaves the chain before its stack does.
    while let Some(inner) = unsafe { at.as_ref() } {
        if ptr::eq(inner.outer.get(), frame) {
            inner.outer.set(frame.outer.get());
            return;
        }
        at = inner.outer.get();
    }
}

/// Lends the slot of a yielder's stream, and the waker it is polled with; `None` if that stream is not being polled on this thread.
#[inline]
pub(crate) fn with_slot<Y, R, T>(key: &Key<Y, R>, f: impl FnOnce(&Slot<Y, R>, &Waker) -> T) -> Option<T> {
    let mut at = CURRENT.with(Cell::get);
    // SAFETY: every frame in the chain is alive: it leaves the chain before its stack does.
    while let Some(frame) = unsafe { at.as_ref() } {
        if frame.id == key.0 {
            let slot: *const Slot<Y, R> = frame.slot.cast();
            // SAFETY: the frame was entered with the other half of this id, so the slot has these types up to lifetimes, and
            // the variance of the halves lets those differ one way only: items may live longer than the stream asks for, and
            // what is sent in longer than the yielder asks for. The slot lives at least as long as the frame.
            let slot = unsafe { &*slot };
            // SAFETY: `enter` borrows the waker for as long as the frame is in the chain.
            let waker = unsafe { &*frame.waker };
            return Some(f(slot, waker));
        }
        at = frame.outer.get();
    }
    None
}
