//! The smallest first: a binary heap that a panic in a comparison cannot rob.
//!
//! Comparisons are the user's code, and run under the lock. So an item leaves the heap only when all of them are done: until then it has but
//! changed places, and if one panics, all change back. `std`'s heap would drop the item there.

use core::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::order::{Store, Ticket, at_once, kept_items};

/// A heap whose entries are numbered as they come, so that equals keep their order.
///
/// ```text
///   entries[0]: the next    children of n: 2n + 1 and 2n + 2, none of them before n
/// ```
#[doc(hidden)]
#[derive(Debug)]
pub struct Heap<T> {
    entries: Vec<Entry<T>>,
    next_ticket: Ticket,
    kept_items: usize,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    ticket: Ticket,
}

impl<T: Ord> Entry<T> {
    #[inline]
    fn is_before(&self, other: &Self) -> bool {
        match self.item.cmp(&other.item) {
            Ordering::Less => true,
            Ordering::Equal => self.ticket < other.ticket,
            Ordering::Greater => false,
        }
    }
}

fn parent(of: usize) -> usize {
    (of - 1) / 2
}

/// Lets the entry rise that is at `at`, which goes with it.
fn rise<T: Ord>(entries: &mut [Entry<T>], at: &mut usize) {
    while *at > 0 && entries[*at].is_before(&entries[parent(*at)]) {
        entries.swap(*at, parent(*at));
        *at = parent(*at);
    }
}

impl<T: Ord> Heap<T> {
    /// If a comparison panics, the entry is in the heap all the same, behind where it should be.
    fn insert(&mut self, entry: Entry<T>) {
        let mut at = self.entries.len();
        self.entries.push(entry);
        rise(&mut self.entries, &mut at);
    }
}

/// The first entry on its way out. It stands last already, and the one that stood there sinks from the top to where it should be.
///
/// Dropped on that way, it all goes back, by the same steps.
struct Removal<'a, T> {
    entries: &'a mut [Entry<T>],
    sinking: usize,
}

impl<'a, T: Ord> Removal<'a, T> {
    fn begin(entries: &'a mut [Entry<T>]) -> Self {
        entries.swap(0, entries.len() - 1);
        Self { entries, sinking: 0 }
    }

    fn finish(mut self) {
        let end = self.entries.len() - 1;
        loop {
            let left = 2 * self.sinking + 1;
            // Added, not chosen by a branch, which would be guessed wrong every other time.
            let child = match self.entries[..end].get(left..) {
                Some([left_entry, right_entry, ..]) => left + usize::from(right_entry.is_before(left_entry)),
                Some([_]) => left,
                _ => break,
            };
            self.entries.swap(self.sinking, child);
            self.sinking = child;
        }
        // It came from the bottom, and will most often be at home there: so it sinks all the way, by one comparison a level, and then rises.
        rise(self.entries, &mut self.sinking);
        core::mem::forget(self);
    }
}

impl<T> Drop for Removal<'_, T> {
    fn drop(&mut self) {
        while self.sinking > 0 {
            self.entries.swap(self.sinking, parent(self.sinking));
            self.sinking = parent(self.sinking);
        }
        self.entries.swap(0, self.entries.len() - 1);
    }
}

impl<T: Ord> Default for Heap<T> {
    fn default() -> Self {
        Self::with_limit(Some(0))
    }
}

impl<T: Ord> Store<T> for Heap<T> {
    fn with_limit(limit: Option<usize>) -> Self {
        let entries = Vec::with_capacity(at_once(limit));
        Self { entries, next_ticket: 0, kept_items: kept_items(limit) }
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn push(&mut self, item: T) {
        let ticket = self.issue();
        self.insert(Entry { item, ticket });
    }

    fn pop(&mut self) -> Option<T> {
        if !self.entries.is_empty() {
            Removal::begin(&mut self.entries).finish();
        }
        let entry = self.entries.pop()?;
        if self.entries.is_empty() && self.entries.capacity() > self.kept_items {
            self.entries.shrink_to(self.kept_items);
        }
        Some(entry.item)
    }

    fn issue(&mut self) -> Ticket {
        self.next_ticket += 1;
        self.next_ticket
    }

    fn put_back(&mut self, ticket: Ticket, item: T) {
        let insert = AssertUnwindSafe(|| self.insert(Entry { item, ticket }));
        if let Err(panic) = catch_unwind(insert) {
            // In the drop of a getter: the hook has reported it, and the item is where it belongs, but for its rank. The drop of the panic may
            // panic as well: leave it.
            core::mem::forget(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ranked;

    #[test]
    fn what_came_back_to_a_heap_keeps_its_place_among_equals() {
        let mut heap = Heap::default();
        let early = heap.issue();
        heap.push(Ranked::new(1, "late"));
        heap.put_back(early, Ranked::new(1, "early"));
        heap.push(Ranked::new(0, "first"));
        let order: Vec<_> = core::iter::from_fn(|| heap.pop()).map(|ranked| ranked.item).collect();
        assert_eq!(order, ["first", "early", "late"]);
    }

    #[test]
    fn whatever_went_in_comes_out_in_order_and_a_removal_that_is_given_up_changes_nothing() {
        let mut heap = Heap::default();
        // Every number below 257, in an order that has none.
        let shuffled = |n: u32| n * 101 % 257;
        (0..257).for_each(|n| heap.push(shuffled(n)));
        for next in 0..257 {
            let before: Vec<_> = heap.entries.iter().map(|entry| entry.item).collect();
            let mut removal = Removal::begin(&mut heap.entries);
            if removal.entries.len() > 3 {
                removal.entries.swap(0, 2);
                removal.sinking = 2;
            }
            drop(removal);
            assert!(heap.entries.iter().map(|entry| entry.item).eq(before));
            assert_eq!(heap.pop(), Some(next));
        }
        assert!(heap.pop().is_none());
    }
}
