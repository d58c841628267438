//! Waiting for room and for items; cancelled waits.

use futures::executor::block_on;
use motet_channel::{Queue, TryGetError, TryPutError};
use motet_test::{Stepped, WakeCount};
use std::task::Poll;

#[test]
fn put_blocks_at_capacity() {
    let queue = Queue::bounded(2);
    let mut puts: Vec<_> = (0..3).map(|i| Stepped::new(queue.put(i))).collect();
    assert_eq!(puts[0].poll(), Poll::Ready(Ok(())));
    assert_eq!(puts[1].poll(), Poll::Ready(Ok(())));
    assert!(puts[2].poll().is_pending());
    assert!(queue.is_full());
    assert_eq!(queue.try_get(), Ok(0));
    assert!(puts[2].is_woken());
    assert_eq!(puts[2].poll(), Poll::Ready(Ok(())));
    assert_eq!(puts[2].wakes(), 1);
    assert_eq!((queue.try_get(), queue.try_get()), (Ok(1), Ok(2)));
}

#[test]
fn an_unbounded_queue_is_never_full() {
    let queue = Queue::unbounded();
    for i in 0..10_000 {
        assert_eq!(Stepped::new(queue.put(i)).poll(), Poll::Ready(Ok(())));
        assert!(!queue.is_full());
    }
    assert_eq!((queue.len(), queue.capacity()), (10_000, None));
}

#[test]
fn a_get_cancelled_in_a_race_with_a_put_leaves_the_item_to_the_survivor() {
    let queue = Queue::unbounded();
    let mut cancelled = Stepped::new(queue.get());
    let mut survivor = Stepped::new(queue.get());
    assert!(cancelled.poll().is_pending());
    assert!(survivor.poll().is_pending());
    queue.try_put('a').unwrap();
    assert!(cancelled.is_woken() && !survivor.is_woken());
    drop(cancelled);
    assert!(survivor.is_woken());
    assert_eq!(survivor.poll(), Poll::Ready(Ok('a')));
}

#[test]
fn no_item_is_dropped_with_a_cancelled_getter() {
    let queue = Queue::bounded(1);
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    queue.try_put('a').unwrap();
    drop(get);
    assert_eq!(queue.len(), 1);
    assert_eq!(queue.try_get(), Ok('a'));
}

