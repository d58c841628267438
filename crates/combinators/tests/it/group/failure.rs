//! Errors and panics in a group.

use super::{Bench, ByHand, Failure, Nowhere};
use crate::support::{Log, Marked, Unheard, Yield, gate, grumpy};
use motet_cancel::guard;
use motet_combinators::{Closed, GroupError, TaskGroup, task_group};
use motet_test::{Stepped, WakeCount};
use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};

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
fn a_body_that_sees_its_child_fail_in_the_same_poll_adds_no_error() {
    let spawner = ByHand::default();
    let tasks = spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        let child = group.spawn(async { Err::<u32, _>(io::Error::other("disk full")) });
        Yield::default().await;
        // As on another thread: the child fails while the body is being polled.
        let tasks = tasks.0.lock().unwrap().split_off(0);
        for task in tasks {
            task.await;
        }
        Ok(child.await? + 1)
    }));
    assert!(group.poll().is_pending());
    let Poll::Ready(Err(GroupError::Failed(errors))) = group.poll() else { panic!("it did not fail") };
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["disk full"]);
}

#[test]
fn a_body_that_misses_the_value_of_a_cancelled_child_ends_its_group_without_an_error() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        let child = group.spawn(pending::<Result<u32, Closed>>());
        child.cancel("enough");
        child.await
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Err(GroupError::Cancelled)));
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
        let tasks = tasks.0.lock().unwrap().split_off(0);
        for task in tasks {
            task.await;
        }
        Err::<(), _>("body")
    }));
    assert!(group.poll().is_pending());
    let Poll::Ready(Err(error)) = group.poll_until_stalled() else { panic!("it did not fail") };
    assert_eq!(error.errors(), ["one", "body"]);
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
fn an_inner_group_that_was_only_cancelled_adds_no_error_though_it_came_through_a_box() {
    // C57
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |_group| async move {
        let inner = task_group(&Nowhere, |inner| async move {
            inner.cancel();
            pending::<Result<(), std::io::Error>>().await
        });
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(inner.await?)
    }));
    let Poll::Ready(Err(ended)) = bench.settle(&mut group) else { panic!("it has no result") };
    assert!(ended.is_cancelled(), "{ended:?}");
}

#[test]
fn a_result_that_an_error_wins_over_is_cleaned_up_before_the_group_returns() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let log = Log::default();
    let (result, (fail, fails)) = (log.guard("result"), gate());
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async move {
            fails.await;
            Err::<(), _>("child")
        }));
        Ok::<_, Failure>(result)
    }));
    assert!(bench.settle(&mut group).is_pending());
    fail.send(()).unwrap();
    let Poll::Ready(ended) = bench.settle(&mut group) else { panic!("both have ended") };
    assert_eq!(ended.err(), Some(GroupError::Failed(vec!["child"])));
    assert_eq!(log.lines(), ["result begins", "result ends"]);
}

#[test]
fn a_result_that_an_error_of_the_last_moment_wins_over_is_cleaned_up_before_the_group_returns() {
    let (log, tasks) = (Log::default(), ByHand::default());
    let (result, inside) = (log.guard("result"), tasks.clone());
    let mut group = Stepped::new(task_group(&tasks, |group| async move {
        drop(group.spawn(async { Err::<(), _>("child") }));
        Yield::default().await;
        // An exit is polled when the group has its result, and has looked for errors: the child fails in there.
        drop(guard(inside, async |tasks: ByHand, _| {
            let child = tasks.0.lock().unwrap().pop().expect("it was spawned");
            child.await;
        }));
        Ok::<_, Failure>(result)
    }));
    let Poll::Ready(ended) = group.poll_until_stalled() else { panic!("both have ended") };
    assert_eq!(ended.err(), Some(GroupError::Failed(vec!["child"])));
    assert_eq!(log.lines(), ["result begins", "result ends"]);
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
    let unheard = Unheard::listen();
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async {
            let _guard = motet_cancel::guard((), async |(), _| panic!("exit panicked"));
            pending::<Result<(), Marked>>().await
        }));
        crate::support::Yield::default().await;
        Err::<(), _>(unheard.error("body"))
    }));
    assert!(group.poll().is_pending());
    bench.pool.run_until_stalled();
    let panic = catch_unwind(AssertUnwindSafe(|| bench.settle(&mut group))).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "exit panicked");
    assert_eq!(unheard.take(), ["body"], "errors go to the hook");
}

