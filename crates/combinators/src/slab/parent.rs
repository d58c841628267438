//! The parent of a slab: one word that says what was woken and who may touch the task's waker.
//!
//! ```text
//!                 wake (first)
//!     0 ───────────────────────▶ bits: a caller clones the waker, says `called`, wakes the task
//!     ▲ armed                     │
//!     │ rest                      │ begin
//!     │                           ▼
//!     └──────────────────────── POLLING ◀── wakes only set bits
//! ```
//!
//! The waker's cell is written by the poller alone, only in POLLING, and only while no caller reads it. A caller is the one wake
//! that found 0; it clones the waker, sets the flag `called`, and then wakes. The race to fear: a poll begins while a caller is still
//! cloning. The poller then remembers the caller, leaves the cell alone, and does not arm before it has seen the flag and taken it back, so
//! there is never a second caller; if it cannot wait for that, it says `Busy` and is polled again.

use super::Rest;
use core::task::Waker;
use motet_prim::atomic::{AtomicBool, AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;

/// The poller is at work, or will come back by itself.
const POLLING: u64 = 1 << 63;

pub(super) struct Parent {
    word: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
    /// The caller has its clone of the waker.
    called: AtomicBool,
}

/// What the poller knows about its parent's word.
#[derive(Default)]
pub(super) struct Poller {
    /// The word is armed, as far as the poller knows: it may be bits by now.
    armed: bool,
    /// A caller was seen, and its flag not yet.
    caller: bool,
    /// The waker in the cell is not the task's: a caller was in the way.
    stale: bool,
}

// SAFETY: the cell is guarded by the word as drawn above: written by the one poller (whoever has the `&mut Poller`), while no caller
// reads it. What is in it is `Send + Sync`.
unsafe impl Sync for Parent {}

impl Parent {
    /// How many bits of the word say what was woken. In a model one, so that two blocks share it, and three need the level of groups.
    pub(super) const BITS: usize = if cfg!(motet_loom) { 1 } else { 63 };

    /// A parent whose poller is at work: nobody is woken before the first `rest`.
    pub(super) fn new() -> Self {
        Self { word: AtomicU64::new(POLLING), waker: UnsafeCell::new(None), called: AtomicBool::new(false) }
    }

    /// A child was woken: sets a bit, and wakes the task if it rests.
    pub(super) fn wake(&self, bit: u64) {
        // Release: the words below are visible to `begin`. Acquire: the waker that was there at `rest` is visible here.
        if self.word.fetch_or(bit, Ordering::AcqRel) != 0 {
            return;
        }
        // SAFETY: this wake found 0, so it is the caller: the poller does not write before it has seen the flag.
        let waker = self.waker.with(|waker| unsafe { (*waker).clone() });
        // Release: the clone is made; pairs with the Acquire in `caller_has_gone`.
        self.called.store(true, Ordering::Release);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The poller goes to work for this task: the bits so far.
    #[inline]
    pub(super) fn begin(&self, poller: &mut Poller, task: &Waker) -> u64 {
        let bits = self.take(poller);
        // SAFETY: the poller is the only one that writes, and it reads now.
        poller.stale =
            !self.waker.with(|waker| unsafe { (*waker).as_ref() }.is_some_and(|known| known.will_wake(task)));
        if poller.stale {
            self.refresh(poller, task);
        }
        bits
    }

    #[cold]
    fn refresh(&self, poller: &mut Poller, task: &Waker) {
        if self.caller_has_gone(poller) {
            drop(self.replace(poller, Some(task.clone())));
            poller.stale = false;
        }
    }

    /// The poller has visited everything and wants to rest.
    #[inline]
    pub(super) fn rest(&self, poller: &mut Poller) -> Rest {
        if poller.stale || !self.caller_has_gone(poller) {
            return Rest::Busy;
        }
        // Release: the waker in the cell is visible to the next caller, and that the flag was taken back.
        match self.word.compare_exchange(POLLING, 0, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => {
                poller.armed = true;
                Rest::Armed
            }
            Err(_) => Rest::Busy,
        }
    }

    /// The poller leaves for good, with the waker if nobody reads it.
    pub(super) fn close(&self, poller: &mut Poller) -> Option<Waker> {
        self.take(poller);
        if self.caller_has_gone(poller) { self.replace(poller, None) } else { None }
    }

    #[inline]
    fn take(&self, poller: &mut Poller) -> u64 {
        // Relaxed: bits that this does not see keep the poller from its rest.
        if !poller.armed && self.word.load(Ordering::Relaxed) == POLLING {
            return 0;
        }
        // Acquire: what was published with the bits.
        let before = self.word.swap(POLLING, Ordering::Acquire);
        if core::mem::take(&mut poller.armed) && before != 0 {
            poller.caller = true;
        }
        before & !POLLING
    }

    /// Whether no caller reads the cell; from here to the next rest there will be none.
    #[inline]
    fn caller_has_gone(&self, poller: &mut Poller) -> bool {
        // Acquire: the caller has its clone; pairs with the Release in `wake`.
        if poller.caller && self.called.load(Ordering::Acquire) {
            // Relaxed: the next caller comes after the Release of the next rest.
            self.called.store(false, Ordering::Relaxed);
            poller.caller = false;
        }
        !poller.caller
    }

    fn replace(&self, poller: &Poller, by: Option<Waker>) -> Option<Waker> {
        debug_assert!(!poller.caller, "the cell is written while a caller reads it");
        self.waker.with_mut(|waker| {
            // SAFETY: POLLING is set, so no wake becomes a caller, and none that did is still reading; only the poller gets here.
            let waker = unsafe { &mut *waker };
            core::mem::replace(waker, by)
        })
    }
}
