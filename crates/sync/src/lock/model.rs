//! The lock, in every interleaving: both kinds, hand-over, barging, and waiters that are dropped.

use super::Lock;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

fn both_kinds(run: impl Fn(Arc<Lock<usize>>) + Send + Sync + 'static) {
    let run = Arc::new(run);
    let fair = run.clone();
    model(move || fair(Arc::new(Lock::new(0))));
    model(move || run(Arc::new(Lock::unfair(0))));
}

fn count_one(lock: &Lock<usize>) {
    *block_on(lock.lock()) += 1;
}

/// Polls once with a waker that does nothing, and drops what that gave.
fn poll_and_drop(lock: &Lock<usize>) {
    let mut future = Box::pin(lock.lock());
    drop(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
}

#[test]
fn three_threads_count_one_at_a_time() {
    both_kinds(|lock| {
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || count_one(&lock))
            })
            .collect();
        count_one(&lock);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(*lock.try_lock().expect("free"), 3);
    });
}

#[test]
fn a_dropped_waiter_leaves_the_lock_to_the_one_behind() {
    both_kinds(|lock| {
        let holder = lock.try_lock_owned().expect("free");
        let (dropping, waiting) = (lock.clone(), lock.clone());
        let dropper = thread::spawn(move || poll_and_drop(&dropping));
        let waiter = thread::spawn(move || count_one(&waiting));
        drop(holder);
        dropper.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(*lock.try_lock().expect("free"), 1);
    });
}

#[test]
fn a_try_against_a_release_never_shares_the_lock() {
    both_kinds(|lock| {
        let holder = lock.try_lock_owned().expect("free");
        let (trying, waiting) = (lock.clone(), lock.clone());
        let tryer = thread::spawn(move || {
            if let Some(mut guard) = trying.try_lock() {
                *guard += 1;
            }
        });
        let waiter = thread::spawn(move || count_one(&waiting));
        drop(holder);
        tryer.join().unwrap();
        waiter.join().unwrap();
        assert!((1..=2).contains(&*lock.try_lock().expect("free")));
    });
}
