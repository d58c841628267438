//! Tokens: cooperative, downwards only, and no list keeps whom it need not.

use crate::scene::Log;
use motet_cancel::CancelToken;
use motet_test::{End, Stepped, WakeCount, drop_at_every_await, waker_that_panics_when_woken};
use std::future::{Future, pending, ready};
use std::task::{Context, Poll};

#[test]
fn cancelling_wakes_who_waits_and_is_sticky() {
    let token = CancelToken::new();
    let mut waits = Stepped::new(token.cancelled());
    assert!(waits.poll().is_pending());
    token.cancel();
    assert!(waits.is_woken());
    token.cancel();
    assert!(waits.poll().is_ready());
    assert_eq!(waits.wakes(), 1, "a second cancel does nothing");
    assert!(Stepped::new(token.cancelled()).poll().is_ready());
}

#[test]
fn a_cancel_goes_downwards_only() {
    let root = CancelToken::new();
    let (left, right) = (root.child(), root.child());
    let leaf = left.child();
    left.cancel();
    assert_eq!([&root, &left, &right, &leaf].map(CancelToken::is_cancelled), [false, true, false, true]);
    root.cancel();
    assert!(right.is_cancelled());
    assert!(root.child().is_cancelled(), "born cancelled");
}

#[test]
fn a_grandchild_hears_although_the_token_between_was_dropped() {
    let root = CancelToken::new();
    let leaf = root.child().child();
    root.cancel();
    assert!(leaf.is_cancelled());
}

#[test]
fn a_dropped_waiter_leaves_no_waker_behind() {
    let (token, wakes) = (CancelToken::new(), WakeCount::new());
    let mut waits = Box::pin(token.cancelled());
    for _ in 0..3 {
        assert!(wakes.poll(waits.as_mut()).is_pending());
    }
    assert_eq!(wakes.wakers_alive(1), 1);
    drop(waits);
    assert_eq!(wakes.wakers_alive(1), 0);
}

#[test]
fn a_waiter_follows_its_future_to_another_task() {
    let token = CancelToken::new();
    let mut waits = Stepped::new(token.cancelled());
    assert!(waits.poll().is_pending());
    assert!(waits.poll_with_new_waker().is_pending());
    token.cancel();
    assert!(waits.is_woken());
}

#[test]
fn a_waker_that_panics_costs_neither_the_other_waiters_nor_the_children_anything() {
    let token = CancelToken::new();
    let child = token.child();
    let mut panics = Box::pin(token.cancelled());
    assert!(panics.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_woken())).is_pending());
    let (mut waits, mut below) = (Stepped::new(token.cancelled()), Stepped::new(child.cancelled()));
    assert!(waits.poll().is_pending() && below.poll().is_pending());
    drop(token.clone().drop_guard());
    assert!(waits.is_woken() && below.is_woken());
}

#[test]
fn a_hundred_thousand_generations_neither_overflow_cancelled_nor_dropped() {
    let root = CancelToken::new();
    let mut leaf = root.clone();
    for _ in 0..100_000 {
        leaf = leaf.child();
    }
    root.cancel();
    assert!(leaf.is_cancelled());
    drop(root);
    drop(leaf);

    let mut leaf = CancelToken::new();
    for _ in 0..100_000 {
        leaf = leaf.child();
    }
    drop(leaf);
}

#[test]
fn run_until_cancelled_drops_the_future_and_awaits_its_cleanup() {
    let (token, log) = (CancelToken::new(), Log::new());
    let guard = log.guard("exit");
    let mut work = Stepped::new(token.run_until_cancelled(async move {
        let _guard = guard;
        pending::<()>().await;
    }));
    assert!(work.poll().is_pending());
    token.cancel();
    assert!(work.is_woken());
    assert_eq!(work.poll(), Poll::Pending, "the exit is running");
    assert_eq!(work.poll(), Poll::Ready(None));
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"its token was cancelled\"))", "exit ended"]);
}

#[test]
fn run_until_cancelled_ends_a_loop_whose_future_is_always_ready() {
    let token = CancelToken::new();
    let work = async {
        let mut rounds = 0;
        while token.run_until_cancelled(ready(())).await.is_some() {
            rounds += 1;
            if rounds == 3 {
                token.cancel();
            }
        }
        rounds
    };
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(3));
}

#[test]
fn run_until_cancelled_dropped_at_any_await_loses_no_exit() {
    drop_at_every_await(|| {
        let (token, log) = (CancelToken::new(), Log::new());
        let guard = log.guard("exit");
        let future = async move {
            token.run_until_cancelled(guard.close()).await;
        };
        (motet_cancel::scope(future).0, move |end: End<_>| {
            if let End::Completed(_) = end {
                assert_eq!(log.take(), ["exit: Returned", "exit ended"]);
            }
        })
    });
}

#[test]
fn a_drop_guard_cancels_unless_disarmed() {
    let token = CancelToken::new();
    let token = token.drop_guard().disarm();
    assert!(!token.is_cancelled());
    drop(token.clone().drop_guard());
    assert!(token.is_cancelled());
}

#[test]
fn tokens_race_across_threads() {
    for _ in 0..100 {
        let root = CancelToken::new();
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let child = root.child();
                std::thread::spawn(move || futures::executor::block_on(child.cancelled()))
            })
            .collect();
        root.cancel();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    }
}

#[test]
fn a_dropped_waiter_does_not_panic_for_the_drop_of_its_waker() {
    let token = CancelToken::new();
    let waker = motet_test::waker_that_panics_when_dropped();
    let mut waits = Box::pin(token.cancelled());
    assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    drop(waits);
}

#[test]
fn owned_waits_outlive_their_token_and_let_it_go() {
    let token = CancelToken::new();
    let (mut waits, mut runs) = (
        Stepped::new(token.clone().cancelled_owned()),
        Stepped::new(token.child().run_until_cancelled_owned(pending::<()>())),
    );
    assert!(waits.poll().is_pending());
    assert!(runs.poll().is_pending());
    token.cancel();
    drop(token);
    assert!(waits.is_woken() && runs.is_woken());
    assert!(waits.poll().is_ready());
    assert_eq!(runs.poll(), Poll::Ready(None));
}
