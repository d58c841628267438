//! What queues and channels share: a store of items and three lines of waiters under one lock.
//!
//! An item is in exactly one place: with the putter, in the store, or with a getter. It moves between them under the lock,
//! in one step. What moves when:
//!
//! ```text
//!    putter ──room, nobody waits──▶ store ──any getter──▶ getter
//!       │                            ▲  ▲
//!       │                            │  └── give_back: a getter dropped with an item it was handed
//!       ├────────a getter waits──────┼────▶ handed to the oldest getter's place in line
//!       └──full: waits in line; a getter that makes room reserves it (a *slot*) for the oldest putter, which is woken and
//!                puts the item in by itself. So a putter that is dropped before has put nothing.
//! ```
//!
//! - A getter that waits is handed its item: nobody can come before it, and it fetches the item without the lock. Dropped
//!   before that, it gives the item back: to the next getter, or to the store, in the item's old place.
//! - *Rendezvous*: nothing is stored, so there is room for as many items as getters wait. A putter waits with its item in
//!   its place in line, where a getter that comes takes it: from then on it has been put, whether the putter is polled
//!   again or not. A slot is for the getters that wait: one that comes while each of them has one waits behind them, and what is offered then
//!   goes to the oldest.
//!
//! - *Ahead*: the only getter of a store without a limit may take all items at once, and get them one by one from its own part: see [`ahead`].
//!
//! Two invariants, true whenever the lock is free (a long batch of wakes, which lets go of it, aside):
//! nobody waits to get while the store has an item; nobody waits to put while there is room.
//!
//! Reservations, waiting getters and unfinished work are counted in the [`Ledger`], which holds no data.
#![forbid(unsafe_code)]

mod ahead;
mod close;
mod heap;
mod ledger;
#[cfg(all(test, motet_loom))]
mod model;
mod order;
mod outlook;
mod parcel;
mod poll;
mod seat;
mod sides;

pub(crate) use ahead::Ahead;
pub(crate) use ledger::{Capacity, Close};
pub use order::{Fifo, Lifo, Order, Smallest};
pub(crate) use parcel::Parcel;
pub(crate) use poll::{
    SharedHandle, poll_closed, poll_get, poll_get_many, poll_join, poll_put, poll_reserve, stop_putting,
};
pub(crate) use seat::{GetSeat, PutSeat};
pub(crate) use sides::{Nothing, Refusal};

use ledger::Ledger;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::{WaitList, Waitable, WakeBatch};
use order::Store;

/// The three lines.
pub(crate) const GETTERS: usize = 0;
pub(crate) const PUTTERS: usize = 1;
/// Who waits until all is done; in a channel, which has no such wait, until it is closed.
pub(crate) const JOINERS: usize = 2;

/// The ticket of those who wait for a close: later than any generation.
const AWAITS_CLOSE: u64 = u64::MAX;

/// A place in one of the lines.
pub(crate) type Waiter<H> = motet_prim::Waiter<H, 3>;

/// A future's place in one of the lines: vacant until it must wait.
pub(crate) type Place<H> = motet_prim::LazyWaiter<H, 3>;

/// A place in one of the lines, not yet taken.
pub(crate) fn waiter<H: Waitable<3, Payload = Parcel<T>>, T>(handle: H, line: usize) -> Waiter<H> {
    Waiter::new(handle, line, Parcel::empty())
}

pub(crate) type Locked<'a, T, O> = motet_prim::Locked<'a, State<T, O>, Parcel<T>, 3>;

/// One queue or channel.
///
/// The lock, the ledger and the first four words of the store are one line of the cache: all that an item touches that finds nobody waiting.
#[repr(align(64))]
pub(crate) struct Shared<T, O: Order<T>> {
    line: WaitList<State<T, O>, Parcel<T>, 3>,
    /// How many items the only getter has fetched [ahead].
    ahead: AtomicUsize,
}

/// What the lock guards besides the lines.
#[repr(C)]
pub(crate) struct State<T, O: Order<T>> {
    ledger: Ledger,
    store: O::Store,
    capacity: Capacity,
    /// How often everything was done.
    generation: u64,
}

impl<T, O: Order<T>> State<T, O> {
    // A heap compares items with the user's code. If that panics in a push, the item is in the heap all the same: so count first. If it
    // panics in a pop, nothing has left: count last.

    #[inline]
    fn push(&mut self, item: T) {
        self.ledger.item_stored();
        self.ledger.count_put();
        self.store.push(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        if self.store.is_empty() {
            return None;
        }
        let item = self.store.pop();
        self.ledger.items_left(1);
        item
    }

    /// Takes out up to `max` items; how many they were.
    fn pop_many(&mut self, max: usize, take: &mut impl FnMut(T)) -> usize {
        let mut count = 0;
        loop {
            let items = self.store.run(max - count);
            if items == 0 {
                return count;
            }
            self.store.pop_run(items, take);
            self.ledger.items_left(items);
            count += items;
        }
    }
}

impl<T, O: Order<T>> Shared<T, O> {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let ledger = Ledger::new(capacity);
        let store = O::Store::with_limit(capacity.limit());
        Self { line: WaitList::new(State { ledger, store, capacity, generation: 0 }), ahead: AtomicUsize::new(0) }
    }

    /// Unlocks, and says to newcomers what they will find.
    #[inline]
    fn unlock(&self, mut locked: Locked<'_, T, O>) {
        outlook::note(&mut locked);
    }

    pub(crate) fn len(&self) -> usize {
        let locked = self.line.lock();
        // Relaxed: it grows under the lock only, together with what leaves the store.
        locked.store.len() + self.ahead.load(Ordering::Relaxed)
    }

    pub(crate) fn is_full(&self) -> bool {
        !self.line.lock().ledger.has_room()
    }

    /// `None`: unlimited.
    pub(crate) fn capacity(&self) -> Option<usize> {
        self.line.lock().capacity.limit()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.line.lock().ledger.is_closed()
    }

    /// How many items were put and not reported done.
    pub(crate) fn unfinished(&self) -> u64 {
        self.line.lock().ledger.unfinished()
    }
}

impl<T, O: Order<T>> Waitable<3> for Shared<T, O> {
    type State = State<T, O>;
    type Payload = Parcel<T>;

    #[inline]
    fn wait_list(&self) -> &WaitList<State<T, O>, Parcel<T>, 3> {
        &self.line
    }

    fn on_leave(&self, list: usize, locked: &mut Locked<'_, T, O>, _: &mut WakeBatch) {
        if list == GETTERS {
            locked.ledger.getter_left();
        }
    }

    fn on_return(&self, list: usize, parcel: Parcel<T>) {
        match list {
            GETTERS => {
                if let Some((ticket, item)) = parcel.into_handed() {
                    self.give_back(ticket, item);
                }
            }
            PUTTERS if parcel.has_slot() => self.release_slot(),
            _ => {}
        }
    }
}
