//! Wakers that panic: no drop of ours panics for them, and what was asked for is done.

use futures::future::{FutureExt as _, LocalBoxFuture};
use futures::task::{FutureObj, Spawn, SpawnError};
use motet_combinators::{LocalScope, TimeoutScope, WaitSet, gather, task_group, wait};
use motet_test::{waker_that_panics_when_dropped, waker_that_panics_when_woken};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Keeps what it is given for as long as the process lives.
struct Keep;

impl Spawn for Keep {
    fn spawn_obj(&self, child: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        std::mem::forget(child);
        Ok(())
    }
}

/// Each pending, with a clone of the waker it is polled with.
fn waits() -> Vec<(&'static str, LocalBoxFuture<'static, ()>)> {
    vec![
        ("gather", gather((0..20).map(|_| pending::<()>())).map(drop).boxed_local()),
        ("wait", async { drop(wait(&mut WaitSet::from_iter([pending::<()>()]), |_: &()| true).await) }.boxed_local()),
        ("local scope", async { LocalScope::new().run(pending::<()>()).await }.boxed_local()),
        (
            "timeout scope",
            async { TimeoutScope::new(Duration::from_secs(3600)).run(pending()).await.unwrap() }.boxed_local(),
        ),
        ("group", task_group(&Keep, |_| pending::<Result<(), ()>>()).map(drop).boxed_local()),
        (
            "drained",
            task_group(&Keep, |group| async move {
                drop(group.spawn(pending::<Result<(), ()>>()));
                group.drained().await;
                Ok(())
            })
            .map(drop)
            .boxed_local(),
        ),
        (
            "group task",
            async {
                let child = std::cell::Cell::new(None);
                let mut group = pin!(task_group(&Keep, |group| {
                    child.set(Some(group.spawn(pending::<Result<(), ()>>())));
                    pending::<Result<(), ()>>()
                }));
                let noop = &mut Context::from_waker(std::task::Waker::noop());
                assert!(group.as_mut().poll(noop).is_pending());
                child.take().unwrap().await.unwrap();
            }
            .boxed_local(),
        ),
    ]
}

#[test]
fn a_dropped_future_does_not_panic_for_the_drop_of_its_waker() {
    for (name, mut wait) in waits() {
        let waker = waker_that_panics_when_dropped();
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "{name}");
        // If nobody else has a clone, it panics here, and nothing was tested.
        drop(waker);
        assert!(catch_unwind(AssertUnwindSafe(|| drop(wait))).is_ok(), "{name}");
    }
}

#[test]
fn a_deadline_is_moved_and_a_child_spawned_although_the_waker_panics() {
    let waker = waker_that_panics_when_woken();
    let limit = TimeoutScope::new(Duration::from_secs(3600));
    let mut run = pin!(limit.run(pending::<()>()));
    assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(limit.reschedule(None), Ok(()));

    let scope = LocalScope::new();
    let mut run = pin!(scope.run(pending::<()>()));
    assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut child = scope.spawn(async { 7 });
    assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut child = pin!(poll_fn(|cx| child.poll_unpin(cx)));
    assert_eq!(child.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())), Poll::Ready(Ok(7)));
}
