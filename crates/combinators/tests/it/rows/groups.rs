//! Rows C52 to C67.

use super::{Tasks, yield_often};
use crate::support::{Log, gate};
use motet_cancel::scope;
use motet_combinators::{Closed, GroupError, task_group};
use std::future::{pending, ready};

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

pub(super) async fn c67_a_cancel_that_was_taken_back_leaves_no_trace(_: Tasks) {
    let (work, handle) = scope(yield_often());
    handle.cancel("for a moment");
    assert_eq!(handle.uncancel(), Ok(0));
    assert_eq!(work.await, Ok(()));
}
