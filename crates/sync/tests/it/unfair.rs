//! The unfair kinds: a running task may be faster, and still nobody is forgotten, or starves.

use motet_sync::{ClosableSemaphore, Closed, Lock, Semaphore};
use motet_test::Stepped;
use std::task::Poll;

#[test]
fn a_newcomer_may_take_a_lock_before_the_waiter_that_was_called() {
    let lock = Lock::unfair(0);
    let holder = lock.try_lock().expect("free");
    let mut waiter = Stepped::new(lock.lock());
    assert!(waiter.poll().is_pending());
    drop(holder);
    assert!(waiter.is_woken());
    let barger = lock.try_lock().expect("the fair kind would refuse");
    assert!(waiter.poll().is_pending(), "it lost its turn");
    drop(barger);
    assert!(waiter.poll().is_ready());
}

#[test]
fn who_lost_its_turn_is_first_in_line_again() {
    let lock = Lock::unfair(0);
    let holder = lock.try_lock().expect("free");
    let (mut first, mut second) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(holder);
    let barger = lock.try_lock().expect("unfair");
    assert!(first.poll().is_pending());
    drop(barger);
    assert!(first.is_woken() && !second.is_woken());
}

#[test]
fn only_one_waiter_is_called_at_a_time() {
    let lock = Lock::unfair(0);
    let holder = lock.try_lock().expect("free");
    let (mut first, mut second) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(holder);
    for _ in 0..10 {
        drop(lock.try_lock().expect("unfair"));
    }
    assert!(first.is_woken() && !second.is_woken(), "the first has not tried yet");
    let guard = first.poll();
    assert!(guard.is_ready());
    drop(guard);
    assert!(second.poll().is_ready());
}

#[test]
fn a_called_waiter_that_is_dropped_passes_the_call_on() {
    for barged in [false, true] {
        let lock = Lock::unfair(0);
        let holder = lock.try_lock().expect("free");
        let (mut first, mut second) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
        assert!(first.poll().is_pending() && second.poll().is_pending());
        drop(holder);
        let barger = barged.then(|| lock.try_lock().expect("unfair"));
        drop(first);
        assert_eq!(second.is_woken(), !barged, "while the barger holds it there is nothing to call for");
        drop(barger);
        assert!(second.is_woken());
        assert!(second.poll().is_ready());
        drop(second);
        assert!(lock.try_lock().is_some());
    }
}

#[test]
fn a_lock_goes_in_the_end_to_a_waiter_that_always_loses() {
    let lock = Lock::unfair(0);
    let mut holder = lock.try_lock();
    let mut waiter = Stepped::new(lock.lock());
    for lost in 0.. {
        assert!(waiter.poll().is_pending());
        drop(holder);
        assert!(waiter.is_woken());
        holder = lock.try_lock();
        if holder.is_none() {
            assert!(lost > 0, "it is unfair after all");
            break;
        }
        assert!(lost < 10, "the waiter starves");
    }
    assert!(waiter.poll().is_ready(), "the lock was handed to it");
}

#[test]
fn a_newcomer_may_take_a_permit_before_the_waiter_that_was_called() {
    let seats = Semaphore::unfair(1);
    let held = seats.try_acquire().expect("one is free");
    let mut waiter = Stepped::new(seats.acquire());
    assert!(waiter.poll().is_pending());
    drop(held);
    assert!(waiter.is_woken());
    let barger = seats.try_acquire().expect("the fair kind would refuse");
    assert!(waiter.poll().is_pending());
    drop(barger);
    assert!(waiter.poll().is_ready());
}

#[test]
fn who_was_called_calls_the_next_if_permits_are_left() {
    let seats = Semaphore::unfair(0);
    let mut line: Vec<_> = (0..3).map(|_| Stepped::new(seats.acquire())).collect();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_pending()));
    seats.release(2);
    assert!(line[0].is_woken() && !line[1].is_woken());
    let first = line[0].poll();
    assert!(first.is_ready());
    assert!(line[1].is_woken() && !line[2].is_woken());
    let second = line[1].poll();
    assert!(second.is_ready());
    assert!(!line[2].is_woken(), "no permit is left");
    drop(first);
    assert!(line[2].poll().is_ready());
}

