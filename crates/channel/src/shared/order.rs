//! Which item comes next: the stores of the three kinds of queue.

use std::collections::VecDeque;

use super::heap::Heap;

/// What a queue without a limit keeps room for when a burst is over; the rest of its memory it gives back.
pub(super) const KEPT_ITEMS: usize = 1_024;

/// A bounded queue allocates room for all its items once, when it is made; but for no more than this.
const MOST_AT_ONCE: usize = 1 << 16;

/// For how many items a store with that limit has room when it is made.
pub(super) fn at_once(limit: Option<usize>) -> usize {
    limit.map_or(0, |limit| limit.min(MOST_AT_ONCE))
}

/// For how many items a store with that limit always has room.
pub(super) fn kept_items(limit: Option<usize>) -> usize {
    limit.map_or(KEPT_ITEMS, |limit| limit.min(MOST_AT_ONCE))
}

/// The place of an item that was handed over in the order of its store, for the case that it comes back.
pub(crate) type Ticket = u64;

/// Which item of an [`OrderedQueue`](crate::OrderedQueue) comes next. Implemented by [`Fifo`], [`Lifo`] and [`Smallest`];
/// sealed.
pub trait Order<T>: sealed::Sealed {
    /// Where the items are.
    #[doc(hidden)]
    type Store: Store<T>;
}

/// First in, first out: the order of [`Queue`](crate::Queue) and of the channels.
#[derive(Clone, Copy, Debug)]
pub struct Fifo;

/// Last in, first out: the order of [`LifoQueue`](crate::LifoQueue).
#[derive(Clone, Copy, Debug)]
pub struct Lifo;

/// The smallest first, and those that are equal in the order they went in: the order of
/// [`PriorityQueue`](crate::PriorityQueue).
#[derive(Clone, Copy, Debug)]
pub struct Smallest;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Fifo {}
    impl Sealed for super::Lifo {}
    impl Sealed for super::Smallest {}
}

/// Items in some order.
#[doc(hidden)]
pub trait Store<T>: Default {
    /// A store for at most so many items.
    fn with_limit(limit: Option<usize>) -> Self;
    fn len(&self) -> usize;
    #[inline]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn push(&mut self, item: T);
    fn pop(&mut self) -> Option<T>;
    /// How many of the next `max` items `pop_run` takes at once: some, if there are any.
    fn run(&self, max: usize) -> usize {
        self.len().min(max).min(1)
    }
    /// Takes that many items out, as told by `run`.
    fn pop_run(&mut self, items: usize, take: &mut impl FnMut(T)) {
        (0..items).filter_map(|_| self.pop()).for_each(take);
    }
    /// A ticket for an item that goes to a waiting getter, past the (empty) store.
    fn issue(&mut self) -> Ticket;
    /// Such an item comes back: to where it would be had it never been handed over.
    fn put_back(&mut self, ticket: Ticket, item: T);
}

impl<T> Order<T> for Fifo {
    type Store = Ring<T>;
}

impl<T> Order<T> for Lifo {
    type Store = Stack<T>;
}

impl<T: Ord> Order<T> for Smallest {
    type Store = Heap<T>;
}

/// A ring. What came back is older than all else, and stands at the front in the order of the tickets.
// In this order: see `Shared`.
#[doc(hidden)]
#[derive(Debug)]
#[repr(C)]
pub struct Ring<T> {
    items: VecDeque<T>,
    /// Hardly ever there.
    came_back: Option<Box<CameBack>>,
    next_ticket: Ticket,
    kept_items: usize,
}

/// The tickets of the foremost items, those that came back.
#[derive(Debug, Default)]
struct CameBack(VecDeque<Ticket>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self::with_limit(Some(0))
    }
}

impl<T> Ring<T> {
    /// Takes all items out, and keeps `fresh` in their place.
    pub(super) fn take_all(&mut self, fresh: VecDeque<T>) -> VecDeque<T> {
        self.came_back = None;
        if self.items.is_empty() { fresh } else { core::mem::replace(&mut self.items, fresh) }
    }

    /// Takes all items out, into an empty deque whose memory it keeps in their place. None of them can be about to come back.
    pub(super) fn swap_out(&mut self, into: &mut VecDeque<T>) {
        self.came_back = None;
        core::mem::swap(&mut self.items, into);
    }

    /// Takes items in before all others; leaves an empty deque.
    pub(super) fn swap_in(&mut self, older: &mut VecDeque<T>) {
        debug_assert!(self.came_back.is_none(), "what came back is older still");
        older.append(&mut self.items);
        core::mem::swap(&mut self.items, older);
    }

