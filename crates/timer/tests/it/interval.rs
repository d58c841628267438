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
fn the_next_tick_may_be_moved_anywhere_and_the_others_follow_it() {
    let (_entered, clock, start) = scene();
    let mut ticks = interval_at(start + 10 * SECOND, 10 * SECOND);
    let wakes = WakeCount::new();
    let waker = wakes.waker();
    assert!(ticks.poll_tick(&mut Context::from_waker(&waker)).is_pending());
    ticks.reset_at(start + 3 * SECOND);
    clock.advance(2 * SECOND);
    assert_eq!(wakes.count(), 0);
    clock.advance(SECOND);
    assert_eq!((wakes.count(), tick_now(&mut ticks, start)), (1, Some(3.0)));
    ticks.reset_after(SECOND / 2);
    clock.advance(SECOND / 2);
    assert_eq!(tick_now(&mut ticks, start), Some(3.5));
    clock.advance(10 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(13.5));
    assert!(ticks.poll_tick(&mut Context::from_waker(&waker)).is_pending());
    ticks.reset_immediately();
    assert_eq!((wakes.count(), tick_now(&mut ticks, start)), (2, Some(13.5)));
    ticks.reset_after(Duration::MAX);
    clock.advance(1000 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), None, "never");
    ticks.reset();
    clock.advance(10 * SECOND);
    assert_eq!(tick_now(&mut ticks, start), Some(1023.5));
}

#[test]
fn ticks_of_named_timers_wait_in_those_whatever_is_ambient() {
    let timers = Timers::new();
    let mut ticks = timers.interval_at(timers.now() + SECOND, SECOND);
    let mut from_now = timers.interval(SECOND);
    let _elsewhere = Timers::new().enter();
    let waker = std::task::Waker::noop();
    let cx = &mut Context::from_waker(waker);
    assert!(ticks.poll_tick(cx).is_pending() && from_now.poll_tick(cx).is_ready());
    let next = timers.next_deadline().expect("one is armed");
    assert_eq!(timers.advance(next), 1);
    assert_eq!(ticks.poll_tick(cx), Poll::Ready(next));
}

#[test]
fn a_tick_is_missed_if_it_is_later_than_five_milliseconds_or_a_shorter_period() {
    const NANO: Duration = Duration::from_nanos(1);
    for (period, late) in [(SECOND, Duration::from_millis(5)), (Duration::from_millis(2), Duration::from_millis(2))] {
        let (_entered, clock, start) = scene();
        let mut ticks = interval(period);
        ticks.set_missed_tick(MissedTick::Delay);
        clock.advance(late);
        assert_eq!(tick_now(&mut ticks, start), Some(0.0));
        clock.advance(period - late);
        assert_eq!(tick_now(&mut ticks, start), Some(period.as_secs_f64()), "not missed");
        clock.advance(period + late + NANO);
        assert_eq!(tick_now(&mut ticks, start), Some(2.0 * period.as_secs_f64()));
        clock.advance(period - NANO);
        assert_eq!(tick_now(&mut ticks, start), None, "missed: the next one is a period from then");
        clock.advance(NANO);
        assert_eq!(tick_now(&mut ticks, start), Some((3 * period + late + NANO).as_secs_f64()));
    }
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
