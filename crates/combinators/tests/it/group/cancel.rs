//! Cancelling: a child, the group, its parent.

use super::{Bench, Failure, Nowhere};
use crate::support::{Log, Marked, Unheard, Yield, gate};
use motet_cancel::scope;
use motet_combinators::{Closed, GroupError, task_group};
use motet_test::{Stepped, drop_at_every_await_between};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;

#[test]
fn a_child_cancelled_on_purpose_is_no_failure() {
    // C52
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        let child = group.spawn(pending::<Result<(), Failure>>());
        assert!(child.cancel("on purpose"));
        Ok(child.await)
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(Err(Closed))));
}

#[test]
fn cancelling_the_parent_cancels_the_children_and_waits_for_them() {
    // C54
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let (child, body) = (log.hang::<Result<(), Failure>>("child"), log.hang::<Result<(), Failure>>("body"));
    let (work, handle) = scope(task_group(&spawner, |group| async move {
        drop(group.spawn(child));
        body.await
    }));
    let mut work = Stepped::new(work);
    assert!(bench.settle(&mut work).is_pending());
    handle.cancel("stop");
    assert!(work.poll_until_stalled().is_pending(), "it waits for its child, which has not run yet");
    let Poll::Ready(Err(cancelled)) = bench.settle(&mut work) else { panic!("not cancelled") };
    assert_eq!(cancelled.reason, "stop");
    assert!(log.has("child ends") && log.has("body ends"), "{:?}", log.lines());
}

#[test]
fn nested_groups_both_cancelled_report_their_own() {
    // C61
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (work, handle) = scope(async {
        let mut inner_reported = None;
        let outer = task_group(&spawner, |outer| {
            let inner_reported = &mut inner_reported;
            async move {
                let inner = task_group(&Nowhere, |inner| async move {
                    inner.cancel();
                    pending::<Result<(), Failure>>().await
                });
                *inner_reported = Some(inner.await);
                outer.cancel();
                pending::<Result<(), Failure>>().await
            }
        });
        assert_eq!(outer.await, Err(GroupError::Cancelled));
        assert_eq!(inner_reported, Some(Err(GroupError::Cancelled)));
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(bench.settle(&mut work).is_pending());
    handle.cancel("again");
    assert!(matches!(work.poll_until_stalled(), Poll::Ready(Err(cancelled)) if cancelled.reason == "again"));
}

#[test]
fn an_outer_cancel_wins_over_an_error() {
    // C62
    let unheard = Unheard::listen();
    for errors_first in [true, false] {
        let mut bench = Bench::new();
        let spawner = bench.spawner.clone();
        let (fail, fails) = gate();
        let (work, handle) = scope(task_group(&spawner, |group| async move {
            drop(group.spawn(async move { Err::<(), Marked>(fails.await) }));
            pending::<Result<(), Marked>>().await
        }));
        let mut work = Stepped::new(work);
        assert!(bench.settle(&mut work).is_pending());
        fail.send(unheard.error(if errors_first { "before" } else { "after" })).unwrap();
        if errors_first {
            bench.pool.run_until_stalled();
        }
        handle.cancel("stop");
        assert!(matches!(bench.settle(&mut work), Poll::Ready(Err(cancelled)) if cancelled.reason == "stop"));
    }
    assert_eq!(unheard.take()[..1], ["before"], "the error goes to the hook");
}

#[test]
fn cancel_is_idempotent_and_ends_the_group_quietly() {
    // C63
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let child = log.hang::<Result<(), Failure>>("child");
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        drop(group.spawn(child));
        pending::<Result<(), Failure>>()
    }));
    assert!(bench.settle(&mut group).is_pending());
    let handle = kept.recv().unwrap();
    assert_eq!(handle.len(), 1);
    handle.cancel();
    handle.cancel();
    assert_eq!(bench.settle(&mut group), Poll::Ready(Err(GroupError::Cancelled)));
    assert!(log.has("child ends"));
    handle.cancel();
    assert!(handle.is_empty() && handle.is_closed());
}

#[test]
fn a_group_cancelled_before_its_first_child_gives_the_bodys_result_if_there_is_one() {
    // C63
    let mut bench = Bench::new();
    let mut group = Stepped::new(task_group(&Nowhere, |group| async move {
        group.cancel();
        Ok::<_, Failure>("body")
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok("body")));
}

#[test]
fn a_group_dropped_at_any_await_leaves_no_child_behind() {
    for children in [1, 3] {
        drop_at_every_await_between(|| {
            let Bench { pool, spawner } = Bench::new();
            let log = Log::default();
            let inside = log.clone();
            let group = async move {
                let started = task_group(&spawner, |group| async move {
                    for _ in 0..children {
                        inside.write("spawned");
                        drop(group.spawn(inside.hang::<Result<(), Failure>>("child")));
                        Yield::default().await;
                    }
                    group.cancel();
                    Ok(())
                });
                started.await.unwrap();
            };
            let pool = Rc::new(RefCell::new(pool));
            let stepped = pool.clone();
            let check = move |_end| {
                pool.borrow_mut().run_until_stalled();
                let lines = log.lines();
                let count = |wanted: &str| lines.iter().filter(|line| *line == wanted).count();
                assert_eq!(count("spawned"), count("child ends"), "a child was left behind: {lines:?}");
            };
            (group, move |_polls| stepped.borrow_mut().run_until_stalled(), check)
        });
    }
}
