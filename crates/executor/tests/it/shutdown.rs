//! Shutting down: to close, and to wait for the end.

use crate::tasks::{guarded, one_thread};
use futures::executor::block_on as plainly;
use motet_cancel::guard;
use motet_executor::{Executor, TaskError, block_on, spawn, yield_now};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_test::{Stepped, WakeCount};
use std::future::{pending, ready};
use std::sync::{Arc, mpsc};
use std::task::Poll;

#[test]
fn a_shutdown_waits_for_the_cleanups() {
    let executor = one_thread();
    let (told, outcome) = mpsc::channel();
    for _ in 0..10 {
        executor.task().eager().spawn(guarded(told.clone(), 5)).detach();
    }
    drop(told);
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    assert_eq!(outcome.iter().count(), 10);
}

/// A task whose cleanup tells that it has begun, and takes no end.
fn stubborn(held: Arc<()>, begun: mpsc::Sender<()>) -> impl Future<Output = ()> + Send {
    let resource = guard(held, move |held: Arc<()>, _| async move {
        let _held = held;
        begun.send(()).unwrap();
        pending::<()>().await;
    });
    async move {
        let _resource = resource;
        pending::<()>().await;
    }
}

#[test]
fn a_shutdown_counts_and_drops_what_its_limit_leaves() {
    let elsewhere = one_thread();
    for (threads, is_guest) in [(1, true), (3, true), (3, false)] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (held, (begun, has_begun)) = (Arc::new(()), mpsc::channel());
        for n in 0..20 {
            executor.spawn(stubborn(held.clone(), begun.clone())).detach();
            executor.task().name(n.to_string()).spawn(pending::<()>()).detach();
        }
        // The limit comes when all cleanups have begun, and all others have ended.
        let limit = async {
            let mut cleanups = 0;
            while cleanups < 20 || executor.tasks().len() > 20 {
                cleanups += has_begun.try_iter().count();
                yield_now().await;
            }
        };
        let by = if is_guest { &executor } else { &elsewhere };
        assert_eq!(by.block_on(executor.shutdown(limit)), 20);
        assert_eq!(Arc::strong_count(&held), 1, "their cleanups were dropped");
        assert!(executor.tasks().is_empty());
    }
}

#[test]
fn a_shutdown_from_outside_ends_at_its_limit() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    executor
        .spawn(async move {
            started.send(()).unwrap();
            may_go.recv()
        })
        .detach();
    has_started.recv().unwrap();
    let left = block_on(executor.shutdown(ready(())));
    assert_eq!(left, 1, "it sits in one long poll");
    go.send(()).unwrap();
    assert_eq!(block_on(executor.shutdown(pending())), 0);
}

#[test]
fn a_shutdown_waits_for_closures_that_block() {
    let executor = one_thread();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let task = executor.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().is_ok()
    });
    has_started.recv().unwrap();
    let mut shutdown = Stepped::new(executor.shutdown(pending()));
    assert!(shutdown.poll().is_pending());
    go.send(()).unwrap();
    assert!(plainly(task).unwrap());
    assert_eq!(block_on(async { shutdown.poll_until_stalled() }), Poll::Ready(0));
}

#[test]
fn a_shutdown_that_is_dropped_leaves_nothing_behind() {
    let executor = one_thread();
    let task = executor.spawn(pending::<()>());
    let wakes = WakeCount::new();
    let mut shutdown = Box::pin(executor.shutdown(pending()));
    assert!(wakes.poll(shutdown.as_mut()).is_pending());
    drop(shutdown);
    assert!(executor.block_on(task).is_err(), "closed it stays");
    assert_eq!(wakes.count(), 0);
    assert_eq!(block_on(executor.shutdown(pending())), 0);
}

#[test]
fn everybody_who_waits_for_the_end_hears_of_it() {
    let executor = one_thread();
    executor.spawn(pending::<()>()).detach();
    let mut waiting: Vec<_> = (0..3).map(|_| Stepped::new(executor.shutdown(pending()))).collect();
    assert!(waiting.iter_mut().all(|shutdown| shutdown.poll().is_pending()));
    executor.block_on(yield_now());
    assert!(waiting.iter().all(|shutdown| shutdown.wakes() == 1));
    assert!(waiting.iter_mut().all(|shutdown| shutdown.poll() == Poll::Ready(0)));
}

#[test]
fn a_task_that_shuts_its_own_executor_down_is_cancelled_itself() {
    let executor = one_thread();
    let own = executor.clone();
    let task = executor.spawn(async move { own.shutdown(pending()).await });
    assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(_))));
    assert!(executor.tasks().is_empty());
}

#[test]
fn a_root_may_block_until_the_others_have_shut_down() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (told, outcome) = mpsc::channel();
    executor.task().eager().spawn(guarded(told, 3)).detach();
    // The root is no task, and its thread no worker while it blocks: all that lives ends on the other one.
    let left = executor.block_on(async {
        spawn(pending::<()>()).detach();
        block_on(executor.shutdown(pending()))
    });
    assert_eq!(left, 0);
    assert!(outcome.try_recv().is_ok());
    assert!(plainly(executor.spawn(async {})).is_err());
}

#[test]
fn a_root_that_blocks_its_thread_for_the_end_of_a_shutdown_waits_for_the_limit() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let task = executor.spawn(pending::<()>());
    executor.block_on(async {
        let mut waits_for_all = Stepped::new(executor.shutdown(pending()));
        assert!(waits_for_all.poll().is_pending());
        let limited = std::thread::scope(|scope| {
            // Its limit comes when there is no task any more.
            let limit = async {
                while !executor.tasks().is_empty() {
                    yield_now().await;
                }
            };
            scope.spawn(|| block_on(executor.shutdown(limit))).join()
        });
        assert_eq!(limited.unwrap(), 0);
        assert!(task.is_finished());
        assert!(!waits_for_all.is_woken(), "this root may have spawned what nobody has seen");
        while !waits_for_all.is_woken() {
            yield_now().await;
        }
        assert_eq!(waits_for_all.poll(), Poll::Ready(0));
    });
}

#[test]
fn a_shutdown_can_be_awaited_on_another_executor() {
    let (one, other) = (Executor::builder().threads(2).build().unwrap(), one_thread());
    one.spawn(pending::<()>()).detach();
    let task = other.spawn(async move { one.shutdown(pending()).await });
    assert_eq!(other.block_on(task).unwrap(), 0);
}

#[test]
fn a_shutdown_from_elsewhere_drops_what_is_left_before_it_returns() {
    const TASKS: usize = 5000;
    let executor = Executor::builder().threads(2).build().unwrap();
    let (held, started) = (Arc::new(()), Arc::new(AtomicUsize::new(0)));
    for _ in 0..TASKS {
        let (held, started) = (held.clone(), started.clone());
        let stays = async move {
            let _guard = guard(held, |_held, _| pending::<()>());
            started.fetch_add(1, Ordering::Relaxed);
            loop {
                yield_now().await;
            }
        };
        executor.spawn(stays).detach();
    }
    // One that was never polled has no cleanup, and may end before it is counted.
    block_on(async {
        while started.load(Ordering::Relaxed) < TASKS {
            yield_now().await;
        }
    });
    assert_eq!(block_on(executor.shutdown(ready(()))), TASKS);
    assert_eq!(Arc::strong_count(&held), 1, "all of it is dropped");
}
