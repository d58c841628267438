//! A timer in a wheel: the pinned record that a `Sleep` carries, and the intrusive list that a slot is.
//!
//! | field | who writes | who reads |
//! | --- | --- | --- |
//! | `word` | owner and queue, as drawn in `state.rs` | anybody |
//! | `links` | whoever holds the queue's lock, while armed | the same |
//! | `waker` | the owner, with the queue's lock held, while armed | the queue under its lock; the owner at any time |
//!
//! The queue never writes to `waker`: to fire, it copies the bits and ends the timer, and with that the copy is the one
//! that counts. So the owner may compare its waker with the registered one without a lock, although a fire may copy it
//! at the same moment: two reads do not race.
//!
//! An armed entry is in exactly one list of one queue. The order that keeps this sound: the owner unlinks, under the lock,
//! before it frees or moves an entry that is still armed; the queue ends an entry (`Word::finish`, `Word::evict`) as its
//! last access, and forms no reference to the whole entry across that store, since the owner may free it meanwhile.

use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use motet_prim::cell::UnsafeCell;

use crate::state::{State, Word};
use crate::wheel::{Chain, Spot};

/// See the file's head.
pub(crate) struct Entry {
    word: Word,
    links: UnsafeCell<Links>,
    waker: UnsafeCell<MaybeUninit<Waker>>,
    _pinned: PhantomPinned,
}

#[derive(Clone, Copy)]
struct Links {
    before: Option<NonNull<Entry>>,
    after: Option<NonNull<Entry>>,
    spot: Spot,
}

// SAFETY: the word is atomic, the waker is Send and Sync, and the links are touched only under the queue's lock, by
// whichever thread holds it.
unsafe impl Send for Entry {}
// SAFETY: as for Send; `&Entry` gives nothing but reads of the word.
unsafe impl Sync for Entry {}

impl Entry {
    motet_prim::const_fn! {
        /// An entry that is in no wheel.
        pub(crate) const fn new() -> Self {
            Self {
                word: Word::new(),
                links: UnsafeCell::new(Links { before: None, after: None, spot: Spot::NOWHERE }),
                waker: UnsafeCell::new(MaybeUninit::uninit()),
                _pinned: PhantomPinned,
            }
        }
    }

    /// The word, which anybody may read.
    pub(crate) fn word(&self) -> &Word {
        &self.word
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
    /// The caller is the owner, and holds the lock of the queue that the entry is in, or is about to be in.
    pub(crate) unsafe fn put_waker(&self, waker: Waker) {
        // SAFETY: only the owner writes, and the queue reads under the lock that is held.
        self.waker.with_mut(|registered| unsafe { *registered = MaybeUninit::new(waker) });
    }

    /// Takes the registered waker out; the bits stay behind.
    ///
    /// # Safety
    ///
    /// The entry is armed, the caller is its owner, and holds the lock of its queue. Nobody takes it again until the next
    /// `put_waker`: the entry is disarmed or given another waker before the lock is released.
    pub(crate) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: only the owner writes, and the owner is here.
        let registered = self.waker.with(|registered| unsafe { registered.read() });
        // SAFETY: an armed entry has a waker, which the queue could only take under the lock that is held.
        unsafe { registered.assume_init() }
    }
}

/// A model has to see that the memory goes away: to free it is to write to it.
#[cfg(motet_loom)]
impl Drop for Entry {
    fn drop(&mut self) {
        self.links.with_mut(|_| {});
        self.waker.with_mut(|_| {});
    }
}

/// An entry in, or on its way into, the wheel of a queue whose lock is held.
///
/// Whoever has one may touch the entry's links, and may read its waker; the entry stays where it is. Both are promised
/// to `Linked::new`.
pub(crate) struct Linked(NonNull<Entry>);

// SAFETY: it stands for an entry in a queue, which is used by whichever thread holds the lock.
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
    /// The entry as an item for its queue's wheel.
    ///
    /// # Safety
    ///
    /// The caller holds the queue's lock for as long as the item is outside of the wheel. The entry stays pinned and
    /// alive until it has been taken out of the wheel; if it is in a wheel now, then in this queue's.
    pub(crate) unsafe fn new(entry: Pin<&Entry>) -> Self {
        Self(NonNull::from(entry.get_ref()))
    }

    /// Where the entry is.
    pub(crate) fn spot(&self) -> Spot {
        self.links().spot
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

    fn links(&self) -> Links {
        // SAFETY: an entry in the lock's keeping is alive.
        let cell = unsafe { &(*self.0.as_ptr()).links };
        // SAFETY: touched only under the lock that is held.
        cell.with(|links| unsafe { *links })
    }

    fn set_links(&self, links: Links) {
        // SAFETY: an entry in the lock's keeping is alive.
        let cell = unsafe { &(*self.0.as_ptr()).links };
        // SAFETY: touched only under the lock that is held.
        cell.with_mut(|slot| unsafe { *slot = links });
    }
}

/// The entries of one slot, linked through themselves.
#[derive(Default)]
pub(crate) struct List {
    ends: Option<Ends>,
}

#[derive(Clone, Copy)]
struct Ends {
    head: NonNull<Entry>,
    tail: NonNull<Entry>,
}

// SAFETY: it links entries of a queue, and lives in the queue's lock.
unsafe impl Send for List {}

impl Chain for List {
    type Item = Linked;

    fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    fn push_back(&mut self, item: Linked, spot: Spot) {
        let entry = item.0;
        item.set_links(Links { before: self.ends.map(|ends| ends.tail), after: None, spot });
        self.ends = Some(match self.ends {
            None => Ends { head: entry, tail: entry },
            Some(Ends { head, tail }) => {
                let tail = Linked(tail);
                tail.set_links(Links { after: Some(entry), ..tail.links() });
                Ends { head, tail: entry }
            }
        });
    }

    fn pop_front(&mut self) -> Option<Linked> {
        let Ends { head, tail } = self.ends?;
        let item = Linked(head);
        self.ends = item.links().after.map(|after| {
            let after = Linked(after);
            after.set_links(Links { before: None, ..after.links() });
            Ends { head: after.0, tail }
        });
        Some(item)
    }

    fn unlink(&mut self, item: Linked) {
        let Links { before, after, .. } = item.links();
        if let Some(before) = before.map(Linked) {
            before.set_links(Links { after, ..before.links() });
        }
        if let Some(after) = after.map(Linked) {
            after.set_links(Links { before, ..after.links() });
        }
        self.ends = self.ends.and_then(|ends| {
            let head = if before.is_some() { Some(ends.head) } else { after };
            let tail = if after.is_some() { Some(ends.tail) } else { before };
            head.zip(tail).map(|(head, tail)| Ends { head, tail })
        });
    }

    fn earliest(&self, most: usize) -> Option<u64> {
        let mut item = self.ends.map(|ends| Linked(ends.head));
        let mut earliest = None;
        for _ in 0..most {
            let Some(here) = item else { return earliest };
            let at = Self::deadline(&here);
            earliest = Some(earliest.map_or(at, |earliest: u64| earliest.min(at)));
            item = here.links().after.map(Linked);
        }
        if item.is_none() { earliest } else { None }
    }

    fn deadline(item: &Linked) -> u64 {
        // SAFETY: an entry in the lock's keeping is alive.
        let word = unsafe { &(*item.0.as_ptr()).word };
        match word.state() {
            State::Armed(at) => at,
            State::Fired | State::Evicted => unreachable!("a timer in a wheel is armed"),
        }
    }
}
