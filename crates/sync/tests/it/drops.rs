//! Every future dropped at every await: no lock stays locked, no permit vanishes, nobody is forgotten.

use motet_sync::{Event, Lock, OwnedPermit, Semaphore};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// What the other side of a trial still has.
type Theirs<T> = Rc<RefCell<Option<T>>>;

fn theirs<T>(value: T) -> Theirs<T> {
    Rc::new(RefCell::new(Some(value)))
}

/// Polls the one behind; once served, it is gone.
fn served<F: Future>(behind: &Theirs<Stepped<F>>) -> bool {
    let mut behind = behind.borrow_mut();
    let served = behind.as_mut().is_none_or(|behind| behind.poll().is_ready());
    if served {
        *behind = None;
    }
    served
}

/// Locks twice in a row, behind a holder that lets go after the first poll, and before somebody who waits.
fn lock_dropped_everywhere<F: Future<Output = ()>>(unfair: bool, locks: impl Fn(Arc<Lock<u32>>) -> F) {
    let report = drop_at_every_await_between(|| {
        let lock = Arc::new(if unfair { Lock::unfair(0) } else { Lock::new(0) });
        let holder = theirs(lock.try_lock_owned().expect("free"));
        let behind = theirs(Stepped::new(lock.lock_owned()));
        let future = locks(lock.clone());
        let (held, line) = (holder.clone(), behind.clone());
        let step = move |_polls| {
            let was_served = served(&line);
            assert!(!was_served || held.borrow().is_none(), "two have the lock");
            held.borrow_mut().take();
        };
        let check = move |_: End<()>| {
            holder.borrow_mut().take();
            assert!(served(&behind), "the lock was lost");
            assert!(*lock.try_lock().expect("the lock stayed locked") <= 2);
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops >= 2, "{report:?}");
}

async fn twice(lock: Arc<Lock<u32>>) {
    for _ in 0..2 {
        *lock.lock().await += 1;
    }
}

async fn twice_owned(lock: Arc<Lock<u32>>) {
    for _ in 0..2 {
        *lock.lock_owned().await += 1;
    }
}

#[test]
fn a_dropped_lock_future_leaves_the_lock_to_others() {
    for unfair in [false, true] {
        lock_dropped_everywhere(unfair, twice);
        lock_dropped_everywhere(unfair, twice_owned);
    }
}

#[test]
fn a_waiter_behind_a_dropped_one_gets_the_lock() {
    for unfair in [false, true] {
        for granted in [false, true] {
            let lock = if unfair { Lock::unfair(0) } else { Lock::new(0) };
            let mut holder = lock.try_lock();
            let (mut dropped, mut behind) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
            assert!(dropped.poll().is_pending() && behind.poll().is_pending());
            if granted {
                holder = None;
            }
            drop(dropped);
            assert_eq!(behind.is_woken(), granted);
            drop(holder);
            assert!(behind.is_woken() && behind.poll().is_ready());
        }
    }
}

fn permits_dropped_everywhere<F: Future<Output = ()>>(unfair: bool, acquires: impl Fn(Arc<Semaphore>) -> F) {
    const PERMITS: usize = 3;
    let report = drop_at_every_await_between(|| {
        let seats = Arc::new(if unfair { Semaphore::unfair(PERMITS) } else { Semaphore::new(PERMITS) });
        let taken: Theirs<OwnedPermit> = theirs(seats.try_acquire_many_owned(PERMITS).expect("free"));
        let behind = theirs(Stepped::new(seats.acquire_owned()));
        let future = acquires(seats.clone());
        let (giver, line) = (taken.clone(), behind.clone());
        let step = move |polls: usize| {
            let was_served = served(&line);
            assert!(polls > 1 || !was_served, "no permit is free");
            // One permit after the first poll, the others after the next.
            drop(giver.borrow_mut().as_mut().and_then(|taken| taken.split(polls)));
        };
        let check = move |_: End<()>| {
            taken.borrow_mut().take();
            assert!(served(&behind), "the one behind was forgotten");
            assert_eq!(seats.available(), PERMITS, "a permit vanished, or was made");
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops >= 2, "{report:?}");
}

async fn one_then_two(seats: Arc<Semaphore>) {
    drop(seats.acquire().await);
    drop(seats.acquire_many(2).await);
}

async fn one_then_two_owned(seats: Arc<Semaphore>) {
    drop(seats.acquire_owned().await);
    drop(seats.acquire_many_owned(2).await);
}

#[test]
fn a_dropped_acquire_leaves_the_permits_to_others() {
    for unfair in [false, true] {
        permits_dropped_everywhere(unfair, one_then_two);
        permits_dropped_everywhere(unfair, one_then_two_owned);
    }
}

#[test]
fn a_dropped_wait_leaves_the_event_to_others() {
    for drops in 0..3 {
        let event = Event::new();
        let (mut dropped, mut other) = (Stepped::new(event.wait()), Stepped::new(event.wait()));
        for _ in 0..drops {
            assert!(dropped.poll().is_pending());
        }
        assert!(other.poll().is_pending());
        let set_first = drops == 2;
        if set_first {
            event.set();
        }
        drop(dropped);
        event.set();
        assert!(other.poll().is_ready());
        assert_eq!(other.wakes(), 1);
    }
}
