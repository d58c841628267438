//! The parent of a slab: one word that says what was woken and who may touch the task's waker.
//!
//! ```text
//!                     wake (the first one: a caller, who calls what is in the seat)
//!     0, or SPARE ──────────────────────────────────────────────────────▶ bits ◀── wakes only set bits
//!     ▲ ▲  armed                                                          │  │
//!     │ └──────────────────────── rest: what the poller left ◀── begin ───┘  │ begin, for the third time without a rest
//!     └────────── rest ────────── POLLING ◀──────────────────────────────────┘
//! ```
//!
//! **Bits.** A poll leaves the bits that it was woken for in the word: they keep further wakes from the task as well as POLLING would, and save an
//! exchange. `rest` replaces exactly what was left by 0. A bit that was set once more in between cannot be told from the one that was left; therefore
//! `rest` gives the bits that it cleared, and the slab looks below them again: a wake that found the bit is ordered before the exchange and
//! its words are visible; one that comes later finds 0 and is a caller. A second poll without a rest (an item was found) looks below the same bits
//! again; a third swaps them out for POLLING, or those who always find something would look below more and more bits.
//!
//! **Seats.** A caller calls the waker where it is, in the seat, and then says that it has `left`. Until then the seat is only read. A poll
//! that finds the caller still there (it was quick, or the waker polls in its wake) registers its own waker in the spare seat, and rests
//! with SPARE instead of 0. A caller of the spare seat clones, says `left`, and then wakes: of that the next poll can wait by saying `Busy`. So
//! each seat has at most one caller, and nobody waits for a foreign wake to return.
//!
//! A slab that goes while a caller is there leaves the waker to it, if it sees that; else to the last waker of a child.

