//! Cancelling with grace: the body may end by itself, and the limit bounds everything.

use crate::scene::{Abandonments, Gate, Log};
use motet_cancel::{Abandoned, CancelHandle, checkpoint, scope};
use motet_test::Stepped;
use std::future::{Future, pending, ready};
use std::sync::mpsc;
use std::task::Poll;

/// A limit that a test ends by hand.
fn limit() -> (Gate, impl Future<Output = ()> + Send + 'static) {
    let gate = Gate::new();
    let limit = gate.clone();
    (gate, async move { limit.passed().await })
}

fn reason_of(ended: Poll<Result<(), motet_cancel::Cancelled>>) -> String {
    match ended {
        Poll::Ready(Err(cancelled)) => cancelled.reason.to_string(),
        other => panic!("not cancelled: {other:?}"),
    }
}

#[test]
fn the_body_goes_on_and_may_end_by_itself() {
    let (give, take) = mpsc::channel::<CancelHandle>();
    let (work, handle) = scope(async move {
        let handle = take.recv().unwrap();
        while !handle.is_cancelled() {
            checkpoint().await;
        }
        "ended by itself"
    });
    give.send(handle.clone()).unwrap();
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    assert!(handle.cancel_with_grace("stop", pending()));
    assert!(work.is_woken());
    assert_eq!(work.poll(), Poll::Ready(Ok("ended by itself")));
}

#[test]
fn at_the_limit_the_body_is_dropped_and_its_exits_are_abandoned() {
    let abandonments = Abandonments::heard();
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    let (expiry, limit) = limit();
    handle.cancel_with_grace("stop", limit);
    assert!(work.poll().is_pending(), "the limit is not ready");
    expiry.open();
    assert_eq!(reason_of(work.poll()), "stop");
    assert_eq!(abandonments.take(), [Abandoned::GraceExpired]);
    assert!(log.take().is_empty(), "an abandoned exit never runs");
}

#[test]
fn the_limit_bounds_the_drain_of_an_earlier_plain_cancel() {
    let abandonments = Abandonments::heard();
    let (log, never) = (Log::new(), Gate::new());
    let (first, second) = (log.gated("outer", &never), log.gated("inner", &never));
    let (work, handle) = scope(async move {
        let _first = first;
        let _second = second;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("plain");
    assert!(work.poll().is_pending());
    let (expiry, limit) = limit();
    assert!(handle.cancel_with_grace("enough", limit));
    assert!(work.is_woken(), "a limit is news even during the drain");
    assert!(work.poll().is_pending());
    expiry.open();
    assert_eq!(reason_of(work.poll()), "plain", "the first reason counts");
    assert_eq!(abandonments.take(), [Abandoned::GraceExpired; 2], "the running exit and the waiting one");
    assert_eq!(log.take(), ["inner: Cancelled(Reason(\"plain\"))"]);
}

#[test]
fn the_limit_bounds_the_drain_after_a_return_and_the_output_stays() {
    let abandonments = Abandonments::heard();
    let (log, never) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &never);
    let (work, handle) = scope(async move { drop(guard) });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel_with_grace("enough", ready(()));
    assert_eq!(work.poll(), Poll::Ready(Ok(())));
    assert_eq!(abandonments.take(), [Abandoned::GraceExpired]);
}

#[test]
fn a_plain_cancel_during_the_grace_ends_the_body_now_and_its_exits_run() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel_with_grace("please", pending());
    assert!(work.poll().is_pending());
    handle.cancel("now");
    assert!(work.is_woken());
    assert_eq!(reason_of(work.poll_until_stalled()), "please");
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"please\"))", "exit ended"]);
}

#[test]
fn uncancel_during_the_grace_voids_the_limit() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    let (expiry, first_limit) = limit();
    handle.cancel_with_grace("please", first_limit);
    assert!(work.poll().is_pending());
    assert_eq!(handle.uncancel(), Ok(0));
    handle.cancel_with_grace("again", pending());
    expiry.open();
    assert!(work.poll().is_pending(), "the limit of a cancel that was taken back counts no more");
    handle.uncancel().unwrap();
    let (expiry, second_limit) = limit();
    handle.cancel_with_grace("third", second_limit);
    assert!(work.poll().is_pending());
    expiry.open();
    assert_eq!(reason_of(work.poll()), "third");
}

#[test]
fn a_limit_that_is_ready_when_the_cancel_was_taken_back_does_nothing() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    let (expiry, limit) = limit();
    handle.cancel_with_grace("please", limit);
    assert!(work.poll().is_pending());
    handle.uncancel().unwrap();
    expiry.open();
    assert!(work.poll().is_pending());
    assert!(!handle.is_cancelled());
}

#[test]
fn of_two_limits_the_first_that_is_ready_counts() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    let (expiry, limit) = limit();
    handle.cancel_with_grace("long", pending());
    assert!(work.poll().is_pending());
    handle.cancel_with_grace("short", limit);
    assert!(work.poll().is_pending());
    expiry.open();
    assert_eq!(reason_of(work.poll()), "long");
}

/// Panics when it is dropped.
struct Boom;

impl Drop for Boom {
    fn drop(&mut self) {
        panic!("a limit panics in its drop");
    }
}

#[test]
fn a_limit_that_panics_in_its_drop_does_not_make_the_scopes_drop_panic() {
    for fetched in [false, true] {
        let (work, handle) = scope(pending::<()>());
        let mut work = Stepped::new(work);
        let boom = Boom;
        handle.cancel_with_grace("enough", async move {
            let _boom = boom;
            pending::<()>().await;
        });
        if fetched {
            assert!(work.poll().is_pending());
        }
        drop(work);
        assert!(handle.is_finished());
    }
}
