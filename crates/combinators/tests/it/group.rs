//! `task_group`: rows C52 to C63, on an executor that a test steps by hand.

use crate::support::{Log, gate};
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::{FutureObj, Spawn, SpawnError};
use motet_cancel::scope;
use motet_combinators::{Closed, GroupError, TaskGroup, task_group};
use motet_test::{Stepped, assert_send, assert_sync};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

assert_send!(TaskGroup<std::cell::Cell<u8>>, motet_combinators::GroupTask<u8>);
assert_sync!(TaskGroup<std::cell::Cell<u8>>);

type Failure = &'static str;

/// A group on a pool, both stepped by hand.
struct Bench {
    pool: LocalPool,
    spawner: LocalSpawner,
}

impl Bench {
    fn new() -> Self {
        let pool = LocalPool::new();
        let spawner = pool.spawner();
        Self { pool, spawner }
    }

    /// Steps the group and its children until nothing moves any more.
    fn settle<F: Future>(&mut self, group: &mut Stepped<F>) -> Poll<F::Output> {
        loop {
            if let Poll::Ready(output) = group.poll_until_stalled() {
                return Poll::Ready(output);
            }
            self.pool.run_until_stalled();
            if !group.is_woken() {
                return Poll::Pending;
            }
        }
    }
}

#[test]
fn a_group_ends_after_its_children() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (open, opened) = gate();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async move {
            opened.await;
            Ok::<_, Failure>(())
        }));
        Ok("body")
    }));
    assert!(bench.settle(&mut group).is_pending());
    open.send(()).unwrap();
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok("body")));
}

#[test]
fn the_body_may_await_its_children() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        let (one, two) = (group.spawn(async { Ok::<_, Failure>(1) }), group.spawn(async { Ok(2) }));
        Ok(one.await.unwrap() + two.await.unwrap())
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(3)));
}

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
fn a_childs_error_cancels_its_siblings_and_the_body() {
    // C53
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let (sibling, body) = (log.hang::<Result<(), Failure>>("sibling"), log.hang::<Result<(), Failure>>("body"));
    let (fail, fails) = gate();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(sibling));
        drop(group.spawn(async move { Err::<(), _>(fails.await) }));
        body.await
    }));
    assert!(bench.settle(&mut group).is_pending());
    fail.send("no").unwrap();
    assert_eq!(bench.settle(&mut group), Poll::Ready(Err(GroupError::Failed(vec!["no"]))));
    assert!(log.has("sibling ends") && log.has("body ends"), "{:?}", log.lines());
}

#[test]
fn a_child_that_has_not_started_is_cancelled_by_the_bodys_error() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async { Err::<(), _>("child") }));
        Err::<(), _>("body")
    }));
    let Poll::Ready(Err(error)) = bench.settle(&mut group) else { panic!("it did not fail") };
    assert_eq!(error.errors(), ["body"]);
}

/// An executor whose tasks the test polls.
#[derive(Clone, Default)]
struct ByHand(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for ByHand {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(future);
        Ok(())
    }
}

#[test]
fn the_bodys_own_error_joins_the_groups_and_all_errors_are_kept() {
    // C56
    let spawner = ByHand::default();
    let tasks = spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        for error in ["one", "two"] {
            drop(group.spawn(async move { Err::<(), Failure>(error) }));
        }
        crate::support::Yield::default().await;
        // The first child fails in this poll of the body, and cancels the second.
        for task in tasks.0.lock().unwrap().split_off(0) {
            task.await;
        }
        Err::<(), _>("body")
    }));
    assert!(group.poll().is_pending());
    let Poll::Ready(Err(error)) = group.poll_until_stalled() else { panic!("it did not fail") };
    assert_eq!(error.errors(), ["one", "body"]);
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
fn groups_nest_and_an_inner_error_reaches_the_outer_as_one() {
    // C57
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let inner = task_group_of_two_failures();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(inner));
        Ok(())
    }));
    let Poll::Ready(Err(GroupError::Failed(errors))) = bench.settle(&mut group) else { panic!("it did not fail") };
    assert_eq!(errors, [GroupError::Failed(vec!["inner"])]);
}

/// A group with a pool of its own, so that it may be a child on another.
async fn task_group_of_two_failures() -> Result<(), GroupError<Failure>> {
    task_group(&Nowhere, |group| async move {
        drop(group.spawn(pending::<Result<(), _>>()));
        Err("inner")
    })
    .await
}

/// An executor that is shut down.
struct Nowhere;

impl Spawn for Nowhere {
    fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        Err(SpawnError::shutdown())
    }
}

#[test]
fn an_inner_group_that_was_only_cancelled_adds_no_error() {
    // C57
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(task_group(&Nowhere, |inner| async move {
            inner.cancel();
            pending::<Result<(), Failure>>().await
        })));
        Ok("body")
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok("body")));
}

