//! Whose turn it is to initialise.
//!
//! ```text
//!             begin                       finish
//!   EMPTY ──────────────▶ INITIALIZING ──────────────▶ SET
//!     ▲                        │
//!     └────────────────────────┘
//!        give up: failed, cancelled, panicked. The next candidate is notified.
//! ```
//!
//! The value is written by whoever is INITIALIZING, and read by anybody once it is there; the value's own cell publishes it.
//!
//! The race to fear is a candidate that joins the line while the initialiser gives up; it is settled by the second look
//! of `line.rs`.

use motet_prim::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const INITIALIZING: u8 = 1;
const SET: u8 = 2;

#[derive(Debug)]
pub(super) struct State(AtomicU8);

/// The answer to who would initialise.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// It is the caller's turn.
    Begun,
    /// Another is at it.
    Busy,
    /// It is done.
    Set,
}

impl State {
    motet_prim::const_fn! {
        pub(super) const fn empty() -> Self {
            Self(AtomicU8::new(EMPTY))
        }
    }

    motet_prim::const_fn! {
        pub(super) const fn set() -> Self {
            Self(AtomicU8::new(SET))
        }
    }

    pub(super) fn begin(&self) -> Begin {
        // Acquire: pairs with the Release in `give_up` and `finish`: what the last one did is visible to the next.
        match self.0.compare_exchange(EMPTY, INITIALIZING, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => Begin::Begun,
            Err(INITIALIZING) => Begin::Busy,
            Err(_) => Begin::Set,
        }
    }

    /// By the initialiser, with the value in its place.
    pub(super) fn finish(&self) {
        debug_assert_eq!(self.0.load(Ordering::Relaxed), INITIALIZING, "finished by one who had not begun");
        // Release: pairs with the Acquire in `begin`.
        self.0.store(SET, Ordering::Release);
    }

    /// By the initialiser, without a value.
    pub(super) fn give_up(&self) {
        debug_assert_eq!(self.0.load(Ordering::Relaxed), INITIALIZING, "given up by one who had not begun");
        // Release: pairs with the Acquire in `begin`.
        self.0.store(EMPTY, Ordering::Release);
    }

    /// By the sole owner, who takes the value out.
    pub(super) fn reset(&mut self) {
        *self = Self::empty();
    }
}