use super::Rest;
use core::task::Waker;
use motet_prim::atomic::{AtomicU8, AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;

/// The poller is at work, or will come back by itself.
const POLLING: u64 = 1 << 63;

/// The next caller finds the waker in the spare seat.
const SPARE: u64 = 1 << 62;

/// There is no poller any more.
const CLOSED: u64 = POLLING | SPARE;

/// The word of a parent and one of its two seats.
pub(super) struct Parent {
    word: AtomicU64,
    seat: Seat,
}

struct Seat {
    waker: UnsafeCell<Option<Waker>>,
    /// What has become of the seat's caller.
    caller: AtomicU8,
}

/// There is no caller, or it reads the seat.
const MAY_READ: u8 = 0;
/// The caller will not touch the seat any more.
const LEFT: u8 = 1;
/// The poller has gone: the waker is the caller's.
const BEQUEATHED: u8 = 2;

/// What the poller knows about its parent's word.
pub(super) struct Poller {
    /// What the poller left in the word. If that is 0 or SPARE, it is armed, as far as the poller knows: it may have bits by now.
    left: u64,
    /// The bits that it left were given a second time.
    looked: bool,
    /// For the seat and the spare one: a caller was seen, and not yet that it left.
    callers: [bool; 2],
    /// With what the poller arms, 0 or SPARE: that seat has the task's waker.
    seat: u64,
    /// The waker is in neither seat: two callers were in the way.
    stale: bool,
}

// SAFETY: the seat is guarded by the word as drawn above: written by the one poller (whoever has the `&mut Poller`), while no caller
// reads it. What is in it is `Send + Sync`.
unsafe impl Sync for Parent {}

impl Parent {
    /// How many bits of the word say what was woken. In a model one, so that two blocks share it, and three need the level of groups.
    pub(super) const BITS: usize = if cfg!(motet_loom) { 1 } else { 62 };

    /// A parent whose poller is at work: nobody is woken before the first `rest`.
    pub(super) fn new() -> Self {
        let seat = Seat { waker: UnsafeCell::new(None), caller: AtomicU8::new(MAY_READ) };
        Self { word: AtomicU64::new(POLLING), seat }
    }

    /// A child was woken: sets a bit, and wakes the task if it rests.
    #[inline]
    pub(super) fn wake<'a>(&self, bit: u64, spare: impl FnOnce() -> &'a Self) {
        // Release: the words below are visible to `begin` and `rest`. Acquire: the waker that was there at `rest` is visible here.
        match self.word.fetch_or(bit, Ordering::AcqRel) {
            0 => self.call(),
            SPARE => self.call_spare(&spare().seat),
            _ => {}
        }
    }

    fn call(&self) {
        self.seat.waker.with(|waker| {
            // SAFETY: this wake found 0, so it is the seat's caller: the poller does not write before it has seen that it left.
            if let Some(waker) = unsafe { &*waker } {
                waker.wake_by_ref();
            }
        });
        self.leave(&self.seat);
    }

    #[cold]
    fn call_spare(&self, spare: &Seat) {
        // SAFETY: as in `call`, of the spare seat: this wake found SPARE.
        let waker = spare.waker.with(|waker| unsafe { (*waker).clone() });
        self.leave(spare);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The caller has done with its seat.
    fn leave(&self, seat: &Seat) {
        // Relaxed: a guess. Seen too late, the waker stays until the slab goes.
        if self.word.load(Ordering::Relaxed) & CLOSED != CLOSED {
            // Release: the seat was read; pairs with the Acquire in `has_left` and in `close`.
            return seat.caller.store(LEFT, Ordering::Release);
        }
        // AcqRel: as above; and the poller's last look is over, pairs with `close`.
        if seat.caller.swap(LEFT, Ordering::AcqRel) == BEQUEATHED {
            // SAFETY: the poller has gone and left the seat to its only caller; the word will never again be 0.
            drop(unsafe { seat.replace(None) });
        }
    }

    /// The poller goes to work: bits that are to be looked below.
    #[inline]
    pub(super) fn look(&self, poller: &mut Poller) -> u64 {
        // Acquire: what was published with the bits.
        let now = self.word.load(Ordering::Acquire);
        if poller.is_armed() {
            if now != poller.left {
                poller.saw_caller();
                poller.left = now;
                poller.looked = false;
                return now & !SPARE;
            }
        } else if now == POLLING {
            return 0;
        } else if now == poller.left && !core::mem::replace(&mut poller.looked, true) {
            return now & !SPARE;
        }
        self.take(poller, POLLING)
    }

    /// Whether the waker in the seat is this task's, and is the one to be called.
    #[inline]
    pub(super) fn knows(&self, poller: &mut Poller, task: &Waker) -> bool {
        poller.stale = poller.seat != 0 || !self.seat.has_left(&mut poller.callers[0]) || !self.seat.will_wake(task);
        !poller.stale
    }

    /// Takes all bits out.
    #[cold]
    fn take(&self, poller: &mut Poller, leave: u64) -> u64 {
        // Acquire: what was published with the bits. Release: for a caller that sees that the poller has gone.
        let before = self.word.swap(leave, Ordering::AcqRel);
        if poller.is_armed() && before != poller.left {
            poller.saw_caller();
        }
        poller.left = leave;
        before & !CLOSED
    }

    /// Puts the task's waker where no caller is.
    #[cold]
    pub(super) fn take_seat(&self, spare: &Self, poller: &mut Poller, task: &Waker) {
        let spare = &spare.seat;
        for (at, seat) in [&self.seat, spare].into_iter().enumerate() {
            if !seat.has_left(&mut poller.callers[at]) {
                continue;
            }
            if !seat.will_wake(task) {
                let waker = task.clone();
                // SAFETY: no caller reads this seat, and there is none to come before the next rest.
                drop(unsafe { seat.replace(Some(waker)) });
            }
            poller.seat = if at == 0 { 0 } else { SPARE };
            poller.stale = false;
            if at == 0 && !spare.will_wake(task) && spare.has_left(&mut poller.callers[1]) {
                // SAFETY: as above.
                drop(unsafe { spare.replace(None) });
            }
            return;
        }
    }

    /// The poller has visited everything and wants to rest: the bits it had left, if it is armed now.
    #[inline]
    pub(super) fn rest(&self, poller: &mut Poller) -> Option<u64> {
        if poller.stale {
            return None;
        }
        // Release: the waker in the seat is visible to the next caller, and that it has none. Acquire: so is what was published with bits that
        // were there already.
        let left = self.word.compare_exchange(poller.left, poller.seat, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        poller.left = poller.seat;
        Some(left & !CLOSED)
    }

    /// There is something to visit after all: the bits since `rest`. Busy, unless a caller wakes the task.
    #[cold]
    pub(super) fn resume(&self, poller: &mut Poller) -> (u64, Rest) {
        let bits = self.take(poller, POLLING);
        (bits, if bits == 0 { Rest::Busy } else { Rest::Armed })
    }

    /// The poller leaves for good, with the wakers that nobody reads.
    pub(super) fn close(&self, spare: &Self, poller: &mut Poller) -> [Option<Waker>; 2] {
        self.take(poller, CLOSED);
        [(&self.seat, poller.callers[0]), (&spare.seat, poller.callers[1])].map(|(seat, caller)| seat.close(caller))
    }
}

impl Seat {
    /// Whether no caller reads the seat; if the poller is not armed, there will be none before it is.
    #[inline]
    fn has_left(&self, caller: &mut bool) -> bool {
        // Acquire: the caller has read the seat; pairs with the Release in `leave`.
        if *caller {
            if self.caller.load(Ordering::Acquire) != LEFT {
                return false;
            }
            // Relaxed: the next caller comes after the Release of the next rest.
            self.caller.store(MAY_READ, Ordering::Relaxed);
            *caller = false;
        }
        true
    }

    /// For the poller alone.
    #[inline]
    fn will_wake(&self, task: &Waker) -> bool {
        // SAFETY: only the poller writes while there is one, and it reads now.
        self.waker.with(|waker| unsafe { (*waker).as_ref() }.is_some_and(|known| known.will_wake(task)))
    }

    fn close(&self, caller: bool) -> Option<Waker> {
        // AcqRel: the caller has read the seat, or it will see that it is its own; pairs with `leave`.
        if caller && self.caller.swap(BEQUEATHED, Ordering::AcqRel) != LEFT {
            return None;
        }
        // SAFETY: no caller reads the seat, and the word will never again be 0.
        unsafe { self.replace(None) }
    }

    /// # Safety
    ///
    /// Nobody else reads or writes the seat.
    unsafe fn replace(&self, by: Option<Waker>) -> Option<Waker> {
        self.waker.with_mut(|waker| {
            // SAFETY: the caller says that the seat is its own.
            let waker = unsafe { &mut *waker };
            core::mem::replace(waker, by)
        })
    }
}

impl Poller {
    #[inline]
    fn is_armed(&self) -> bool {
        self.left & !SPARE == 0
    }

    /// Somebody found the word armed.
    #[inline]
    fn saw_caller(&mut self) {
        self.callers[usize::from(self.left == SPARE)] = true;
    }
}

impl Default for Poller {
    fn default() -> Self {
        Self { left: POLLING, looked: true, callers: [false; 2], seat: 0, stale: true }
    }
}
