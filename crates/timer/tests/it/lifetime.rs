//! Sleeps that outlive their timers, and ambient timers that come and go.

use futures::executor::block_on;
use motet_test::{
    End, WakeCount, assert_not_send, drop_at_every_await_between, waker_that_panics_when_dropped,
    waker_that_panics_when_woken,
};
use motet_timer::{Entered, Timer, Timers, now, sleep};
use std::future::Future;
use std::panic::{catch_unwind, panic_any};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

assert_not_send!(Entered);

#[test]
fn a_sleep_outlives_the_timers_that_it_was_armed_in() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let mut sleep = pin!(timers.sleep(10 * SECOND));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    drop(timers);
    assert_eq!((wakes.count(), wakes.wakers_alive(1)), (1, 0), "woken, to be armed elsewhere");
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    let soon = now() + Duration::from_millis(1);
    sleep.as_mut().reset(soon);
    block_on(sleep);
    assert!(now() >= soon);
}

#[test]
fn an_evicted_sleep_waits_in_the_ambient_timers() {
    let timers = Timers::new();
    let mut sleep = pin!(timers.sleep(10 * SECOND));
    let wakes = WakeCount::new();
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    drop(timers);
    let others = Timers::new();
    let _entered = others.enter();
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!(others.next_deadline(), Some(sleep.deadline()));
    assert_eq!(others.advance(sleep.deadline()), 1);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
}

#[test]
fn the_timers_that_come_after_closed_ones_know_nothing_of_their_sleeps() {
    for _ in 0..100 {
        let timers = Timers::new();
        let mut sleeps: Vec<_> = (0..40u32).map(|i| Box::pin(timers.sleep(SECOND * i))).collect();
        let wakes = WakeCount::new();
        sleeps.iter_mut().skip(1).for_each(|sleep| assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending));
        drop(timers);
        assert_eq!((wakes.count(), wakes.wakers_alive(1)), (39, 0));
        // From the pool, this is likely to be the same wheel.
        let others = Timers::new();
        assert_eq!(others.next_deadline(), None);
        let mut unarmed = Box::pin(others.sleep(SECOND));
        drop(others);
        let others = Timers::new();
        let _entered = Timers::new().enter();
        assert_eq!(wakes.poll(unarmed.as_mut()), Poll::Pending);
        assert_eq!(others.next_deadline(), None, "made for timers that are gone, armed in the ambient ones");
    }
}

#[test]
fn a_sleep_on_a_virtual_clock_that_is_gone_waits_for_ever() {
    let (timers, clock) = Timers::virtual_time();
    let wakes = WakeCount::new();
    let mut sleep = pin!(timers.sleep(Duration::from_nanos(1)));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    drop((timers, clock));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert!(!sleep.is_elapsed());
}

#[test]
fn the_clock_is_fixed_when_the_sleep_is_made() {
    let (timers, clock) = Timers::virtual_time();
    let made_inside = {
        let _entered = timers.enter();
        sleep(SECOND)
    };
    let mut made_inside = pin!(made_inside);
    let wakes = WakeCount::new();
    assert_eq!(wakes.poll(made_inside.as_mut()), Poll::Pending);
    clock.advance(SECOND);
    assert_eq!(wakes.poll(made_inside.as_mut()), Poll::Ready(()));

    let mut made_outside = pin!(sleep(3600 * SECOND));
    let _entered = timers.enter();
    assert_eq!(wakes.poll(made_outside.as_mut()), Poll::Pending);
    assert_eq!(clock.advance_to_next(), None, "it waits in a wheel of the real clock");
}

#[test]
fn the_wheel_is_chosen_at_the_first_pending_poll() {
    let timers = Timers::new();
    let mut sleep = pin!(sleep(SECOND));
    let _entered = timers.enter();
    assert_eq!(WakeCount::new().poll(sleep.as_mut()), Poll::Pending);
    assert_eq!(timers.next_deadline(), Some(sleep.deadline()));
}

