//! Ticks, on time and missed.

use futures::StreamExt;
use motet_test::{Stepped, WakeCount, assert_send, assert_unpin, drop_at_every_await_between};
use motet_timer::{Entered, Interval, MissedTick, Timers, VirtualClock, interval, interval_at};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

assert_send!(Interval);
assert_unpin!(Interval);

/// Virtual time, entered, and its start.
fn scene() -> (Entered, VirtualClock, Instant) {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    (timers.enter(), clock, start)
}

/// The tick that is due now, in seconds from `start`.
fn tick_now(ticks: &mut Interval, start: Instant) -> Option<f64> {
    let wakes = WakeCount::new();
    match ticks.poll_tick(&mut Context::from_waker(&wakes.waker())) {
        Poll::Ready(due) => Some((due - start).as_secs_f64()),
        Poll::Pending => None,
    }
}

#[test]
fn the_first_tick_is_at_once_and_the_others_a_period_apart() {
    let (_entered, clock, start) = scene();
    let mut ticks = interval(10 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(0.0));
    assert_eq!(tick_now(&mut ticks, start), None);
    clock.advance(10 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(10.0));
    clock.advance(9 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), None);
}

#[test]
fn interval_at_waits_for_its_start() {
    let (_entered, clock, start) = scene();
    let mut ticks = interval_at(start + 3 * SECOND, SECOND);
    assert_eq!(tick_now(&mut ticks, start), None);
    clock.advance(3 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(3.0));
}

/// The table in the docs of `MissedTick`: all ticks up to the second 55, with nobody asking between 12 and 35.
fn ticks_around_a_pause(missed_tick: MissedTick) -> Vec<(f64, f64)> {
    let (_entered, clock, start) = scene();
    let mut ticks = interval(10 * SECOND).missed_tick(missed_tick);
    assert_eq!(tick_now(&mut ticks, start), Some(0.0));
    let mut seen = Vec::new();
    for second in 1..=55 {
        clock.advance(SECOND);
        if !(12..35).contains(&second) {
            while let Some(due) = tick_now(&mut ticks, start) {
                seen.push((due, f64::from(second)));
            }
        }
    }
    seen
}

#[test]
fn burst_catches_up() {
    let seen = ticks_around_a_pause(MissedTick::Burst);
    assert_eq!(seen, [(10.0, 10.0), (20.0, 35.0), (30.0, 35.0), (40.0, 40.0), (50.0, 50.0)]);
    assert_eq!(MissedTick::default(), MissedTick::Burst);
}

#[test]
fn delay_starts_over() {
    let seen = ticks_around_a_pause(MissedTick::Delay);
    assert_eq!(seen, [(10.0, 10.0), (20.0, 35.0), (45.0, 45.0), (55.0, 55.0)]);
}

#[test]
fn skip_keeps_to_the_multiples() {
    let seen = ticks_around_a_pause(MissedTick::Skip);
    assert_eq!(seen, [(10.0, 10.0), (20.0, 35.0), (40.0, 40.0), (50.0, 50.0)]);
}

#[test]
fn a_tick_taken_a_little_late_moves_no_other() {
    for missed_tick in [MissedTick::Burst, MissedTick::Delay, MissedTick::Skip] {
        let (_entered, clock, start) = scene();
        let mut ticks = interval(SECOND).missed_tick(missed_tick);
        clock.advance(Duration::from_millis(4));
        assert_eq!(tick_now(&mut ticks, start), Some(0.0));
        clock.advance(SECOND);
        assert_eq!(tick_now(&mut ticks, start), Some(1.0), "{missed_tick:?}");
    }
}

#[test]
fn reset_starts_over_even_while_a_tick_is_awaited() {
    let (_entered, clock, start) = scene();
    let mut ticks = interval_at(start + 10 * SECOND, 10 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), None);
    clock.advance(9 * SECOND);
    ticks.reset();
    clock.advance(9 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), None);
    clock.advance(SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(19.0));
}

#[test]
fn as_a_stream_it_gives_the_same_ticks() {
    let (_entered, clock, start) = scene();
    let mut ticks = Stepped::new(interval(SECOND).take(3).collect::<Vec<_>>());
    let mut seen = ticks.poll();
    while seen.is_pending() {
        assert!(clock.advance_to_next().is_some() && ticks.is_woken());
        seen = ticks.poll();
    }
    assert_eq!(seen, Poll::Ready(vec![start, start + SECOND, start + 2 * SECOND]));
}

#[test]
fn a_tick_dropped_at_any_await_is_not_lost() {
    drop_at_every_await_between(|| {
        let (entered, clock, start) = scene();
        let ticks = std::sync::Arc::new(std::sync::Mutex::new(interval_at(start + SECOND, SECOND)));
        let shared = ticks.clone();
        #[expect(clippy::await_holding_lock, reason = "the test polls it by hand, on this thread")]
        let future = async move { shared.lock().unwrap().tick().await };
        let step = {
            let clock = clock.clone();
            move |_| clock.advance(SECOND)
        };
        let check = move |end| {
            let next = if matches!(end, motet_test::End::Completed(_)) { 2.0 } else { 1.0 };
            clock.advance(3 * SECOND);
            assert_eq!(tick_now(&mut ticks.lock().unwrap(), start), Some(next));
            drop(entered);
        };
        (future, step, check)
    });
}

#[test]
#[should_panic(expected = "greater than zero")]
fn a_period_of_zero_is_refused() {
    let _ticks = interval(Duration::ZERO);
}
