//! Rows C52 to C68.

use super::{Tasks, yield_often};
use crate::support::{Log, Marked, Unheard, gate};
use futures::future::FutureExt as _;
use motet_cancel::{CancelHandle, guard, scope};
use motet_combinators::{Closed, GroupError, task_group};
use std::future::{pending, ready};
use std::panic::AssertUnwindSafe;

type Failure = &'static str;

pub(super) async fn c52_a_child_cancelled_on_purpose_is_no_failure(tasks: Tasks) {
    let group = task_group(&tasks, |group| async move {
        let child = group.spawn(pending::<Result<(), Failure>>());
        child.cancel("on purpose");
        assert_eq!(child.await, Err(Closed));
        Ok("went on")
    });
    assert_eq!(group.await, Ok("went on"));
}

pub(super) async fn c53_an_error_cancels_the_siblings_and_the_body(tasks: Tasks) {
    let log = Log::default();
    let (sibling, body) = (log.hang::<Result<(), Failure>>("sibling"), log.hang::<Result<(), Failure>>("body"));
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(sibling));
        drop(group.spawn(async {
            yield_often().await;
            Err::<(), _>("no")
        }));
        body.await
    });
    assert_eq!(group.await, Err(GroupError::Failed(vec!["no"])));
    assert!(log.has("sibling ends") && log.has("body ends"));
}

pub(super) async fn c54_cancelling_the_parent_cancels_the_children_and_waits(tasks: Tasks) {
    let log = Log::default();
    let (child, inside) = (log.hang::<Result<(), Failure>>("child"), tasks.clone());
    let (started, starts) = gate();
    let parent = tasks.spawn(async move {
        let group = task_group(&inside, |group| async move {
            drop(group.spawn(async move {
                started.send(()).unwrap();
                child.await
            }));
            pending::<Result<(), Failure>>().await
        });
        group.await
    });
    starts.await;
    parent.handle.cancel("stop");
    assert_eq!(parent.ended().await.unwrap_err().reason, "stop");
    assert!(log.has("child ends"));
}

pub(super) async fn c55_a_panic_of_an_exit_wins_over_the_cancellation(tasks: Tasks) {
    let unheard = Unheard::listen();
    let (started, starts) = gate();
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(async move {
            let _guard = guard((), async |(), _| panic!("exit panicked"));
            started.send(()).unwrap();
            pending::<Result<(), Marked>>().await
        }));
        starts.await;
        Err::<(), _>(unheard.error("body"))
    });
    assert_eq!(panic_of(group).await, "exit panicked");
    assert_eq!(unheard.take(), ["body"]);
}

pub(super) async fn c55_a_panic_of_an_exit_wins_over_the_parents_cancellation(tasks: Tasks) {
    let (started, starts) = gate();
    let (work, handle) = scope(task_group(&tasks, |group| async move {
        drop(group.spawn(async move {
            let _guard = guard((), async |(), _| panic!("exit panicked"));
            started.send(()).unwrap();
            pending::<Result<(), Failure>>().await
        }));
        pending::<Result<(), _>>().await
    }));
    let cancels = async {
        starts.await;
        handle.cancel("stop");
    };
    assert_eq!(panic_of(futures::future::join(work, cancels)).await, "exit panicked");
}

pub(super) async fn c56_the_bodys_error_joins_the_groups(tasks: Tasks) {
    let group = task_group(&tasks, |group| async move {
        let child = group.spawn(async { Err::<(), _>("child") });
        // Ready in the very poll in which the child's end is seen, or dropped with the group: both are the contract.
        child.await.ok();
        Err::<(), _>("body")
    });
    let errors = group.await.unwrap_err().into_errors();
    assert!(errors == ["child"] || errors == ["child", "body"], "{errors:?}");
}

pub(super) async fn c57_an_inner_groups_error_is_one_error(tasks: Tasks) {
    let inner = tasks.clone();
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(async move {
            let inner = task_group(&inner, |group| async move {
                drop(group.spawn(async { Err::<(), Failure>("inner") }));
                pending::<Result<(), _>>().await
            });
            inner.await
        }));
        pending::<Result<(), GroupError<Failure>>>().await
    });
    assert_eq!(group.await, Err(GroupError::Failed(vec![GroupError::Failed(vec!["inner"])])));
}

pub(super) async fn c58_the_children_are_finished_before_a_panic_goes_on(tasks: Tasks) {
    let log = Log::default();
    let sibling = log.hang::<Result<(), Failure>>("sibling");
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(sibling));
        drop(group.spawn(async { if true { panic!("child panicked") } else { Ok(()) } }));
        pending::<Result<(), _>>().await
    });
    assert_eq!(panic_of(group).await, "child panicked");
    assert!(log.has("sibling ends"));
}