#[test]
fn no_item_is_dropped_with_many_cancelled_getters_and_their_order_is_kept() {
    for backwards in [false, true] {
        let queue = Queue::unbounded();
        let mut gets: Vec<_> = (0..5).map(|_| Stepped::new(queue.get())).collect();
        for get in &mut gets {
            assert!(get.poll().is_pending());
        }
        (0..8).for_each(|i| queue.try_put(i).unwrap());
        if backwards {
            gets.reverse();
        }
        drop(gets);
        assert_eq!(std::iter::from_fn(|| queue.try_get().ok()).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }
}

#[test]
fn a_cancelled_put_has_put_nothing() {
    let queue = Queue::bounded(1);
    queue.try_put('a').unwrap();
    let mut waiting = Stepped::new(queue.put('b'));
    assert!(waiting.poll().is_pending());
    drop(waiting);
    let mut admitted = Stepped::new(queue.put('c'));
    assert!(admitted.poll().is_pending());
    assert_eq!(queue.try_get(), Ok('a'));
    assert!(admitted.is_woken());
    drop(admitted);
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    assert_eq!(queue.try_put('d'), Ok(()), "the place that was reserved is free again");
}

#[test]
fn a_put_that_races_with_cancelled_putters_skips_them() {
    let queue = Queue::bounded(1);
    queue.try_put(0).unwrap();
    let mut puts: Vec<_> = (1..=4).map(|i| Stepped::new(queue.put(i))).collect();
    for put in &mut puts {
        assert!(put.poll().is_pending());
    }
    let mut last = puts.pop().unwrap();
    let granted = puts.remove(0);
    assert_eq!(queue.try_get(), Ok(0));
    assert!(granted.is_woken());
    drop(puts);
    assert!(!last.is_woken());
    drop(granted);
    assert!(last.is_woken(), "the place is passed on to the next that still waits");
    assert_eq!(last.poll(), Poll::Ready(Ok(())));
    assert_eq!(queue.try_get(), Ok(4));
}

#[test]
fn cancelled_getters_and_putters_are_not_kept() {
    let queue = Queue::<u8>::bounded(1);
    let wakes = WakeCount::new();
    for _ in 0..100 {
        assert!(wakes.poll(std::pin::pin!(queue.get())).is_pending());
    }
    queue.try_put(1).unwrap();
    for _ in 0..100 {
        assert!(wakes.poll(std::pin::pin!(queue.put(2))).is_pending());
        assert!(wakes.poll(std::pin::pin!(queue.reserve())).is_pending());
        assert!(wakes.poll(std::pin::pin!(queue.join())).is_pending());
    }
    assert_eq!(wakes.count(), 0);
    assert_eq!(wakes.wakers_alive(1), 0);
}

#[test]
fn capacity_1_and_2_with_many_of_both_never_hang() {
    for capacity in [1, 2] {
        let queue = Queue::bounded(capacity);
        let total = std::thread::scope(|scope| {
            let mut putters = Vec::new();
            let mut getters = Vec::new();
            for part in 0..4_u64 {
                let queue = &queue;
                putters.push(scope.spawn(move || {
                    for i in 0..500 {
                        if part % 2 == 0 {
                            queue.put_blocking(part * 500 + i).unwrap();
                        } else {
                            block_on(queue.put(part * 500 + i)).unwrap();
                        }
                    }
                }));
                getters.push(scope.spawn(move || {
                    let mut sum = 0;
                    while let Ok(item) = if part % 2 == 0 { queue.get_blocking() } else { block_on(queue.get()) } {
                        sum += item;
                    }
                    sum
                }));
            }
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            queue.shutdown(motet_channel::Shutdown::Drain);
            getters.into_iter().map(|getter| getter.join().unwrap()).sum::<u64>()
        });
        assert_eq!(total, (0..2000).sum::<u64>());
        assert!(queue.is_empty());
    }
}

#[test]
fn getters_are_served_in_the_order_they_came() {
    let queue = Queue::unbounded();
    let mut first = Stepped::new(queue.get());
    let mut second = Stepped::new(queue.get());
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    (1..=2).for_each(|i| queue.try_put(i).unwrap());
    assert_eq!((second.wakes(), first.wakes()), (1, 1));
    assert_eq!(second.poll(), Poll::Ready(Ok(2)));
    assert_eq!(first.poll(), Poll::Ready(Ok(1)));
}

#[test]
fn try_get_cannot_overtake_a_getter_that_was_woken() {
    let queue = Queue::unbounded();
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    queue.try_put('a').unwrap();
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    assert_eq!(get.poll(), Poll::Ready(Ok('a')));
}

#[test]
fn try_put_cannot_overtake_a_putter_that_was_woken() {
    let queue = Queue::bounded(1);
    queue.try_put('a').unwrap();
    let mut put = Stepped::new(queue.put('b'));
    assert!(put.poll().is_pending());
    assert_eq!(queue.try_get(), Ok('a'));
    assert_eq!(queue.try_put('c'), Err(TryPutError::Full('c')));
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
}

#[test]
fn one_item_wakes_one_getter_and_one_place_one_putter() {
    let queue = Queue::bounded(1);
    let mut gets: Vec<_> = (0..3).map(|_| Stepped::new(queue.get())).collect();
    assert!(gets.iter_mut().all(|get| get.poll().is_pending()));
    queue.try_put('a').unwrap();
    assert_eq!(gets.iter().map(Stepped::wakes).sum::<usize>(), 1);
    drop(gets);
    let mut puts: Vec<_> = (0..3).map(|_| Stepped::new(queue.put('b'))).collect();
    assert!(puts.iter_mut().all(|put| put.poll().is_pending()));
    assert_eq!(queue.try_get(), Ok('a'));
    assert_eq!(puts.iter().map(Stepped::wakes).sum::<usize>(), 1);
}

#[test]
fn a_waiter_that_moves_to_another_task_is_woken_there() {
    let queue = Queue::unbounded();
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    assert!(get.poll_with_new_waker().is_pending());
    queue.try_put('a').unwrap();
    assert!(get.is_woken());
    assert_eq!(get.poll(), Poll::Ready(Ok('a')));
}

#[test]
fn a_reserved_place_is_nobody_elses_until_it_is_used_or_given_up() {
    let queue = Queue::bounded(1);
    let slot = block_on(queue.reserve()).unwrap();
    assert!(queue.is_full() && queue.is_empty());
    assert_eq!(queue.try_put('b'), Err(TryPutError::Full('b')));
    let mut put = Stepped::new(queue.put('c'));
    assert!(put.poll().is_pending());
    slot.put('a').unwrap();
    assert!(put.poll().is_pending());
    assert_eq!(queue.try_get(), Ok('a'));
    assert_eq!(put.poll(), Poll::Ready(Ok(())));

    let mut reserve = Stepped::new(queue.reserve());
    assert!(reserve.poll().is_pending());
    assert_eq!(queue.try_get(), Ok('c'));
    let Poll::Ready(Ok(slot)) = reserve.poll() else { panic!("there is room") };
    let mut put = Stepped::new(queue.put('d'));
    assert!(put.poll().is_pending());
    drop(slot);
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
}

#[test]
fn an_item_put_through_a_slot_to_a_waiting_getter_frees_the_place_at_once() {
    let queue = Queue::bounded(1);
    let slot = block_on(queue.reserve()).unwrap();
    let mut get = Stepped::new(queue.get());
    let mut put = Stepped::new(queue.put('b'));
    assert!(get.poll().is_pending());
    assert!(put.poll().is_pending());
    slot.put('a').unwrap();
    assert!(put.is_woken());
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
    assert_eq!(get.poll(), Poll::Ready(Ok('a')));
    assert_eq!(queue.try_get(), Ok('b'));
}

#[test]
fn get_many_waits_for_one_and_takes_what_is_there() {
    let queue = Queue::bounded(4);
    let mut out = vec![9];
    let mut get_many = Stepped::new(queue.get_many(&mut out, 3));
    assert!(get_many.poll().is_pending());
    (0..4).for_each(|i| queue.try_put(i).unwrap());
    assert_eq!(get_many.wakes(), 1);
    assert_eq!(get_many.poll(), Poll::Ready(Ok(3)));
    drop(get_many);
    assert_eq!(out, [9, 0, 1, 2]);
    assert_eq!(block_on(queue.get_many(&mut out, 0)), Ok(0));
    assert_eq!(block_on(queue.get_many(&mut out, usize::MAX)), Ok(1));
    assert_eq!(out, [9, 0, 1, 2, 3]);
}

#[test]
fn get_many_admits_as_many_putters_as_it_made_room_for() {
    let queue = Queue::bounded(2);
    (0..2).for_each(|i| queue.try_put(i).unwrap());
    let mut puts: Vec<_> = (2..5).map(|i| Stepped::new(queue.put(i))).collect();
    assert!(puts.iter_mut().all(|put| put.poll().is_pending()));
    let mut out = Vec::new();
    assert_eq!(block_on(queue.get_many(&mut out, 10)), Ok(2));
    assert_eq!(puts.iter().map(Stepped::wakes).collect::<Vec<_>>(), [1, 1, 0]);
}

#[test]
fn dropped_get_many_has_taken_nothing() {
    let queue = Queue::bounded(1);
    let mut out = Vec::new();
    let mut get_many = Stepped::new(queue.get_many(&mut out, 3));
    assert!(get_many.poll().is_pending());
    queue.try_put('a').unwrap();
    drop(get_many);
    assert!(out.is_empty());
    assert_eq!(queue.try_get(), Ok('a'));
}

#[test]
#[should_panic(expected = "use `unbounded()` for no limit")]
fn capacity_zero_is_refused_with_advice() {
    let _ = Queue::<u8>::bounded(0);
}

#[test]
fn a_put_that_is_polled_after_it_was_ready_costs_only_its_caller() {
    let queue = Queue::bounded(1);
    for full in [false, true] {
        let mut put = Stepped::new(queue.put(1));
        assert!(put.poll().is_ready());
        if !full {
            assert_eq!(queue.try_get(), Ok(1));
        }
        let polled_again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| put.poll()));
        assert!(polled_again.is_err(), "it panics at once, and does not wait for room");
        drop(put);
        let _ = queue.try_get();
        assert!(queue.is_empty() && !queue.is_full());
        assert_eq!((queue.try_put(2), queue.try_get()), (Ok(()), Ok(2)));
    }
}

#[test]
fn a_waiting_putter_puts_its_own_item_and_loses_nothing_when_its_turn_comes_late() {
    let queue = Queue::bounded(1);
    queue.try_put(1).unwrap();
    let mut put = Stepped::new(queue.put(2));
    assert!(put.poll().is_pending());
    assert_eq!(queue.try_get(), Ok(1));
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending(), "the putter has not put yet");
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
    assert_eq!(get.poll(), Poll::Ready(Ok(2)));
}