#[test]
fn a_called_waiter_that_is_dropped_calls_the_next_one_for_a_permit() {
    let seats = Semaphore::unfair(0);
    let (mut first, mut second) = (Stepped::new(seats.acquire()), Stepped::new(seats.acquire()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    seats.release(1);
    drop(first);
    assert!(second.is_woken());
    assert!(second.poll().is_ready());
    drop(second);
    assert_eq!(seats.available(), 1);
}

#[test]
fn a_permit_goes_in_the_end_to_a_waiter_that_always_loses() {
    let seats = Semaphore::unfair(1);
    let mut held = seats.try_acquire();
    let mut waiter = Stepped::new(seats.acquire());
    for lost in 0.. {
        assert!(waiter.poll().is_pending());
        drop(held);
        assert!(waiter.is_woken());
        held = seats.try_acquire();
        if held.is_none() {
            assert!(lost > 0, "it is unfair after all");
            break;
        }
        assert!(lost < 10, "the waiter starves");
    }
    assert!(waiter.poll().is_ready(), "the permit was granted to it");
}

/// Those who take one by one never leave two free at a time.
#[test]
fn permits_go_in_the_end_to_a_waiter_for_many_whom_others_pass_one_by_one() {
    let seats = Semaphore::unfair(2);
    let mut held = [seats.try_acquire(), seats.try_acquire()];
    let (mut table, mut behind) = (Stepped::new(seats.acquire_many(2)), Stepped::new(seats.acquire()));
    assert!(table.poll().is_pending() && behind.poll().is_pending());
    for round in 0.. {
        for hold in &mut held {
            drop(hold.take());
            *hold = seats.try_acquire();
        }
        if table.is_woken() {
            assert!(round > 0, "it is unfair after all");
            break;
        }
        assert!(round < 10, "the waiter starves");
    }
    let both = table.poll();
    assert!(both.is_ready() && seats.available() == 0);
    drop(both);
    assert!(behind.is_woken() && behind.poll().is_ready());
    drop((held, behind));
    assert_eq!(seats.available(), 2);
}

#[test]
fn what_was_put_by_for_a_waiter_that_leaves_goes_to_the_next() {
    let seats = Semaphore::unfair(1);
    let mut held = seats.try_acquire();
    let (mut table, mut behind) = (Stepped::new(seats.acquire_many(2)), Stepped::new(seats.acquire()));
    assert!(table.poll().is_pending() && behind.poll().is_pending());
    for _ in 0..10 {
        drop(held.take());
        held = seats.try_acquire();
    }
    assert!(held.is_none() && !table.is_woken() && !behind.is_woken(), "one is put by for the table");
    drop(table);
    assert!(behind.is_woken() && behind.poll().is_ready());
    assert_eq!(seats.available(), 1);
}

#[test]
fn what_was_put_by_is_there_again_once_the_semaphore_is_closed() {
    let seats = ClosableSemaphore::unfair(1);
    let mut held = seats.try_acquire().ok();
    let mut table = Stepped::new(seats.acquire_many(2));
    assert!(table.poll().is_pending());
    for _ in 0..10 {
        drop(held.take());
        held = seats.try_acquire().ok();
    }
    assert!(held.is_none());
    seats.close();
    assert!(matches!(table.poll(), Poll::Ready(Err(Closed))));
    assert_eq!(seats.available(), 1);
}

#[test]
fn those_who_want_few_do_not_wait_for_one_who_wants_many_if_they_come_later() {
    let seats = Semaphore::unfair(2);
    let mut table = Stepped::new(seats.acquire_many(3));
    assert!(table.poll().is_pending());
    assert!(seats.try_acquire().is_some(), "the fair kind would refuse");
}
