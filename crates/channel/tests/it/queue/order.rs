//! Which item comes next.

use futures::executor::block_on;
use motet_channel::{LifoQueue, PriorityQueue, Queue, Ranked, TryPutError};
use motet_test::Stepped;
use std::cell::Cell;
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

#[test]
fn fifo_order() {
    let queue = Queue::unbounded();
    [3, 1, 2].into_iter().for_each(|i| queue.try_put(i).unwrap());
    assert_eq!([(); 3].map(|()| queue.try_get().unwrap()), [3, 1, 2]);
}

#[test]
fn lifo_order() {
    let queue = LifoQueue::unbounded();
    [1, 3, 2].into_iter().for_each(|i| queue.try_put(i).unwrap());
    assert_eq!([(); 3].map(|()| queue.try_get().unwrap()), [2, 3, 1]);
}

#[test]
fn priority_order() {
    let queue = PriorityQueue::bounded(3);
    [1, 3, 2].into_iter().for_each(|i| queue.try_put(i).unwrap());
    assert_eq!([(); 3].map(|()| queue.try_get().unwrap()), [1, 2, 3]);
    let queue = PriorityQueue::unbounded();
    [1, 3, 2].into_iter().for_each(|i| queue.try_put(Reverse(i)).unwrap());
    assert_eq!([(); 3].map(|()| queue.try_get().unwrap().0), [3, 2, 1]);
}

#[test]
fn equal_priorities_come_out_in_the_order_they_went_in() {
    let queue = PriorityQueue::unbounded();
    (0..300).for_each(|i| queue.try_put(Ranked { priority: i % 3, item: i }).unwrap());
    let mut last = (0, -1);
    while let Ok(Ranked { priority, item }) = queue.try_get() {
        assert!((priority, item) > last, "{item} after {last:?}");
        last = (priority, item);
    }
    assert_eq!(last.1, 299);
}

#[test]
fn an_item_that_came_back_keeps_its_rank() {
    let queue = PriorityQueue::unbounded();
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    queue.try_put(Ranked::new(1, "first")).unwrap();
    queue.try_put(Ranked::new(1, "second")).unwrap();
    queue.try_put(Ranked::new(0, "urgent")).unwrap();
    drop(get);
    assert_eq!([(); 3].map(|()| queue.try_get().unwrap().item), ["urgent", "first", "second"]);
}

thread_local! {
    /// How many more comparisons of this thread go well.
    static PATIENCE: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// An item whose comparison panics when the patience is over.
#[derive(Debug, PartialEq, Eq)]
struct Touchy(u8);

impl PartialOrd for Touchy {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Touchy {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let left = PATIENCE.get().checked_sub(1).expect("on purpose: a comparison");
        PATIENCE.set(left);
        self.0.cmp(&other.0)
    }
}

/// Whether the work panics in its comparison after so many.
fn panics<R>(comparisons: usize, work: impl FnOnce() -> R) -> bool {
    PATIENCE.set(comparisons);
    let panicked = catch_unwind(AssertUnwindSafe(work)).is_err();
    PATIENCE.set(usize::MAX);
    panicked
}

/// A full queue, with a putter in line.
fn touchy(items: &[u8]) -> PriorityQueue<Touchy> {
    let queue = PriorityQueue::bounded(items.len());
    items.iter().for_each(|item| queue.try_put(Touchy(*item)).unwrap());
    queue
}

fn drain(queue: &PriorityQueue<Touchy>) -> Vec<u8> {
    std::iter::from_fn(|| queue.try_get().ok()).map(|Touchy(item)| item).collect()
}

#[test]
fn a_get_whose_comparison_panics_has_taken_nothing() {
    for comparisons in 0..4 {
        let queue = touchy(&[3, 5, 1, 6, 14, 2, 4, 11, 7, 0, 9, 13, 8, 12, 10, 15]);
        let (mut put, mut join) = (Stepped::new(queue.put(Touchy(16))), Stepped::new(queue.join()));
        assert!(put.poll().is_pending() && join.poll().is_pending());
        assert!(panics(comparisons, || queue.try_get()));
        assert!(panics(comparisons, || Stepped::new(queue.get()).poll()));
        assert_eq!((queue.len(), queue.is_full(), put.wakes()), (16, true, 0));
        assert!(matches!(queue.try_put(Touchy(17)), Err(TryPutError::Full(_))));
        assert_eq!(queue.try_get(), Ok(Touchy(0)));
        assert!(put.wakes() == 1 && put.poll().is_ready());
        assert_eq!(drain(&queue), (1..17).collect::<Vec<_>>());
        (0..17).for_each(|_| queue.task_done().unwrap());
        assert!(join.poll().is_ready());
    }
}

#[test]
fn a_get_of_many_whose_comparison_panics_has_taken_what_came_before_and_lets_the_putters_on() {
    let queue = touchy(&[3, 1, 2, 0]);
    let mut puts: Vec<_> = (4..8).map(|item| Stepped::new(queue.put(Touchy(item)))).collect();
    assert!(puts.iter_mut().all(|put| put.poll().is_pending()));
    let mut taken = Vec::new();
    assert!(panics(2, || Stepped::new(queue.get_many(&mut taken, 4)).poll()));
    assert!(!taken.is_empty() && taken.len() < 4);
    for (index, put) in puts.iter_mut().enumerate() {
        assert_eq!(put.wakes() == 1, index < taken.len());
        assert_eq!(put.poll().is_ready(), index < taken.len());
    }
    drop(puts);
    let left: Vec<_> = taken.iter().map(|Touchy(item)| *item).chain(drain(&queue)).collect();
    assert_eq!(left, (0..4 + taken.len() as u8).collect::<Vec<_>>());
}

#[test]
fn a_put_whose_comparison_panics_has_put() {
    let queue = PriorityQueue::bounded(3);
    queue.try_put(Touchy(2)).unwrap();
    assert!(panics(0, || queue.try_put(Touchy(1))));
    let slot = Cell::new(Some(block_on(queue.reserve()).unwrap()));
    assert!(panics(0, || slot.take().unwrap().put(Touchy(0))));
    assert_eq!((queue.len(), queue.is_full()), (3, true), "the slot has ended");
    let mut left = drain(&queue);
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2]);
    (0..3).for_each(|_| queue.task_done().unwrap());
    assert!(Stepped::new(queue.join()).poll().is_ready());
}

#[test]
fn a_get_that_is_dropped_gives_its_item_back_even_if_a_comparison_panics() {
    let queue = PriorityQueue::unbounded();
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    [1, 0, 2].into_iter().for_each(|item| queue.try_put(Touchy(item)).unwrap());
    assert!(!panics(0, || drop(get)), "no drop panics");
    let mut left = drain(&queue);
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2]);
}

#[test]
fn the_three_kinds_wait_alike() {
    let lifo = LifoQueue::bounded(1);
    let mut get = Stepped::new(lifo.get());
    assert!(get.poll().is_pending());
    lifo.try_put(1).unwrap();
    assert_eq!(get.poll(), Poll::Ready(Ok(1)));
    let smallest = PriorityQueue::bounded(1);
    smallest.try_put(2).unwrap();
    let mut put = Stepped::new(smallest.put(1));
    assert!(put.poll().is_pending());
    assert_eq!(smallest.try_get(), Ok(2));
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
    assert_eq!(smallest.try_get(), Ok(1));
}
