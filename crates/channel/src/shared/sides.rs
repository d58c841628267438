//! Putting and getting without waiting: how items and reservations move, all under the lock; wakes come after it.

use super::order::{Fifo, Order, Store, Ticket, at_once};
use super::parcel::Outcome;
use super::{GETTERS, Locked, PUTTERS, Shared};
use motet_prim::{WakeBatch, Wakeup};
use std::collections::VecDeque;

/// An item that could not be put; it is given back.
pub(crate) enum Refusal<T> {
    Full(T),
    Closed(T),
}

/// Why there was nothing to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nothing {
    Empty,
    Closed,
}

impl<T, O: Order<T>> Shared<T, O> {
    #[inline(always)]
    pub(crate) fn try_put(&self, item: T) -> Result<(), Refusal<T>> {
        let mut locked = self.line.lock();
        if locked.ledger.stores_next() {
            locked.push(item);
            self.unlock(locked);
            return Ok(());
        }
        self.hand_over_or_refuse(locked, item)
    }

    #[inline(never)]
    fn hand_over_or_refuse(&self, mut locked: Locked<'_, T, O>, item: T) -> Result<(), Refusal<T>> {
        if locked.ledger.is_closed() {
            return Err(Refusal::Closed(item));
        }
        if !locked.ledger.has_room() {
            return Err(Refusal::Full(item));
        }
        let wakeup = put(&mut locked, item);
        self.unlock(locked);
        wake(wakeup);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn try_get(&self) -> Result<T, Nothing> {
        self.get_locked(self.line.lock())
    }

    #[inline(always)]
    pub(super) fn get_locked(&self, mut locked: Locked<'_, T, O>) -> Result<T, Nothing> {
        let Some(item) = locked.pop() else {
            return self.take_offer_or_nothing(locked);
        };
        if locked.is_empty(PUTTERS) {
            self.unlock(locked);
        } else {
            self.admit_one(locked);
        }
        Ok(item)
    }

    #[inline(never)]
    fn take_offer_or_nothing(&self, mut locked: Locked<'_, T, O>) -> Result<T, Nothing> {
        let offer = take_offer(&mut locked);
        let nothing = if locked.ledger.is_closed() { Nothing::Closed } else { Nothing::Empty };
        self.unlock(locked);
        let (item, wakeup) = offer.ok_or(nothing)?;
        wakeup.wake();
        Ok(item)
    }

    /// Unlocks, with room made for the oldest putter.
    #[inline(never)]
    fn admit_one(&self, mut locked: Locked<'_, T, O>) {
        let wakeup = admit_putter(&mut locked);
        self.unlock(locked);
        wake(wakeup);
    }

    /// Gets what is there, up to `max`, and hands each item to `take`.
    pub(crate) fn get_many(&self, max: usize, mut take: impl FnMut(T)) -> Result<usize, Nothing> {
        if max == 0 {
            return Ok(0);
        }
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        let room = Room { locked: &mut locked, wakes: &mut wakes };
        let mut count = 0;
        loop {
            count += room.locked.pop_many(max - count, &mut take);
            if count == max {
                break;
            }
            // Only a rendezvous wakes one for each item: elsewhere putters are admitted together, below.
            if room.wakes.is_full() {
                room.locked.flush(room.wakes);
                continue;
            }
            let Some((item, putter)) = take_offer(room.locked) else { break };
            room.wakes.push(putter);
            take(item);
            count += 1;
        }
        drop(room);
        let closed = locked.ledger.is_closed();
        self.unlock(locked);
        wakes.wake_all();
        match count {
            0 if closed => Err(Nothing::Closed),
            0 => Err(Nothing::Empty),
            _ => Ok(count),
        }
    }

    /// Takes an item back that was handed to a getter which went away: for the next getter, or into its old place.
    pub(super) fn give_back(&self, ticket: Ticket, item: T) {
        let mut locked = self.line.lock();
        if locked.ledger.getters() > 0 {
            let wakeup = hand_over(&mut locked, ticket, item);
            self.unlock(locked);
            wake(wakeup);
        } else if locked.ledger.is_shut() {
            self.drop_unfinished(locked, item);
        } else {
            locked.ledger.item_stored();
            locked.store.put_back(ticket, item);
            self.unlock(locked);
        }
    }

    /// Reserves a place, if there is room.
    pub(crate) fn try_reserve(&self) -> Result<(), Refusal<()>> {
        let mut locked = self.line.lock();
        if locked.ledger.is_closed() {
            return Err(Refusal::Closed(()));
        }
        if !locked.ledger.has_room() {
            return Err(Refusal::Full(()));
        }
        locked.ledger.reserve_slot();
        self.unlock(locked);
        Ok(())
    }

    /// Puts an item into a reserved place; gives it back if the queue was closed meanwhile. The reservation ends.
    pub(crate) fn fill_slot(&self, item: T) -> Result<(), T> {
        let mut locked = self.line.lock();
        locked.ledger.end_slot();
        if locked.ledger.is_closed() {
            // Nobody waits for the place any more.
            self.unlock(locked);
            return Err(item);
        }
        if locked.ledger.getters() == 0 {
            locked.push(item);
            self.unlock(locked);
        } else {
            self.hand_over_from_slot(locked, item);
        }
        Ok(())
    }

    /// A getter takes the item away at once, so that the place is free again.
    #[inline(never)]
    fn hand_over_from_slot(&self, mut locked: Locked<'_, T, O>, item: T) {
        let getter = put(&mut locked, item);
        let putter = admit_putter(&mut locked);
        self.unlock(locked);
        wake(getter);
        wake(putter);
    }

    /// Gives a reservation up: the place is for the next putter.
    pub(crate) fn release_slot(&self) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        locked.ledger.end_slot();
        admit_putters(&mut locked, &mut wakes);
        self.unlock(locked);
        wakes.wake_all();
    }
}

