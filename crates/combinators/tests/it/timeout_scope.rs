//! `TimeoutScope`: rows C41 to C51.

use crate::support::{Drops, Log, Yield, gate};
use motet_cancel::scope;
use motet_combinators::{Elapsed, ScopeEnded, TimeoutScope, timeout};
use motet_test::{End, Stepped, assert_send, assert_sync, drop_at_every_await};
use motet_timer::{Timers, now, sleep};
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

assert_send!(TimeoutScope);
assert_sync!(TimeoutScope);

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn expiry_gives_elapsed_and_keeps_when() {
    // C41
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let scope = TimeoutScope::new(SECOND);
    let when = now() + SECOND;
    let mut run = Stepped::new(scope.run(pending::<()>()));
    assert!(run.poll().is_pending());
    assert!(!scope.expired());
    clock.advance(SECOND);
    assert_eq!(run.poll(), Poll::Ready(Err(Elapsed::new())));
    assert!(scope.expired());
    assert_eq!(scope.when(), Some(when));
}

#[test]
fn past_deadlines_take_effect_at_the_first_suspension() {
    // C42
    let scope = TimeoutScope::new(Duration::ZERO);
    assert_eq!(Stepped::new(scope.run(ready(7))).poll(), Poll::Ready(Ok(7)));
    let scope = TimeoutScope::new(Duration::ZERO);
    assert!(matches!(Stepped::new(scope.run(pending::<()>())).poll(), Poll::Ready(Err(_))));
}

#[test]
fn none_disables() {
    // C43
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let scope = TimeoutScope::new(None);
    assert_eq!(scope.when(), None);
    let mut run = Stepped::new(scope.run(pending::<()>()));
    assert!(run.poll().is_pending());
    clock.advance(SECOND);
    assert!(run.poll().is_pending());
}

#[test]
fn of_two_with_one_deadline_the_inner_reports_to_the_body_and_the_outer_too() {
    // C44
    for goes_on in [true, false] {
        let (timers, clock) = Timers::virtual_time();
        let _entered = timers.enter();
        let (outer, inner) = (TimeoutScope::new(SECOND), TimeoutScope::new(SECOND));
        let mut run = Stepped::new(outer.run(async {
            let reported = inner.run(pending::<()>()).await;
            assert_eq!(reported, Err(Elapsed::new()));
            if goes_on {
                pending::<()>().await;
            }
        }));
        assert!(run.poll().is_pending());
        clock.advance(SECOND);
        assert_eq!(run.poll(), Poll::Ready(if goes_on { Err(Elapsed::new()) } else { Ok(()) }));
        assert!(inner.expired());
        assert!(outer.expired());
    }
}

#[test]
fn the_outer_one_still_fires_after_the_inner_one_expired() {
    // C45
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (outer, inner) = (TimeoutScope::new(2 * SECOND), TimeoutScope::new(SECOND));
    let mut run = Stepped::new(outer.run(async {
        inner.run(pending::<()>()).await.unwrap_err();
        pending::<()>().await;
    }));
    assert!(run.poll().is_pending());
    clock.advance(SECOND);
    assert!(run.poll().is_pending());
    clock.advance(SECOND);
    assert!(run.poll().is_ready());
}

#[test]
fn a_cancel_from_elsewhere_is_not_turned_into_elapsed() {
    // C46, C48
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (work, handle) = scope(timeout(SECOND, pending::<()>()));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("stop");
    clock.advance(SECOND);
    let Poll::Ready(Err(cancelled)) = work.poll() else { panic!("not cancelled") };
    assert_eq!(cancelled.reason, "stop");
}

#[test]
fn a_cancel_that_was_taken_back_leaves_no_trace() {
    // C47
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (work, handle) = scope(timeout(SECOND, pending::<()>()));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("stop");
    assert_eq!(handle.uncancel(), Ok(0));
    assert!(work.poll().is_pending());
    clock.advance(SECOND);
    assert_eq!(work.poll(), Poll::Ready(Ok(Err(Elapsed::new()))));
}

#[test]
fn an_error_of_the_body_in_the_moment_of_expiry_survives() {
    // C49
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (fail, fails) = gate();
    let scope = TimeoutScope::new(SECOND);
    let mut run = Stepped::new(scope.run(fails));
    assert!(run.poll().is_pending());
    fail.send(Err::<(), _>("no")).unwrap();
    clock.advance(SECOND);
    assert_eq!(run.poll(), Poll::Ready(Ok(Err("no"))));
}

