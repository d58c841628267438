//! A thread that sleeps until it is unparked.

use motet_prim::park::{Parker, block_on, block_on_until};
use std::future::{self, Future};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn an_unpark_before_the_park_is_kept_and_counts_once() {
    let parker = Parker::new();
    parker.unparker().unpark();
    parker.unparker().unpark();
    parker.park();
    assert!(!parker.park_for(Duration::ZERO), "two unparks count as one");
}

#[test]
fn a_limit_ends_the_park() {
    let parker = Parker::new();
    let deadline = Instant::now() + Duration::from_millis(1);
    assert!(!parker.park_until(deadline));
    assert!(Instant::now() >= deadline);
}

#[test]
fn a_limit_beyond_all_clocks_is_none() {
    let parker = Parker::new();
    parker.unparker().unpark();
    assert!(parker.park_for(Duration::MAX));
}

#[test]
fn wakers_of_one_parker_wake_the_same_and_those_of_another_do_not() {
    let (one, other) = (Parker::new(), Parker::new());
    assert!(one.waker().will_wake(&one.waker()));
    assert!(one.waker().will_wake(&Waker::from(one.unparker())));
    assert!(!one.waker().will_wake(&other.waker()));
    assert!(one.unparker().will_unpark(&one.unparker()));
    assert!(!one.unparker().will_unpark(&other.unparker()));
}

#[test]
fn threads_hand_a_token_to_and_fro() {
    let (ping, pong) = (Parker::new(), Parker::new());
    let (to_ping, to_pong) = (ping.unparker(), pong.unparker());
    let other = thread::spawn(move || {
        for _ in 0..1000 {
            pong.park();
            to_ping.unpark();
        }
    });
    for _ in 0..1000 {
        to_pong.unpark();
        ping.park();
    }
    other.join().expect("no panic");
}

#[test]
fn block_on_sleeps_until_it_is_woken_from_another_thread() {
    let (wakers, woken) = mpsc::channel::<Waker>();
    let other = thread::spawn(move || woken.into_iter().for_each(Waker::wake));
    let mut polls = 0;
    let wakers = &wakers;
    let polled = block_on(future::poll_fn(move |cx| {
        polls += 1;
        if polls > 100 {
            return Poll::Ready(polls);
        }
        wakers.send(cx.waker().clone()).expect("the other thread listens");
        Poll::Pending
    }));
    assert_eq!(polled, 101);
    let _ = wakers;
    drop(other);
}

#[test]
fn block_on_nests() {
    let outer = block_on(async {
        let inner = block_on(yield_once());
        yield_once().await;
        inner + 1
    });
    assert_eq!(outer, 1);

    async fn yield_once() -> u32 {
        let mut yielded = false;
        future::poll_fn(|cx| {
            if yielded {
                return Poll::Ready(0);
            }
            yielded = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
}

#[test]
fn a_late_wake_costs_the_next_block_on_a_poll_and_no_more() {
    let mut late = None;
    block_on(future::poll_fn(|cx| {
        late = Some(cx.waker().clone());
        Poll::Ready(())
    }));
    late.expect("polled").wake();
    let mut polls = 0;
    let value = block_on(future::poll_fn(|cx| {
        polls += 1;
        if polls == 3 {
            return Poll::Ready(polls);
        }
        if polls == 2 {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }));
    assert_eq!(value, 3);
}

#[test]
fn a_future_that_panics_leaves_the_thread_able_to_block() {
    let panicked = std::panic::catch_unwind(|| block_on(async { std::panic::panic_any("in the future") }));
    assert!(panicked.is_err());
    let mut ready = pin!(async { 1 });
    assert!(ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(block_on(async { 2 }), 2);
}

#[test]
fn a_second_thread_that_parks_at_the_same_parker_panics_and_the_first_is_woken() {
    let parker = Arc::new(Parker::new());
    let first = thread::spawn({
        let parker = parker.clone();
        move || parker.park()
    });
    while !format!("{parker:?}").contains("parked: true") {
        thread::yield_now();
    }
    let second = thread::spawn({
        let parker = parker.clone();
        move || parker.park()
    });
    assert!(second.join().is_err());
    parker.unparker().unpark();
    first.join().unwrap();
}

#[test]
fn what_comes_in_with_the_deadline_counts_and_what_is_late_is_left_with_its_owner() {
    let mut polls = 0;
    let mut second = pin!(future::poll_fn(|_| {
        polls += 1;
        if polls == 2 { Poll::Ready(polls) } else { Poll::Pending }
    }));
    assert_eq!(block_on_until(second.as_mut(), Some(Instant::now())), Some(2));
    let mut third = pin!(future::poll_fn(|_| {
        polls += 1;
        if polls == 5 { Poll::Ready(polls) } else { Poll::Pending }
    }));
    assert_eq!(block_on_until(third.as_mut(), Some(Instant::now())), None);
    assert_eq!(block_on_until(third, Some(Instant::now())), Some(5));
}

#[test]
fn a_future_that_wakes_itself_at_every_poll_has_no_more_time_than_others() {
    let mut polls = 0;
    let restless = pin!(future::poll_fn(|cx| {
        polls += 1;
        assert!(polls < 100, "it goes on after its deadline");
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    assert_eq!(block_on_until(restless, Some(Instant::now())), None);
}
