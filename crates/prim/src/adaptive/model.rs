//! Loom models: one holder at a time, and what it wrote is visible to the next; whoever sleeps gets the lock in the end.

use super::{AdaptiveMutex, unlocked};
use crate::cell::UnsafeCell;
use crate::{model, thread};
use std::sync::Arc;

/// A counter that the model watches: two threads inside at once are a finding.
fn add(counter: &AdaptiveMutex<UnsafeCell<u32>>) {
    let guard = counter.lock();
    // SAFETY: under the lock; that this is enough is what the model shows.
    guard.with_mut(|count| unsafe { *count += 1 });
}

fn total(counter: &AdaptiveMutex<UnsafeCell<u32>>) -> u32 {
    let guard = counter.lock();
    // SAFETY: as above.
    guard.with(|count| unsafe { *count })
}

#[test]
fn two_threads_take_the_lock_in_turn() {
    model(|| {
        let counter = Arc::new(AdaptiveMutex::new(UnsafeCell::new(0)));
        let other = counter.clone();
        let thread = thread::spawn(move || add(&other));
        add(&counter);
        thread.join().unwrap();
        assert_eq!(total(&counter), 2);
    });
}

#[test]
fn an_unlocked_stretch_lets_another_in_and_ends_locked() {
    model(|| {
        let counter = Arc::new(AdaptiveMutex::new(UnsafeCell::new(0)));
        let other = counter.clone();
        let thread = thread::spawn(move || add(&other));
        let mut guard = counter.lock();
        unlocked(&mut guard, || add(&counter));
        // SAFETY: locked again.
        guard.with_mut(|count| unsafe { *count += 1 });
        drop(guard);
        thread.join().unwrap();
        assert_eq!(total(&counter), 3);
    });
}
