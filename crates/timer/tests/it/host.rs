//! Who drives the timers, and how they learn of an earlier deadline.

use futures::executor::block_on;
use motet_test::{WakeCount, assert_send, waker_that_panics_when_dropped, waker_that_panics_when_woken};
use motet_timer::{Host, Sleep, Timer, Timers};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Poll, Wake, Waker};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

assert_send!(Host);

fn armed(timers: &Timers, after: Duration) -> Pin<Box<Sleep>> {
    let mut sleep = Box::pin(timers.sleep(after));
    assert_eq!(WakeCount::new().poll(sleep.as_mut()), Poll::Pending);
    sleep
}

/// A sleep that is armed for a real time soon to come. If the machine was so busy that it came before the poll, try again.
fn armed_soon(timers: &Timers, after: Duration) -> (Pin<Box<Sleep>>, WakeCount) {
    loop {
        let wakes = WakeCount::new();
        let mut sleep = Box::pin(timers.sleep(after));
        if wakes.poll(sleep.as_mut()).is_pending() {
            return (sleep, wakes);
        }
    }
}

#[test]
fn an_earlier_arm_wakes_the_host_and_a_later_one_does_not() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let _host = timers.host(wakes.waker());
    let _first = armed(&timers, 10 * SECOND);
    assert_eq!(wakes.take(), 1, "the host waits for nothing, so anything is earlier");
    let _same_need = armed(&timers, 20 * SECOND);
    assert_eq!(wakes.take(), 0);
    assert!(timers.next_deadline().is_some());
    let _later = armed(&timers, 11 * SECOND);
    assert_eq!(wakes.take(), 0);
    let _earlier = armed(&timers, 5 * SECOND);
    assert_eq!(wakes.take(), 1);
    let _between = armed(&timers, 7 * SECOND);
    assert_eq!(wakes.take(), 0, "later than what it was just woken for");
}

#[test]
fn a_reset_to_earlier_wakes_the_host() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let _host = timers.host(wakes.waker());
    let mut sleep = armed(&timers, 10 * SECOND);
    assert!(timers.next_deadline().is_some());
    wakes.reset();
    sleep.as_mut().reset(timers.now() + 20 * SECOND);
    assert_eq!(wakes.take(), 0);
    sleep.as_mut().reset(timers.now() + 5 * SECOND);
    assert_eq!(wakes.take(), 1);
}

#[test]
fn never_is_no_reason_to_wake_the_host() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let _host = timers.host(wakes.waker());
    let _never = armed(&timers, Duration::MAX);
    assert_eq!(wakes.count(), 0);
}

#[test]
fn the_host_of_virtual_time_is_woken_too() {
    let (timers, _clock) = Timers::virtual_time();
    let wakes = WakeCount::new();
    let host = timers.host(wakes.waker());
    let _sleep = armed(&timers, SECOND);
    assert_eq!(wakes.take(), 1);
    drop(host);
    let _earlier = armed(&timers, SECOND / 2);
    assert_eq!((wakes.count(), wakes.wakers_alive(1)), (0, 0));
}

#[test]
fn every_host_is_woken_and_a_dropped_one_is_forgotten() {
    let timers = Timers::new();
    let (one, two) = (WakeCount::new(), WakeCount::new());
    let first = timers.host(one.waker());
    let _second = timers.host(two.waker());
    let _sleep = armed(&timers, 10 * SECOND);
    assert_eq!((one.take(), two.take()), (1, 1));
    drop(first);
    assert_eq!(one.wakers_alive(1), 0);
    let _earlier = armed(&timers, SECOND);
    assert_eq!((one.take(), two.take()), (0, 1));
}

/// A host's waker that comes back for the lock under which it must not be called.
struct Reentrant(Timers, mpsc::Sender<Option<Instant>>);

impl Wake for Reentrant {
    fn wake(self: std::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        self.1.send(self.0.next_deadline()).unwrap();
    }
}

#[test]
fn the_host_and_the_sleepers_are_woken_outside_of_the_lock() {
    let timers = Timers::new();
    let (sender, receiver) = mpsc::channel();
    let waker = Waker::from(std::sync::Arc::new(Reentrant(timers.clone(), sender)));
    let host = timers.host(waker.clone());
    let mut sleep = Box::pin(timers.sleep(SECOND));
    assert!(sleep.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    let deadline = sleep.deadline();
    assert_eq!(receiver.try_recv(), Ok(Some(deadline)), "woken as the host");
    assert_eq!(timers.advance(deadline), 1);
    assert_eq!(receiver.try_recv(), Ok(None), "woken as the sleeper");
    drop(host);
}

#[test]
fn timers_whose_host_has_left_are_driven_by_the_helper_thread() {
    let timers = Timers::new();
    let host = timers.host(Waker::noop().clone());
    let (mut before, _) = armed_soon(&timers, Duration::from_millis(5));
    drop(host);
    block_on(before.as_mut());
    assert!(timers.now() >= before.deadline());
    // And so are those that come later.
    block_on(timers.sleep(Duration::from_millis(1)));
}

#[test]
fn a_host_that_leaves_with_nothing_armed_calls_for_the_helper_thread_later() {
    let timers = Timers::new();
    drop(timers.host(Waker::noop().clone()));
    block_on(timers.sleep(Duration::from_millis(1)));
}

#[test]
fn while_a_host_drives_the_helper_thread_leaves_the_timers_alone() {
    let timers = Timers::new();
    drop(timers.host(Waker::noop().clone()));
    let (early, wakes) = armed_soon(&timers, Duration::from_millis(2));
    // The helper thread has the timers now. A host takes over before they are due, and does nothing.
    let host = timers.host(WakeCount::new().waker());
    if wakes.count() > 0 {
        // This thread was held up for longer than the two milliseconds: there is nothing to see.
        return;
    }
    // The same thread drives other timers meanwhile, for much longer than that.
    block_on(motet_timer::sleep(Duration::from_millis(20)));
    assert_eq!(wakes.count(), 0, "the host is to fire it, and has not");
    assert_eq!(timers.advance(early.deadline()), 1);
    drop(host);
}

#[test]
fn a_wheel_told_of_a_time_to_come_makes_its_host_wait_for_that_not_spin() {
    let timers = Timers::new();
    let far = armed(&timers, 3600 * SECOND);
    let ahead = far.deadline();
    assert_eq!(timers.advance(ahead), 1);
    let sleep = armed(&timers, SECOND);
    assert_eq!(timers.next_deadline(), Some(ahead));
    assert_eq!(timers.advance(sleep.deadline()), 0);
    assert_eq!(timers.advance(ahead), 1);
}

#[test]
fn a_host_whose_waker_panics_costs_neither_the_timer_nor_the_other_hosts_anything() {
    let timers = Timers::new();
    let wakes = WakeCount::new();
    let _panics = timers.host(waker_that_panics_when_woken());
    let _other = timers.host(wakes.waker());
    let sleep = armed(&timers, SECOND);
    assert_eq!(wakes.count(), 1);
    drop(sleep);
    assert_eq!(timers.advance(timers.now() + 2 * SECOND), 0, "nothing dangles in the wheel");
}

#[test]
fn a_host_leaves_quietly_though_its_waker_panics_as_it_is_dropped() {
    let timers = Timers::new();
    let first = timers.host(waker_that_panics_when_dropped());
    let second = timers.host(waker_that_panics_when_dropped());
    drop(first);
    drop(second);
    let _third = timers.host(Waker::noop().clone());
}
