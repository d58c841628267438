//! Rows C27 to C51.

use super::{Tasks, yield_often};
use crate::support::{Log, Marked, Unheard, Yield, gate};
use futures::future::FutureExt as _;
use motet_cancel::{checkpoint, guard, scope};
use motet_combinators::{Elapsed, TimeoutScope, cancel_after, shield, timeout, try_shield};
use motet_executor::{Executor, Task};
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_timer::now;
use std::future::{pending, ready};
use std::sync::OnceLock;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_secs(3600);

/// A task of Motet's: on the executor around, else on one beside it.
fn motet_task<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Task<T> {
    static BESIDE: OnceLock<Executor> = OnceLock::new();
    match motet_executor::current_spawner() {
        Some(_) => motet_executor::spawn(work),
        None => BESIDE.get_or_init(Executor::new).spawn(work),
    }
}

pub(super) async fn c27_a_finished_tasks_result_comes_back(tasks: Tasks) {
    let ended = tasks.spawn(ready(7)).ended().shared();
    assert_eq!(ended.clone().await, Ok(7));
    assert_eq!(timeout(Duration::ZERO, ended).await, Ok(Ok(7)));
}

pub(super) async fn c29_c30_the_cleanup_is_awaited_before_elapsed(_: Tasks) {
    let log = Log::default();
    assert_eq!(timeout(SOON, log.hang::<()>("work")).await, Err(Elapsed::new()));
    assert!(log.has("work ends"));
}

pub(super) async fn c29_c30_a_task_is_cancelled_and_awaited_before_elapsed(_: Tasks) {
    let log = Log::default();
    assert!(timeout(SOON, motet_task(log.hang::<()>("task"))).await.is_err());
    assert!(log.has("task ends"), "{:?}", log.lines());
    let given = cancel_after(SOON, motet_task(log.hang::<()>("asked"))).await;
    assert!(matches!(given, Err(Elapsed { .. })));
    assert!(log.has("asked ends"), "{:?}", log.lines());
}

pub(super) async fn c31_a_value_in_spite_of_the_cancel_is_returned(_: Tasks) {
    let (work, _handle) = scope(async {
        checkpoint().await;
        yield_often().await;
        7
    });
    assert_eq!(cancel_after(Duration::ZERO, Box::pin(work)).grace(NEVER).await, Ok(Ok(7)));
}

pub(super) async fn c32_an_error_of_the_grace_period_is_returned(_: Tasks) {
    let (work, _handle) = scope(async {
        checkpoint().await;
        Err::<(), _>("on its way out")
    });
    assert_eq!(cancel_after(Duration::ZERO, Box::pin(work)).grace(NEVER).await, Ok(Ok(Err("on its way out"))));
}

pub(super) async fn c33_cancelling_the_waiter_cancels_the_work_and_waits(tasks: Tasks) {
    let log = Log::default();
    let waiter = tasks.spawn(timeout(NEVER, log.hang::<()>("work")));
    yield_often().await;
    waiter.handle.cancel("stop");
    assert_eq!(waiter.ended().await.unwrap_err().reason, "stop");
    // Cancelled before its first poll, it holds its guard all the same.
    assert!(log.has("work ends"));
}

pub(super) async fn c33_cancelling_the_waiter_cancels_the_task_and_hands_over_the_wait(tasks: Tasks) {
    for started in [false, true] {
        let log = Log::default();
        let waiter = tasks.spawn(timeout(NEVER, motet_task(log.hang::<()>("task"))));
        if started {
            yield_often().await;
        }
        waiter.handle.cancel("stop");
        assert_eq!(waiter.ended().await.unwrap_err().reason, "stop");
        assert!(log.has("task ends"), "{:?}", log.lines());
    }
}

pub(super) async fn c34_a_cancel_in_the_tick_of_the_end_is_not_swallowed(tasks: Tasks) {
    let (open, opened) = gate();
    let waiter = tasks.spawn(async {
        timeout(NEVER, opened).await.unwrap();
        // Whichever of the two it sees first, the cancel takes effect.
        pending::<()>().await;
    });
    yield_often().await;
    open.send(7).ok();
    waiter.handle.cancel("stop");
    assert_eq!(waiter.ended().await.unwrap_err().reason, "stop");
}

pub(super) async fn c35_what_is_ready_wins(_: Tasks) {
    assert_eq!(timeout(Duration::ZERO, ready(7)).await, Ok(7));
}

pub(super) async fn c36_a_shields_awaiter_ends_at_once_and_the_work_finishes(tasks: Tasks) {
    let (open, opened) = gate();
    let (finish, finished) = gate();
    let (started, starts) = gate();
    let awaiter = tasks.spawn(shield(async move {
        started.send(()).unwrap();
        opened.await;
        finish.send("finished").unwrap();
    }));
    starts.await;
    awaiter.handle.cancel("stop");
    assert!(awaiter.ended().await.is_err(), "it does not wait for the work");
    open.send(()).unwrap();
    assert_eq!(finished.await, "finished");
}

pub(super) async fn c37_the_cancellation_of_shielded_work_is_seen(tasks: Tasks) {
    let work = tasks.spawn(pending::<()>());
    let handle = work.handle.clone();
    let shielded = shield(work.ended());
    handle.cancel("inside");
    assert_eq!(shielded.await.unwrap_err().reason, "inside");
}

pub(super) async fn c38_finished_work_is_returned_directly(_: Tasks) {
    assert_eq!(shield(ready(7)).await, 7);
}

