//! `ClosableSemaphore` and `BoundedSemaphore`.

use motet_sync::{BoundedSemaphore, ClosableSemaphore, Closed, OverReleased, Semaphore, TryAcquireError};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

/// S25.
#[test]
fn over_release_is_an_error_and_not_a_wrong_count() {
    let seats = BoundedSemaphore::new(2);
    assert_eq!(seats.release(1), Err(OverReleased), "nothing was taken");
    let held = seats.try_acquire().expect("free");
    assert_eq!(seats.release(1), Err(OverReleased), "the permit gives itself back");
    seats.try_acquire().expect("free").forget();
    assert_eq!(seats.release(2), Err(OverReleased));
    assert_eq!((seats.available(), seats.release(1)), (0, Ok(())));
    assert_eq!(seats.release(1), Err(OverReleased));
    drop(held);
    assert_eq!((seats.available(), seats.bound()), (2, 2));
    assert!(OverReleased.to_string().contains("forgotten"));
}

/// S25: what is released goes to who waits.
#[test]
fn a_release_by_hand_serves_the_oldest() {
    let seats = Arc::new(BoundedSemaphore::new(1));
    seats.try_acquire_owned().expect("free").forget();
    let mut wait = Stepped::new(seats.acquire());
    assert!(wait.poll().is_pending());
    assert_eq!(seats.release(1), Ok(()));
    assert!(wait.is_woken() && wait.poll().is_ready());
}

/// S30.
#[test]
fn close_wakes_all_with_an_error() {
    for waiters in [0, 1, 33, 100] {
        for seats in [ClosableSemaphore::new(1), ClosableSemaphore::unfair(1)] {
            let held = seats.try_acquire();
            let mut line: Vec<_> = (0..waiters).map(|wants| Stepped::new(seats.acquire_many(1 + wants % 2))).collect();
            assert!(line.iter_mut().all(|wait| wait.poll().is_pending()));
            seats.close();
            assert!(line.iter_mut().all(|wait| wait.wakes() == 1 && matches!(wait.poll(), Poll::Ready(Err(Closed)))));
            drop(held);
            assert_eq!(seats.available(), 1);
        }
    }
}

/// S30.
#[test]
fn a_closed_semaphore_gives_no_permit() {
    let seats = Arc::new(ClosableSemaphore::new(1));
    seats.close();
    seats.close();
    assert!(seats.is_closed());
    assert_eq!(seats.try_acquire().err(), Some(TryAcquireError::Closed));
    assert_eq!(seats.try_acquire_owned().err(), Some(TryAcquireError::Closed));
    assert!(matches!(Stepped::new(seats.acquire()).poll(), Poll::Ready(Err(Closed))));
    assert!(matches!(Stepped::new(seats.acquire_many_owned(1)).poll(), Poll::Ready(Err(Closed))));
    assert_eq!(seats.acquire_many_blocking(1).err(), Some(Closed));
    seats.release(1);
    assert_eq!(seats.available(), 2);
    assert_eq!(TryAcquireError::Closed.to_string(), Closed.to_string());
}

#[test]
fn a_permit_granted_before_the_close_stays_granted() {
    let seats = ClosableSemaphore::new(1);
    let held = seats.try_acquire();
    assert_eq!(seats.try_acquire().err(), Some(TryAcquireError::NoPermits));
    let mut granted = Stepped::new(seats.acquire());
    assert!(granted.poll().is_pending());
    drop(held);
    seats.close();
    let Poll::Ready(Ok(permit)) = granted.poll() else { panic!("it was granted") };
    drop(permit);
    assert_eq!(seats.available(), 1);
}

#[test]
fn a_close_reaches_threads() {
    let seats = Arc::new(ClosableSemaphore::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let seats = seats.clone();
            thread::spawn(move || seats.acquire_blocking().err())
        })
        .collect();
    seats.close();
    assert!(threads.into_iter().all(|thread| thread.join().expect("no panic") == Some(Closed)));
}

