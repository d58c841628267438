//! Cancelling work and awaiting it: what it gives in spite of the cancel counts.

use crate::scene::{Gate, Log, panic_of};
use motet_cancel::{Cancellable, Cancelled, Reason, cancel_when, checkpoint, frame::Nest, scope, scope_local};
use motet_test::Stepped;
use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A limit that a test reaches by hand.
fn limit() -> (Gate, impl Future<Output = &'static str>) {
    let gate = Gate::new();
    let limit = gate.clone();
    (gate, async move {
        limit.passed().await;
        "limit"
    })
}

#[test]
fn at_the_limit_the_work_is_cancelled_and_its_cleanup_awaited() {
    let (log, exit) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &exit);
    let (work, _handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let (reach, limit) = limit();
    let mut all = Stepped::new(cancel_when(limit, work));
    assert!(all.poll().is_pending());
    reach.open();
    assert!(all.poll().is_pending(), "the exit runs");
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"limit\"))"]);
    exit.open();
    assert_eq!(all.poll().map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("limit")));
}

#[test]
fn a_value_that_comes_in_spite_of_the_cancel_is_given() {
    let (finish, (reach, limit)) = (Gate::new(), limit());
    let (work, handle) = scope({
        let finish = finish.clone();
        async move {
            finish.passed().await;
            7
        }
    });
    let mut all = Stepped::new(cancel_when(limit, work).grace(pending()));
    assert!(all.poll().is_pending());
    reach.open();
    assert!(all.poll().is_pending());
    assert!(handle.is_cancelled(), "it was asked, and goes on");
    finish.open();
    assert_eq!(all.poll(), Poll::Ready(Ok(Ok(7))));
}

#[test]
fn an_error_in_its_own_grace_is_given() {
    let (work, _handle) = scope(async {
        checkpoint().await;
        Err::<(), _>("disk full")
    });
    let mut all = Stepped::new(cancel_when(ready(()), work).grace(pending()));
    assert_eq!(all.poll_until_stalled(), Poll::Ready(Ok(Ok(Err("disk full")))));
}

#[test]
fn a_grace_that_ends_first_cancels_for_good() {
    let (work, _handle) = scope(pending::<()>());
    let mut all = Stepped::new(cancel_when(ready("slow"), work).grace(ready(())));
    assert_eq!(all.poll().map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("slow")));
}

#[test]
fn a_result_that_is_ready_with_the_limit_wins() {
    let (work, _handle) = scope(ready(7));
    assert_eq!(Stepped::new(cancel_when(ready(()), work)).poll(), Poll::Ready(Ok(Ok(7))));
}

#[test]
fn a_cancel_from_elsewhere_is_the_works_own_output() {
    let (work, handle) = scope_local(pending::<()>());
    let mut all = Stepped::new(cancel_when(pending::<()>(), work));
    assert!(all.poll().is_pending());
    handle.cancel("elsewhere");
    let ended = all.poll().map(|ended| ended.expect("not the limit").unwrap_err().reason);
    assert_eq!(ended, Poll::Ready(Reason::from("elsewhere")));
}

/// Work that was cancelled from elsewhere, and cleans up until the gate opens.
fn cancelled_elsewhere(log: &Log, exit: &Gate) -> impl Cancellable<Output = Result<(), Cancelled>> {
    let guard = log.gated("exit", exit);
    let (work, handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    handle.cancel("elsewhere");
    work
}

#[test]
fn a_cancel_from_elsewhere_whose_cleanup_ends_before_the_limit_is_the_works_own_output() {
    let (log, exit, (reach, limit)) = (Log::new(), Gate::new(), limit());
    let mut all = Stepped::new(cancel_when(limit, cancelled_elsewhere(&log, &exit)));
    assert!(all.poll().is_pending(), "the exit runs");
    exit.open();
    let ended = all.poll().map(|ended| ended.expect("not the limit").unwrap_err().reason);
    assert_eq!(ended, Poll::Ready(Reason::from("elsewhere")));
    reach.open();
}

#[test]
fn a_limit_that_comes_during_the_cleanup_after_a_cancel_from_elsewhere_is_the_error() {
    let (log, exit, (reach, limit)) = (Log::new(), Gate::new(), limit());
    let mut all = Stepped::new(cancel_when(limit, cancelled_elsewhere(&log, &exit)));
    assert!(all.poll().is_pending(), "the exit runs");
    reach.open();
    assert!(all.poll().is_pending(), "and goes on past the limit");
    exit.open();
    assert_eq!(all.poll().map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("limit")));
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"elsewhere\"))", "exit ended"], "once, for the first reason");
}

#[test]
fn a_panic_of_an_exit_during_the_cancel_wins_over_cancelled() {
    // C55
    let (work, _handle) = scope(async {
        let _guard = motet_cancel::guard((), async |(), _| panic!("exit panicked"));
        pending::<()>().await;
    });
    let mut all = Stepped::new(cancel_when(ready(()), work));
    assert_eq!(panic_of(|| all.poll()), "exit panicked");
}

#[test]
fn dropped_midway_it_hands_over_what_is_left() {
    for polls in 0..3 {
        let (log, exit) = (Log::new(), Gate::new());
        let guard = log.gated("exit", &exit);
        let (work, handle) = scope(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        let (reach, limit) = limit();
        let mut all = Box::pin(cancel_when(limit, work));
        let wakes = motet_test::WakeCount::new();
        for poll in 0..polls {
            assert!(wakes.poll(all.as_mut()).is_pending());
            if poll == 0 {
                reach.open();
            }
        }
        let mut nest = Nest::new();
        nest.enter(|| drop(all));
        assert!(handle.is_finished());
        exit.open();
        assert!(nest.poll_drain(&mut Context::from_waker(&wakes.waker())).is_ready());
        assert_eq!(log.take().last().unwrap(), "exit ended", "after {polls} polls");
    }
}

#[test]
fn a_reference_to_cancellable_work_is_cancellable() {
    fn outcome<C: Cancellable>(work: C) -> bool {
        Stepped::new(cancel_when(ready(()), work)).poll().map(|ended| ended.is_err()) == Poll::Ready(true)
    }
    let (work, _handle) = scope(pending::<()>());
    let mut work = pin!(work);
    assert!(outcome(work.as_mut()));
    let (work, _handle) = scope(pending::<()>());
    let mut work: Pin<Box<_>> = Box::pin(work);
    assert!(outcome(&mut work));
}