    /// The other way round: takes out the item that was put last.
    fn pop_newest(&mut self) -> Option<T> {
        let item = self.items.pop_back();
        // Those that came back are the foremost; the last of them has gone if fewer items are left.
        if let Some(CameBack(tickets)) = self.came_back.as_deref_mut() {
            tickets.truncate(self.items.len());
            if tickets.is_empty() {
                self.came_back = None;
            }
        }
        if self.items.is_empty() && self.items.capacity() > self.kept_items {
            self.give_back();
        }
        item
    }

    /// Gives memory back. It is empty, so there is nothing to move, and the allocator sees what it gets back.
    #[cold]
    fn give_back(&mut self) {
        self.items = VecDeque::with_capacity(self.kept_items);
    }

    /// The foremost item, which came back, has gone.
    #[cold]
    fn forget_ticket(&mut self) {
        if let Some(CameBack(tickets)) = self.came_back.as_deref_mut() {
            tickets.pop_front();
            if tickets.is_empty() {
                self.came_back = None;
            }
        }
    }
}

impl<T> Store<T> for Ring<T> {
    fn with_limit(limit: Option<usize>) -> Self {
        let items = VecDeque::with_capacity(at_once(limit));
        Self { items, came_back: None, next_ticket: 0, kept_items: kept_items(limit) }
    }

    #[inline]
    fn len(&self) -> usize {
        self.items.len()
    }

    #[inline]
    fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        if self.came_back.is_some() {
            self.forget_ticket();
        }
        if self.items.is_empty() && self.items.capacity() > self.kept_items {
            self.give_back();
        }
        item
    }

    /// All of them.
    #[inline]
    fn run(&self, max: usize) -> usize {
        self.len().min(max)
    }

    #[inline]
    fn pop_run(&mut self, items: usize, take: &mut impl FnMut(T)) {
        self.items.drain(..items).for_each(take);
        if self.came_back.is_some() {
            (0..items).for_each(|_| self.forget_ticket());
        }
        if self.items.is_empty() && self.items.capacity() > self.kept_items {
            self.give_back();
        }
    }

    #[inline]
    fn issue(&mut self) -> Ticket {
        self.next_ticket += 1;
        self.next_ticket
    }

    fn put_back(&mut self, ticket: Ticket, item: T) {
        let CameBack(tickets) = &mut **self.came_back.get_or_insert_default();
        let at = tickets.partition_point(|other| *other < ticket);
        tickets.insert(at, ticket);
        self.items.insert(at, item);
    }
}

/// A stack: a ring that is emptied from behind. What came back is older than all else here too, and lies at the bottom.
#[doc(hidden)]
#[derive(Debug)]
pub struct Stack<T> {
    ring: Ring<T>,
}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self::with_limit(Some(0))
    }
}

impl<T> Store<T> for Stack<T> {
    fn with_limit(limit: Option<usize>) -> Self {
        Self { ring: Ring::with_limit(limit) }
    }

    fn len(&self) -> usize {
        self.ring.len()
    }

    fn push(&mut self, item: T) {
        self.ring.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.ring.pop_newest()
    }

    fn issue(&mut self) -> Ticket {
        self.ring.issue()
    }

    fn put_back(&mut self, ticket: Ticket, item: T) {
        self.ring.put_back(ticket, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_to_a_ring_comes_first_and_in_its_old_order() {
        let mut ring = Ring::default();
        let (first, second) = (ring.issue(), ring.issue());
        ring.push('c');
        ring.put_back(second, 'b');
        ring.put_back(first, 'a');
        assert_eq!(ring.len(), 3);
        assert_eq!([ring.pop(), ring.pop(), ring.pop(), ring.pop()], [Some('a'), Some('b'), Some('c'), None]);
    }

    #[test]
    fn what_came_back_to_a_stack_lies_under_all_else_and_in_its_old_order() {
        let mut stack = Stack::default();
        let (first, second, third) = (stack.issue(), stack.issue(), stack.issue());
        stack.push('d');
        stack.put_back(third, 'c');
        stack.put_back(first, 'a');
        assert_eq!([stack.pop(), stack.pop()], [Some('d'), Some('c')]);
        stack.put_back(second, 'b');
        assert_eq!([stack.pop(), stack.pop(), stack.pop()], [Some('b'), Some('a'), None]);
        assert!(stack.ring.came_back.is_none());
    }

    #[test]
    fn a_run_takes_what_came_back_first_and_later_returns_find_their_place() {
        let mut ring = Ring::default();
        let (first, second, third) = (ring.issue(), ring.issue(), ring.issue());
        ring.push('d');
        ring.put_back(second, 'b');
        ring.put_back(first, 'a');
        let mut taken = Vec::new();
        assert_eq!((ring.run(1), ring.run(9)), (1, 3));
        ring.pop_run(1, &mut |item| taken.push(item));
        ring.put_back(third, 'c');
        ring.pop_run(3, &mut |item| taken.push(item));
        assert_eq!(taken, ['a', 'b', 'c', 'd']);
        assert!(ring.is_empty() && ring.came_back.is_none());
    }
}
