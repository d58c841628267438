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

/// How to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Drain,
    Immediate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    Draining,
    Shut,
}

/// The answer to somebody who wants to put.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Offer {
    Room,
    Full,
    Closed,
}

/// The answer to work that is done.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Done {
    MoreToDo,
    /// Everything is done: the joiners of the generations before this one may go.
    WakeJoinersBefore(u64),
}

#[derive(Debug)]
pub(super) struct Ledger {
    capacity: Capacity,
    phase: Phase,
    /// Places that are reserved: for putters that were woken, and in users' hands.
    slots: usize,
    /// Getters in line.
    getters: usize,
    /// Put and not reported done.
    unfinished: u64,
    /// How often everything was done.
    generation: u64,
}

impl Ledger {
    pub(super) const fn new(capacity: Capacity) -> Self {
        Self { capacity, phase: Phase::Open, slots: 0, getters: 0, unfinished: 0, generation: 0 }
    }

    /// For how many more there is room, with `len` in the store.
    #[inline]
    pub(super) fn room(&self, len: usize) -> usize {
        match self.capacity {
            Capacity::Unbounded => usize::MAX,
            // An item that came back, and a slot whose getter went away, may for a while exceed the capacity.
            Capacity::Bounded(capacity) => capacity.saturating_sub(len).saturating_sub(self.slots),
            Capacity::Rendezvous => self.getters.saturating_sub(self.slots),
        }
    }

    #[inline]
    pub(super) fn offer(&self, len: usize) -> Offer {
        if self.is_closed() {
            Offer::Closed
        } else if self.room(len) > 0 {
            Offer::Room
        } else {
            Offer::Full
        }
    }

    pub(super) fn limit(&self) -> Option<usize> {
        match self.capacity {
            Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(capacity),
            Capacity::Rendezvous => Some(0),
        }
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
        self.capacity == Capacity::Rendezvous
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
    pub(super) fn getters(&self) -> usize {
        self.getters
    }

    pub(super) fn getter_waits(&mut self) {
        self.getters += 1;
    }

    /// It was handed something, or went without.
    pub(super) fn getter_left(&mut self) {
        debug_assert!(self.getters > 0, "a getter left that did not wait");
        self.getters -= 1;
    }

    pub(super) fn reserve_slot(&mut self) {
        self.slots += 1;
    }

    pub(super) fn end_slot(&mut self) {
        debug_assert!(self.slots > 0, "a slot ended that was not reserved");
        self.slots -= 1;
    }

    #[inline]
    pub(super) fn count_put(&mut self) {
        self.unfinished += 1;
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// Which joiners a newcomer belongs to.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// `items` are done, or were dropped.
    pub(super) fn count_done(&mut self, items: usize) -> Result<Done, TooManyDone> {
        if items == 0 {
            return Ok(Done::MoreToDo);
        }
        self.unfinished = self.unfinished.checked_sub(items as u64).ok_or(TooManyDone)?;
        if self.unfinished > 0 {
            return Ok(Done::MoreToDo);
        }
        self.generation += 1;
        Ok(Done::WakeJoinersBefore(self.generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_places_are_no_room() {
        let mut ledger = Ledger::new(Capacity::Bounded(2));
        ledger.reserve_slot();
        assert_eq!(ledger.room(0), 1);
        assert_eq!(ledger.offer(1), Offer::Full);
        ledger.end_slot();
        assert_eq!(ledger.offer(1), Offer::Room);
    }

    #[test]
    fn a_rendezvous_has_room_for_each_getter_that_waits() {
        let mut ledger = Ledger::new(Capacity::Rendezvous);
        assert_eq!(ledger.offer(0), Offer::Full);
        ledger.getter_waits();
        assert_eq!(ledger.offer(0), Offer::Room);
        ledger.reserve_slot();
        assert_eq!(ledger.offer(0), Offer::Full);
    }

    #[test]
    fn an_item_that_came_back_may_exceed_the_capacity() {
        assert_eq!(Ledger::new(Capacity::Bounded(1)).room(2), 0);
    }

    #[test]
    fn closing_only_ever_gets_harder() {
        let mut ledger = Ledger::new(Capacity::Unbounded);
        ledger.close(Close::Immediate);
        ledger.close(Close::Drain);
        assert!(ledger.is_shut());
        assert_eq!(ledger.offer(0), Offer::Closed);
    }

    #[test]
    fn done_once_too_often_changes_nothing() {
        let mut ledger = Ledger::new(Capacity::Unbounded);
        ledger.count_put();
        assert_eq!(ledger.count_done(2), Err(TooManyDone));
        assert_eq!(ledger.count_done(1), Ok(Done::WakeJoinersBefore(1)));
        assert_eq!(ledger.count_done(1), Err(TooManyDone));
        assert_eq!(ledger.unfinished(), 0);
    }
}
