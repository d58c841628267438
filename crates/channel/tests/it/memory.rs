//! What channels allocate, and give back: counted by thread, so that other tests do not disturb.

use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use motet_channel::{
    LifoQueue, PriorityQueue, Queue, bounded, broadcast, local, oneshot, rendezvous, unbounded, watch,
};
use motet_test::{Allocations, CountingAllocator, Stepped, allocations};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const BURST: usize = 100_000;
const ITEM: usize = size_of::<u64>();

/// What a queue without a limit may keep when it is empty again.
const KEPT: usize = 64 * 1024;

/// What this thread allocates in `run`, but for what it makes once in its life.
fn count<R>(run: impl FnOnce() -> R) -> (R, Allocations) {
    block_on(async {});
    allocations(run)
}

/// Steady traffic through something: puts and gets that never wait.
fn steady(mut put: impl FnMut(u64), mut get: impl FnMut()) -> Allocations {
    let round = |put: &mut dyn FnMut(u64), get: &mut dyn FnMut()| {
        for _ in 0..4 {
            put(1);
        }
        for _ in 0..4 {
            get();
        }
    };
    // The first round may allocate.
    round(&mut put, &mut get);
    count(|| (0..1_000).for_each(|_| round(&mut put, &mut get))).1
}

#[test]
fn steady_traffic_allocates_nothing() {
    let (tx, rx) = bounded(4);
    assert_eq!(steady(|value| tx.try_send(value).unwrap(), || assert!(rx.try_recv().is_ok())).count, 0);
    let queue = Queue::bounded(4);
    assert_eq!(steady(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok())).count, 0);
    let queue = LifoQueue::bounded(4);
    assert_eq!(steady(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok())).count, 0);
    let queue = PriorityQueue::bounded(4);
    assert_eq!(steady(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok())).count, 0);
    let queue = local::Queue::bounded(4);
    assert_eq!(steady(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok())).count, 0);
    let (tx, mut rx) = broadcast::channel(4);
    assert_eq!(steady(|value| tx.send(value).unwrap(), || assert!(rx.try_recv().is_ok())).count, 0);
    let (tx, mut rx) = watch::channel(0);
    assert_eq!(steady(|value| tx.send(value).unwrap(), || drop(rx.borrow_and_update())).count, 0);
}

#[test]
fn a_bounded_channel_that_was_drained_has_its_ring_again() {
    let (tx, rx) = bounded(100);
    for _ in 0..3 {
        let (_, filling) = count(|| (0..100).for_each(|value| tx.try_send(value).unwrap()));
        assert_eq!(filling.count, 0);
        let (drained, draining) = count(|| rx.drain());
        assert_eq!((drained.len(), draining.count), (100, 1), "the drained values keep the old one");
        let (nothing, draining) = count(|| rx.drain());
        assert_eq!((nothing.len(), draining.count), (0, 0));
    }
}

#[test]
fn waits_allocate_nothing() {
    let (tx, rx) = rendezvous();
    let pair = async { futures::join!(tx.send(1), rx.recv()) };
    let (met, counts) = count(|| block_on(pair));
    assert_eq!((met.1, counts.count), (Ok(1), 0));
    let (tx, mut rx) = broadcast::channel(1);
    let pair = async { futures::join!(rx.recv(), async { tx.send(1) }) };
    let (met, counts) = count(|| block_on(pair));
    assert_eq!((met.0, counts.count), (Ok(1), 0));
    let (tx, mut rx) = watch::channel(0);
    let pair = async { futures::join!(rx.changed(), async { tx.send(1) }) };
    let (met, counts) = count(|| block_on(pair));
    assert_eq!((met.0, counts.count), (Ok(()), 0));
}

#[test]
fn a_bounded_channel_allocates_once_for_its_ring() {
    let fill = |capacity: usize| {
        let (tx, rx) = bounded(capacity);
        let ((), counts) = count(|| (0..capacity).for_each(|_| tx.try_send(1_u64).unwrap()));
        drop(rx);
        counts.count
    };
    assert_eq!([fill(1), fill(7), fill(100), fill(10_000)].map(|allocations| allocations <= 1), [true; 4]);
    let queue = local::Queue::bounded(10_000);
    assert_eq!(count(|| (0..10_000).for_each(|_| queue.try_put(1_u64).unwrap())).1.count, 1);
    let (made, counts) = count(|| broadcast::channel::<u64>(10_000));
    assert_eq!(counts.count, 2, "the ring, and what the ends share");
    let (tx, _rx) = made;
    assert_eq!(count(|| (0..30_000).for_each(|_| tx.send(1).unwrap())).1.count, 0);
}

