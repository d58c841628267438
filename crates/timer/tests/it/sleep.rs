//! One `Sleep`, stepped by hand on timers that nobody else drives.

use motet_test::{Stepped, WakeCount, assert_not_unpin, assert_send, assert_sync};
use motet_timer::{Sleep, Timer, Timers, sleep, sleep_until};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

assert_send!(Sleep, Timers);
assert_sync!(Sleep, Timers);
assert_not_unpin!(Sleep);

#[test]
fn zero_and_past_deadlines_are_ready_at_the_first_poll() {
    let now = Instant::now();
    assert_eq!(Stepped::new(sleep(Duration::ZERO)).poll(), Poll::Ready(()));
    assert_eq!(Stepped::new(sleep_until(now)).poll(), Poll::Ready(()));
    let past = now.checked_sub(SECOND).unwrap_or(now);
    assert_eq!(Stepped::new(sleep_until(past)).poll(), Poll::Ready(()));
}

#[test]
fn a_deadline_before_all_time_has_passed() {
    let century = Duration::from_secs(100 * 365 * 86_400);
    // Not every system can say such an instant.
    let Some(past) = Instant::now().checked_sub(century) else { return };
    let mut sleep = Stepped::new(sleep_until(past));
    assert!(sleep.as_mut().is_elapsed() && sleep.as_mut().deadline() < Instant::now() - century / 3);
    assert_eq!(sleep.poll(), Poll::Ready(()));
    let (timers, clock) = Timers::virtual_time();
    assert_eq!(Stepped::new(timers.sleep_until(past)).poll(), Poll::Ready(()));
    timers.advance(past);
    assert!(clock.now() > past + century / 2);
}

#[test]
fn a_deadline_past_any_range_is_never() {
    let timers = Timers::new();
    let mut forever = Stepped::new(timers.sleep(Duration::MAX));
    assert_eq!(forever.poll(), Poll::Pending);
    assert_eq!(timers.next_deadline(), None);
    assert_eq!(timers.advance(Instant::now() + 1_000_000 * SECOND), 0);
    assert!(!forever.as_mut().is_elapsed());
    // One that the clock can say, but the wheel cannot.
    if let Some(far) = Instant::now().checked_add(Duration::from_secs(300 * 365 * 86_400)) {
        let mut far = Stepped::new(timers.sleep_until(far));
        assert_eq!(far.poll(), Poll::Pending);
        assert_eq!(timers.next_deadline(), None);
    }
}

#[test]
fn never_fires_early_by_a_nanosecond_and_fires_at_the_deadline() {
    let timers = Timers::new();
    for nanos in [1, 63, 64, 65, 4_095, 4_096, 1_000_000, 12_345_678_901] {
        let deadline = timers.now() + SECOND + Duration::from_nanos(nanos);
        let mut sleep = Stepped::new(timers.sleep_until(deadline));
        assert_eq!(sleep.poll(), Poll::Pending);
        assert_eq!(timers.next_deadline(), Some(deadline));
        assert_eq!(timers.advance(deadline - Duration::from_nanos(1)), 0);
        assert_eq!(sleep.poll(), Poll::Pending);
        assert_eq!(timers.advance(deadline), 1);
        assert!(sleep.is_woken());
        assert_eq!(sleep.poll(), Poll::Ready(()));
    }
}

#[test]
fn is_armed_by_the_first_poll_and_freed_by_the_drop() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let mut sleep = Box::pin(timers.sleep(SECOND));
    assert_eq!(timers.next_deadline(), None);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert!(timers.next_deadline().is_some());
    assert_eq!(wakes.wakers_alive(1), 1);
    drop(sleep);
    assert_eq!(timers.next_deadline(), None);
    assert_eq!(wakes.wakers_alive(1), 0, "the waker is freed at once");
}

#[test]
fn a_million_cancelled_timers_leave_nothing_behind() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    for _ in 0..1_000_000 {
        let mut sleep = pin!(timers.sleep(30 * SECOND));
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    }
    assert_eq!(wakes.wakers_alive(1), 0);
    assert_eq!(timers.advance(timers.now() + 60 * SECOND), 0);
}

