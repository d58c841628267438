//! A ring of fixed size: one owner adds and takes, thieves take half of it at a time.
//!
//! ```text
//!    stolen        head            tail
//!      ▼             ▼               ▼
//!  ────┬─────────────┬───────────────┬────────────────
//!      │ a thief     │ queued        │ free
//!      │ copies these│               │
//!  ────┴─────────────┴───────────────┴────────────────
//! ```
//!
//! Positions count up and wrap around at 2³²; a position's slot is its remainder by the size, a power of two.
//!
//! * `stolen == head`: no theft is under way. A thief moves `head` on by what it claims, copies the claimed values, then
//!   moves `stolen` up to `head`: only then may the owner write into those slots. One theft at a time; a second thief
//!   leaves with nothing.
//! * `stolen` and `head` live in one word, so that claiming, finishing and the owner's `pop` are compare-exchanges of it.
//! * `tail` is the owner's alone.
//!
//! The race to fear: the owner laps the ring while a thief still copies. It cannot, for `push` measures what is free from
//! `stolen`, not from `head`.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicU32, AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;
use std::cell::Cell;
use std::sync::Arc;

/// Makes a ring; `SIZE` is a power of two.
pub(crate) fn ring<T, const SIZE: usize>() -> (Producer<T, SIZE>, Stealer<T, SIZE>) {
    ring_from(0)
}

/// A ring whose positions start at `first`: tests let them wrap around.
pub(super) fn ring_from<T, const SIZE: usize>(first: u32) -> (Producer<T, SIZE>, Stealer<T, SIZE>) {
    const { assert!(SIZE.is_power_of_two() && SIZE >= 2 && SIZE <= 1 << 16) };
    let ring = Arc::new(Ring {
        front: CachePadded::new(AtomicU64::new(Front { stolen: first, head: first }.pack())),
        tail: CachePadded::new(AtomicU32::new(first)),
        slots: core::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
    });
    (Producer { ring: ring.clone(), one_thread: PhantomData }, Stealer { ring })
}

/// The owner's end.
pub(crate) struct Producer<T, const SIZE: usize> {
    ring: Arc<Ring<T, SIZE>>,
    /// `Send`, but not `Sync`: `tail` has one writer.
    one_thread: PhantomData<Cell<()>>,
}

/// A thief's end.
pub(crate) struct Stealer<T, const SIZE: usize> {
    ring: Arc<Ring<T, SIZE>>,
}

struct Ring<T, const SIZE: usize> {
    front: CachePadded<AtomicU64>,
    tail: CachePadded<AtomicU32>,
    slots: [UnsafeCell<MaybeUninit<T>>; SIZE],
}

// SAFETY: values go in on the owner's thread and come out on a thief's, so they are `Send`; nobody gets a `&T`.
unsafe impl<T: Send, const SIZE: usize> Send for Ring<T, SIZE> {}
// SAFETY: as above; each slot is accessed by one thread at a time, by the protocol of this file.
unsafe impl<T: Send, const SIZE: usize> Sync for Ring<T, SIZE> {}

/// The two positions that share a word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Front {
    stolen: u32,
    head: u32,
}

impl Front {
    fn pack(self) -> u64 {
        u64::from(self.stolen) << 32 | u64::from(self.head)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of the word are the positions")]
    fn unpack(word: u64) -> Self {
        Self { stolen: (word >> 32) as u32, head: word as u32 }
    }

    fn is_theft_under_way(self) -> bool {
        self.stolen != self.head
    }
}

impl<T, const SIZE: usize> Producer<T, SIZE> {
    /// Adds a value at the back; gives it back if the ring is full.
    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        if self.free() == 0 {
            return Err(value);
        }
        // Relaxed: this thread is the only writer of `tail`.
        let tail = self.ring.tail.load(Ordering::Relaxed);
        // SAFETY: the slot is free (see `free`), so no thief reads it, and this thread is the only one that writes.
        self.ring.slot(tail).with_mut(|slot| unsafe { (*slot).write(value) });
        // Release: publishes the value to the Acquire load of `tail` in `claim`.
        self.ring.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Takes the value at the front.
    pub(crate) fn pop(&self) -> Option<T> {
        // Relaxed: this thread is the only writer of `tail`.
        let tail = self.ring.tail.load(Ordering::Relaxed);
        let mut word = self.ring.front.load(Ordering::Acquire);
        loop {
            let front = Front::unpack(word);
            if front.head == tail {
                return None;
            }
            let next = front.head.wrapping_add(1);
            let stolen = if front.is_theft_under_way() { front.stolen } else { next };
            let taken = Front { stolen, head: next }.pack();
            // AcqRel: competes with the thieves' claims; a thief that comes later sees the position as taken.
            match self.ring.front.compare_exchange_weak(word, taken, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: `head` is ours now, and `push` wrote it on this thread.
                Ok(_) => return Some(unsafe { self.ring.read(front.head) }),
                Err(changed) => word = changed,
            }
        }
    }

