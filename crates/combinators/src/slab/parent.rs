//! The parent of a slab: one word that says what was woken and who may touch the task's waker.
//!
//! ```text
//!                 wake (first)                 it has its clone
//!     0 ───────────────────────▶ bits ───────────────────────▶ bits | CALLED
//!     ▲ armed                     │ a caller reads the waker     │ the task is woken
//!     │                           │ begin                        │ begin
//!     │ rest                      ▼                              ▼
//!     └──────────────────────── POLLING (| CALLED when a caller that was seen has gone) ◀── wakes only set bits
//! ```
//!
//! The waker's cell is written by the poller alone, only in POLLING, and only while no caller reads it. A caller is the one wake
//! that found 0; it clones the waker, says CALLED, and then wakes. The race to fear: a poll begins while a caller is still
//! cloning. The poller then remembers the caller, leaves the cell alone, and does not arm before it has seen CALLED, so there is never a
//! second one; if it cannot wait for that, it says `Busy` and is polled again.

use super::Rest;
use core::task::Waker;
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;

/// The poller is at work, or will come back by itself.
const POLLING: u64 = 1 << 63;
/// The caller has its clone of the waker.
const CALLED: u64 = 1 << 62;

pub(super) struct Parent {
    word: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
}

/// What the poller knows about its parent's word.
#[derive(Default)]
pub(super) struct Poller {
    /// A caller was seen at its clone, and its CALLED not yet.
    caller: bool,
    /// The waker in the cell is not the task's: a caller was in the way.
    stale: bool,
}

// SAFETY: the cell is guarded by the word as drawn above: written by the one poller (whoever has the `&mut Poller`), while no caller
// reads it. What is in it is `Send + Sync`.
unsafe impl Sync for Parent {}

impl Parent {
    /// How many bits of the word say what was woken. In a model one, so that two blocks need the level of groups.
    pub(super) const BITS: usize = if cfg!(motet_loom) { 1 } else { 62 };

    /// A parent whose poller is at work: nobody is woken before the first `rest`.
    pub(super) fn new() -> Self {
        Self { word: AtomicU64::new(POLLING), waker: UnsafeCell::new(None) }
    }

    /// A child was woken: sets a bit, and wakes the task if it rests.
    pub(super) fn wake(&self, bit: u64) {
        // Release: the words below are visible to `begin`. Acquire: the waker that was there at `rest` is visible here.
        if self.word.fetch_or(bit, Ordering::AcqRel) != 0 {
            return;
        }
        // SAFETY: this wake found 0, so it is the caller: the poller does not write before it has seen CALLED.
        let waker = self.waker.with(|waker| unsafe { (*waker).clone() });
        // Release: the clone is made; pairs with the Acquire of the poller that sees CALLED.
        self.word.fetch_or(CALLED, Ordering::Release);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The poller goes to work for this task: the bits so far.
    pub(super) fn begin(&self, poller: &mut Poller, task: &Waker) -> u64 {
        let bits = self.take(poller);
        // SAFETY: the poller is the only one that writes, and it reads now.
        poller.stale =
            !self.waker.with(|waker| unsafe { (*waker).as_ref() }.is_some_and(|known| known.will_wake(task)));
        if poller.stale && !poller.caller {
            drop(self.replace(poller, Some(task.clone())));
            poller.stale = false;
        }
        bits
    }

    /// The poller has visited everything and wants to rest.
    pub(super) fn rest(&self, poller: &mut Poller) -> Rest {
        if poller.stale {
            return Rest::Busy;
        }
        let seen = if poller.caller { POLLING | CALLED } else { POLLING };
        // Release: the waker in the cell is visible to the next caller. Acquire: the last caller has its clone.
        match self.word.compare_exchange(seen, 0, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => {
                poller.caller = false;
                Rest::Armed
            }
            Err(_) => Rest::Busy,
        }
    }

    /// The poller leaves for good, with the waker if nobody reads it.
    pub(super) fn close(&self, poller: &mut Poller) -> Option<Waker> {
        self.take(poller);
        if poller.caller { None } else { self.replace(poller, None) }
    }

    fn take(&self, poller: &mut Poller) -> u64 {
        // Acquire: what was published with the bits, and the clone of a caller that said CALLED.
        let before = self.word.swap(POLLING, Ordering::Acquire);
        if before & CALLED != 0 {
            poller.caller = false;
        } else if before & POLLING == 0 && before != 0 {
            poller.caller = true;
        }
        before & !(POLLING | CALLED)
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
