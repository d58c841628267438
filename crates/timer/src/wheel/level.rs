//! One level of the wheel: 64 slots and their occupancy.
#![forbid(unsafe_code)]

use super::{Chain, Spot};

pub(super) struct Level<C> {
    /// One bit a slot that has items.
    occupied: u64,
    /// One bit a slot whose `earliest` may be too early, since the earliest item was taken out; meaningless in an empty slot.
    stale: u64,
    slots: [Slot<C>; 64],
}

struct Slot<C> {
    chain: C,
    /// No later than the earliest item; meaningless in an empty slot.
    earliest: u64,
}

impl<C: Chain> Level<C> {
    pub(super) fn new() -> Self {
        let empty = |_| Slot { chain: C::default(), earliest: u64::MAX };
        Self { occupied: 0, stale: 0, slots: std::array::from_fn(empty) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// The number of the first slot with items; the caller knows that there is one.
    pub(super) fn first(&self) -> usize {
        debug_assert!(self.occupied != 0, "the first slot of an empty level");
        self.occupied.trailing_zeros() as usize & 63
    }

    pub(super) fn insert(&mut self, item: C::Item, at: u64, spot: Spot) {
        let slot = &mut self.slots[spot.slot()];
        let bit = 1 << spot.slot();
        if self.occupied & bit == 0 || at < slot.earliest {
            slot.earliest = at;
            // Not stale: no item is earlier than the new one.
            self.stale &= !bit;
        }
        slot.chain.push_back(item, spot);
        self.occupied |= bit;
    }

    pub(super) fn remove(&mut self, item: C::Item, number: usize) {
        let slot = &mut self.slots[number];
        let was_earliest = C::deadline(&item) == slot.earliest;
        slot.chain.unlink(item);
        self.note_slot(number, was_earliest);
    }

    pub(super) fn pop_front(&mut self, number: usize) -> Option<C::Item> {
        let item = self.slots[number].chain.pop_front();
        self.note_slot(number, true);
        item
    }

    /// The earliest deadline in a slot that ends at `end`, brought up to date if that takes no more than `most` items.
    pub(super) fn earliest(&mut self, number: usize, end: u64, most: usize) -> u64 {
        let slot = &mut self.slots[number];
        let bit = 1 << number;
        if self.stale & bit != 0 {
            if let Some(earliest) = slot.chain.earliest(most) {
                // An item postponed in place may be due after the slot, but the next slot may be due before that.
                slot.earliest = earliest.min(end);
                self.stale &= !bit;
            }
        }
        slot.earliest
    }

    /// Keeps the slot's bits true after something was taken out, perhaps the earliest.
    #[inline]
    fn note_slot(&mut self, number: usize, was_earliest: bool) {
        if self.slots[number].chain.is_empty() {
            self.occupied &= !(1 << number);
        } else if was_earliest {
            self.stale |= 1 << number;
        }
    }

    #[cfg(test)]
    pub(super) fn chain(&self, number: usize) -> &C {
        &self.slots[number].chain
    }

    pub(super) fn is_occupied(&self, number: usize) -> bool {
        self.occupied >> number & 1 == 1
    }
}