#[test]
fn a_waker_that_panics_costs_no_sibling_its_cancellation_and_nobody_a_wake() {
    let tasks = ByHand::default();
    let handed_out = Arc::new(Mutex::new(None));
    let give = handed_out.clone();
    let mut group = Stepped::new(task_group(&tasks, |group| async move {
        for _ in 0..3 {
            drop(group.spawn(pending::<Result<(), Failure>>()));
        }
        *give.lock().unwrap() = Some(group);
        pending::<Result<(), Failure>>().await
    }));
    assert!(group.poll_until_stalled().is_pending());
    let mut children: Vec<_> = std::mem::take(&mut *tasks.0.lock().unwrap());
    let calm = WakeCount::new();
    let wakers = [grumpy(), calm.waker(), grumpy()];
    for (child, waker) in children.iter_mut().zip(&wakers) {
        assert!(Pin::new(child).poll(&mut Context::from_waker(waker)).is_pending());
    }
    let handle = handed_out.lock().unwrap().take().unwrap();
    let mut waits: Vec<_> = (0..2).map(|_| Box::pin(handle.drained())).collect();
    assert!(waits[0].as_mut().poll(&mut Context::from_waker(&grumpy())).is_pending());
    let drained = WakeCount::new();
    assert!(drained.poll(waits[1].as_mut()).is_pending());

    handle.cancel();
    assert_eq!(calm.count(), 1, "the second child is told to end");
    assert!(group.is_woken());
    for child in &mut children {
        assert!(Pin::new(child).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    children.clear();
    assert_eq!(drained.count(), 1);
    assert_eq!(group.poll_until_stalled(), Poll::Ready(Err(GroupError::Cancelled)));
}

#[test]
fn children_are_cancelled_even_if_the_body_panics_as_it_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the body's drop");
        }
    }
    let tasks = ByHand::default();
    let mut group = Box::pin(task_group(&tasks, |group| async move {
        drop(group.spawn(pending::<Result<(), Failure>>()));
        let _bomb = Bomb;
        pending::<Result<(), Failure>>().await
    }));
    assert!(group.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut child = tasks.0.lock().unwrap().pop().unwrap();
    let wakes = WakeCount::new();
    assert!(wakes.poll(Pin::new(&mut child)).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(group))).is_err());
    assert_eq!(wakes.count(), 1);
    assert!(wakes.poll(Pin::new(&mut child)).is_ready(), "it is cancelled");
}

#[test]
fn a_child_that_never_started_leaves_its_group_when_all_of_it_is_gone() {
    struct Probe(TaskGroup<Failure>, mpsc::Sender<usize>);
    impl Drop for Probe {
        fn drop(&mut self) {
            self.1.send(self.0.len()).unwrap();
        }
    }
    let (report, reports) = mpsc::channel();
    let mut group = Stepped::new(task_group(&Nowhere, |group| async move {
        let probe = Probe(group.clone(), report);
        drop(group.spawn(async move {
            drop(probe);
            Ok(())
        }));
        Ok::<_, Failure>(())
    }));
    assert_eq!(group.poll_until_stalled(), Poll::Ready(Ok(())));
    assert_eq!(reports.try_recv(), Ok(1), "what the child held is dropped while it still counts");
}

#[test]
fn a_panic_before_the_body_exists_drops_the_children() {
    let held = Arc::new(());
    let child_holds = held.clone();
    let mut group = Box::pin(task_group(&Nowhere, |group: TaskGroup<Failure>| -> std::future::Ready<Result<(), _>> {
        drop(group.spawn(async move {
            drop(child_holds);
            Ok(())
        }));
        panic!("no body");
    }));
    let poll = || group.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(catch_unwind(AssertUnwindSafe(poll)).is_err());
    assert_eq!(Arc::strong_count(&held), 1, "the child, which holds its group, is gone");
}