    /// Takes the oldest out, so many or all there are, for another queue; nothing if a theft is under way. The owner steals from itself, and has
    /// the room once what this gives is dropped.
    pub(crate) fn shed(&self, count: usize) -> Shed<'_, T, SIZE> {
        #[expect(clippy::cast_possible_truncation, reason = "the smaller one is a number of positions")]
        let claimed = self.ring.claim(|queued| count.min(queued as usize) as u32);
        let (first, count) = claimed.unwrap_or_default();
        Shed { ring: &self.ring, next: first, left: count, has_claimed: claimed.is_some() }
    }

    /// How many positions were given out so far, whoever took what was there; wraps around.
    pub(crate) fn position(&self) -> u32 {
        Front::unpack(self.ring.front.load(Ordering::Relaxed)).head
    }

    /// How many values are queued at this moment.
    pub(crate) fn len(&self) -> usize {
        let head = Front::unpack(self.ring.front.load(Ordering::Relaxed)).head;
        self.ring.tail.load(Ordering::Relaxed).wrapping_sub(head) as usize
    }

    /// Whether nothing is queued at this moment.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many more values fit.
    pub(crate) fn free(&self) -> usize {
        // Acquire: pairs with the Release with which a thief finishes, so its reads of the slots are over.
        let front = Front::unpack(self.ring.front.load(Ordering::Acquire));
        let tail = self.ring.tail.load(Ordering::Relaxed);
        SIZE - tail.wrapping_sub(front.stolen) as usize
    }
}

/// What an owner took out of its own ring, oldest first: a theft that is under way until this is dropped, so that thieves leave with nothing meanwhile.
pub(crate) struct Shed<'a, T, const SIZE: usize> {
    ring: &'a Ring<T, SIZE>,
    next: u32,
    left: u32,
    has_claimed: bool,
}

impl<T, const SIZE: usize> Iterator for Shed<'_, T, SIZE> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        let position = self.next;
        self.next = position.wrapping_add(1);
        // SAFETY: `shed` claimed this position, and it is read once.
        Some(unsafe { self.ring.read(position) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl<T, const SIZE: usize> ExactSizeIterator for Shed<'_, T, SIZE> {}

impl<T, const SIZE: usize> Drop for Shed<'_, T, SIZE> {
    fn drop(&mut self) {
        /// Unwinding too.
        struct Finish<'a, T, const SIZE: usize>(&'a Ring<T, SIZE>);
        impl<T, const SIZE: usize> Drop for Finish<'_, T, SIZE> {
            fn drop(&mut self) {
                self.0.finish();
            }
        }
        // Made only then: one that is dropped ends a theft, which may be a thief's.
        let _finish = self.has_claimed.then(|| Finish(self.ring));
        self.for_each(drop);
    }
}

impl<T, const SIZE: usize> Stealer<T, SIZE> {
    /// Takes half of what is queued (of one value, that one): the oldest of them is returned, the rest goes to `thief`.
    ///
    /// Gives up if another theft is under way or if `thief` has no room.
    pub(crate) fn steal_into(&self, thief: &Producer<T, SIZE>) -> Option<T> {
        // Room for half a ring: more can never be claimed.
        if thief.free() < SIZE / 2 {
            return None;
        }
        // A `tail` newer than the `head` may be more than a ring ahead; then the claim fails.
        let (first, count) = self.ring.claim(|queued| (queued - queued / 2).min(SIZE as u32 / 2))?;
        // SAFETY: `claim` made the positions from `first` on, `count` of them, ours.
        let oldest = unsafe { self.ring.read(first) };
        for n in 1..count {
            // SAFETY: as above.
            let value = unsafe { self.ring.read(first.wrapping_add(n)) };
            let pushed = thief.push(value);
            debug_assert!(pushed.is_ok(), "the thief's ring had room a moment ago, and only its owner fills it");
        }
        self.ring.finish();
        Some(oldest)
    }

    /// Whether nothing is queued at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        let front = Front::unpack(self.ring.front.load(Ordering::Acquire));
        front.head == self.ring.tail.load(Ordering::Acquire)
    }
}

impl<T, const SIZE: usize> Ring<T, SIZE> {
    /// Moves `head` over as many of the queued values as `share` says, and leaves `stolen` behind.
    fn claim(&self, share: impl Fn(u32) -> u32) -> Option<(u32, u32)> {
        let mut word = self.front.load(Ordering::Acquire);
        loop {
            let front = Front::unpack(word);
            // Acquire: pairs with the Release in `push`; the values up to there are visible.
            let tail = self.tail.load(Ordering::Acquire);
            let count = share(tail.wrapping_sub(front.head));
            if front.is_theft_under_way() || count == 0 {
                return None;
            }
            let claimed = Front { stolen: front.stolen, head: front.head.wrapping_add(count) }.pack();
            // AcqRel: competes with the owner's `pop` and with other thieves.
            match self.front.compare_exchange(word, claimed, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((front.head, count)),
                Err(changed) => word = changed,
            }
        }
    }

