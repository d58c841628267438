//! A guess, without the lock, at what one will find under it.
//!
//! A future that must wait needs a clone of its waker, which must not be made under the lock. Who finds out only there that there is nothing
//! to get unlocks, clones, and locks again. Who guesses so beforehand clones first, and locks once.
//!
//! The guess goes by what the last holder said as it unlocked: right as a rule, and good for nothing else. A wrong one costs a clone for
//! nothing, or a second look under the lock.

use super::order::{Order, Store};
use super::{Locked, Shared};

const NOTHING_STORED: u8 = 1 << 0;
const NO_ROOM: u8 = 1 << 1;

/// Says to those who come after the unlock what is there.
#[inline]
pub(super) fn note<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) {
    let nothing_stored = if locked.store.is_empty() { NOTHING_STORED } else { 0 };
    let no_room = if locked.ledger.has_room() { 0 } else { NO_ROOM };
    locked.say(nothing_stored | no_room);
}

impl<T, O: Order<T>> Shared<T, O> {
    #[inline]
    pub(super) fn seems_empty(&self) -> bool {
        self.line.hint() & NOTHING_STORED != 0
    }

    #[inline]
    pub(super) fn seems_full(&self) -> bool {
        self.line.hint() & NO_ROOM != 0
    }
}
