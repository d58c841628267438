//! Under Motet's own executor, whose every task is a scope.

use crate::scene::{Gate, Log};
use futures::{FutureExt, select_biased};
use motet_cancel::frame::{self, Nest};
use motet_cancel::{CancelToken, TaskError, checkpoint, guard_local, scope, shield};
use motet_executor::{Executor, LocalExecutor, block_on};
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::mpsc;

fn two_threads() -> Executor {
    Executor::builder().threads(2).build().unwrap()
}

async fn hold(log: Log, began: mpsc::Sender<()>) {
    let _outer = log.guard("outer");
    let _inner = log.guard("inner");
    began.send(()).unwrap();
    pending::<()>().await;
}

fn expected(outcome: &str) -> Vec<String> {
    ["inner", "outer"].iter().flat_map(|name| [format!("{name}: {outcome}"), format!("{name} ended")]).collect()
}

#[test]
fn a_cancelled_task_ends_after_its_exits() {
    let (log, (began, begun)) = (Log::new(), mpsc::channel());
    let executor = two_threads();
    let task = executor.spawn(hold(log.clone(), began));
    begun.recv().unwrap();
    assert!(task.handle().cancel_with("shutting down"));
    match executor.block_on(task) {
        Err(TaskError::Cancelled(reason)) => assert_eq!(reason, "shutting down"),
        other => panic!("{other:?}"),
    }
    assert_eq!(log.take(), expected("Cancelled(Reason(\"shutting down\"))"));
}

#[test]
fn a_foreign_select_inside_a_task_hands_its_loser_to_the_task() {
    let log = Log::new();
    let (inside, (began, _begun)) = (log.clone(), mpsc::channel());
    let executor = two_threads();
    let task = executor.spawn(async move {
        select_biased! {
            () = hold(inside.clone(), began).fuse() => {}
            () = checkpoint().fuse() => {}
        }
        inside.say("body ended");
    });
    executor.block_on(task).unwrap();
    let mut said = log.take();
    assert!(said.contains(&"body ended".to_owned()));
    said.retain(|line| line != "body ended");
    assert_eq!(said, expected("Dropped"));
}

#[test]
fn dropping_a_task_inside_a_frame_waits_for_its_cleanup() {
    let (log, (began, begun)) = (Log::new(), mpsc::channel());
    let executor = two_threads();
    let task = executor.spawn(hold(log.clone(), began));
    begun.recv().unwrap();
    let mut nest = Nest::new();
    nest.enter(|| drop(task));
    assert!(!nest.is_empty(), "the task handed the wait for its end over");
    block_on(poll_fn(|cx| nest.poll_drain(cx)));
    assert_eq!(log.take().len(), 4);
}

#[test]
fn a_guard_dropped_on_a_worker_outside_of_any_frame_goes_to_its_executor() {
    let log = Log::new();
    let executor = two_threads();
    let (guard, (done, ended)) = (log.guard("reaped"), mpsc::channel());
    let signal = motet_cancel::guard(done, async |done: mpsc::Sender<()>, _outcome| done.send(()).unwrap());
    executor.block_on(executor.spawn(async move { frame::outside(|| drop((guard, signal))) })).unwrap();
    ended.recv().unwrap();
    // The two exits have no order among each other.
    while log.take().last().is_none_or(|line| line != "reaped ended") {
        executor.block_on(executor.spawn(checkpoint())).unwrap();
    }
}

#[test]
fn a_shield_outlives_its_cancelled_task() {
    let executor = two_threads();
    let (gate, (began, begun), (done, ended)) = (Gate::new(), mpsc::channel(), mpsc::channel());
    let wait = gate.clone();
    let task = executor.spawn(async move {
        let shielded = shield(async move {
            began.send(()).unwrap();
            wait.passed().await;
            done.send(7).unwrap();
        });
        shielded.await;
    });
    begun.recv().unwrap();
    task.handle().cancel();
    assert!(executor.block_on(task).is_err(), "the awaiter does not wait for the shield");
    gate.open();
    assert_eq!(ended.recv(), Ok(7));
}

#[test]
fn block_on_is_a_local_scope_and_drains_before_it_returns() {
    let log = Log::new();
    let said = Rc::new(RefCell::new(Vec::new()));
    let inside = Rc::clone(&said);
    let guard = log.guard("send");
    block_on(async move {
        drop(guard);
        drop(guard_local(inside, async |said: Rc<RefCell<Vec<_>>>, outcome| {
            checkpoint().await;
            said.borrow_mut().push(outcome);
        }));
    });
    assert_eq!(log.take(), ["send: Dropped", "send ended"]);
    assert_eq!(*said.borrow(), [motet_cancel::Outcome::Dropped]);
}

#[test]
fn a_nested_block_on_drains_its_own_frame_and_leaves_the_outer_one_alone() {
    let log = Log::new();
    let executor = two_threads();
    let (outer, inner, inside) = (log.guard("outer"), log.guard("inner"), log.clone());
    let task = executor.spawn(async move {
        let _outer = outer;
        block_on(async move { drop(inner) });
        inside.say("blocking call returned");
    });
    executor.block_on(task).unwrap();
    let said = log.take();
    assert_eq!(said, ["inner: Dropped", "inner ended", "blocking call returned", "outer: Dropped", "outer ended"]);
}

#[test]
fn a_local_executors_tasks_run_local_exits() {
    let said = Rc::new(RefCell::new(Vec::new()));
    let local = LocalExecutor::new();
    let inside = Rc::clone(&said);
    let task = local.spawn(async move {
        let _guard = guard_local(inside, async |said: Rc<RefCell<Vec<_>>>, outcome| {
            checkpoint().await;
            said.borrow_mut().push(outcome);
        });
        pending::<()>().await;
    });
    local.block_on(async {
        checkpoint().await;
        task.handle().cancel();
        assert!(task.await.is_err());
    });
    assert_eq!(said.borrow().len(), 1);
}

#[test]
fn a_local_executor_run_inside_a_scope_keeps_its_tasks_guards_out_of_that_scope() {
    let log = Log::new();
    let (guard, inside) = (log.guard("a task's"), log.clone());
    let (work, _handle) = scope(async move {
        let local = LocalExecutor::new();
        let task = local.spawn(async move { drop(guard) });
        local.run(task).await.unwrap();
        inside.say("run returned");
    });
    block_on(work).unwrap();
    assert_eq!(log.take(), ["a task's: Dropped", "a task's ended", "run returned"]);
}

#[test]
fn an_accept_loop_stops_at_a_token_and_its_tasks_clean_up() {
    let (log, stop) = (Log::new(), CancelToken::new());
    let executor = two_threads();
    let (inside, stopping, (began, begun)) = (log.clone(), stop.clone(), mpsc::channel());
    let server = executor.spawn(async move {
        let mut connections = 0;
        while stopping.run_until_cancelled(checkpoint()).await.is_some() {
            connections += 1;
            if connections == 3 {
                began.send(()).unwrap();
            }
        }
        inside.guard("listener").close().await;
        connections
    });
    begun.recv().unwrap();
    stop.cancel();
    assert!(executor.block_on(server).unwrap() >= 3);
    assert_eq!(log.take(), ["listener: Returned", "listener ended"]);
}