    /// Ends the theft: the slots are the owner's again.
    fn finish(&self) {
        let mut word = self.front.load(Ordering::Acquire);
        loop {
            let head = Front::unpack(word).head;
            let done = Front { stolen: head, head }.pack();
            // Release: our reads of the slots happen before the owner's next writes (Acquire in `free`).
            match self.front.compare_exchange_weak(word, done, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(changed) => word = changed,
            }
        }
    }

    fn slot(&self, position: u32) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[position as usize % SIZE]
    }

    /// Takes the value out of a slot.
    ///
    /// # Safety
    ///
    /// The position was written, and the caller is the one who claimed it.
    unsafe fn read(&self, position: u32) -> T {
        self.slot(position).with_mut(|slot| {
            // SAFETY: whoever claimed a position is alone with its slot until it says that it is done.
            let slot = unsafe { &*slot };
            // SAFETY: the position was written, says the caller, and is read once.
            unsafe { slot.assume_init_read() }
        })
    }
}

impl<T, const SIZE: usize> Drop for Ring<T, SIZE> {
    fn drop(&mut self) {
        let tail = self.tail.load(Ordering::Acquire);
        let mut head = Front::unpack(self.front.load(Ordering::Acquire)).head;
        while head != tail {
            // SAFETY: from `head` to `tail` the slots are filled, and `&mut self` is alone.
            drop(unsafe { self.read(head) });
            head = head.wrapping_add(1);
        }
    }
}

impl<T, const SIZE: usize> Clone for Stealer<T, SIZE> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone() }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{ring, ring_from};

    #[test]
    fn values_come_out_in_the_order_they_went_in() {
        let (owner, _) = ring::<_, 4>();
        for round in 0..3 {
            (0..4).for_each(|n| owner.push(round * 4 + n).expect("there is room"));
            assert_eq!(owner.push(99), Err(99));
            assert!((0..4).all(|n| owner.pop() == Some(round * 4 + n)));
            assert_eq!(owner.pop(), None);
        }
    }

    #[test]
    fn a_thief_takes_the_older_half() {
        let (owner, victim) = ring::<_, 8>();
        let (thief, stolen) = ring::<_, 8>();
        (0..5).for_each(|n| owner.push(n).expect("there is room"));
        assert_eq!(victim.steal_into(&thief), Some(0));
        assert_eq!([thief.pop(), thief.pop(), thief.pop()], [Some(1), Some(2), None]);
        assert!(stolen.is_empty());
        assert_eq!([owner.pop(), owner.pop(), owner.pop()], [Some(3), Some(4), None]);
        assert_eq!(victim.steal_into(&thief), None);
    }

    #[test]
    fn an_owner_sheds_its_oldest() {
        let (owner, _) = ring::<_, 4>();
        (0..4).for_each(|n| owner.push(n).expect("there is room"));
        assert!(owner.shed(2).eq([0, 1]));
        assert_eq!(owner.free(), 2);
        assert_eq!(owner.pop(), Some(2));
        assert!(owner.shed(2).eq([3]), "there is no more");
        assert_eq!(owner.shed(2).len(), 0);
    }

    #[test]
    fn what_is_shed_and_not_taken_is_dropped_and_leaves_room() {
        let value = std::sync::Arc::new(());
        let (owner, _) = ring::<_, 4>();
        (0..4).for_each(|_| owner.push(value.clone()).expect("there is room"));
        assert!(owner.shed(3).next().is_some());
        assert_eq!((std::sync::Arc::strong_count(&value), owner.free()), (2, 3));
    }

    #[test]
    fn positions_wrap_around() {
        let (owner, victim) = ring_from::<_, 4>(u32::MAX - 1);
        let (thief, _) = ring::<_, 4>();
        (0..4).for_each(|n| owner.push(n).expect("there is room"));
        assert_eq!(victim.steal_into(&thief), Some(0));
        assert_eq!(thief.pop(), Some(1));
        assert_eq!([owner.pop(), owner.pop(), owner.pop()], [Some(2), Some(3), None]);
    }

    #[test]
    fn what_is_left_in_a_ring_is_dropped_with_it() {
        let value = std::sync::Arc::new(());
        let (owner, _) = ring::<_, 4>();
        (0..3).for_each(|_| owner.push(value.clone()).expect("there is room"));
        drop(owner.pop());
        drop(owner);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    }
}
