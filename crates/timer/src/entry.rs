//! A timer in a wheel: the pinned record that a `Sleep` is, and the intrusive list that a slot is.
//!
//! | field | who writes | who reads |
//! | --- | --- | --- |
//! | `word` | owner and queue, as drawn in `state.rs` | anybody |
//! | `before`, `after`, `spot` | whoever holds the shard's lock, while armed | the same |
//! | `waker` | the owner, with the shard's lock held, while armed | the queue under that lock; the owner at any time |
//! | the home | the owner, while not armed | the owner |
//!
//! The queue never writes to `waker`: to fire, it copies the bits and ends the timer, and with that the copy is the one
//! that counts. So the owner may compare its waker with the registered one without a lock, although a fire may copy it
//! at the same moment: two reads do not race.
//!
//! An armed entry is in exactly one list of one shard of one queue. The order that keeps this sound: the owner unlinks, under
//! the lock, before it frees or moves an entry that is still armed; the queue ends an entry (`Word::finish`, `Word::evict`) as
//! its last access, and forms no reference to the whole entry across that store, since the owner may free it meanwhile.
//!
//! Seven words, with no gap: a million sleeping tasks hold a million of them.

use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use motet_prim::cell::UnsafeCell;

use crate::queue::{Lease, Place, TimerQueue};
use crate::state::{State, Word};
use crate::wheel::{Chain, Spot};

/// See the file's head.
pub(crate) struct Entry {
    word: Word,
    before: Link,
    after: Link,
    waker: UnsafeCell<MaybeUninit<Waker>>,
    queue: Option<&'static TimerQueue>,
    number: u32,
    spot: UnsafeCell<Spot>,
    shard: u8,
    is_ambient: bool,
    _pinned: PhantomPinned,
}

#[cfg(not(motet_loom))]
const _: () = assert!(size_of::<Entry>() <= 7 * size_of::<u64>(), "a timer has grown");

/// Leads to a neighbour, where there is one: of the `before` of a list's head and of the `after` of its tail nothing is said.
type Link = UnsafeCell<NonNull<Entry>>;

// SAFETY: the word is atomic, the waker is Send and Sync, and the links are touched only under the shard's lock, by
// whichever thread holds it.
unsafe impl Send for Entry {}
// SAFETY: as for Send; `&Entry` gives nothing but reads of the word, and of the home, which is written by `&mut Entry`.
unsafe impl Sync for Entry {}

impl Entry {
    /// An entry that is in no wheel, at home in that queue, or wherever is ambient when it is armed.
    pub(crate) fn new(state: State, at: u64, home: Option<Lease>) -> Self {
        Self {
            word: Word::new(state, at),
            before: UnsafeCell::new(NonNull::dangling()),
            after: UnsafeCell::new(NonNull::dangling()),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            queue: home.map(|lease| lease.queue),
            number: home.map_or(0, |lease| lease.number),
            spot: UnsafeCell::new(Spot::NOWHERE),
            shard: 0,
            is_ambient: home.is_none(),
            _pinned: PhantomPinned,
        }
    }

    /// The word, which anybody may read.
    pub(crate) fn word(&self) -> &Word {
        &self.word
    }

    /// The wheels that it was made for; none for the ambient ones.
    pub(crate) fn home(&self) -> Option<Lease> {
        if self.is_ambient { None } else { self.queue.map(|queue| Lease { queue, number: self.number }) }
    }

    /// Where it was armed last.
    pub(crate) fn place(&self) -> Option<Place> {
        self.queue.map(|queue| Place { queue, shard: self.shard })
    }

    /// Before it is armed: remembers where.
    pub(crate) fn set_place(&mut self, lease: Lease, shard: u8) {
        self.queue = Some(lease.queue);
        self.number = lease.number;
        self.shard = shard;
    }

