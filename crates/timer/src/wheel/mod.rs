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
//! 2. At most one slot above level 0 contains `elapsed`: the one that is being emptied into finer levels. Nothing comes out
//!    before that is done, and nothing more goes into it. It may be done in steps, for a slot may hold a million items; done
//!    in one, two items of equal deadlines always meet in the order in which they were inserted.
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

/// What a look at the wheel came to.
#[must_use]
#[derive(Debug)]
pub(crate) enum Look<T> {
    /// This item's slot is due.
    Due(T),
    /// There may be more, but so many items have been moved that it is time for a break. Look again.
    Break,
    /// Nothing else is due: the wheel has reached that time.
    Reached,
}

/// See the file's head.
pub(crate) struct Wheel<C> {
    /// The time that the wheel has reached: all before it has come out.
    elapsed: u64,
    /// One bit a level that has items.
    occupied: u16,
    order: Order,
    /// The slot that is being emptied into finer levels: the only one that `elapsed` has entered.
    entered: Option<Spot>,
    /// Apart, for they are 17 kilobytes; none before the first item.
    levels: Box<[Level<C>]>,
}

impl<C: Chain> Wheel<C> {
    pub(crate) fn new(elapsed: u64, order: Order) -> Self {
        Self { elapsed, occupied: 0, order, entered: None, levels: Box::default() }
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
        self.entered = None;
    }

    /// Puts an item in. A deadline that has passed comes out at the next [`pop_due`](Self::pop_due).
    #[inline]
    pub(crate) fn insert(&mut self, item: C::Item) {
        let at = C::deadline(&item);
        self.insert_for(item, at);
    }

    /// As [`insert`](Self::insert), by one who knows the item's deadline.
    #[inline]
    pub(crate) fn insert_for(&mut self, item: C::Item, at: u64) {
        let spot = self.spot_of(at.max(self.elapsed));
        let level = match self.levels.get_mut(spot.level()) {
            Some(level) => level,
            None => &mut self.add_levels()[spot.level()],
        };
        level.insert(item, at, spot);
        self.occupied |= 1 << spot.level();
    }

    #[cold]
    #[inline(never)]
    fn add_levels(&mut self) -> &mut [Level<C>] {
        self.levels = (0..LEVELS).map(|_| Level::new()).collect();
        &mut self.levels
    }

    /// Takes out an item that is at `spot`.
    #[inline]
    pub(crate) fn remove(&mut self, item: C::Item, spot: Spot) {
        let level = &mut self.levels[spot.level()];
        level.remove(item, spot.slot());
        self.note_level(spot.level());
    }

    /// Takes out one item whose slot is due at `now`; if there is none, `now` is reached.
    ///
    /// An item that was postponed in place comes out all the same, with its later deadline: put it in again. `moves` counts
    /// down the items that go to a finer level; at zero there is a break.
    pub(crate) fn pop_due(&mut self, now: u64, moves: &mut usize) -> Look<C::Item> {
        loop {
            if !self.empty_entered(moves) {
                return Look::Break;
            }
            let Some(spot) = self.first() else { break };
            let (start, end) = self.bounds(spot);
            if start > now {
                break;
            }
            if spot.level() == 0 || (self.order == Order::Loose && end <= now) {
                return self.pop_from(spot).map_or(Look::Reached, Look::Due);
            }
            // Nothing lies before the first slot, so time may enter it, and its items move to finer levels.
            self.elapsed = start;
            self.entered = Some(spot);
        }
        self.elapsed = self.elapsed.max(now);
        Look::Reached
    }

    /// Takes out any item, due or not.
    pub(crate) fn pop_any(&mut self) -> Option<C::Item> {
        self.first().and_then(|spot| self.pop_from(spot))
    }

    /// The earliest deadline. To bring a stale one up to date, at most `most` items of a slot are looked at; with more, the
    /// answer may be too early, never too late.
    pub(crate) fn next(&mut self, most: usize) -> Option<u64> {
        let first = self.first()?;
        // Half emptied, a slot may hold the earliest, and so may a finer one that it was emptied into.
        let entered = self.entered.filter(|&spot| spot != first && self.levels[spot.level()].is_occupied(spot.slot()));
        [Some(first), entered].into_iter().flatten().map(|spot| self.earliest_in(spot, most)).min()
    }

    fn earliest_in(&mut self, spot: Spot, most: usize) -> u64 {
        let (_, end) = self.bounds(spot);
        self.levels[spot.level()].earliest(spot.slot(), end, most)
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

    /// Moves the items of the slot that `elapsed` has entered to finer levels, in their order; whether all of them are moved.
    fn empty_entered(&mut self, moves: &mut usize) -> bool {
        let Some(spot) = self.entered else { return true };
        while *moves > 0 {
            let Some(item) = self.pop_from(spot) else {
                self.entered = None;
                return true;
            };
            self.insert(item);
            *moves -= 1;
        }
        false
    }

    /// Keeps the level's occupancy bit true after something was taken out.
    fn note_level(&mut self, level: usize) {
        if self.levels[level].is_empty() {
            self.occupied &= !(1 << level);
        }
    }
}
