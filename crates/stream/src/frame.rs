//! How an item gets from a yielder to its stream: the streams that are being polled on this thread, innermost first.
//!
//! ```text
//!   CURRENT ──▶ frame of the inner stream ──outer──▶ frame of the outer stream ──outer──▶ NOBODY ──outer──▶ null
//!                │ turn, consumer, slot               │ turn, consumer, slot               │ turn 0
//!
//!   a frame's turn:   id ──an emission puts its item into the slot──▶ -id ──the poll of the stream ends──▶ taken by its consumer
//!                   empty                                            full
//! ```
//!
//! A frame lies on the stack of the poll that made it, from [`enter`] until that poll returns or unwinds; then it is unlinked, wherever in the
//! chain it is by now. So the chain holds living frames only, even if code beneath us switches stacks between two polls and they end out of
//! order. A yielder knows an id, not an address. Ids are never used twice, so a yielder that has escaped finds nothing, and never
//! the slot of another stream.
//!
//! Nearly every emission finds its stream innermost, empty, and polled with the very waker that the emission is polled with. One word says the first
//! two, and the end of the chain is a frame too; so that way is straight, and everything else is one way out of it.
//!
//! Only this thread touches its chain. The race to fear is none; the hazard is a frame of another type under the same id. It
//! cannot be: an [`Id`] carries the types of the slot, is not `Clone`, and gives one [`Key`].

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::task::{Context, Poll, Waker};
use motet_prim::atomic::{AtomicU64, Ordering};

motet_prim::global! {
    static LAST_ID: AtomicU64 = AtomicU64::new(0);
}

/// What every chain ends with.
static NOBODY: Nobody =
    Nobody(Frame { turn: Cell::new(Turn(0)), consumer: ptr::null(), outer: Cell::new(ptr::null()) });

motet_prim::thread_local! {
    static CURRENT: Cell<*const Frame> = const { Cell::new(&raw const NOBODY.0) };
}

struct Nobody(Frame);

// SAFETY: nobody writes to it. A turn is written where it is that of a key, which is never zero, and `outer` in the frame around which
// there is one that leaves, and nothing is around this.
unsafe impl Sync for Nobody {}

/// The stream's half of an id: opens frames. It takes items out and puts what is sent in: its types may vary that way only, or a generator that is
/// sent `&'static str` could pass for one that is sent shorter-lived words.
pub(crate) struct Id<Y, R>(Turn, PhantomData<fn(R) -> Y>);

/// The yielder's half: finds them, puts items in and takes out what was sent.
pub(crate) struct Key<Y, R>(Turn, PhantomData<fn(Y) -> R>);

impl<Y, R> Key<Y, R> {
    /// The same key, for an emission: by value, so that nothing in the body points into it. What nobody can point at, the compiler may
    /// keep in registers while an item is on its way.
    #[inline]
    pub(crate) fn copy(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

/// Whose frame it is, and whether there is an item in its slot: the id while there is none, the id below zero once there is one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Turn(i64);

impl Turn {
    fn full(self) -> Self {
        Self(-self.0)
    }

    fn is_full(self) -> bool {
        self.0 < 0
    }
}

/// What all frames begin with, whatever their types.
struct Frame {
    turn: Cell<Turn>,
    consumer: *const Waker,
    outer: Cell<*const Self>,
}

/// A frame and, behind it, the slot of the types that its id was made with.
#[repr(C)]
struct Framed<Y, R> {
    frame: Frame,
    /// There is one if the turn says so.
    item: Cell<MaybeUninit<Y>>,
    /// Where nothing can be sent, `R` is [`Infallible`](core::convert::Infallible), and takes no space.
    sent: Cell<Option<R>>,
}

/// A new id, never used before, in its two halves.
pub(crate) fn new_id<Y, R>() -> (Id<Y, R>, Key<Y, R>) {
    // Relaxed: the number itself is all there is to it.
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    // What the compiler knows to be no less than zero it need not take for full.
    let empty = Turn((id & i64::MAX as u64) as i64);
    (Id(empty, PhantomData), Key(empty, PhantomData))
}

/// Polls a body by `poll`, in a frame in whose slot `sent` lies: an item if there is one then, and the body's output if it has ended.
///
/// `sent` is empty afterwards if an emission took it.
#[inline(always)]
pub(crate) fn enter<Y, R, T>(
    id: &Id<Y, R>,
    sent: &mut Option<R>,
    consumer: &Waker,
    poll: impl FnOnce() -> Poll<T>,
) -> (Poll<Option<Y>>, Option<T>) {
    struct Unwinding<'a, Y, R>(&'a Framed<Y, R>);
    impl<Y, R> Drop for Unwinding<'_, Y, R> {
        #[cold]
        fn drop(&mut self) {
            self.0.frame.leave();
            drop(self.0.take());
        }
    }
    let framed = Framed {
        frame: Frame { turn: Cell::new(id.0), consumer, outer: Cell::new(CURRENT.with(Cell::get)) },
        item: Cell::new(MaybeUninit::uninit()),
        sent: Cell::new(sent.take()),
    };
    // A pointer to all of it, though it says that it is one to the frame.
    CURRENT.with(|current| current.set((&raw const framed).cast()));
    let unwinding = Unwinding(&framed);
    let polled = poll();
    mem::forget(unwinding);
    // What is the same in both arms is there twice: an item's way has no fork behind it then.
    match polled {
        Poll::Pending => {
            framed.frame.leave();
            let Some(item) = framed.take() else {
                *sent = framed.sent.into_inner();
                return (Poll::Pending, None);
            };
            *sent = framed.sent.into_inner();
            (Poll::Ready(Some(item)), None)
        }
        Poll::Ready(output) => {
            framed.frame.leave();
            let item = framed.take();
            *sent = framed.sent.into_inner();
            (Poll::Ready(item), Some(output))
        }
    }
}