pub(super) async fn c39_a_late_error_is_reported_once(tasks: Tasks) {
    let unheard = Unheard::listen();
    let (open, opened) = gate();
    let (started, starts) = gate();
    let awaiter = tasks.spawn(try_shield(async move {
        started.send(()).unwrap();
        opened.await;
        Err::<(), Marked>(unheard.error("late"))
    }));
    starts.await;
    awaiter.handle.cancel("stop");
    assert!(awaiter.ended().await.is_err());
    open.send(()).unwrap();
    while unheard.take().is_empty() {
        Yield::default().await;
    }
    yield_often().await;
    assert_eq!(unheard.take(), ["late"]);
}

pub(super) async fn c40_a_timeout_of_a_shield_leaves_the_work_alone(tasks: Tasks) {
    let (open, opened) = gate();
    let work = tasks.spawn(opened);
    let result = {
        let (done, result) = gate();
        let shielded = shield(async move { done.send(work.ended().await).unwrap() });
        assert!(timeout(Duration::ZERO, shielded).await.is_err());
        result
    };
    open.send(7).unwrap();
    assert_eq!(result.await, Ok(7));
}

pub(super) async fn c41_expiry_is_seen_on_the_scope(_: Tasks) {
    let limit = TimeoutScope::new(SOON);
    let when = limit.when();
    assert_eq!(limit.run(pending::<()>()).await, Err(Elapsed::new()));
    assert!(limit.expired());
    assert_eq!(limit.when(), when);
}

pub(super) async fn c42_zero_takes_effect_at_the_first_suspension(_: Tasks) {
    assert_eq!(TimeoutScope::new(Duration::ZERO).run(async { 7 }).await, Ok(7));
    assert!(TimeoutScope::new(Duration::ZERO).run(pending::<()>()).await.is_err());
}

pub(super) async fn c43_none_disables(_: Tasks) {
    let limit = TimeoutScope::new(None);
    limit.run(yield_often()).await.unwrap();
    assert!(!limit.expired());
}

pub(super) async fn c44_of_two_with_one_deadline_both_report(_: Tasks) {
    let (outer, inner) = (TimeoutScope::new(NEVER), TimeoutScope::new(NEVER));
    let deadline = now() + SOON;
    outer.reschedule(deadline).unwrap();
    inner.reschedule(deadline).unwrap();
    let reported = AtomicBool::new(false);
    let both = outer.run(async {
        assert_eq!(inner.run(pending::<()>()).await, Err(Elapsed::new()));
        reported.store(true, Ordering::Relaxed);
        pending::<()>().await;
    });
    assert_eq!(both.await, Err(Elapsed::new()));
    assert!(outer.expired());
    // A real clock may strike while the first poll is between the two, and so for the outer one alone.
    assert_eq!(inner.expired(), reported.into_inner());
}

pub(super) async fn c45_the_outer_one_fires_after_the_inner(_: Tasks) {
    let (outer, inner) = (TimeoutScope::new(NEVER), TimeoutScope::new(SOON));
    let both = outer.run(async {
        assert!(inner.run(pending::<()>()).await.is_err());
        assert!(!outer.expired());
        // Only now, or a busy machine might let both pass before the first poll ends.
        outer.reschedule(now() + SOON).unwrap();
        pending::<()>().await;
    });
    assert!(both.await.is_err());
    assert!(inner.expired() && outer.expired());
}

pub(super) async fn c46_c48_a_cancel_from_elsewhere_stays_a_cancel(tasks: Tasks) {
    let job = tasks.spawn(async { TimeoutScope::new(NEVER).run(pending::<()>()).await });
    yield_often().await;
    job.handle.cancel("from elsewhere");
    assert_eq!(job.ended().await.unwrap_err().reason, "from elsewhere");
}

pub(super) async fn c47_a_cancel_that_was_taken_back_leaves_no_trace(_: Tasks) {
    let (work, handle) = scope(timeout(SOON, pending::<()>()));
    handle.cancel("for a moment");
    assert_eq!(handle.uncancel(), Ok(0));
    assert_eq!(work.await, Ok(Err(Elapsed::new())));
}

pub(super) async fn c49_an_error_in_the_moment_of_expiry_survives(_: Tasks) {
    // The time is up before the body is polled.
    let limit = TimeoutScope::new(Duration::ZERO);
    assert_eq!(limit.run(async { Err::<(), _>("no") }).await, Ok(Err("no")));
}

pub(super) async fn c50_rescheduling_moves_the_deadline(_: Tasks) {
    let limit = TimeoutScope::new(NEVER);
    let body = async {
        limit.reschedule(None).unwrap();
        yield_often().await;
        limit.reschedule(now()).unwrap();
        pending::<()>().await;
    };
    assert!(limit.run(body).await.is_err());
    assert!(limit.reschedule(None).is_err(), "it has expired");
}

pub(super) async fn c51_a_fresh_timeout_works_inside_cleanup(_: Tasks) {
    let (tell, told) = gate();
    let held = guard(tell, async |tell: futures::channel::oneshot::Sender<_>, _outcome| {
        tell.send(timeout(SOON, pending::<()>()).await).unwrap();
    });
    let work = async move {
        let _held = held;
        pending::<()>().await;
    };
    assert!(timeout(SOON, work).await.is_err());
    assert_eq!(told.await, Err(Elapsed::new()));
}
