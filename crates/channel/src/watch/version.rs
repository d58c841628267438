//! The word that tells without the lock how new the value is, and whether anybody can still send.
//!
//! ```text
//!   bit 0: CLOSED, once set for ever      bits 1..: how often the value was replaced
//! ```
//!
//! Written under the lock of [`Watch`](super::shared::Watch) only, after the value: whoever reads a version finds that value, or a
//! newer one. Read without the lock by receivers that ask whether there is something new.

use motet_prim::atomic::{AtomicU64, Ordering};

const CLOSED: u64 = 1;
const ONE_MORE: u64 = 2;

/// The version of the value that a channel starts with.
pub(super) const FIRST: u64 = 0;

/// What the word said.
#[derive(Clone, Copy)]
pub(super) struct Now(u64);

impl Now {
    pub(super) fn version(self) -> u64 {
        self.0 / ONE_MORE
    }

    /// No sender is left.
    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

pub(super) struct Word(AtomicU64);

impl Word {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(FIRST * ONE_MORE))
    }

    #[inline]
    pub(super) fn load(&self) -> Now {
        // Acquire: pairs with the Release in `bump` and `close`: what the sender did before is visible to whoever is told of it.
        Now(self.0.load(Ordering::Acquire))
    }

    /// Under the lock: the value was replaced. The version of the new one.
    pub(super) fn bump(&self) -> u64 {
        // Release: pairs with the Acquire in `load`.
        Now(self.0.fetch_add(ONE_MORE, Ordering::Release)).version() + 1
    }

    /// Under the lock: the last sender has gone.
    pub(super) fn close(&self) {
        // Release: pairs with the Acquire in `load`.
        self.0.fetch_or(CLOSED, Ordering::Release);
    }
}