#[test]
fn reschedule_moves_the_deadline_both_ways_and_away() {
    // C50
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let scope = TimeoutScope::new(10 * SECOND);
    let start = now();
    let mut run = Stepped::new(scope.run(async {
        sleep(SECOND).await;
        scope.reschedule(start + 2 * SECOND).unwrap();
        pending::<()>().await;
    }));
    assert!(run.poll().is_pending());
    scope.reschedule(None).unwrap();
    assert!(run.is_woken(), "from outside too");
    assert!(run.poll().is_pending());
    scope.reschedule(start + 3 * SECOND).unwrap();
    assert!(run.poll().is_pending());
    clock.advance(SECOND);
    assert!(run.poll().is_pending());
    assert_eq!(scope.when(), Some(start + 2 * SECOND));
    clock.advance(SECOND);
    assert_eq!(run.poll(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(scope.reschedule(None), Err(ScopeEnded));
}

#[test]
fn reschedule_is_an_error_once_finished() {
    // C50
    let scope = TimeoutScope::new(SECOND);
    assert!(Stepped::new(scope.run(ready(()))).poll().is_ready());
    assert!(!scope.expired());
    assert_eq!(scope.reschedule(None), Err(ScopeEnded));
}

#[test]
fn a_dropped_run_finishes_its_scope() {
    let scope = TimeoutScope::new(SECOND);
    let mut run = Stepped::new(scope.run(pending::<()>()));
    assert!(run.poll().is_pending());
    drop(run);
    assert_eq!(scope.reschedule(None), Err(ScopeEnded));
}

#[test]
fn a_fresh_timeout_inside_timed_out_cleanup_works() {
    // C51
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (log, seen) = mpsc::channel();
    let mut limited = Stepped::new(timeout(SECOND, async move {
        let _guard = motet_cancel::guard(log, async |log: mpsc::Sender<_>, _| {
            log.send(timeout(SECOND, pending::<()>()).await).unwrap();
        });
        pending::<()>().await;
    }));
    assert!(limited.poll().is_pending());
    clock.advance(SECOND);
    assert!(limited.poll_until_stalled().is_pending(), "the cleanup waits");
    clock.advance(SECOND);
    assert_eq!(limited.poll_until_stalled(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(seen.try_recv(), Ok(Err(Elapsed::new())));
}

#[test]
fn the_cleanup_is_awaited_before_elapsed() {
    // C30
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (open, opened) = gate();
    let (log, seen) = mpsc::channel();
    let scope = TimeoutScope::new(SECOND);
    let mut run = Stepped::new(scope.run(async move {
        let _guard = motet_cancel::guard(log, async move |log: mpsc::Sender<_>, _| log.send(opened.await).unwrap());
        pending::<()>().await;
    }));
    assert!(run.poll().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_stalled().is_pending(), "the cleanup waits");
    open.send("closed").unwrap();
    assert_eq!(run.poll_until_stalled(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(seen.try_recv(), Ok("closed"));
}

#[test]
fn a_scope_that_is_run_twice_panics_and_stays_what_it_was() {
    let scope = TimeoutScope::new(Duration::ZERO);
    assert!(Stepped::new(scope.run(pending::<()>())).poll().is_ready());
    let again = catch_unwind(AssertUnwindSafe(|| Stepped::new(scope.run(ready(()))).poll()));
    assert!(again.is_err());
    assert!(scope.expired());
    assert_eq!(scope.reschedule(None), Err(ScopeEnded));
}

#[test]
fn a_scope_whose_body_is_ready_cannot_be_moved_while_it_cleans_up() {
    // C50
    let scope = TimeoutScope::new(SECOND);
    let log = Log::default();
    let guard = log.guard("exit");
    let mut run = Stepped::new(scope.run(async { drop(guard) }));
    assert!(run.poll().is_pending(), "the exit suspends");
    assert_eq!(scope.reschedule(None), Err(ScopeEnded));
    assert_eq!(run.poll_until_stalled(), Poll::Ready(Ok(())));
    assert!(!scope.expired());
}

#[test]
fn a_run_dropped_at_any_await_drops_its_body_and_ends_the_scope() {
    let (timers, _clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let report = drop_at_every_await(|| {
        let (scope, drops) = (Rc::new(TimeoutScope::new(SECOND)), Drops::default());
        let (limit, guard) = (scope.clone(), drops.guard());
        let run = async move {
            let body = async move {
                let _guard = guard;
                Yield::default().await;
                Yield::default().await;
            };
            limit.run(body).await
        };
        (run, move |end| {
            assert_eq!(drops.count(), 1);
            assert!(!scope.expired());
            let began = end != End::Dropped { polls: 0 };
            assert_eq!(scope.reschedule(None), if began { Err(ScopeEnded) } else { Ok(()) });
        })
    });
    assert!(report.completed && report.drops == 3, "{report:?}");
    assert_eq!(timers.next_deadline(), None, "no sleep is left");
}
