//! Threads beside the tasks: both wait in one line.

use motet_sync::{BoundedSemaphore, ClosableSemaphore, Condition, Event, Lock, RwLock, Semaphore};
use motet_test::Stepped;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

#[test]
fn a_thread_waits_for_a_lock_until_it_is_released() {
    let lock = Arc::new(Lock::new(0));
    let holder = lock.lock_blocking();
    let other = lock.clone();
    let (about_to_block, ready) = mpsc::channel();
    let thread = thread::spawn(move || {
        about_to_block.send(()).expect("the test listens");
        *other.lock_blocking() += 1;
    });
    ready.recv().expect("the thread runs");
    drop(holder);
    thread.join().expect("no panic");
    assert_eq!(*lock.lock_blocking(), 1);
}

#[test]
fn threads_and_tasks_count_together() {
    for lock in [Lock::new(0), Lock::unfair(0)].map(Arc::new) {
        let threads: Vec<_> = (0..4)
            .map(|blocking| {
                let lock = lock.clone();
                thread::spawn(move || {
                    for _ in 0..1000 {
                        if blocking % 2 == 0 {
                            *lock.lock_blocking() += 1;
                        } else {
                            futures::executor::block_on(async { *lock.lock().await += 1 });
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(*lock.lock_blocking(), 4000);
    }
}

/// Locks under way are dropped at any moment, on two threads at once.
#[test]
fn cancelled_waiters_on_two_threads_leave_the_lock_whole() {
    for lock in [Lock::new(0), Lock::unfair(0)].map(Arc::new) {
        let threads: Vec<_> = (0..2)
            .map(|seed| {
                let lock = lock.clone();
                thread::spawn(move || {
                    let mut counted = 0;
                    for round in 0..2000 {
                        let (mut kept, mut dropped) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
                        let early = dropped.poll();
                        let late = kept.poll();
                        // Nobody may stay in line unpolled: the lock would be handed to it, and stay there.
                        if (round + seed) % 3 == 0 {
                            drop(kept);
                            drop((early, late));
                            drop(dropped);
                        } else {
                            drop((early, late));
                            drop((dropped, kept));
                        }
                        *lock.lock_blocking() += 1;
                        counted += 1;
                    }
                    counted
                })
            })
            .collect();
        let counted: i32 = threads.into_iter().map(|thread| thread.join().expect("no panic")).sum();
        assert_eq!(*lock.try_lock().expect("free"), counted);
    }
}

#[test]
fn threads_share_permits_and_never_exceed_them() {
    for seats in [Semaphore::new(3), Semaphore::unfair(3)].map(Arc::new) {
        let inside = Arc::new(Lock::new(0));
        let threads: Vec<_> = (0..4)
            .map(|wants| {
                let (seats, inside) = (seats.clone(), inside.clone());
                thread::spawn(move || {
                    for _ in 0..500 {
                        let permit = seats.acquire_many_blocking(1 + wants % 3);
                        let now = {
                            let mut inside = inside.lock_blocking();
                            *inside += permit.count();
                            *inside
                        };
                        assert!(now <= 3, "{now} at once");
                        *inside.lock_blocking() -= permit.count();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(seats.available(), 3);
        assert_eq!(seats.acquire_blocking().count(), 1);
    }
}

#[test]
fn a_set_releases_threads_and_tasks() {
    let event = Arc::new(Event::new());
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let event = event.clone();
            thread::spawn(move || event.wait_blocking())
        })
        .collect();
    let mut task = Stepped::new(event.wait());
    assert!(task.poll().is_pending());
    event.set();
    assert!(task.poll().is_ready());
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

/// Each thread takes what the one before it has left, by a guard that keeps it alive.
#[test]
fn a_thread_waits_while_a_predicate_holds() {
    let shared = Arc::new((Lock::new(0), Condition::new()));
    let theirs = shared.clone();
    let thread = thread::spawn(move || {
        let (count, changed) = &*theirs;
        *changed.wait_while_blocking(count.lock_blocking(), |count| *count < 3)
    });
    let (count, changed) = &*shared;
    for _ in 0..3 {
        *count.lock_blocking() += 1;
        changed.notify_all();
    }
    assert_eq!(thread.join().expect("no panic"), 3);
}

#[test]
fn threads_wait_for_owned_holds_in_the_same_line() {
    fn in_turn<T: Send + Sync + 'static, G: Send + 'static>(
        shared: &Arc<T>,
        hold: impl Fn(&Arc<T>) -> G + Copy + Send + 'static,
    ) {
        let held = hold(shared);
        let threads = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || drop(hold(&shared)))
        });
        drop(held);
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(Arc::strong_count(shared), 1);
    }
    in_turn(&Arc::new(Lock::new(0)), Lock::lock_owned_blocking);
    let table = Arc::new(RwLock::new(0));
    in_turn(&table, RwLock::write_owned_blocking);
    in_turn(&table, RwLock::upgradable_read_owned_blocking);
    in_turn(&table, RwLock::read_owned_blocking);
    in_turn(&Arc::new(Semaphore::new(1)), Semaphore::acquire_owned_blocking);
    in_turn(&Arc::new(Semaphore::new(3)), |seats| seats.acquire_many_owned_blocking(2));
    in_turn(&Arc::new(BoundedSemaphore::new(1)), BoundedSemaphore::acquire_owned_blocking);
    in_turn(&Arc::new(BoundedSemaphore::new(3)), |seats| seats.acquire_many_owned_blocking(2));
    let seats = Arc::new(ClosableSemaphore::new(2));
    in_turn(&seats, |seats| seats.acquire_owned_blocking().expect("open"));
    in_turn(&seats, |seats| seats.acquire_many_owned_blocking(2).expect("open"));
    seats.close();
    assert!(seats.acquire_owned_blocking().is_err() && seats.acquire_many_owned_blocking(2).is_err());
}

#[test]
fn a_thread_that_has_no_time_leaves_the_line_to_those_behind_it() {
    let (lock, seats, event) = (Lock::new(0), Semaphore::new(1), Event::new());
    let (held, seat) = (lock.lock_blocking(), seats.acquire_blocking());
    let mut behind = (Stepped::new(lock.lock()), Stepped::new(seats.acquire()));
    assert!(lock.lock_blocking_for(Duration::ZERO).is_none() && seats.acquire_blocking_for(Duration::ZERO).is_none());
    assert!(behind.0.poll().is_pending() && behind.1.poll().is_pending());
    drop((held, seat));
    assert!(behind.0.poll().is_ready() && behind.1.poll().is_ready());
    drop(behind);
    assert_eq!((lock.lock_blocking_for(Duration::ZERO).as_deref(), seats.available()), (Some(&0), 1));
    assert!(!event.wait_blocking_for(Duration::ZERO));
    event.set();
    assert!(event.wait_blocking_for(Duration::ZERO));
}

#[test]
fn a_thread_that_has_all_the_time_there_is_waits_in_line() {
    let lock = Lock::new(0);
    let (seats, event) = (Semaphore::new(0), Event::new());
    thread::scope(|scope| {
        let held = lock.lock_blocking();
        let waiting = scope.spawn(|| {
            let _permit = seats.acquire_blocking_for(Duration::MAX)?;
            *lock.lock_blocking_for(Duration::MAX)? += 1;
            Some(event.wait_blocking_for(Duration::MAX))
        });
        seats.release(1);
        drop(held);
        event.set();
        assert_eq!(waiting.join().expect("no panic"), Some(true));
    });
    assert_eq!(*lock.lock_blocking(), 1);
}
