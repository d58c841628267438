//! Which item comes next.

use motet_channel::{LifoQueue, PriorityQueue, Queue, Ranked};
use motet_test::Stepped;
use std::cmp::Reverse;
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

#[test]
fn a_panic_in_a_comparison_leaves_the_queue_usable() {
    #[derive(PartialEq, Eq)]
    struct Touchy(u8);
    impl PartialOrd for Touchy {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Touchy {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            assert!(self.0 != 13 && other.0 != 13, "unlucky");
            self.0.cmp(&other.0)
        }
    }
    let panics = |work: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err();
    let queue = PriorityQueue::bounded(3);
    queue.try_put(Touchy(1)).unwrap();
    assert!(panics(&|| drop(queue.try_put(Touchy(13)))));
    assert_eq!(queue.len(), 2, "a failed comparison leaves the item in the heap");
    queue.try_put(Touchy(2)).unwrap_or_else(|_| unreachable!("there is room for a third"));
    assert!(queue.is_full());
    assert!(panics(&|| drop(queue.try_get())));
    while !queue.is_empty() {
        let _ = panics(&|| drop(queue.try_get()));
    }
    let slot = futures::executor::block_on(queue.reserve()).unwrap();
    queue.try_put(Touchy(13)).unwrap();
    let slot = std::cell::Cell::new(Some(slot));
    assert!(panics(&|| drop(slot.take().unwrap().put(Touchy(3)))));
    assert_eq!((queue.len(), queue.is_full()), (2, false), "the slot has ended");
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
