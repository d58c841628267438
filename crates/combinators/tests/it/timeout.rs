//! `timeout` and its kin: rows C27 to C35, C40.

use crate::support::{Drops, Polls, gate};
use motet_combinators::{Elapsed, FutureExt, deadline, timeout, timeout_at, timeout_with, try_timeout};
use motet_test::{Stepped, drop_at_every_await};
use motet_timer::{Timers, sleep};
use std::cell::Cell;
use std::future::{pending, ready};
use std::io;
use std::task::Poll;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_result_before_the_limit_comes_back() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let mut limited = Stepped::new(timeout(2 * SECOND, sleep(SECOND)));
    assert!(limited.poll().is_pending());
    clock.advance(SECOND);
    assert!(limited.is_woken());
    assert_eq!(limited.poll(), Poll::Ready(Ok(())));
}

#[test]
fn the_future_is_dropped_when_the_time_is_up() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let drops = Drops::default();
    let guard = drops.guard();
    let mut limited = Stepped::new(timeout(SECOND, async move {
        let _guard = guard;
        pending::<()>().await;
    }));
    assert!(limited.poll().is_pending());
    clock.advance(SECOND - Duration::from_nanos(1));
    assert!(limited.poll().is_pending());
    clock.advance(Duration::from_nanos(1));
    assert!(limited.is_woken());
    assert_eq!(limited.poll(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(drops.count(), 1);
}

#[test]
fn zero_takes_effect_at_the_first_suspension() {
    // C27, C42
    assert_eq!(Stepped::new(timeout(Duration::ZERO, ready(7))).poll(), Poll::Ready(Ok(7)));
    let polls = Polls::default();
    let mut limited = Stepped::new(timeout(Duration::ZERO, polls.of(pending::<()>())));
    assert_eq!(limited.poll(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(polls.count(), 1);
}

#[test]
fn a_result_that_is_ready_in_the_poll_of_the_expiry_wins() {
    // C35
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (open, opened) = gate();
    let mut limited = Stepped::new(timeout(SECOND, opened));
    assert!(limited.poll().is_pending());
    clock.advance(SECOND);
    open.send(7).unwrap();
    assert_eq!(limited.poll(), Poll::Ready(Ok(7)));
}

#[test]
fn a_future_that_is_ready_at_once_needs_no_timer() {
    let (timers, _clock) = Timers::virtual_time();
    let _entered = timers.enter();
    assert!(Stepped::new(timeout(SECOND, ready(()))).poll().is_ready());
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn a_dropped_timeout_leaves_no_timer() {
    let (timers, _clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let mut limited = Stepped::new(timeout(SECOND, pending::<()>()));
    assert!(limited.poll().is_pending());
    assert!(timers.next_deadline().is_some());
    drop(limited);
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn never_is_a_limit_too() {
    let mut limited = Stepped::new(timeout(Duration::MAX, pending::<()>()));
    assert!(limited.poll().is_pending());
}

#[test]
fn timeouts_until_a_point_and_on_a_given_timer() {
    let (timers, clock) = Timers::virtual_time();
    let (other, other_clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let mut until = Stepped::new(timeout_at(timers.now() + SECOND, pending::<()>()));
    let mut elsewhere = Stepped::new(timeout_with(&other, SECOND, pending::<()>()));
    assert!(until.poll().is_pending());
    assert!(elsewhere.poll().is_pending());
    clock.advance(SECOND);
    assert!(until.poll().is_ready());
    assert!(elsewhere.poll().is_pending());
    other_clock.advance(SECOND);
    assert!(elsewhere.poll().is_ready());
}

#[test]
fn try_timeout_gives_one_result() {
    let ok = Stepped::new(try_timeout(SECOND, ready(Ok::<_, io::Error>(7)))).poll();
    assert!(matches!(ok, Poll::Ready(Ok(7))));
    let late = Stepped::new(try_timeout(Duration::ZERO, pending::<io::Result<()>>())).poll();
    assert!(matches!(late, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut));
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let boxed = Stepped::new(pending::<Result<(), BoxError>>().try_timeout(Duration::ZERO)).poll();
    assert!(matches!(boxed, Poll::Ready(Err(error)) if error.is::<Elapsed>()));
}

#[test]
fn any_future_can_be_the_limit() {
    let (stop, stopped) = gate();
    let mut limited = Stepped::new(deadline(stopped, pending::<()>()));
    assert!(limited.poll().is_pending());
    stop.send("stop").unwrap();
    assert_eq!(limited.poll(), Poll::Ready(Err(Elapsed::new())));
}

#[test]
fn nested_timeouts_are_told_apart() {
    // C45
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let inner_expired = Cell::new(false);
    let mut outer = Stepped::new(timeout(2 * SECOND, async {
        inner_expired.set(timeout(SECOND, pending::<()>()).await.is_err());
        pending::<()>().await;
    }));
    assert!(outer.poll().is_pending());
    clock.advance(SECOND);
    assert!(outer.poll().is_pending());
    assert!(inner_expired.get());
    clock.advance(SECOND);
    assert_eq!(outer.poll(), Poll::Ready(Err(Elapsed::new())));
}

#[test]
fn a_timeout_dropped_at_any_await_drops_its_future() {
    let (timers, _clock) = Timers::virtual_time();
    let _entered = timers.enter();
    drop_at_every_await(|| {
        let drops = Drops::default();
        let guard = drops.guard();
        let limited = timeout(SECOND, async move {
            let _guard = guard;
            crate::support::Yield::default().await;
        });
        (limited, move |_| assert_eq!(drops.count(), 1))
    });
    assert_eq!(timers.next_deadline(), None);
}
