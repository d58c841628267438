//! What the docs call "never": no operation of these types allocates, contended or not. Counted, a thread at a time.

use motet_sync::{Condition, Event, Lock, Notify, RwLock, Semaphore};
use motet_test::{CountingAllocator, WakeCount};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// How often this thread allocates in `run`.
fn allocations(run: impl FnOnce()) -> usize {
    motet_test::allocations(run).1.count
}

/// Twenty rounds of: one waits, and another; what holds them back lets go; both are served, or the first is dropped in line.
fn contended<H, F: Future>(hold: impl Fn() -> H, wait: impl Fn() -> F, let_go: impl Fn(H)) {
    let wakes = WakeCount::new();
    let rounds = || {
        for round in 0..20 {
            let held = hold();
            let (mut first, mut second) = (pin!(Some(wait())), pin!(wait()));
            assert!(wakes.poll(first.as_mut().as_pin_mut().expect("there")).is_pending());
            assert!(wakes.poll(second.as_mut()).is_pending());
            assert!(wakes.poll(second.as_mut()).is_pending(), "polled again in vain");
            if round % 2 == 0 {
                first.set(None);
            }
            let_go(held);
            if let Some(first) = first.as_mut().as_pin_mut() {
                assert!(wakes.poll(first).is_ready());
            }
            first.set(None);
            assert!(wakes.poll(second).is_ready());
        }
    };
    // Of two: the threads of the other tests may meet this one at the lock of the table that watches for futurelocks, in builds that have it, and
    // who is the first to sleep there makes parking_lot's own.
    assert_eq!((0..2).map(|_| allocations(rounds)).min(), Some(0));
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(Box::new(1))), 1);
}

#[test]
fn a_lock_allocates_nothing() {
    for lock in [Lock::new(0), Lock::unfair(0)] {
        assert_eq!(allocations(|| drop(lock.try_lock())), 0);
        contended(|| lock.try_lock().expect("free"), || lock.lock(), drop);
    }
}

#[test]
fn a_read_write_lock_allocates_nothing() {
    let table = RwLock::new(0);
    contended(|| table.try_read().expect("free"), || table.write(), drop);
    contended(|| table.try_write().expect("free"), || table.upgradable_read(), drop);
}

#[test]
fn a_semaphore_allocates_nothing() {
    for seats in [Semaphore::new(3), Semaphore::unfair(3)] {
        contended(|| seats.try_acquire_many(3).expect("free"), || seats.acquire_many(2), drop);
    }
}

#[test]
fn signals_allocate_nothing() {
    let (event, notify) = (Event::new(), Notify::new());
    contended(|| event.clear(), || event.wait(), |()| event.set());
    contended(|| (), || notify.notified(), |()| notify.notify_all());
    let (lock, changed) = (Lock::new(0), Condition::new());
    let wait = || changed.wait(lock.try_lock().expect("released by the wait before"));
    let wakes = WakeCount::new();
    let allocated = allocations(|| {
        for _ in 0..20 {
            let mut waiting = pin!(wait());
            assert!(wakes.poll(waiting.as_mut()).is_pending());
            changed.notify(1);
            assert!(wakes.poll(waiting).is_ready());
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_thread_that_blocks_allocates_for_its_first_wait_only() {
    let event = Event::new();
    event.set();
    assert_eq!(allocations(|| event.wait_blocking()), 0);
    let lock = Lock::new(0);
    let blocks = || allocations(|| drop(motet_prim::park::block_on(lock.lock())));
    blocks();
    assert_eq!(blocks(), 0);
    assert!(matches!(WakeCount::new().poll(pin!(lock.lock())), Poll::Ready(_)));
}
