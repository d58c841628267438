//! The hierarchical timing wheel, as pure data: no lock, no clock, no wakers, no `unsafe`.
//!
//! Varghese and Lauck, *Hashed and Hierarchical Timing Wheels* (SOSP 1987), their scheme 7. Level *k* has 64 slots of
//! 64^*k* nanoseconds each; a deadline goes to the level of the highest group of six bits in which it differs from the
//! time that the wheel has reached, `elapsed`. Eleven levels hold every deadline of 62 bits, so the top level does not
//! wrap, and there is no list for what does not fit.
//!
//! Four invariants, which `against_btree.rs` checks after every step:
//!
//! 1. An item of level *k* agrees with `elapsed` in all groups above *k*, and is ahead of it in group *k*. So each level
//!    lies wholly before the next, and slots of one level lie in the order of their numbers: there is no earlier
//!    deadline hidden in a coarser level.
//! 2. No slot above level 0 contains `elapsed`: time enters a slot only after [`Wheel::cascade`] has emptied it.
//!    Therefore two items of equal deadlines always meet in the order in which they were inserted.
//! 3. An occupancy bit is set if and only if its slot, or its level, has items. Empty slots are never looked at.
//! 4. `earliest` of a slot is no later than its earliest item, and exactly that unless its `stale` bit is set (the
//!    earliest was taken out) or an item was postponed in place.
#![forbid(unsafe_code)]

#[cfg(test)]
mod against_btree;
mod level;

use level::Level;

/// Bits a level: 64 slots, one word of occupancy.
const BITS: u32 = 6;
const LEVELS: usize = 11;
const _: () = assert!(crate::clock::NEVER >> (BITS * (LEVELS as u32 - 1)) < 64, "the top level has to hold NEVER");

/// The items of one slot, first in first out. Intrusive in the queue, a `VecDeque` in the tests.
pub(crate) trait Chain: Default {
    type Item;
    fn is_empty(&self) -> bool;
    /// Appends an item, which may remember where it is.
    fn push_back(&mut self, item: Self::Item, spot: Spot);
    fn pop_front(&mut self) -> Option<Self::Item>;
    fn unlink(&mut self, item: Self::Item);
    /// The earliest deadline among its items, or none if there are more than `most` of them, or none at all.
    fn earliest(&self, most: usize) -> Option<u64>;
    fn deadline(item: &Self::Item) -> u64;
}

/// The place of an item: its level and slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot(u16);

impl Spot {
    /// The place of an item that is in no wheel.
    pub(crate) const NOWHERE: Self = Self(u16::MAX);

    fn new(level: usize, slot: usize) -> Self {
        debug_assert!(level < LEVELS && slot < 64, "level {level}, slot {slot}");
        Self((level << BITS | slot) as u16)
    }

    fn level(self) -> usize {
        usize::from(self.0 >> BITS)
    }

    fn slot(self) -> usize {
        usize::from(self.0 & 63)
    }
}

/// The order in which items that are due together come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By deadline, equal ones as inserted. For virtual time.
    Strict,
    /// A slot that is due as a whole comes out as it is, without being sorted through the finer levels.
    Loose,
}

/// See the file's head.
pub(crate) struct Wheel<C> {
    /// The time that the wheel has reached: all before it has come out.
    elapsed: u64,
    /// One bit a level that has items.
    occupied: u16,
    order: Order,
    /// Apart, for they are 17 kilobytes.
    levels: Box<[Level<C>; LEVELS]>,
}

impl<C: Chain> Wheel<C> {
    pub(crate) fn new(elapsed: u64, order: Order) -> Self {
        let levels: Box<[Level<C>]> = (0..LEVELS).map(|_| Level::new()).collect();
        let Ok(levels) = levels.try_into() else { unreachable!("as many levels as were asked for") };
        Self { elapsed, occupied: 0, order, levels }
    }

