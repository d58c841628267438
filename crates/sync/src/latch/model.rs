//! The latch, in every interleaving: the last count against who waits, who comes, and who goes.

use super::Latch;
use crate::line::model::{parkers, poll_once, wait_with};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::{model, thread};
use std::sync::Arc;

#[test]
fn the_last_count_releases_who_waits_and_publishes_what_came_before_each() {
    model(|| {
        let (latch, written) = (Arc::new(Latch::new(2)), Arc::new([(); 2].map(|()| AtomicUsize::new(0))));
        let [parker] = parkers();
        let counters = [0, 1].map(|place| {
            let (latch, written) = (latch.clone(), written.clone());
            thread::spawn(move || {
                written[place].store(1, Ordering::Relaxed);
                latch.count_down();
            })
        });
        wait_with(&parker, latch.wait());
        assert!(written.iter().all(|place| place.load(Ordering::Relaxed) == 1));
        counters.into_iter().for_each(|counter| counter.join().unwrap());
    });
}

#[test]
fn a_wait_dropped_against_the_last_count_leaves_the_others_theirs() {
    model(|| {
        let (latch, [parker]) = (Arc::new(Latch::new(1)), parkers());
        let (counting, waiting, their_parker) = (latch.clone(), latch.clone(), parker.clone());
        let mut dropped = Box::pin(latch.wait());
        assert!(!poll_once(dropped.as_mut()));
        let counter = thread::spawn(move || counting.count_down());
        let waiter = thread::spawn(move || wait_with(&their_parker, waiting.wait()));
        drop(dropped);
        counter.join().unwrap();
        waiter.join().unwrap();
        assert!(latch.is_open());
    });
}
