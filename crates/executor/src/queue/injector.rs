//! The queue that everybody may add to: wakes from foreign threads, and what does not fit into a worker's ring.
//!
//! A lock around a deque, and its length beside the lock, so that a worker sees "empty" with a plain load.

use super::ring::Producer;
use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicU64, AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use std::collections::VecDeque;

/// An empty queue gives the memory of a rush back beyond so many places.
const KEPT: usize = 1 << 14;

/// A queue for any number of threads.
pub(crate) struct Injector<T> {
    /// What the deque holds, written under its lock.
    length: CachePadded<AtomicUsize>,
    /// How many values were ever added, written under the lock.
    pushed: AtomicU64,
    queue: CachePadded<Mutex<VecDeque<T>>>,
}

impl<T> Injector<T> {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self {
            length: CachePadded::new(AtomicUsize::new(0)),
            pushed: AtomicU64::new(0),
            queue: CachePadded::new(Mutex::new(VecDeque::new())),
        }
    }

    /// Adds a value at the back.
    pub(crate) fn push(&self, value: T) {
        let mut queue = self.queue.lock();
        queue.push_back(value);
        // Relaxed: a pusher fences before it looks for sleepers, a sleeper before its last look at this; see `sleepers.rs`.
        self.length.store(queue.len(), Ordering::Relaxed);
        self.count(1);
    }

    /// Adds many values at the back, under one lock; says how many.
    pub(crate) fn push_many(&self, values: impl IntoIterator<Item = T>) -> usize {
        let mut queue = self.queue.lock();
        let before = queue.len();
        queue.extend(values);
        self.length.store(queue.len(), Ordering::Relaxed);
        let added = queue.len() - before;
        self.count(added);
        added
    }

    /// To be called under the lock: the count has one writer at a time.
    fn count(&self, added: usize) {
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(added as u64), Ordering::Relaxed);
    }

    /// How many values were ever added.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed.load(Ordering::Relaxed)
    }

    /// Takes the value at the front.
    pub(crate) fn pop(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let mut queue = self.queue.lock();
        let value = queue.pop_front();
        self.taken(&mut queue);
        value
    }

    /// To be called under the lock, after values were taken.
    fn taken(&self, queue: &mut VecDeque<T>) {
        self.length.store(queue.len(), Ordering::Relaxed);
        if queue.is_empty() && queue.capacity() > KEPT {
            queue.shrink_to(KEPT / 2);
        }
    }

    /// Takes a worker's share (one part of `sharers`, at most half a ring): one value is returned, the rest goes to `to`.
    pub(crate) fn pop_share<const SIZE: usize>(&self, to: &Producer<T, SIZE>, sharers: usize) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        self.exchange([], to, sharers)
    }

    /// The same, and adds many values at the back before, under the same lock.
    pub(crate) fn exchange<const SIZE: usize>(
        &self,
        values: impl IntoIterator<Item = T>,
        to: &Producer<T, SIZE>,
        sharers: usize,
    ) -> Option<T> {
        let mut queue = self.queue.lock();
        let before = queue.len();
        queue.extend(values);
        self.count(queue.len() - before);
        // Now: `values` may have been in there.
        let room = to.free().min(SIZE / 2);
        let first = queue.pop_front();
        for _ in 0..(queue.len() / sharers.max(1)).min(room) {
            let Some(value) = queue.pop_front() else { break };
            if let Err(value) = to.push(value) {
                debug_assert!(false, "only its owner fills a ring");
                queue.push_front(value);
            }
        }
        self.taken(&mut queue);
        first
    }

    /// Whether nothing is queued at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values are queued at this moment.
    pub(crate) fn len(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::Injector;
    use crate::queue::ring;

    #[test]
    fn a_share_keeps_its_order_and_leaves_the_rest() {
        let injector = Injector::new();
        assert_eq!(injector.push_many(0..10), 10);
        let (worker, _) = ring::<_, 8>();
        assert_eq!(injector.pop_share(&worker, 2), Some(0));
        assert_eq!(std::iter::from_fn(|| worker.pop()).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(injector.pop(), Some(5));
    }

    #[test]
    fn what_is_exchanged_goes_behind_what_waits() {
        let injector = Injector::new();
        injector.push_many(0..2);
        let (worker, _) = ring::<_, 8>();
        assert_eq!(injector.exchange([7, 8], &worker, 1), Some(0));
        assert_eq!(std::iter::from_fn(|| worker.pop()).collect::<Vec<_>>(), [1, 7, 8]);
        assert!(injector.is_empty());
    }

    #[test]
    fn a_share_is_no_more_than_the_ring_has_room_for() {
        let injector = Injector::new();
        injector.push_many(0..100);
        let (worker, _) = ring::<_, 4>();
        worker.push(-1).expect("there is room");
        worker.push(-2).expect("there is room");
        worker.push(-3).expect("there is room");
        assert_eq!(injector.pop_share(&worker, 1), Some(0));
        assert_eq!(std::iter::from_fn(|| worker.pop()).collect::<Vec<_>>(), [-1, -2, -3, 1]);
    }
}
