//! The tasks that are due on a local executor's own thread: a queue in blocks, so that a rush neither copies what waits nor
//! asks for one large piece of memory.
//!
//! ```text
//!           head                              tail
//!   ┌───────────────┐   ┌───────────────┐   ┌───────────────┐
//!   │ ·   ·   c   d ├──▶│ e   f   g   h ├──▶│ i   j   ·   · │      popped = 2, pushed = 10
//!   └───────────────┘   └───────────────┘   └───────────────┘
//! ```
//!
//! Items are numbered from the first that was pushed, and a number's lowest bits are its place in its block. So two counters
//! say everything: which places are filled, how many items there are, and where a block begins or ends. There is a block for
//! each number from `popped` to `pushed`, that of `pushed` alone excepted if it is the first of a block.
//!
//! One thread only, and nothing foreign runs in here.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// Places of a block: with the link, a kilobyte.
const PLACES: usize = 1 << 7;

struct Block<T> {
    next: Cell<Link<T>>,
    places: [UnsafeCell<MaybeUninit<T>>; PLACES],
}

type Link<T> = Option<NonNull<Block<T>>>;

/// First in, first out; or any of them.
pub(super) struct Due<T> {
    head: Cell<Link<T>>,
    tail: Cell<Link<T>>,
    /// A block that is through, for the next one that is needed.
    spare: Cell<Link<T>>,
    popped: Cell<usize>,
    pushed: Cell<usize>,
}

// SAFETY: it owns its blocks, and they their items.
unsafe impl<T: Send> Send for Due<T> {}

/// A number's place in its block.
const fn place(number: usize) -> usize {
    number % PLACES
}

impl<T> Due<T> {
    /// A queue with nothing in it.
    pub(super) const fn new() -> Self {
        let (head, tail, spare) = (Cell::new(None), Cell::new(None), Cell::new(None));
        Self { head, tail, spare, popped: Cell::new(0), pushed: Cell::new(0) }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.pushed.get().wrapping_sub(self.popped.get())
    }

    /// Puts an item at the back.
    pub(super) fn push(&self, item: T) {
        let number = self.pushed.get();
        let tail = if place(number) == 0 { self.extend() } else { self.tail.get() };
        let Some(tail) = tail else { unreachable!("a number inside of a block has that block") };
        // SAFETY: blocks are freed when they have left the chain, and this one is its tail.
        let there = unsafe { place_in(tail, number) };
        // SAFETY: nothing lies there, and nobody else looks: calls do not nest.
        unsafe { there.write(item) };
        self.pushed.set(number.wrapping_add(1));
    }

    /// Takes the item at the front.
    pub(super) fn pop(&self) -> Option<T> {
        let number = self.popped.get();
        if number == self.pushed.get() {
            return None;
        }
        let Some(head) = self.head.get() else { unreachable!("an item has its block") };
        // SAFETY: the head is a block of the chain.
        let there = unsafe { place_in(head, number) };
        // SAFETY: the number is between the counters, so an item is there; from here on its number is not.
        let item = unsafe { there.read() };
        self.popped.set(number.wrapping_add(1));
        if place(number) == PLACES - 1 {
            self.retire(head);
        }
        Some(item)
    }

    /// Takes the item that is `index` places from the front, and puts the last one there. The index is less than the length.
    pub(super) fn swap_remove_back(&self, index: usize) -> Option<T> {
        if index >= self.len() {
            return None;
        }
        let number = self.popped.get().wrapping_add(index);
        let (last, block, tail) = (self.pushed.get().wrapping_sub(1), self.block_of(index)?, self.tail.get()?);
        // SAFETY: both are blocks of the chain.
        let there = unsafe { place_in(block, number) };
        // SAFETY: as above.
        let back = unsafe { place_in(tail, last) };
        // SAFETY: the number is between the counters, so an item is there.
        let item = unsafe { there.read() };
        if number != last {
            // SAFETY: what lay there was read out, and the last has one number instead of the other from here on.
            unsafe { there.copy_from_nonoverlapping(back, 1) };
        }
        self.pushed.set(last);
        if place(last) == 0 {
            self.cut_tail();
        }
        Some(item)
    }

    /// Looks at every item, from the front to the back.
    pub(super) fn for_each(&self, mut look: impl FnMut(&T)) {
        let mut block = self.head.get();
        for index in 0..self.len() {
            let number = self.popped.get().wrapping_add(index);
            if index > 0 && place(number) == 0 {
                // SAFETY: blocks of the chain are there.
                block = block.and_then(|block| unsafe { block.as_ref() }.next.get());
            }
            let Some(block) = block else { unreachable!("an item has its block") };
            // SAFETY: as above.
            let there = unsafe { place_in(block, number) };
            // SAFETY: the number is between the counters, so an item is there; `look` is of this crate and changes nothing.
            look(unsafe { &*there });
        }
    }

