//! Counting wakes and stepping futures.

use motet_test::{Stepped, WakeCount};
use std::future::poll_fn;
use std::task::Poll;

#[test]
fn every_clone_of_the_waker_counts_into_one_number() {
    let wakes = WakeCount::new();
    let waker = wakes.waker();
    let clone = waker.clone();
    waker.wake();
    clone.wake_by_ref();
    assert_eq!(wakes.count(), 2);
    assert_eq!(wakes.clone().take(), 2);
    assert_eq!(wakes.count(), 0);
}

#[test]
fn wakers_still_held_are_seen() {
    let wakes = WakeCount::new();
    let waker = wakes.waker();
    assert_eq!(wakes.wakers_alive(1), 1);
    drop(waker);
    assert_eq!(wakes.wakers_alive(1), 0);
}

#[test]
fn woken_means_since_the_last_poll_began() {
    let mut polls = 0;
    let mut stepped = Stepped::new(poll_fn(move |cx| {
        polls += 1;
        if polls == 1 {
            cx.waker().wake_by_ref();
        }
        Poll::<()>::Pending
    }));
    assert!(stepped.poll().is_pending());
    assert!(stepped.is_woken(), "a wake during the poll counts");
    assert!(stepped.poll().is_pending());
    assert!(!stepped.is_woken());
    assert_eq!(stepped.wakes(), 1);
}

#[test]
fn a_new_waker_is_not_the_old_one() {
    let mut seen = None;
    let mut stepped = Stepped::new(poll_fn(move |cx| {
        let same = seen.as_ref().is_some_and(|old| cx.waker().will_wake(old));
        seen = Some(cx.waker().clone());
        if same { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert!(stepped.poll().is_pending());
    assert!(stepped.poll_with_new_waker().is_pending());
    assert!(stepped.poll().is_ready());
}

#[test]
fn polling_until_stalled_follows_the_wakes() {
    let mut left = 3;
    let mut stepped = Stepped::new(poll_fn(move |cx| {
        left -= 1;
        if left > 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready("done")
    }));
    assert_eq!(stepped.poll_until_stalled(), Poll::Ready("done"));
    assert!(Stepped::new(std::future::pending::<()>()).poll_until_stalled().is_pending());
}