/// The panic that a future ends with.
async fn panic_of(work: impl Future) -> &'static str {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(_) => panic!("it does not panic"),
        Err(panic) => *panic.downcast().expect("a text"),
    }
}

pub(super) async fn c59_a_late_child_is_dropped_unpolled(tasks: Tasks) {
    let (give, given) = gate();
    let group = task_group(&tasks, |group| async move {
        drop(give.send(group));
        Ok::<_, Failure>(())
    });
    assert_eq!(group.await, Ok(()));
    let late = given.await.spawn(async { unreachable!("it is never polled") as Result<(), Failure> });
    assert_eq!(late.await, Err(Closed));
}

pub(super) async fn c60_children_may_spawn(tasks: Tasks) {
    let group = task_group(&tasks, |group| async move {
        let inside = group.clone();
        let child = group.spawn(async move {
            let grandchild = inside.spawn(async { Ok(7) });
            Ok::<_, Failure>(grandchild.await.unwrap())
        });
        Ok(child.await.unwrap())
    });
    assert_eq!(group.await, Ok(7));
}

pub(super) async fn c61_nested_groups_report_their_own(tasks: Tasks) {
    let inner = tasks.clone();
    let group = task_group(&tasks, |outer| async move {
        let inner = task_group(&inner, |group| async move {
            group.cancel();
            pending::<Result<(), Failure>>().await
        });
        assert_eq!(inner.await, Err(GroupError::Cancelled));
        assert!(!outer.is_closed(), "the outer one goes on");
        outer.cancel();
        pending::<Result<(), Failure>>().await
    });
    assert_eq!(group.await, Err(GroupError::Cancelled));
}

pub(super) async fn c62_an_outer_cancel_wins_over_an_error(tasks: Tasks) {
    let unheard = Unheard::listen();
    let log = Log::default();
    // Its exit takes two polls, so that the group cannot end in the poll that sees the error.
    let body = log.hang::<Result<(), Marked>>("body");
    let (give, given) = gate::<CancelHandle>();
    let inside = tasks.clone();
    let parent = tasks.spawn(async move {
        let group = task_group(&inside, |group| async move {
            drop(group.spawn(async move {
                given.await.cancel("stop");
                Err::<(), _>(unheard.error("together"))
            }));
            body.await
        });
        group.await
    });
    give.send(parent.handle.clone()).ok();
    assert_eq!(parent.ended().await.unwrap_err().reason, "stop");
    assert_eq!(unheard.take(), ["together"]);
    assert!(log.has("body ends"));
}

pub(super) async fn c63_cancel_is_idempotent_and_quiet(tasks: Tasks) {
    let log = Log::default();
    let child = log.hang::<Result<(), Failure>>("child");
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(child));
        yield_often().await;
        group.cancel();
        group.cancel();
        Ok("quiet")
    });
    assert_eq!(group.await, Ok("quiet"));
    assert!(log.has("child ends"));
}

pub(super) async fn c64_cancelling_what_has_finished_returns_false(tasks: Tasks) {
    let job = tasks.spawn(ready(7));
    let handle = job.handle.clone();
    assert_eq!(job.ended().await, Ok(7));
    assert!(!handle.cancel("too late"));
}

pub(super) async fn c65_cancelled_before_its_first_poll_it_never_runs(_: Tasks) {
    let (work, handle) = scope(async { unreachable!("it was cancelled") });
    handle.cancel("before");
    let ended: Result<(), _> = work.await;
    assert_eq!(ended.unwrap_err().reason, "before");
}

pub(super) async fn c66_completed_in_the_poll_of_its_cancel_is_completed(tasks: Tasks) {
    let (give, given) = gate::<CancelHandle>();
    let job = tasks.spawn(async move {
        given.await.cancel("by itself");
        7
    });
    give.send(job.handle.clone()).ok();
    assert_eq!(job.ended().await, Ok(7));
}

pub(super) async fn c67_a_cancel_that_was_taken_back_leaves_no_trace(_: Tasks) {
    let (work, handle) = scope(yield_often());
    handle.cancel("for a moment");
    assert_eq!(handle.uncancel(), Ok(0));
    assert_eq!(work.await, Ok(()));
}

pub(super) async fn c68_what_completed_as_it_was_started_cannot_be_cancelled(_: Tasks) {
    // Eager: polled once where it is made, before any executor has it.
    let (work, handle) = scope(ready(7));
    assert_eq!(work.now_or_never(), Some(Ok(7)));
    assert!(!handle.cancel("too late"));
}