    /// The block of the item that is `index` places from the front.
    fn block_of(&self, index: usize) -> Link<T> {
        let mut block = self.head.get();
        for _ in 0..(place(self.popped.get()) + index) / PLACES {
            // SAFETY: blocks of the chain are there.
            block = unsafe { block?.as_ref() }.next.get();
        }
        block
    }

    /// A new tail.
    #[cold]
    fn extend(&self) -> Link<T> {
        let block = self.spare.take().unwrap_or_else(Block::allocate);
        match self.tail.get() {
            None => self.head.set(Some(block)),
            // SAFETY: blocks of the chain are there.
            Some(tail) => unsafe { tail.as_ref() }.next.set(Some(block)),
        }
        self.tail.set(Some(block));
        self.tail.get()
    }

    /// The head is through.
    #[cold]
    fn retire(&self, head: NonNull<Block<T>>) {
        // SAFETY: blocks of the chain are there.
        let next = unsafe { head.as_ref() }.next.take();
        self.head.set(next);
        if next.is_none() {
            self.tail.set(None);
        }
        self.keep(head);
    }

    /// The tail has no item any more.
    #[cold]
    fn cut_tail(&self) {
        let Some(tail) = self.tail.take() else { return };
        let (mut block, mut before) = (self.head.get(), None);
        while block != Some(tail) {
            before = block;
            // SAFETY: blocks of the chain are there.
            block = block.and_then(|block| unsafe { block.as_ref() }.next.get());
        }
        self.tail.set(before);
        match before {
            None => self.head.set(None),
            // SAFETY: as above.
            Some(before) => unsafe { before.as_ref() }.next.set(None),
        }
        self.keep(tail);
    }

    /// Keeps a block that has left the chain, or frees it.
    fn keep(&self, block: NonNull<Block<T>>) {
        if let Some(earlier) = self.spare.replace(Some(block)) {
            // SAFETY: it was allocated here, and nothing points to it.
            drop(unsafe { Box::from_raw(earlier.as_ptr()) });
        }
    }
}

/// Where the item with a number lies in its block.
///
/// # Safety
///
/// The block is there.
unsafe fn place_in<T>(block: NonNull<Block<T>>, number: usize) -> *mut T {
    // SAFETY: says the caller.
    let places = unsafe { &block.as_ref().places };
    places[place(number)].get().cast()
}

impl<T> Block<T> {
    fn allocate() -> NonNull<Self> {
        let places = [const { UnsafeCell::new(MaybeUninit::uninit()) }; PLACES];
        NonNull::from(Box::leak(Box::new(Self { next: Cell::new(None), places })))
    }
}

impl<T> Drop for Due<T> {
    fn drop(&mut self) {
        std::iter::from_fn(|| self.pop()).for_each(drop);
        // Nothing is in it: one block at most is in the chain.
        for block in [self.head.take(), self.spare.take()].into_iter().flatten() {
            // SAFETY: it was allocated here, and nothing points to it.
            drop(unsafe { Box::from_raw(block.as_ptr()) });
        }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{Due, PLACES};
    use std::collections::VecDeque;
    use std::rc::Rc;

    #[test]
    fn first_in_first_out_over_many_blocks() {
        let due = Due::new();
        let (mut pushed, mut popped) = (0, 0);
        for burst in [1, PLACES - 1, 3 * PLACES, 1, 7, PLACES, 5] {
            (pushed..pushed + burst).for_each(|number| due.push(Box::new(number)));
            pushed += burst;
            assert_eq!(due.len(), pushed - popped);
            for _ in 0..burst.min(PLACES + 3) {
                assert_eq!(due.pop().as_deref(), Some(&popped));
                popped += 1;
            }
        }
        let mut seen = Vec::new();
        due.for_each(|number| seen.push(**number));
        assert_eq!(seen, (popped..pushed).collect::<Vec<_>>());
        while due.pop().is_some() {
            popped += 1;
        }
        assert_eq!((popped, due.len()), (pushed, 0));
    }

    #[test]
    fn any_item_may_be_taken() {
        let (due, mut model) = (Due::new(), VecDeque::new());
        for round in 0..5 * PLACES {
            for number in 0..3 {
                due.push(Box::new(3 * round + number));
                model.push_back(3 * round + number);
            }
            let index = round * 31 % model.len();
            assert_eq!(due.swap_remove_back(index).map(|item| *item), model.swap_remove_back(index));
            assert_eq!(due.pop().map(|item| *item), model.pop_front());
        }
        while !model.is_empty() {
            let index = model.len() * 7 / 8;
            assert_eq!(due.swap_remove_back(index).map(|item| *item), model.swap_remove_back(index));
        }
        assert_eq!((due.len(), due.swap_remove_back(0)), (0, None));
    }

    #[test]
    fn what_is_left_is_dropped_with_the_queue() {
        let (due, item) = (Due::new(), Rc::new(()));
        (0..2 * PLACES + 1).for_each(|_| due.push(item.clone()));
        drop(due.pop());
        drop(due);
        assert_eq!(Rc::strong_count(&item), 1);
    }
}