impl<T> Shared<T, Fifo> {
    /// Takes all that is there, in one step; at a rendezvous, what waiting putters offer.
    pub(crate) fn drain(&self) -> VecDeque<T> {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        let mut fresh = VecDeque::new();
        if !locked.store.is_empty() && locked.capacity.limit().is_some() {
            let room = at_once(locked.capacity.limit());
            // Not under the lock: allocation takes its time.
            drop(locked);
            fresh = VecDeque::with_capacity(room);
            locked = self.line.lock();
        }
        let mut items = locked.store.take_all(fresh);
        locked.ledger.items_left(items.len());
        while let Some((item, wakeup)) = take_offer(&mut locked) {
            items.push_back(item);
            wakes.push(wakeup);
            if wakes.is_full() {
                locked.flush(&mut wakes);
            }
        }
        admit_putters(&mut locked, &mut wakes);
        self.unlock(locked);
        wakes.wake_all();
        items
    }
}

/// Room that is being made under the lock. When that is done, and if a comparison panics in between, it is the oldest putters'.
struct Room<'l, 'a, T, O: Order<T>> {
    locked: &'l mut Locked<'a, T, O>,
    wakes: &'l mut WakeBatch,
}

impl<T, O: Order<T>> Drop for Room<'_, '_, T, O> {
    fn drop(&mut self) {
        admit_putters(self.locked, self.wakes);
    }
}

/// Wakes, with the lock released.
pub(super) fn wake(wakeup: Option<Wakeup>) {
    if let Some(wakeup) = wakeup {
        wakeup.wake();
    }
}

pub(super) fn wake_both([one, other]: [Option<Wakeup>; 2]) {
    wake(one);
    wake(other);
}

/// Puts an item for which there is room: to a getter that waits, else into the store.
#[inline]
pub(super) fn put<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, item: T) -> Option<Wakeup> {
    if locked.ledger.getters() == 0 {
        locked.push(item);
        return None;
    }
    let ticket = locked.store.issue();
    locked.ledger.count_put();
    hand_over(locked, ticket, item)
}