#[test]
fn entering_nests_and_the_thread_goes_back() {
    let (outer, outer_clock) = Timers::virtual_time();
    let (inner, inner_clock) = Timers::virtual_time();
    inner_clock.advance(100 * SECOND);
    let entered = outer.enter();
    {
        let _entered = inner.enter();
        assert_eq!(now(), inner_clock.now());
    }
    assert_eq!(now(), outer_clock.now());
    drop(entered);
    assert_ne!(now(), outer_clock.now());
}

#[test]
fn guards_dropped_out_of_order_leave_the_last_entered_timers() {
    let (first, first_clock) = Timers::virtual_time();
    let (second, second_clock) = Timers::virtual_time();
    let first_guard = first.enter();
    let second_guard = second.enter();
    second_clock.advance(SECOND);
    drop(first_guard);
    assert_eq!(now(), second_clock.now());
    drop((first, first_clock));
    drop(second_guard);
    // The timers that were ambient before are gone; the thread makes do without.
    block_on(sleep(Duration::from_micros(100)));
}

#[test]
fn the_same_timers_entered_twice_stay_until_the_last_guard_goes() {
    let (timers, clock) = Timers::virtual_time();
    clock.advance(1_000 * SECOND);
    let (outer, inner) = (timers.enter(), timers.enter());
    drop(outer);
    assert_eq!(now(), clock.now(), "still inside");
    drop(inner);
    let outer = timers.enter();
    drop(timers.enter());
    assert_eq!(now(), clock.now());
    drop(outer);
    assert_ne!(now(), clock.now());
}

#[test]
fn a_waker_that_panics_costs_the_others_nothing() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let panics = waker_that_panics_when_woken();
    let mut sleeps: Vec<_> = (0..3).map(|_| Box::pin(timers.sleep(SECOND))).collect();
    for (i, sleep) in sleeps.iter_mut().enumerate() {
        let waker = if i == 1 { panics.clone() } else { wakes.waker() };
        assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(timers.advance(timers.now() + 2 * SECOND), 3);
    assert_eq!(wakes.count(), 2);
}

#[test]
fn the_drop_of_a_sleep_does_not_panic_though_that_of_its_waker_does() {
    let timers = Timers::new();
    let mut sleep = Box::pin(timers.sleep(SECOND));
    let waker = waker_that_panics_when_dropped();
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    drop(sleep);
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn a_poll_that_brings_another_waker_does_not_panic_though_the_former_does() {
    let (timers, wakes) = (Timers::new(), WakeCount::new());
    let mut sleep = Box::pin(timers.sleep(SECOND));
    let former = waker_that_panics_when_dropped();
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&former)).is_pending());
    drop(former);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!((timers.advance(sleep.deadline()), wakes.count()), (1, 1));
}

#[test]
fn a_reset_to_the_past_does_not_panic_though_the_waker_does() {
    let timers = Timers::new();
    let mut sleep = Box::pin(timers.sleep(SECOND));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_woken())).is_pending());
    sleep.as_mut().reset(now());
    assert_eq!(WakeCount::new().poll(sleep.as_mut()), Poll::Ready(()));
}

#[test]
fn a_sleep_dropped_at_any_await_is_out_of_the_wheel() {
    let report = drop_at_every_await_between(|| {
        let (timers, clock) = Timers::virtual_time();
        let inside = timers.clone();
        let future = async move {
            inside.sleep(SECOND).await;
            inside.sleep(SECOND).await;
        };
        let step = {
            let clock = clock.clone();
            move |_| clock.advance(SECOND)
        };
        let check = move |_: End<()>| assert_eq!(timers.next_deadline(), None);
        (future, step, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 3);
}

#[test]
fn timers_may_be_used_in_what_catches_a_panic_and_after_it() {
    let timers = Timers::new();
    let caught = catch_unwind(|| {
        let mut sleep = Box::pin(timers.sleep(Duration::from_secs(3600)));
        assert_eq!(WakeCount::new().poll(sleep.as_mut()), Poll::Pending);
        panic_any(7);
    });
    assert!(caught.is_err());
    let wakes = WakeCount::new();
    let mut sleep = pin!(timers.sleep(Duration::from_secs(1)));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!((timers.advance(sleep.deadline()), wakes.count()), (1, 1));
}