#[test]
fn a_oneshot_is_one_allocation_which_the_thread_keeps_for_the_next() {
    fn ask<T: Clone + PartialEq + std::fmt::Debug>(value: T) -> Allocations {
        let ask = || {
            let (tx, rx) = oneshot::channel();
            tx.send(value.clone()).unwrap();
            assert_eq!(block_on(rx), Ok(value.clone()));
        };
        count(ask).1
    }
    let first = ask(1_u64);
    assert_eq!(first.count, 1);
    let next = ask(2_u64);
    assert_eq!((next.count, next.held), (0, 0));
    // One of another size frees the block that was kept, and is kept in its place.
    let larger = ask([3_u64; 8]);
    assert_eq!((larger.count, larger.held), (1, 56));
    let smaller = ask(4_u64);
    assert_eq!((smaller.count, smaller.held), (1, -56));
}

#[test]
fn no_more_than_one_block_is_kept_and_no_large_one() {
    let ((), counts) = count(|| {
        let pairs = [(); 100].map(|()| oneshot::channel::<u64>());
        drop(pairs);
    });
    assert_eq!(counts.count, 100);
    assert!(counts.held <= 64, "{counts:?}");
    let ((), counts) = count(|| drop(oneshot::channel::<[u64; 64]>()));
    assert_eq!((counts.count, counts.held), (1, 0));
}

#[test]
fn a_block_that_ends_on_another_thread_is_used_and_freed_there() {
    let (tx, rx) = oneshot::channel();
    let on_that_thread = std::thread::spawn(move || {
        count(|| {
            tx.send(1_u64).unwrap();
            assert_eq!(block_on(rx), Ok(1));
            drop(oneshot::channel::<u64>());
        })
        .1
    });
    assert_eq!(on_that_thread.join().unwrap().count, 0);
}

/// What is held after a burst of puts, and as many gets, beyond what was held before.
fn after_a_burst(put: impl FnMut(u64), mut get: impl FnMut()) -> Allocations {
    let burst = || {
        (0..BURST as u64).for_each(put);
        (0..BURST).for_each(|_| get());
    };
    let counts = count(burst).1;
    assert!(counts.peak >= (BURST * ITEM) as isize, "a burst takes room");
    counts
}

#[test]
fn unbounded_queues_give_memory_back_after_a_burst() {
    let (tx, rx) = unbounded();
    let channel = after_a_burst(|value| tx.try_send(value).unwrap(), || assert!(rx.try_recv().is_ok()));
    let (tx, mut rx) = unbounded();
    let stream = after_a_burst(|value| tx.try_send(value).unwrap(), || assert!(rx.next().now_or_never().is_some()));
    let queue = Queue::unbounded();
    let fifo = after_a_burst(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok()));
    let queue = LifoQueue::unbounded();
    let lifo = after_a_burst(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok()));
    let queue = PriorityQueue::unbounded();
    let priority = after_a_burst(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok()));
    let queue = local::Queue::unbounded();
    let local = after_a_burst(|item| queue.try_put(item).unwrap(), || assert!(queue.try_get().is_ok()));
    for (name, counts) in [
        ("channel", channel),
        ("stream", stream),
        ("fifo", fifo),
        ("lifo", lifo),
        ("priority", priority),
        ("local", local),
    ] {
        assert!(counts.held <= KEPT as isize, "{name} holds {} bytes while it is empty", counts.held);
    }
}

#[test]
fn cancelled_waiters_leave_nothing_behind() {
    let (tx, rx) = bounded::<u64>(1);
    tx.try_send(1).unwrap();
    let queue = local::Queue::<u64>::bounded(1);
    let wait = || {
        let mut waits: Vec<_> = (0..1_000).map(|_| (Stepped::new(tx.send(2)), Stepped::new(queue.get()))).collect();
        assert!(waits.iter_mut().all(|(send, get)| send.poll().is_pending() && get.poll().is_pending()));
    };
    assert_eq!(count(wait).1.held, 0);
    drop(rx);
}
