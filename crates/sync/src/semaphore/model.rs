//! The semaphore, in every interleaving: both kinds, many permits, and heads that are cancelled.

use super::raw::PATIENCE;
use super::{ClosableSemaphore, Permit, Semaphore};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use motet_test::Stepped;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn both_kinds(permits: usize, run: impl Fn(Arc<Semaphore>) + Send + Sync + 'static) {
    let run = Arc::new(run);
    let fair = run.clone();
    model(move || fair(Arc::new(Semaphore::new(permits))));
    model(move || run(Arc::new(Semaphore::unfair(permits))));
}

#[test]
fn no_more_than_the_permits_are_inside() {
    both_kinds(2, |seats| {
        let taken = Arc::new(AtomicUsize::new(0));
        let sit = |wants: usize| {
            let (seats, taken) = (seats.clone(), taken.clone());
            move || {
                let permit = block_on(seats.acquire_many(wants));
                assert!(taken.fetch_add(wants, Ordering::Relaxed) + wants <= 2);
                taken.fetch_sub(wants, Ordering::Relaxed);
                drop(permit);
            }
        };
        let others = [thread::spawn(sit(1)), thread::spawn(sit(2))];
        sit(1)();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(seats.available(), 2);
    });
}

#[test]
fn a_cancelled_head_that_wants_many_lets_the_next_pass() {
    both_kinds(1, |seats| {
        let mut head = Box::pin(seats.acquire_many(2));
        assert!(head.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let behind = seats.clone();
        let waiter = thread::spawn(move || drop(block_on(behind.acquire())));
        drop(head);
        waiter.join().unwrap();
        assert_eq!(seats.available(), 1);
    });
}

#[test]
fn a_cancelled_head_against_a_release_loses_no_permit() {
    both_kinds(0, |seats| {
        let mut head = Box::pin(seats.acquire_many(2));
        assert!(head.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let (behind, releasing) = (seats.clone(), seats.clone());
        let waiter = thread::spawn(move || drop(block_on(behind.acquire())));
        let releaser = thread::spawn(move || releasing.release(2));
        drop(head);
        waiter.join().unwrap();
        releaser.join().unwrap();
        assert_eq!(seats.available(), 2);
    });
}

#[test]
fn two_releases_serve_one_who_wants_two() {
    both_kinds(0, |seats| {
        let others = [1, 1].map(|count| {
            let seats = seats.clone();
            thread::spawn(move || seats.release(count))
        });
        drop(block_on(seats.acquire_many(2)));
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(seats.available(), 2);
    });
}

#[test]
fn one_release_of_two_serves_two() {
    both_kinds(0, |seats| {
        let others = [(); 2].map(|()| {
            let seats = seats.clone();
            thread::spawn(move || block_on(seats.acquire()).forget())
        });
        seats.release(2);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(seats.available(), 0);
    });
}

#[test]
fn a_release_is_for_a_waiter_that_lost_its_turns_whoever_barges_in_the_midst_of_it() {
    model(|| {
        let seats = Arc::new(Semaphore::unfair(1));
        let mut held = seats.try_acquire();
        let mut patient = Box::pin(seats.acquire());
        let mut has_it = || patient.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        assert!(!has_it());
        for _ in 0..PATIENCE {
            drop(held.take());
            held = seats.try_acquire();
            assert!(held.is_some() && !has_it(), "it lost its turn");
        }
        let barging = seats.clone();
        let barger = thread::spawn(move || barging.try_acquire().map(Permit::forget).is_some());
        drop(held);
        assert!(!barger.join().unwrap());
        assert!(has_it());
    });
}

#[test]
fn a_close_against_an_acquire_leaves_nobody_waiting() {
    model(|| {
        let seats = Arc::new(ClosableSemaphore::new(0));
        let closing = seats.clone();
        let closer = thread::spawn(move || closing.close());
        assert!(block_on(seats.acquire()).is_err());
        closer.join().unwrap();
    });
}

#[test]
fn a_release_of_four_serves_three_whoever_comes_and_goes_in_the_midst_and_one_is_left() {
    // Three are more than a batch of wakes holds in a model: the line is unlocked in the midst.
    model(|| {
        let seats = Arc::new(Semaphore::new(0));
        let mut waits: Vec<_> = (0..4).map(|_| Stepped::new(seats.acquire())).collect();
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        let (releasing, barging) = (seats.clone(), seats.clone());
        let releaser = thread::spawn(move || releasing.release(4));
        let barger = thread::spawn(move || drop(barging.try_acquire()));
        drop(waits.remove(1));
        releaser.join().unwrap();
        barger.join().unwrap();
        assert!(waits.iter().all(|wait| wait.wakes() == 1));
        let permits: Vec<_> = waits.iter_mut().map(Stepped::poll).collect();
        assert!(permits.iter().all(Poll::is_ready) && seats.available() == 1);
        drop(permits);
        assert_eq!(seats.available(), 4);
    });
}

#[test]
fn a_close_tells_three_who_wait_and_who_comes_in_the_midst() {
    model(|| {
        let seats = Arc::new(ClosableSemaphore::new(0));
        let mut waits = [(); 3].map(|()| Stepped::new(seats.acquire()));
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        let (closing, coming) = (seats.clone(), seats.clone());
        let closer = thread::spawn(move || closing.close());
        let late = thread::spawn(move || assert!(block_on(coming.acquire()).is_err()));
        closer.join().unwrap();
        late.join().unwrap();
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && matches!(wait.poll(), Poll::Ready(Err(_)))));
    });
}

#[test]
fn who_finds_it_closed_sees_what_was_done_before() {
    model(|| {
        let (seats, written) = (Arc::new(ClosableSemaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let (closing, writing) = (seats.clone(), written.clone());
        let closer = thread::spawn(move || {
            writing.store(1, Ordering::Relaxed);
            closing.close();
        });
        // By a look that takes no lock.
        assert!(!seats.is_closed() || written.load(Ordering::Relaxed) == 1);
        closer.join().unwrap();
    });
}
