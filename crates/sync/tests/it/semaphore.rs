//! `Semaphore`: permits, and a line.

use motet_sync::{Acquire, Semaphore};
use motet_test::Stepped;
use std::sync::Arc;
use std::task::Poll;

fn in_line<'a>(seats: &'a Semaphore, wants: &[usize]) -> Vec<Stepped<Acquire<'a>>> {
    let mut line: Vec<_> = wants.iter().map(|&wants| Stepped::new(seats.acquire_many(wants))).collect();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_pending()));
    line
}

fn woken(line: &[Stepped<Acquire<'_>>]) -> Vec<bool> {
    line.iter().map(|waiter| waiter.wakes() > 0).collect()
}

/// S20.
#[test]
fn with_no_permits_it_is_locked() {
    let seats = Semaphore::new(0);
    assert!(seats.try_acquire().is_none());
    let line = in_line(&seats, &[1]);
    assert!(!line[0].is_woken());
    seats.release(1);
    assert!(line[0].is_woken());
}

/// S21.
#[test]
fn two_releases_wake_two() {
    let seats = Semaphore::new(0);
    let mut line = in_line(&seats, &[1, 1, 1]);
    seats.release(1);
    seats.release(1);
    assert_eq!(woken(&line), [true, true, false]);
    assert!(line[0].poll().is_ready() && line[1].poll().is_ready());
}

/// S22.
#[test]
fn one_cancelled_before_it_awoke_leaves_its_permit_to_the_one_behind() {
    let seats = Semaphore::new(0);
    let mut line = in_line(&seats, &[1, 1]);
    seats.release(1);
    drop(line.remove(0));
    assert_eq!(woken(&line), [true]);
    assert!(line[0].poll().is_ready());
}

/// S23.
#[test]
fn a_cancelled_head_does_not_block_the_line() {
    let seats = Semaphore::new(2);
    let mut line = in_line(&seats, &[5]);
    line.extend([1, 1, 1].map(|wants| {
        let mut waiter = Stepped::new(seats.acquire_many(wants));
        assert!(waiter.poll().is_pending(), "it does not overtake");
        waiter
    }));
    drop(line.remove(0));
    assert_eq!(woken(&line), [true, true, false], "the two free permits serve two");
    assert_eq!(seats.available(), 0);
}

/// S24.
#[test]
fn it_is_usable_after_any_cancel() {
    for cancelled in 0..3 {
        for released_before in [false, true] {
            let seats = Semaphore::new(0);
            let mut line = in_line(&seats, &[1, 1, 1]);
            seats.release(usize::from(released_before));
            drop(line.remove(cancelled));
            seats.release(3);
            let permits: Vec<_> = line.iter_mut().map(Stepped::poll).collect();
            assert!(permits.iter().all(Poll::is_ready));
            drop(permits);
            assert_eq!(seats.available(), 3 + usize::from(released_before));
            assert!(seats.try_acquire().is_some());
        }
    }
}

/// S26.
#[test]
fn who_acquires_again_queues_behind_those_who_wait() {
    let seats = Semaphore::new(1);
    let held = seats.try_acquire();
    let mut line = in_line(&seats, &[1]);
    drop(held);
    let mut again = Stepped::new(seats.acquire());
    assert!(again.poll().is_pending(), "the permit was granted to the waiter");
    let permit = line[0].poll();
    assert!(permit.is_ready());
    drop(permit);
    assert!(again.poll().is_ready());
}

/// S27.
#[test]
fn the_releaser_does_not_barge() {
    let seats = Semaphore::new(1);
    let held = seats.try_acquire();
    let line = in_line(&seats, &[1]);
    drop(held);
    assert!(line[0].is_woken());
    assert!(seats.try_acquire().is_none());
    assert_eq!(seats.available(), 0, "what is granted is not free");
}

/// S28.
#[test]
fn many_and_single_permits_are_served_in_one_order() {
    let seats = Semaphore::new(3);
    let all = seats.try_acquire_many(3);
    let mut line = in_line(&seats, &[1, 3, 1]);
    drop(all);
    assert_eq!(woken(&line), [true, false, false], "two are left, and the next wants three");
    assert_eq!(seats.available(), 2);
    assert!(seats.try_acquire().is_none(), "a newcomer would starve the one who wants three");
    let first = line[0].poll();
    assert!(first.is_ready());
    drop(first);
    assert_eq!(woken(&line), [true, true, false], "three are free: the singles did not starve it");
    let table = line[1].poll();
    assert!(table.is_ready());
    drop(table);
    assert!(line[2].poll().is_ready(), "nor did it starve them");
}

/// S29.
#[test]
fn one_release_of_n_wakes_as_many_as_fit() {
    let seats = Semaphore::new(0);
    let line = in_line(&seats, &[1, 2, 1, 1]);
    seats.release(4);
    assert_eq!(woken(&line), [true, true, true, false]);
    let seats = Semaphore::new(0);
    let line = in_line(&seats, &[1; 100]);
    seats.release(99);
    assert_eq!(woken(&line).iter().filter(|&&woken| woken).count(), 99, "more than one batch");
}

#[test]
fn a_permit_is_forgotten_split_and_merged() {
    let seats = Arc::new(Semaphore::new(5));
    let mut three = seats.try_acquire_many(3).expect("five are free");
    assert!(three.split(4).is_none());
    assert_eq!(three.count(), 3, "a split that fails takes nothing");
    let one = three.split(1).expect("it has three");
    one.forget();
    three.merge(seats.try_acquire().expect("two are free"));
    assert_eq!(three.count(), 3);
    drop(three);
    assert_eq!(seats.available(), 4);

    let mut owned = seats.try_acquire_many_owned(4).expect("four are free");
    let other = owned.split(2).expect("it has four");
    assert_eq!((owned.count(), other.count()), (2, 2));
    owned.merge(other);
    owned.split(3).expect("it has four").forget();
    drop(owned);
    assert_eq!(seats.available(), 1);
    assert_eq!(Arc::strong_count(&seats), 1, "a forgotten permit leaks no semaphore");
}

#[test]
fn permits_of_two_semaphores_do_not_merge() {
    let (one, other) = (Semaphore::new(1), Semaphore::new(1));
    let merged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut permit = one.try_acquire().expect("free");
        permit.merge(other.try_acquire().expect("free"));
    }));
    assert!(merged.is_err());
    assert_eq!((one.available(), other.available()), (1, 1), "each went home");
}