    /// Whether `waker` is the one that is registered.
    ///
    /// # Safety
    ///
    /// The caller is the owner, armed the entry, and has not put its waker out of use by `take_waker` since.
    pub(crate) unsafe fn is_registered(&self, waker: &Waker) -> bool {
        self.waker.with(|registered| {
            // SAFETY: only the owner writes, and the owner is here.
            let registered = unsafe { &*registered };
            // SAFETY: the owner wrote it when it armed the entry. If the entry fires right now the waker belongs to the
            // queue's copy, but its bits are still these, and `will_wake` only compares.
            unsafe { registered.assume_init_ref() }.will_wake(waker)
        })
    }

    /// Registers a waker, and gives no heed to the one that was there.
    ///
    /// # Safety
    ///
    /// The caller is the owner; the entry is in no wheel, or the lock of its shard is held.
    pub(crate) unsafe fn put_waker(&self, waker: Waker) {
        // SAFETY: only the owner writes, and the queue reads of what is in its wheel, under the lock.
        self.waker.with_mut(|registered| unsafe { *registered = MaybeUninit::new(waker) });
    }

    /// Takes the registered waker out; the bits stay behind.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has registered one; the entry is in no wheel since, or still armed, and the lock of its shard is held.
    /// Nobody takes it again until the next `put_waker`: an armed entry is disarmed or given another waker before the lock is released.
    pub(crate) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: only the owner writes, and the owner is here.
        let registered = self.waker.with(|registered| unsafe { registered.read() });
        // SAFETY: one was registered, which the queue could only take of an armed entry, under the lock that is held.
        unsafe { registered.assume_init() }
    }
}

/// A model has to see that the memory goes away: to free it is to write to it.
#[cfg(motet_loom)]
impl Drop for Entry {
    fn drop(&mut self) {
        self.before.with_mut(|_| {});
        self.after.with_mut(|_| {});
        self.spot.with_mut(|_| {});
        self.waker.with_mut(|_| {});
    }
}

/// An entry in, or on its way into, a wheel whose lock is held.
///
/// Whoever has one may touch the entry's links, and may read its waker; the entry stays where it is. Both are promised
/// to `Linked::new`.
#[derive(PartialEq, Eq)]
pub(crate) struct Linked(NonNull<Entry>);

// SAFETY: it stands for an entry in a wheel, which is used by whichever thread holds the lock.
unsafe impl Send for Linked {}

/// What became of an entry whose slot was due.
#[must_use]
pub(crate) enum Due {
    /// It has fired; its waker is to be called, after the lock was released.
    Fired(Waker),
    /// It was postponed: back into the wheel with it.
    Later(Linked),
}

impl Linked {
    /// Stands for an entry in the wheel whose lock is held, or on its way into it.
    ///
    /// # Safety
    ///
    /// The caller holds the wheel's lock for as long as the item is outside of the wheel. The entry stays pinned and
    /// alive until it has been taken out of the wheel; if it is in a wheel now, then in this one.
    pub(crate) unsafe fn new(entry: Pin<&Entry>) -> Self {
        Self(NonNull::from(entry.get_ref()))
    }

    /// Where the entry is.
    pub(crate) fn spot(&self) -> Spot {
        // SAFETY: an entry in the lock's keeping is alive.
        let cell = unsafe { &(*self.0.as_ptr()).spot };
        // SAFETY: touched only under the lock that is held.
        cell.with(|spot| unsafe { *spot })
    }

    /// Ends the entry, which has been taken out of the wheel, if it is due at `now`.
    pub(crate) fn fire(self, now: u64) -> Due {
        loop {
            let at = List::deadline(&self);
            if at > now {
                return Due::Later(self);
            }
            let waker = self.copy_waker();
            // SAFETY: an entry in the lock's keeping is alive. The reference is to the atomic word alone, whose
            // memory may go away as soon as it has been stored to, and nothing is touched after that.
            let word = unsafe { &(*self.0.as_ptr()).word };
            if word.finish(at) {
                // SAFETY: the bits are an armed entry's waker, and no owner will use them as such again: it has fired.
                return Due::Fired(unsafe { waker.assume_init() });
            }
        }
    }