    /// The time that the wheel has reached.
    pub(crate) fn elapsed(&self) -> u64 {
        self.elapsed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// Starts an empty wheel again at another time.
    pub(crate) fn restart(&mut self, elapsed: u64) {
        debug_assert!(self.is_empty(), "a wheel restarted with timers in it");
        self.elapsed = elapsed;
    }

    /// Puts an item in. A deadline that has passed comes out at the next [`pop_due`](Self::pop_due).
    pub(crate) fn insert(&mut self, item: C::Item) {
        let at = C::deadline(&item);
        let spot = self.spot_of(at.max(self.elapsed));
        self.levels[spot.level()].insert(item, at, spot);
        self.occupied |= 1 << spot.level();
    }

    /// Takes out an item that is at `spot`.
    pub(crate) fn remove(&mut self, item: C::Item, spot: Spot) {
        let level = &mut self.levels[spot.level()];
        level.remove(item, spot.slot());
        self.note_level(spot.level());
    }

    /// Takes out one item whose slot is due at `now`; if there is none, `now` is reached.
    ///
    /// An item that was postponed in place comes out all the same, with its later deadline: put it in again.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<C::Item> {
        while let Some(spot) = self.first() {
            let (start, end) = self.bounds(spot);
            if start > now {
                break;
            }
            if spot.level() == 0 || (self.order == Order::Loose && end <= now) {
                return self.pop_from(spot);
            }
            // Nothing lies before the first slot, so time may enter it, and its items move to finer levels.
            self.elapsed = start;
            self.cascade(spot);
        }
        self.elapsed = self.elapsed.max(now);
        None
    }

    /// Takes out any item, due or not.
    pub(crate) fn pop_any(&mut self) -> Option<C::Item> {
        self.first().and_then(|spot| self.pop_from(spot))
    }

    /// The earliest deadline. To bring a stale one up to date, at most `most` items are looked at; with more in the
    /// slot, the answer may be too early, never too late.
    pub(crate) fn next(&mut self, most: usize) -> Option<u64> {
        let spot = self.first()?;
        let (_, end) = self.bounds(spot);
        Some(self.levels[spot.level()].earliest(spot.slot(), end, most))
    }

    /// The slot that is due first.
    fn first(&self) -> Option<Spot> {
        (self.occupied != 0).then(|| {
            let level = self.occupied.trailing_zeros() as usize;
            Spot::new(level, self.levels[level].first())
        })
    }

    fn pop_from(&mut self, spot: Spot) -> Option<C::Item> {
        let item = self.levels[spot.level()].pop_front(spot.slot());
        self.note_level(spot.level());
        item
    }

    /// Where a deadline belongs: by the highest group of bits in which it differs from `elapsed`.
    fn spot_of(&self, at: u64) -> Spot {
        let differing = (at ^ self.elapsed) | 63;
        let level = ((63 - differing.leading_zeros()) / BITS) as usize;
        Spot::new(level, (at >> (BITS * level as u32)) as usize & 63)
    }

    /// The first and the last nanosecond of a slot.
    fn bounds(&self, spot: Spot) -> (u64, u64) {
        let shift = BITS * spot.level() as u32;
        let above = self.elapsed.checked_shr(shift + BITS).map_or(0, |groups| groups << (shift + BITS));
        let start = above | (spot.slot() as u64) << shift;
        (start, start + ((1 << shift) - 1))
    }

    /// Moves the items of a slot that contains `elapsed` to finer levels, in their order.
    fn cascade(&mut self, spot: Spot) {
        let mut items = self.levels[spot.level()].take(spot.slot());
        self.note_level(spot.level());
        while let Some(item) = items.pop_front() {
            self.insert(item);
        }
    }

    /// Keeps the level's occupancy bit true after something was taken out.
    fn note_level(&mut self, level: usize) {
        if self.levels[level].is_empty() {
            self.occupied &= !(1 << level);
        }
    }
}