#[test]
fn a_poll_with_another_waker_moves_the_wake() {
    let timers = Timers::new();
    let (first, second) = (WakeCount::new(), WakeCount::new());
    let mut sleep = pin!(timers.sleep(SECOND));
    assert_eq!(first.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!(second.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!(first.wakers_alive(1), 0);
    assert_eq!(timers.advance(sleep.deadline()), 1);
    assert_eq!((first.count(), second.count()), (0, 1));
}

#[test]
fn stays_ready_until_it_is_reset() {
    let timers = Timers::new();
    let mut sleep = Stepped::new(timers.sleep(SECOND));
    assert_eq!(sleep.poll(), Poll::Pending);
    timers.advance(sleep.as_mut().deadline());
    assert_eq!(sleep.poll(), Poll::Ready(()));
    assert_eq!(sleep.poll(), Poll::Ready(()));
    assert!(sleep.as_mut().is_elapsed());
    let later = timers.now() + 5 * SECOND;
    sleep.as_mut().reset(later);
    assert!(!sleep.as_mut().is_elapsed());
    assert_eq!(sleep.poll(), Poll::Pending);
    assert_eq!(timers.next_deadline(), Some(later));
}

/// An armed sleep, its deadline, and timers that hold nothing else.
fn armed(timers: &Timers) -> (Pin<Box<Sleep>>, WakeCount, Instant) {
    let wakes = WakeCount::new();
    let mut sleep = Box::pin(timers.sleep(10 * SECOND));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    let deadline = sleep.deadline();
    (sleep, wakes, deadline)
}

#[test]
fn reset_to_later_waits_for_the_later_deadline() {
    let timers = Timers::new();
    let (mut sleep, wakes, deadline) = armed(&timers);
    for seconds in 1..=3 {
        sleep.as_mut().reset(deadline + seconds * SECOND);
    }
    assert_eq!(timers.advance(deadline + 2 * SECOND), 0);
    assert_eq!(timers.next_deadline(), Some(deadline + 3 * SECOND));
    assert_eq!(timers.advance(deadline + 3 * SECOND), 1);
    assert_eq!(wakes.count(), 1, "woken without having been polled since the reset");
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
}

#[test]
fn reset_to_earlier_waits_for_the_earlier_deadline() {
    let timers = Timers::new();
    let (mut sleep, wakes, deadline) = armed(&timers);
    sleep.as_mut().reset(deadline - 5 * SECOND);
    assert_eq!(timers.next_deadline(), Some(deadline - 5 * SECOND));
    assert_eq!(timers.advance(deadline - 5 * SECOND), 1);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
}

#[test]
fn reset_to_the_past_completes_it_though_nobody_drives() {
    for timers in [Timers::new(), Timers::virtual_time().0] {
        let (mut sleep, wakes, _) = armed(&timers);
        sleep.as_mut().reset(timers.now());
        assert_eq!((wakes.count(), timers.next_deadline()), (1, None));
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
        assert_eq!(wakes.wakers_alive(1), 0);
    }
}

#[test]
fn reset_after_it_fired_but_was_not_polled_waits_again() {
    let timers = Timers::new();
    let (mut sleep, wakes, deadline) = armed(&timers);
    assert_eq!(timers.advance(deadline), 1);
    sleep.as_mut().reset(deadline + 10 * SECOND);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    assert_eq!(timers.advance(deadline + 10 * SECOND), 1);
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
}

#[test]
fn a_postponed_timer_does_not_hide_one_that_is_due_before() {
    let timers = Timers::new();
    let (mut postponed, _, deadline) = armed(&timers);
    postponed.as_mut().reset(deadline + 100 * SECOND);
    let mut first = Stepped::new(timers.sleep_until(deadline));
    let mut between = Stepped::new(timers.sleep_until(deadline + SECOND));
    assert_eq!((first.poll(), between.poll()), (Poll::Pending, Poll::Pending));
    drop(first);
    assert!(timers.next_deadline() <= Some(deadline + SECOND));
    assert_eq!(timers.advance(deadline + SECOND), 1);
    assert!(between.is_woken());
}

#[test]
fn all_that_is_due_fires_once_however_many() {
    let timers = Timers::new();
    let mut sleeps: Vec<_> = (0..1000u32).map(|i| Stepped::new(timers.sleep(SECOND + i * SECOND / 1000))).collect();
    assert!(sleeps.iter_mut().all(|sleep| sleep.poll().is_pending()));
    assert_eq!(timers.advance(timers.now() + 3 * SECOND), 1000);
    assert!(sleeps.iter_mut().all(|sleep| sleep.wakes() == 1 && sleep.poll().is_ready()));
}

#[test]
fn a_coarse_tick_rounds_the_wait_up_and_fires_nothing_early() {
    let tick = Duration::from_millis(10);
    let timers = Timers::builder().tick(tick).build();
    let (_sleep, _, deadline) = armed(&timers);
    let next = timers.next_deadline().unwrap();
    assert!(next >= deadline && next < deadline + tick, "{:?}", next - deadline);
    assert_eq!(timers.advance(next), 1);
}
