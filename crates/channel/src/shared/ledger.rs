//! The counts of a queue, without its data: what is reserved, who waits, what is unfinished, and whether it is closed.
//!
//! ```text
//!   OPEN ──close(Drain)──▶ DRAINING ──close(Immediate)──▶ SHUT
//!     └───────────────────close(Immediate)───────────────▲
//! ```
//!
//! OPEN: all goes. DRAINING: nothing more is put; what is there can be got. SHUT: what was there has been dropped too, and
//! an item that comes back is dropped. All under the lock of [`Shared`](super::Shared).

use crate::queue::TooManyDone;

/// How much fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capacity {
    Unbounded,
    /// That many, at least one.
    Bounded(usize),
    /// Nothing is stored: as many as getters wait.
    Rendezvous,
}

impl Capacity {
    /// For how many items there is room; `None`: without a limit.
    pub(super) fn limit(self) -> Option<usize> {
        match self {
            Self::Unbounded => None,
            Self::Bounded(capacity) => Some(capacity),
            Self::Rendezvous => Some(0),
        }
    }
}

/// The room of a queue without a limit: more than fits into memory, and far from an overflow.
const UNLIMITED: isize = isize::MAX / 2;

/// How to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Drain,
    Immediate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
enum Phase {
    Open,
    Draining,
    Shut,
}

// Three words, in the order in which they are used: see `Shared`.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Ledger {
    /// For how many more items there is room that nobody has reserved. Negative where an item that came back exceeds the
    /// capacity, or where a getter has left that a slot was reserved for.
    room: isize,
    /// Put and not reported done.
    unfinished: u64,
    /// Getters in line. They are futures that somebody keeps in memory: four thousand million do not fit.
    getters: u32,
    phase: Phase,
    /// How much room a stored item takes: none at a rendezvous, where only what came back is stored.
    size: i8,
}

impl Ledger {
    pub(super) fn new(capacity: Capacity) -> Self {
        let room = match capacity {
            Capacity::Unbounded => UNLIMITED,
            Capacity::Bounded(capacity) => isize::try_from(capacity).map_or(UNLIMITED, |room| room.min(UNLIMITED)),
            Capacity::Rendezvous => 0,
        };
        let size = if capacity == Capacity::Rendezvous { 0 } else { 1 };
        Self { room, unfinished: 0, getters: 0, phase: Phase::Open, size }
    }

    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.room > 0
    }

    /// Whether an item that is put goes straight into the store: open, room, and nobody waits to get.
    #[inline]
    pub(super) fn stores_next(&self) -> bool {
        self.room > 0 && self.getters == 0 && self.phase == Phase::Open
    }

    /// An item went into the store.
    #[inline]
    pub(super) fn item_stored(&mut self) {
        self.room -= isize::from(self.size);
    }

    /// That many items went into the store.
    pub(super) fn items_stored(&mut self, items: usize) {
        self.room -= isize::from(self.size) * items as isize;
    }

    /// That many items left the store.
    #[inline]
    pub(super) fn items_left(&mut self, items: usize) {
        self.room += isize::from(self.size) * items as isize;
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Whether an item that comes back is dropped.
    pub(super) fn is_shut(&self) -> bool {
        self.phase == Phase::Shut
    }

    /// Whether putters wait with their item in line.
    #[inline]
    pub(super) fn is_rendezvous(&self) -> bool {
        self.size == 0
    }

    /// Closes, or closes harder; never opens again.
    pub(super) fn close(&mut self, how: Close) {
        let phase = match how {
            Close::Drain => Phase::Draining,
            Close::Immediate => Phase::Shut,
        };
        if self.phase < phase {
            self.phase = phase;
        }
    }

    #[inline]
    pub(super) fn getters(&self) -> u32 {
        self.getters
    }

    /// A getter queues; at a rendezvous that is room.
    pub(super) fn getter_waits(&mut self) {
        self.getters += 1;
        if self.is_rendezvous() {
            self.room += 1;
        }
    }

    /// It was handed something, or went without.
    pub(super) fn getter_left(&mut self) {
        debug_assert!(self.getters > 0, "a getter left that did not wait");
        self.getters -= 1;
        if self.is_rendezvous() {
            self.room -= 1;
        }
    }

    /// A place is reserved: for a putter that was woken, or in a user's hands.
    pub(super) fn reserve_slot(&mut self) {
        self.room -= 1;
    }

    pub(super) fn end_slot(&mut self) {
        self.room += 1;
    }

    /// Nobody finds the room that there is now, until it is returned; so much it is.
    pub(super) fn withhold_room(&mut self) -> isize {
        let room = self.room.max(0);
        self.room -= room;
        room
    }

    pub(super) fn return_room(&mut self, room: isize) {
        self.room += room;
    }

    #[inline]
    pub(super) fn count_put(&mut self) {
        self.unfinished += 1;
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// `items` are done, or were dropped. Whether nothing is left to do by that.
    pub(super) fn count_done(&mut self, items: usize) -> Result<bool, TooManyDone> {
        if items == 0 {
            return Ok(false);
        }
        self.unfinished = self.unfinished.checked_sub(items as u64).ok_or(TooManyDone)?;
        Ok(self.unfinished == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_places_are_no_room() {
        let mut ledger = Ledger::new(Capacity::Bounded(2));
        ledger.reserve_slot();
        assert!(ledger.has_room());
        ledger.item_stored();
        assert!(!ledger.has_room());
        ledger.end_slot();
        assert!(ledger.has_room());
    }

    #[test]
    fn a_rendezvous_has_room_for_each_getter_that_waits() {
        let mut ledger = Ledger::new(Capacity::Rendezvous);
        assert!(!ledger.has_room());
        ledger.getter_waits();
        assert!(ledger.has_room());
        ledger.reserve_slot();
        assert!(!ledger.has_room());
        ledger.getter_left();
        ledger.getter_waits();
        assert!(!ledger.has_room(), "the slot is for whoever waits");
    }

    #[test]
    fn an_item_that_came_back_may_exceed_the_capacity() {
        let mut ledger = Ledger::new(Capacity::Bounded(1));
        ledger.item_stored();
        ledger.item_stored();
        ledger.items_left(1);
        assert!(!ledger.has_room());
        ledger.items_left(1);
        assert!(ledger.has_room());
    }

    #[test]
    fn no_limit_is_far_away_even_for_a_capacity_that_is_none() {
        let mut ledger = Ledger::new(Capacity::Bounded(usize::MAX));
        ledger.items_left(1_000_000);
        ledger.item_stored();
        assert!(ledger.has_room());
    }

    #[test]
    fn the_ledger_leaves_room_for_the_lock_and_a_ring_in_its_line_of_the_cache() {
        let words = size_of::<Ledger>() / size_of::<usize>();
        assert!(words <= 3 || cfg!(not(target_pointer_width = "64")));
    }

    #[test]
    fn closing_only_ever_gets_harder() {
        let mut ledger = Ledger::new(Capacity::Unbounded);
        ledger.close(Close::Immediate);
        ledger.close(Close::Drain);
        assert!(ledger.is_shut() && ledger.is_closed());
    }

    #[test]
    fn done_once_too_often_changes_nothing() {
        let mut ledger = Ledger::new(Capacity::Unbounded);
        ledger.count_put();
        assert_eq!(ledger.count_done(2), Err(TooManyDone));
        assert_eq!(ledger.count_done(1), Ok(true));
        assert_eq!(ledger.count_done(1), Err(TooManyDone));
        assert_eq!(ledger.unfinished(), 0);
    }
}