#[test]
fn children_are_finished_before_a_panic_goes_on() {
    // C58
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let sibling = log.hang::<Result<(), Failure>>("sibling");
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(sibling));
        drop(group.spawn(async { if true { panic!("child panicked") } else { Ok(()) } }));
        pending::<Result<(), Failure>>().await
    }));
    let panic = catch_unwind(AssertUnwindSafe(|| bench.settle(&mut group))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "child panicked");
    assert!(log.has("sibling ends"));
}

#[test]
fn a_panic_of_the_body_waits_for_the_children() {
    // C58
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let child = log.hang::<Result<(), Failure>>("child");
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(child));
        crate::support::Yield::default().await;
        panic!("body panicked");
        #[expect(unreachable_code, reason = "it says what the output would be")]
        Ok(())
    }));
    assert!(group.poll().is_pending());
    bench.pool.run_until_stalled();
    let panic = catch_unwind(AssertUnwindSafe(|| bench.settle(&mut group))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "body panicked");
    assert!(log.has("child ends"));
}

#[test]
fn a_panic_of_an_exit_wins_over_the_cancellation() {
    // C55
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async {
            let _guard = motet_cancel::guard((), async |(), _| panic!("exit panicked"));
            pending::<Result<(), Failure>>().await
        }));
        crate::support::Yield::default().await;
        Err::<(), _>("body")
    }));
    assert!(group.poll().is_pending());
    bench.pool.run_until_stalled();
    let panic = catch_unwind(AssertUnwindSafe(|| bench.settle(&mut group))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "exit panicked");
}

#[test]
fn spawning_into_an_ending_or_finished_group_drops_the_future_unpolled() {
    // C59
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        async move {
            group.cancel();
            let late = group.spawn(async { if true { unreachable!("polled") } else { Ok(()) } });
            Ok::<_, Failure>(late.await)
        }
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(Err(Closed))));
    let late = kept.recv().unwrap().spawn(async { if true { unreachable!("polled") } else { Ok(()) } });
    assert_eq!(Stepped::new(late).poll(), Poll::Ready(Err(Closed)));
}

#[test]
fn children_may_spawn_into_their_group() {
    // C60
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (sent, seen) = mpsc::channel();
    fn spawn(group: TaskGroup<Failure>, n: u32, sent: mpsc::Sender<u32>) {
        let inside = group.clone();
        drop(group.spawn(async move {
            sent.send(n).unwrap();
            if n > 0 {
                spawn(inside, n - 1, sent);
            }
            Ok(())
        }));
    }
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        spawn(group, 5, sent);
        Ok(())
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(())));
    assert_eq!(seen.iter().collect::<Vec<_>>(), [5, 4, 3, 2, 1, 0]);
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
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (fail, fails) = gate();
    let (work, handle) = scope(task_group(&spawner, |group| async move {
        drop(group.spawn(async move { Err::<(), Failure>(fails.await) }));
        pending::<Result<(), Failure>>().await
    }));
    let mut work = Stepped::new(work);
    assert!(bench.settle(&mut work).is_pending());
    fail.send("no").unwrap();
    handle.cancel("stop");
    assert!(matches!(bench.settle(&mut work), Poll::Ready(Err(cancelled)) if cancelled.reason == "stop"));
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
fn drained_waits_for_the_last_child() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (open, opened) = gate();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        drop(group.spawn(async move {
            opened.await;
            Ok(())
        }));
        pending::<Result<(), Failure>>()
    }));
    assert!(bench.settle(&mut group).is_pending());
    let kept = kept.recv().unwrap();
    let (mut one, mut two) = (Stepped::new(kept.drained()), Stepped::new(kept.drained()));
    assert!(one.poll().is_pending());
    assert!(two.poll().is_pending());
    drop(one);
    open.send(()).unwrap();
    bench.pool.run_until_stalled();
    assert!(two.is_woken());
    assert!(two.poll().is_ready());
    assert!(Stepped::new(kept.drained()).poll().is_ready());
}

#[test]
fn a_finished_child_leaves_the_group_at_once() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        for _ in 0..10 {
            drop(group.spawn(async { Ok(()) }));
        }
        pending::<Result<(), Failure>>()
    }));
    assert!(group.poll().is_pending());
    let kept = kept.recv().unwrap();
    assert_eq!(kept.len(), 10);
    bench.pool.run_until_stalled();
    assert_eq!(kept.len(), 0);
}

#[test]
fn an_executor_that_is_shut_down_drops_the_child() {
    let mut group =
        Stepped::new(task_group(&Nowhere, |group| async move { Ok::<_, Failure>(group.spawn(async { Ok(1) }).await) }));
    assert_eq!(group.poll_until_stalled(), Poll::Ready(Ok(Err(Closed))));
}
