//! How a yielder finds the slot of its stream: the streams that are being polled on this thread, innermost first.
//!
//! ```text
//!   CURRENT ──▶ frame of the inner stream ──outer──▶ frame of the outer stream ──outer──▶ null
//!                │ id, waker, slot                    │ id, waker, slot
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

impl<Y, R> Key<Y, R> {
    /// The same key, for an emission: by value, so that nothing in the body points into it. What nobody can point at, the compiler may
    /// keep in registers while an item is on its way.
    #[inline]
    pub(crate) fn copy(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

/// What all frames begin with, whatever their types.
struct Frame {
    id: u64,
    waker: *const Waker,
    outer: Cell<*const Self>,
}

/// A frame and, behind it, the slot of the types that its id was made with.
#[repr(C)]
struct Framed<Y, R> {
    frame: Frame,
    slot: Slot<Y, R>,
}

/// A new id, never used before, in its two halves.
pub(crate) fn new_id<Y, R>() -> (Id<Y, R>, Key<Y, R>) {
    // Relaxed: the number itself is all there is to it.
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    (Id(id, PhantomData), Key(id, PhantomData))
}

/// Runs `poll` with a slot in which `sent` lies; gives what came of it and what is in the slot then.
#[inline]
pub(crate) fn enter<Y, R, T>(
    id: &Id<Y, R>,
    sent: Option<R>,
    waker: &Waker,
    poll: impl FnOnce() -> T,
) -> (T, Slot<Y, R>) {
    struct Leave<'a>(&'a Frame);
    impl Drop for Leave<'_> {
        #[inline]
        fn drop(&mut self) {
            CURRENT.with(|current| unlink(current, self.0));
        }
    }
    let framed = Framed {
        frame: Frame { id: id.0, waker, outer: Cell::new(CURRENT.with(Cell::get)) },
        slot: Slot { item: Cell::new(None), sent: Cell::new(sent) },
    };
    // A pointer to all of it, though it says that it is one to the frame.
    CURRENT.with(|current| current.set((&raw const framed).cast()));
    let leave = Leave(&framed.frame);
    let polled = poll();
    drop(leave);
    (polled, framed.slot)
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
            let framed: *const Framed<Y, R> = at.cast();
            // SAFETY: the frame was entered with the other half of this id, so the slot behind it has these types up to lifetimes, and
            // the variance of the halves lets those differ one way only: items may live longer than the stream asks for, and
            // what is sent in longer than the yielder asks for. The pointer came from one to all of it, and it is not written
            // to but through cells.
            let slot = unsafe { &(*framed).slot };
            // SAFETY: `enter` borrows the waker for as long as the frame is in the chain.
            let waker = unsafe { &*frame.waker };
            return Some(f(slot, waker));
        }
        at = frame.outer.get();
    }
    None
}