#[test]
fn releases_beyond_the_limit_are_refused_and_never_miscounted() {
    let seats = Semaphore::new(Semaphore::MAX_PERMITS - 1);
    seats.release(1);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| seats.release(1)));
    assert!(refused.is_err());
    assert_eq!(seats.available(), Semaphore::MAX_PERMITS);
    let held = seats.try_acquire();
    seats.release(1);
    drop(held);
    assert_eq!(seats.available(), Semaphore::MAX_PERMITS, "a drop does not panic");
}

#[test]
fn owned_waiters_stand_in_the_same_line() {
    let seats = Arc::new(Semaphore::new(0));
    let mut owned = Stepped::new(seats.acquire_many_owned(2));
    assert!(owned.poll().is_pending());
    let line = in_line(&seats, &[1]);
    seats.release(1);
    assert!(!owned.is_woken() && !line[0].is_woken());
    seats.release(1);
    assert!(owned.is_woken() && !line[0].is_woken());
    let Poll::Ready(permit) = owned.poll() else { panic!("granted") };
    assert_eq!(permit.count(), 2);
    drop(permit);
    assert!(line[0].is_woken());
}

#[test]
fn asking_for_none_takes_none() {
    let seats = Semaphore::new(0);
    assert_eq!(seats.try_acquire_many(0).expect("none is free").count(), 0);
    assert!(Stepped::new(seats.acquire_many(0)).poll().is_ready());
    assert_eq!(format!("{seats:?}"), "Semaphore { available: 0, .. }");
}

/// Two are free, and the oldest wants three: a release of three is just what it wants, and the one behind it is served by those two.
#[test]
fn a_release_for_the_oldest_serves_the_next_with_what_was_free_before() {
    let seats = Semaphore::new(2);
    let (mut head, mut next) = (Stepped::new(seats.acquire_many(3)), Stepped::new(seats.acquire()));
    assert!(head.poll().is_pending() && next.poll().is_pending());
    seats.release(3);
    assert!(head.is_woken() && next.is_woken());
    let taken = (head.poll(), next.poll());
    assert!(taken.0.is_ready() && taken.1.is_ready());
    assert_eq!(seats.available(), 1);
}

#[test]
fn who_wants_none_does_not_wait() {
    let seats = Semaphore::new(0);
    let mut waiting = Stepped::new(seats.acquire());
    assert!(waiting.poll().is_pending());
    assert!(Stepped::new(seats.acquire_many(0)).poll().is_ready());
    assert!(seats.try_acquire_many(0).is_some(), "a try that refuses where a wait does not");
    seats.release(1);
    assert!(waiting.is_woken() && waiting.poll().is_ready());
}
