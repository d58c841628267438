//! A semaphore at the most permits that it can have free: what is given back beyond that is not missed, and nothing else is lost.

use motet_sync::{OwnedPermit, Permit, Semaphore};
use motet_test::Stepped;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const MOST: usize = Semaphore::MAX_PERMITS;

#[test]
fn a_permit_is_given_back_as_far_as_there_is_room() {
    let seats = Semaphore::new(MOST);
    let all = seats.try_acquire_many(MOST).expect("free");
    seats.release(1);
    drop(all);
    assert_eq!(seats.available(), MOST);
}

#[test]
fn a_permit_for_more_than_can_be_free_gives_the_rest_back_at_once() {
    let seats = Semaphore::new(MOST);
    let mut all = seats.try_acquire_many(MOST).expect("free");
    seats.release(MOST);
    all.merge(seats.try_acquire_many(MOST).expect("free"));
    assert_eq!((all.count(), seats.available()), (MOST, MOST));
    drop(all);
    assert_eq!(seats.available(), MOST);
}

#[test]
fn however_many_permits_are_merged_none_is_miscounted() {
    let seats = Arc::new(Semaphore::new(0));
    let all = || {
        seats.release(MOST);
        seats.try_acquire_many(MOST).expect("free")
    };
    let mut permits: Vec<Permit<'_>> = (0..6).map(|_| all()).collect();
    let mut merged = permits.pop().expect("six");
    permits.into_iter().for_each(|permit| merged.merge(permit));
    assert_eq!(merged.count(), MOST);
    drop(merged.split(MOST - 1));
    assert_eq!((merged.count(), seats.available()), (1, MOST));
    drop(merged);

    let mut merged: OwnedPermit = seats.try_acquire_many_owned(MOST).expect("free");
    for _ in 0..5 {
        seats.try_acquire_many_owned(seats.available()).expect("free").forget();
        seats.release(MOST);
        merged.merge(seats.try_acquire_many_owned(MOST).expect("free"));
    }
    assert_eq!((merged.count(), seats.available()), (MOST, MOST));
}

#[test]
fn a_grant_that_is_dropped_goes_back_as_far_as_there_is_room() {
    let seats = Semaphore::new(0);
    let mut wait = Stepped::new(seats.acquire_many(MOST));
    assert!(wait.poll().is_pending());
    seats.release(MOST);
    seats.release(1);
    drop(wait);
    assert_eq!(seats.available(), MOST);
}

/// There is room for nothing more, and somebody waits: for more than there can be.
#[test]
fn what_is_given_back_beyond_the_limit_serves_those_who_wait() {
    let seats = Semaphore::new(MOST);
    let all = seats.try_acquire_many(MOST).expect("free");
    seats.release(MOST - 1);
    let mut table = Stepped::new(seats.acquire_many(MOST));
    assert!(table.poll().is_pending());
    drop(all);
    assert!(table.is_woken() && table.poll().is_ready());
}

#[test]
fn a_release_of_more_than_there_can_be_adds_nothing_whoever_waits() {
    for seats in [Semaphore::new(0), Semaphore::unfair(0)] {
        let mut wait = Stepped::new(seats.acquire());
        assert!(wait.poll().is_pending());
        for count in [MOST + 1, MOST + 2, usize::MAX] {
            assert!(catch_unwind(AssertUnwindSafe(|| seats.release(count))).is_err());
        }
        assert!(!wait.is_woken() && seats.available() == 0);
        seats.release(MOST);
        assert!(wait.poll().is_ready());
        assert_eq!(seats.available(), MOST);
    }
}