impl Frame {
    /// Out of the chain.
    #[inline]
    fn leave(&self) {
        if ptr::eq(CURRENT.with(Cell::get), self) {
            CURRENT.with(|current| current.set(self.outer.get()));
        } else {
            self.leave_from_within();
        }
    }

    #[cold]
    fn leave_from_within(&self) {
        let mut at = CURRENT.with(Cell::get);
        // SAFETY: every frame in the chain is alive: it leaves the chain before its stack does.
        while let Some(inner) = unsafe { at.as_ref() } {
            if ptr::eq(inner.outer.get(), self) {
                inner.outer.set(self.outer.get());
                return;
            }
            at = inner.outer.get();
        }
    }
}

impl<Y, R> Framed<Y, R> {
    /// Puts an item into the slot, which is empty.
    #[inline(always)]
    fn put(&self, item: Y) {
        self.item.set(MaybeUninit::new(item));
        self.frame.turn.set(self.frame.turn.get().full());
        // What was sent in before this item asked for it has no taker.
        drop(self.sent.take());
    }

    /// Takes out what is in the slot, at the end of the poll.
    #[inline(always)]
    fn take(&self) -> Option<Y> {
        if !self.frame.turn.get().is_full() {
            return None;
        }
        self.frame.turn.set(Turn(0));
        // SAFETY: a full turn is written with an item only, and it was not full any more if the item was taken before.
        Some(unsafe { self.item.replace(MaybeUninit::uninit()).assume_init() })
    }
}

/// One emission: puts the item into the slot of the yielder's stream; gives it back if that is full. The emission is pending then.
///
/// # Panics
///
/// If the stream is not being polled on this thread.
#[inline(always)]
pub(crate) fn offer<Y, R>(key: &Key<Y, R>, item: Y, cx: &Context<'_>) -> Option<Y> {
    let at = CURRENT.with(Cell::get);
    // SAFETY: there is always one, and every frame in the chain is alive: it leaves the chain before its stack does.
    let frame = unsafe { &*at };
    if frame.turn.get() == key.0 && ptr::eq(frame.consumer, cx.waker()) {
        // SAFETY: it has the key's turn; see `slot_of`.
        unsafe { slot_of(key, at) }.put(item);
        return None;
    }
    // By value, all that lies in the emission: what nobody points at may stay in registers.
    offer_elsewhere(key.copy(), item, cx)
}

#[cold]
#[inline(never)]
fn offer_elsewhere<Y, R>(key: Key<Y, R>, item: Y, cx: &Context<'_>) -> Option<Y> {
    with_slot(&key, |slot, consumer| {
        let refused = if slot.frame.turn.get().is_full() {
            Some(item)
        } else {
            slot.put(item);
            None
        };
        come_back(cx, consumer);
        refused
    })
}

/// The answer to an item that was put into the slot: pending until the consumer has taken that, then what was sent in.
///
/// # Panics
///
/// As [`offer`].
#[inline]
pub(crate) fn answer<Y, R>(key: &Key<Y, R>, cx: &Context<'_>) -> Poll<Option<R>> {
    with_slot(key, |slot, consumer| {
        if slot.frame.turn.get().is_full() {
            // One more poll by the same poll of the stream.
            come_back(cx, consumer);
            return Poll::Pending;
        }
        Poll::Ready(slot.sent.take())
    })
}

/// Lends the slot of a yielder's stream, and the waker that stream is polled with.
#[inline]
fn with_slot<Y, R, T>(key: &Key<Y, R>, f: impl FnOnce(&Framed<Y, R>, &Waker) -> T) -> T {
    let mut at = CURRENT.with(Cell::get);
    // SAFETY: every frame in the chain is alive: it leaves the chain before its stack does.
    while let Some(frame) = unsafe { at.as_ref() } {
        if frame.turn.get() == key.0 || frame.turn.get() == key.0.full() {
            // SAFETY: it has the key's turn; see `slot_of`.
            let slot = unsafe { slot_of(key, at) };
            // SAFETY: `enter` borrows the waker for as long as the frame is in the chain.
            let consumer = unsafe { &*frame.consumer };
            return f(slot, consumer);
        }
        at = frame.outer.get();
    }
    escaped()
}

/// The frame of a key's stream with the slot behind it.
///
/// # Safety
///
/// `at` is in the chain, and has the key's turn. So it was entered with the other half of the key's id, and the slot behind it has these types up to
/// lifetimes. The variance of the halves lets those differ one way only: items may live longer than the stream asks for, and what is sent in
/// longer than the yielder asks for. The pointer came from one to all of it, and it is not written to but through cells.
#[inline]
unsafe fn slot_of<'a, Y, R>(_: &Key<Y, R>, at: *const Frame) -> &'a Framed<Y, R> {
    // SAFETY: as above.
    unsafe { &*at.cast() }
}

/// The consumer polls the stream again for the next item, and the stream its body. Whatever stands between the two and polls only what was
/// woken (a `FuturesUnordered`, say) must be told.
#[inline]
fn come_back(cx: &Context<'_>, consumer: &Waker) {
    if !cx.waker().will_wake(consumer) {
        cx.waker().wake_by_ref();
    }
}

#[cold]
fn escaped() -> ! {
    panic!(
        "a yielder was used outside of its stream: `emit` works while the stream that the yielder was made for is being polled, in \
         the task that polls it; do not send it to another task or keep it beyond the stream"
    );
}