    /// Ends the entry, which has been taken out of the wheel, because the wheel closes.
    pub(crate) fn evict(self) -> Waker {
        let waker = self.copy_waker();
        // SAFETY: as in `fire`.
        let word = unsafe { &(*self.0.as_ptr()).word };
        word.evict();
        // SAFETY: as in `fire`.
        unsafe { waker.assume_init() }
    }

    fn copy_waker(&self) -> MaybeUninit<Waker> {
        // SAFETY: an entry in the lock's keeping is alive.
        let cell = unsafe { &(*self.0.as_ptr()).waker };
        // SAFETY: written only under the lock that is held; copied as mere bits.
        cell.with(|waker| unsafe { waker.read() })
    }

    fn set_spot(&self, spot: Spot) {
        // SAFETY: an entry in the lock's keeping is alive.
        let cell = unsafe { &(*self.0.as_ptr()).spot };
        // SAFETY: touched only under the lock that is held.
        cell.with_mut(|slot| unsafe { *slot = spot });
    }

    fn before(&self) -> &Link {
        // SAFETY: an entry in the lock's keeping is alive.
        unsafe { &(*self.0.as_ptr()).before }
    }

    fn after(&self) -> &Link {
        // SAFETY: an entry in the lock's keeping is alive.
        unsafe { &(*self.0.as_ptr()).after }
    }
}

/// The neighbour that a link of an entry in the lock's keeping leads to.
fn follow(link: &Link) -> Linked {
    // SAFETY: touched only under the lock that is held.
    Linked(link.with(|link| unsafe { *link }))
}

/// Sets a link of an entry in the lock's keeping.
fn lead(link: &Link, to: &Linked) {
    // SAFETY: touched only under the lock that is held.
    link.with_mut(|link| unsafe { *link = to.0 });
}

/// The entries of one slot, linked through themselves.
///
/// Who is first and last is said here, and only here: to take out the first, as a crowd that is dropped in its order does again
/// and again, touches no other entry.
#[derive(Default)]
pub(crate) struct List {
    ends: Option<Ends>,
}

struct Ends {
    head: Linked,
    tail: Linked,
}

impl Chain for List {
    type Item = Linked;

    fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    fn push_back(&mut self, item: Linked, spot: Spot) {
        item.set_spot(spot);
        match &mut self.ends {
            None => self.ends = Some(Ends { head: Linked(item.0), tail: item }),
            Some(ends) => {
                lead(item.before(), &ends.tail);
                lead(ends.tail.after(), &item);
                ends.tail = item;
            }
        }
    }

    fn pop_front(&mut self) -> Option<Linked> {
        let ends = self.ends.as_mut()?;
        if ends.head == ends.tail {
            return self.ends.take().map(|ends| ends.head);
        }
        let second = follow(ends.head.after());
        Some(core::mem::replace(&mut ends.head, second))
    }

    fn unlink(&mut self, item: Linked) {
        let ends = self.ends.as_mut().expect("the list of an entry is not empty");
        match (item == ends.head, item == ends.tail) {
            (true, true) => self.ends = None,
            (true, false) => ends.head = follow(item.after()),
            (false, true) => ends.tail = follow(item.before()),
            (false, false) => {
                let (before, after) = (follow(item.before()), follow(item.after()));
                lead(before.after(), &after);
                lead(after.before(), &before);
            }
        }
    }

    fn earliest(&self, most: usize) -> Option<u64> {
        let ends = self.ends.as_ref()?;
        let mut item = Linked(ends.head.0);
        let mut earliest = u64::MAX;
        for _ in 0..most {
            earliest = earliest.min(Self::deadline(&item));
            if item == ends.tail {
                return Some(earliest);
            }
            item = follow(item.after());
        }
        None
    }

    fn deadline(item: &Linked) -> u64 {
        // SAFETY: an entry in the lock's keeping is alive.
        let word = unsafe { &(*item.0.as_ptr()).word };
        debug_assert!(word.state() == State::Armed, "a timer in a wheel is armed");
        word.deadline()
    }
}
