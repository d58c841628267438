//! A seat's own word: where the seat is, and so what an unpark has to do.
//!
//! ```text
//!            park, waits         offer (under the floor's lock)
//!   AWAKE ───────────────▶ WAITING ──────────────────▶ OFFERED
//!     │ ▲                    │                            │
//!     │ └────── return ──────┴────────────────────────────┤
//!     │                                                   │
//!     └── park, enters ──▶ INSIDE ── return ──▶ AWAKE ◀───┘
//!
//!   unpark, from any of them ──▶ UNPARKED ── return ──▶ AWAKE
//!      from WAITING: and unparks its parker; from INSIDE: and nudges the poller; from the others: nothing more
//! ```
//!
//! The seat itself makes all moves but two: the floor offers, and anybody unparks. The race to fear is an unpark between
//! `park` and the kernel: the word is INSIDE before the wait begins, and a nudge ends the next wait if there is none.

use super::turn::Poller;
use motet_prim::atomic::{AtomicU32, Ordering};
use motet_prim::park::Unparker;
use std::sync::{Arc, OnceLock};
use std::task::Wake;

const AWAKE: u32 = 0;
const WAITING: u32 = 1;
const OFFERED: u32 = 2;
const INSIDE: u32 = 3;
const UNPARKED: u32 = 4;

/// The word, the parker of the seat, and the way to nudge it out of the poller.
pub(super) struct Place<P: Poller> {
    word: AtomicU32,
    unparker: Unparker,
    nudge: OnceLock<P::Nudge>,
}

/// Whether an unpark ended a park, or anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Return {
    Unparked,
    Other,
}

impl<P: Poller> Place<P> {
    pub(super) fn new(unparker: Unparker) -> Self {
        Self { word: AtomicU32::new(AWAKE), unparker, nudge: OnceLock::new() }
    }

    /// Ends the park under way, or the next one.
    pub(super) fn unpark(&self) {
        // AcqRel: Release pairs with the Acquire in `come_back`: what was done before the unpark is seen after the park.
        // Acquire pairs with the Release in `go_inside`: the nudge is there.
        match self.word.swap(UNPARKED, Ordering::AcqRel) {
            WAITING => self.unparker.unpark(),
            INSIDE => self.nudge.get().into_iter().for_each(P::call),
            _ => {}
        }
    }

    /// Announces the wait in the kernel; false if an unpark came first.
    pub(super) fn go_inside(&self, poller: &P) -> bool {
        self.nudge.get_or_init(|| poller.nudge());
        // Release: pairs with the Acquire in `unpark`.
        self.word.compare_exchange(AWAKE, INSIDE, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Announces the wait on the own parker; false if an unpark came first.
    pub(super) fn go_waiting(&self) -> bool {
        // Relaxed: publishes nothing; offers come under the floor's lock, and an unpark needs the unparker only.
        self.word.compare_exchange(AWAKE, WAITING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether neither an unpark nor an offer has come yet.
    pub(super) fn is_waiting(&self) -> bool {
        // Relaxed: `come_back` follows and acquires.
        self.word.load(Ordering::Relaxed) == WAITING
    }

    /// Whether an unpark has come since the last return.
    pub(super) fn is_unparked(&self) -> bool {
        // Relaxed: `come_back` follows and acquires.
        self.word.load(Ordering::Relaxed) == UNPARKED
    }

    /// Makes an offer to the seat if it still waits; the caller has the floor's lock and unparks the seat after unlocking.
    pub(super) fn offer(&self) -> bool {
        // Relaxed: the floor's lock orders it; a failure means that an unpark came, which has its own ordering.
        self.word.compare_exchange(WAITING, OFFERED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Makes the seat look at its word again.
    pub(super) fn look_up(&self) {
        self.unparker.unpark();
    }

    /// The seat is awake again; whether an unpark came meanwhile, which this uses up.
    pub(super) fn come_back(&self) -> Return {
        // Acquire: pairs with the Release in `unpark`.
        if self.word.swap(AWAKE, Ordering::Acquire) == UNPARKED { Return::Unparked } else { Return::Other }
    }
}

impl<P: Poller> Wake for Place<P> {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}