/// Hands an item to the oldest getter that waits; there is one.
fn hand_over<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, ticket: Ticket, item: T) -> Option<Wakeup> {
    let mut item = Some(item);
    let wakeup = locked.grant_front(GETTERS, |state, parcel| {
        state.ledger.getter_left();
        parcel.hand(ticket, item.take());
    });
    debug_assert!(item.is_none(), "a getter was counted that does not wait");
    wakeup
}

/// Gets an item: from the store, and then the place it leaves is the oldest putter's; or from a putter that offers it.
#[inline]
pub(super) fn get<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> (Option<T>, Option<Wakeup>) {
    match locked.pop() {
        Some(item) => (Some(item), admit_putter(locked)),
        None => match take_offer(locked) {
            Some((item, wakeup)) => (Some(item), Some(wakeup)),
            None => (None, None),
        },
    }
}

/// At a rendezvous: takes the oldest offer for somebody who comes. Not past getters that wait: beside an offer they do where a slot was given for
/// each of them.
fn take_offer<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> Option<(T, Wakeup)> {
    if locked.ledger.is_rendezvous() && locked.ledger.getters() == 0 { oldest_offer(locked) } else { None }
}

/// At a rendezvous where there is room, which means that a getter waits: hands the oldest offer to the oldest getter.
fn pair<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> Option<(Wakeup, Option<Wakeup>)> {
    if !locked.ledger.is_rendezvous() {
        return None;
    }
    let (item, putter) = oldest_offer(locked)?;
    let ticket = locked.store.issue();
    Some((putter, hand_over(locked, ticket, item)))
}

/// Takes the item of the putter that has waited longest.
fn oldest_offer<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> Option<(T, Wakeup)> {
    let mut offered = None;
    let wakeup = locked.grant_front_if(PUTTERS, |state, parcel| {
        offered = parcel.item.take();
        // A putter without an item wants a slot: a getter that waits gives it one.
        if offered.is_some() {
            parcel.outcome = Outcome::Done;
            state.ledger.count_put();
        }
        offered.is_some()
    })?;
    offered.map(|item| (item, wakeup))
}

/// Reserves a place for the oldest putter, if there is room.
#[inline]
pub(super) fn admit_putter<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> Option<Wakeup> {
    if locked.is_empty(PUTTERS) || !locked.ledger.has_room() {
        return None;
    }
    locked.grant_front_if(PUTTERS, |state, parcel| {
        let wants_slot = parcel.item.is_none();
        if wants_slot {
            state.ledger.reserve_slot();
            parcel.outcome = Outcome::Slot;
        }
        wants_slot
    })
}

/// Wakes a full batch with the lock released. The room is for those in line: whoever comes meanwhile finds none, and waits behind them.
fn flush<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, wakes: &mut WakeBatch) {
    let room = locked.ledger.withhold_room();
    locked.flush(wakes);
    locked.ledger.return_room(room);
}

/// A getter that is about to wait at a rendezvous, and is counted already, makes room for one: for the item of the oldest putter, which goes to
/// the oldest getter, or for its slot. The wakes of both.
pub(super) fn admit_to_getter<T, O: Order<T>>(locked: &mut Locked<'_, T, O>) -> [Option<Wakeup>; 2] {
    if !locked.ledger.has_room() {
        return [None, None];
    }
    match pair(locked) {
        Some((putter, getter)) => [Some(putter), getter],
        None => [admit_putter(locked), None],
    }
}

/// Admits the oldest putters as long as there is room. The batch may hold wakes when this returns.
pub(super) fn admit_putters<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, wakes: &mut WakeBatch) {
    loop {
        if wakes.is_full() {
            flush(locked, wakes);
        }
        if !locked.ledger.has_room() {
            return;
        }
        if let Some((putter, getter)) = pair(locked) {
            wakes.push(putter);
            if let Some(getter) = getter {
                if wakes.is_full() {
                    flush(locked, wakes);
                }
                wakes.push(getter);
            }
        } else if let Some(putter) = admit_putter(locked) {
            wakes.push(putter);
        } else {
            return;
        }
    }
}
