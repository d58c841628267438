//! Time that moves only when told to.

use motet_test::{Stepped, WakeCount};
use motet_timer::{Timer, Timers, VirtualClock};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A waker that writes a number into a log.
struct Log {
    number: u32,
    log: Arc<Mutex<Vec<u32>>>,
}

impl Wake for Log {
    fn wake(self: Arc<Self>) {
        self.log.lock().unwrap().push(self.number);
    }
}

fn poll_logged<F: Future>(future: Pin<&mut F>, number: u32, log: &Arc<Mutex<Vec<u32>>>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::new(Log { number, log: log.clone() }));
    future.poll(&mut Context::from_waker(&waker))
}

#[test]
fn time_stands_still_until_it_is_advanced() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    let mut sleep = Stepped::new(timers.sleep(SECOND));
    assert_eq!(sleep.poll(), Poll::Pending);
    assert_eq!(clock.now(), start);
    clock.advance(SECOND - Duration::from_nanos(1));
    assert!(!sleep.is_woken());
    clock.advance(Duration::from_nanos(1));
    assert!(sleep.is_woken());
    assert_eq!(sleep.poll(), Poll::Ready(()));
    assert_eq!(clock.now(), start + SECOND);
}

#[test]
fn fires_by_deadline_and_equal_deadlines_in_the_order_armed() {
    let (timers, clock) = Timers::virtual_time();
    let log = Arc::new(Mutex::new(Vec::new()));
    let start = clock.now();
    // Armed from afar and from near by: the same deadline reaches different levels of the wheel at first.
    let mut sleeps = Vec::new();
    let mut arm = |number: u32, after: Duration| {
        let mut sleep = Box::pin(timers.sleep_until(start + after));
        assert_eq!(poll_logged(sleep.as_mut(), number, &log), Poll::Pending);
        sleeps.push(sleep);
    };
    arm(3, 100 * SECOND);
    arm(2, 99 * SECOND);
    clock.advance(98 * SECOND);
    arm(4, 100 * SECOND);
    arm(1, 98 * SECOND + Duration::from_nanos(1));
    clock.advance(2 * SECOND - Duration::from_nanos(50));
    arm(5, 100 * SECOND);
    clock.advance(Duration::from_nanos(50));
    assert_eq!(*log.lock().unwrap(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_reset_counts_as_arming_for_the_order() {
    let (timers, clock) = Timers::virtual_time();
    let log = Arc::new(Mutex::new(Vec::new()));
    let start = clock.now();
    let mut first = Box::pin(timers.sleep_until(start + SECOND));
    let mut second = Box::pin(timers.sleep_until(start + 2 * SECOND));
    assert_eq!(poll_logged(first.as_mut(), 1, &log), Poll::Pending);
    first.as_mut().reset(start + 2 * SECOND);
    assert_eq!(poll_logged(second.as_mut(), 2, &log), Poll::Pending);
    clock.advance(2 * SECOND);
    assert_eq!(*log.lock().unwrap(), [1, 2]);
}

/// Runs its task in place when woken, as the simplest of executors does.
struct InPlace {
    task: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl Wake for InPlace {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        let task = self.task.lock().unwrap().take();
        if let Some(mut task) = task {
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                *self.task.lock().unwrap() = Some(task);
            }
        }
    }
}

#[test]
fn what_a_woken_task_arms_within_the_window_fires_too() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let task = async move {
        for _ in 0..3 {
            timers.sleep(SECOND).await;
            log.lock().unwrap().push(timers.now() - start);
        }
    };
    Arc::new(InPlace { task: Mutex::new(Some(Box::pin(task))) }).wake();
    clock.advance(10 * SECOND);
    assert_eq!(*seen.lock().unwrap(), [SECOND, 2 * SECOND, 3 * SECOND]);
    assert_eq!(clock.now() - start, 10 * SECOND);
}

#[test]
fn advance_to_next_goes_from_deadline_to_deadline() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    let mut sleeps: Vec<_> = [3, 1, 3, 2].iter().map(|&s| Stepped::new(timers.sleep(s * SECOND))).collect();
    assert!(sleeps.iter_mut().all(|sleep| sleep.poll().is_pending()));
    let mut forever = Stepped::new(timers.sleep(Duration::MAX));
    assert_eq!(forever.poll(), Poll::Pending);
    drop(sleeps.remove(3));
    assert_eq!(clock.advance_to_next(), Some(start + SECOND), "the deadline of a dropped timer is none");
    assert_eq!(clock.advance_to_next(), Some(start + 3 * SECOND));
    assert_eq!(clock.advance_to_next(), None);
    assert_eq!(clock.now(), start + 3 * SECOND);
    assert!(sleeps.iter().all(|sleep| sleep.wakes() == 1));
}

#[test]
fn the_next_deadline_is_exact_however_many_timers_were_dropped() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    let wakes = WakeCount::new();
    let mut sleeps: Vec<_> = (0..500u32).map(|i| Box::pin(timers.sleep(3600 * SECOND + i * SECOND / 1000))).collect();
    assert!(sleeps.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_pending()));
    sleeps.drain(..400);
    assert_eq!(timers.next_deadline(), Some(start + 3600 * SECOND + 400 * SECOND / 1000));
}

#[test]
fn virtual_time_never_goes_back() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    clock.advance(5 * SECOND);
    timers.advance(start);
    assert_eq!(clock.now(), start + 5 * SECOND);
}

#[test]
fn however_far_time_is_moved_it_does_not_reach_never() {
    let (timers, clock) = Timers::virtual_time();
    let (mut soon, mut forever) = (Stepped::new(timers.sleep(SECOND)), Stepped::new(timers.sleep(Duration::MAX)));
    assert!(soon.poll().is_pending() && forever.poll().is_pending());
    clock.advance(Duration::MAX);
    assert_eq!(soon.poll(), Poll::Ready(()));
    assert!(!forever.is_woken() && !forever.as_mut().is_elapsed());
    assert_eq!(forever.poll(), Poll::Pending);
    assert_eq!(Stepped::new(timers.sleep(Duration::MAX)).poll(), Poll::Pending);
}

/// Were it quadratic, it would take half a minute.
#[test]
fn a_crowd_that_is_due_together_is_looked_through_once() {
    const CROWD: usize = 300_000;
    let (timers, clock) = Timers::virtual_time();
    let wakes = WakeCount::new();
    let deadline = clock.now() + SECOND;
    let mut sleeps: Vec<_> = (0..CROWD).map(|_| Box::pin(timers.sleep_until(deadline))).collect();
    assert!(sleeps.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_pending()));
    assert_eq!(timers.advance(deadline), CROWD);
    assert_eq!(wakes.count(), CROWD);
}

#[test]
fn clocks_do_not_know_each_other() {
    let (_, one): (Timers, VirtualClock) = Timers::virtual_time();
    let (other_timers, _other) = Timers::virtual_time();
    let mut sleep = Stepped::new(other_timers.sleep(SECOND));
    assert_eq!(sleep.poll(), Poll::Pending);
    one.advance(10 * SECOND);
    assert!(!sleep.is_woken());
}