#[test]
fn an_acquire_dropped_at_any_await_leaves_the_permits_and_the_close_to_others() {
    for unfair in [false, true] {
        let report = drop_at_every_await_between(|| {
            let seats = Arc::new(if unfair { ClosableSemaphore::unfair(2) } else { ClosableSemaphore::new(2) });
            let held = Rc::new(RefCell::new(seats.try_acquire_many_owned(2).ok()));
            let (theirs, closing, giver) = (seats.clone(), seats.clone(), held.clone());
            let future = async move {
                let first = theirs.acquire_owned().await.is_ok();
                let both = theirs.acquire_many(2).await.is_ok();
                let none = theirs.acquire_many(3).await.is_ok();
                (first, both, none)
            };
            let step = move |polls: usize| {
                if polls <= 2 {
                    drop(giver.borrow_mut().as_mut().and_then(|held| held.split(1)));
                } else {
                    closing.close();
                }
            };
            let check = move |end: End<(bool, bool, bool)>| {
                held.take();
                assert_eq!(seats.available(), 2, "a permit vanished, or was made");
                assert!(matches!(end, End::Dropped { .. } | End::Completed((true, true, false))), "{end:?}");
            };
            (future, step, check)
        });
        assert!(report.completed && report.drops == 4, "{report:?}");
    }
}

#[test]
fn free_permits_are_forgotten_as_far_as_there_are_any() {
    let seats = Semaphore::new(3);
    let held = seats.try_acquire();
    assert_eq!((seats.forget_permits(1), seats.forget_permits(5), seats.forget_permits(5)), (1, 1, 0));
    drop(held);
    assert_eq!(seats.available(), 1, "what is held comes back");
    let closable = ClosableSemaphore::new(2);
    assert_eq!((closable.forget_permits(3), closable.available()), (2, 0));
    let bounded = BoundedSemaphore::new(2);
    assert_eq!((bounded.forget_permits(1), bounded.available()), (1, 1));
    assert_eq!((bounded.release(1), bounded.release(1)), (Ok(()), Err(OverReleased)));
}

/// It wants two, and one of them is free.
#[test]
fn permits_that_are_forgotten_are_not_there_for_who_waits() {
    for seats in [Semaphore::new(1), Semaphore::unfair(1)] {
        let mut table = Stepped::new(seats.acquire_many(2));
        assert!(table.poll().is_pending());
        assert_eq!(seats.forget_permits(1), 1);
        seats.release(1);
        assert!(table.poll().is_pending());
        seats.release(1);
        assert!(table.poll().is_ready());
    }
}

#[test]
fn permits_of_each_kind_split_and_merge() {
    let seats = Arc::new(BoundedSemaphore::unfair(3));
    let mut all = seats.try_acquire_many_owned(3).expect("free");
    let two = all.split(2).expect("three");
    assert!(seats.try_acquire().is_none() && seats.try_acquire_many(2).is_none());
    all.merge(two);
    drop(all);
    assert_eq!(seats.acquire_many_blocking(3).count(), 3);
    assert_eq!(seats.acquire_blocking().count(), 1);
    assert!(matches!(Stepped::new(seats.acquire_many_owned(3)).poll(), Poll::Ready(permit) if permit.count() == 3));
}

#[test]
fn more_permits_than_a_bound_allows_are_refused_with_advice_and_hold_up_nobody() {
    let seats = Arc::new(BoundedSemaphore::new(2));
    let asks: [fn(&Arc<BoundedSemaphore>); 4] = [
        |seats| drop(seats.acquire_many(3)),
        |seats| drop(seats.acquire_many_owned(3)),
        |seats| drop(seats.acquire_many_blocking(3)),
        |seats| drop(seats.acquire_many_owned_blocking(3)),
    ];
    for ask in asks {
        let panic = std::panic::catch_unwind(|| ask(&seats)).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("ask for no more"));
    }
    assert!(seats.try_acquire_many(3).is_none());
    assert_eq!(seats.acquire_many_blocking(2).count(), 2);
}
