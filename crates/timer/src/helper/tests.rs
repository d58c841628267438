//! The helper thread and the hosts, told apart by counting how often the thread wakes.

use super::DriverThread;
use crate::clock;
use crate::queue::{Clock, Lease, TimerQueue, Unhosted};
use crate::sleep::Sleep;
use core::task::Waker;
use futures::executor::block_on;
use futures::future::join_all;
use motet_prim::atomic::Ordering;
use motet_test::WakeCount;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const MICRO: Duration = Duration::from_micros(1);

/// A queue and a helper of the test's own.
fn scene() -> (&'static DriverThread, Lease) {
    let helper: &DriverThread = Box::leak(Box::new(DriverThread::new()));
    let queue: &TimerQueue = Box::leak(Box::new(TimerQueue::new(Clock::Real, 2, helper)));
    (helper, queue.open(clock::now(), 1, Unhosted::Helper))
}

fn after(lease: Lease, duration: Duration) -> Sleep {
    Sleep::until(clock::after(clock::now(), duration), Some(lease))
}

fn armed(lease: Lease, duration: Duration) -> (Pin<Box<Sleep>>, WakeCount) {
    let wakes = WakeCount::new();
    let mut sleep = Box::pin(after(lease, duration));
    assert!(wakes.poll(sleep.as_mut()).is_pending());
    (sleep, wakes)
}

fn turns(helper: &DriverThread) -> u64 {
    helper.turns.load(Ordering::Relaxed)
}

/// Gives way to the thread until something is so.
fn until(mut so: impl FnMut() -> bool) {
    while !so() {
        std::thread::yield_now();
    }
}

#[test]
fn while_a_host_drives_the_thread_sleeps_and_when_it_leaves_the_thread_wakes() {
    let (helper, lease) = scene();
    let (far, _) = armed(lease, HOUR);
    until(|| turns(helper) > 0 && helper.state.lock().adopted.len() == 1);
    let host = Arc::new(Waker::noop().clone().into());
    assert!(lease.add_host(&host));
    until(|| helper.state.lock().adopted.is_empty());
    let before = turns(helper);
    for i in (0..1_000).rev() {
        // Each is earlier than all before, which concerns the host.
        let (sleep, wakes) = armed(lease, HOUR / 2 + MICRO * i);
        let at = clock::nanos(sleep.deadline());
        assert_eq!(lease.next_deadline(), Some(at));
        drop(sleep);
        assert_eq!((lease.advance(clock::now()), wakes.count()), (0, 0));
    }
    // One for the unpark with which the host came, should the thread have let go before that.
    assert!(turns(helper) <= before + 1, "{} turns", turns(helper) - before);

    let soon = clock::after(clock::now(), 100 * MICRO);
    let (due, wakes) = armed(lease, 100 * MICRO);
    let before = turns(helper);
    lease.remove_host(&host);
    until(|| wakes.count() == 1);
    assert!(clock::now() >= soon && turns(helper) > before);
    drop((far, due));
}

#[test]
fn the_thread_wakes_no_more_often_than_there_are_timers() {
    const TIMERS: u32 = 50;
    let (helper, lease) = scene();
    // In the order of their deadlines: one call for the thread, and then it knows.
    let sleeps = (1..=TIMERS).map(|i| after(lease, 200 * MICRO * i));
    block_on(join_all(sleeps));
    let turns = turns(helper);
    // One for the call, and one after the last.
    assert!(turns <= u64::from(TIMERS) + 2, "{turns} turns for {TIMERS} timers");
}

#[test]
fn a_timer_that_was_due_before_it_is_armed_is_fired_at_once() {
    let (_, lease) = scene();
    // A long way off, so that the clock is not asked again when it is armed; and yet it has passed.
    let now = clock::now() - clock::span(HOUR);
    let mut sleep = Box::pin(Sleep::lasting(HOUR / 2, now, Some(lease)));
    assert!(sleep.is_elapsed());
    block_on(sleep.as_mut());
    assert_eq!(WakeCount::new().poll(sleep.as_mut()), std::task::Poll::Ready(()));
}

/// It panics, since there is no helper thread.
fn refused(run: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("nobody would fire it");
    let message: Box<String> = panic.downcast().expect("a text with its cause");
    assert!(message.contains("cannot start its helper thread: raise the limit of threads"), "{message}");
}

#[test]
fn a_poll_that_cannot_have_its_thread_panics_leaves_nothing_behind_and_the_next_tries_again() {
    let (helper, lease) = scene();
    helper.is_refused.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let (mut sleep, wakes) = (Box::pin(after(lease, HOUR)), WakeCount::new());
        refused(|| assert!(wakes.poll(sleep.as_mut()).is_ready()));
        drop(sleep);
        assert_eq!((lease.next_deadline(), wakes.wakers_alive(1)), (None, 0));
    }
    helper.is_refused.store(false, Ordering::Relaxed);
    block_on(after(lease, 100 * MICRO));
}

#[test]
fn a_host_that_leaves_though_there_is_no_thread_does_not_panic_and_the_next_arm_calls_for_one() {
    let (helper, lease) = scene();
    helper.is_refused.store(true, Ordering::Relaxed);
    let host = Arc::new(Waker::noop().clone().into());
    assert!(lease.add_host(&host));
    let (far, _) = armed(lease, HOUR);
    let (mut moved, wakes) = armed(lease, 2 * HOUR);
    lease.remove_host(&host);
    // Even one that is due later than those whom nobody looks after.
    let mut later = Box::pin(after(lease, 3 * HOUR));
    refused(|| assert!(WakeCount::new().poll(later.as_mut()).is_ready()));
    let soon = clock::instant(clock::after(clock::now(), HOUR / 2));
    refused(|| moved.as_mut().reset(soon));
    assert_eq!((moved.deadline(), lease.next_deadline()), (soon, Some(clock::nanos(soon))));
    helper.is_refused.store(false, Ordering::Relaxed);
    // Those that were armed meanwhile are among the thread's.
    moved.as_mut().reset(clock::instant(clock::after(clock::now(), 100 * MICRO)));
    until(|| wakes.count() == 1);
    drop((far, later));
}

#[test]
fn where_there_is_no_thread_an_advance_still_fires_what_is_due() {
    let (helper, lease) = scene();
    helper.is_refused.store(true, Ordering::Relaxed);
    let host = Arc::new(Waker::noop().clone().into());
    assert!(lease.add_host(&host));
    let armed: Vec<_> = (1..=3).map(|hours| armed(lease, HOUR * hours)).collect();
    lease.remove_host(&host);
    for (sleep, wakes) in &armed {
        assert_eq!((lease.advance(clock::nanos(sleep.deadline())), wakes.count()), (1, 1));
    }
    assert_eq!(lease.next_deadline(), None);
}
