//! What everybody does: spawn, await, cancel, block.

use motet_executor::{Executor, LocalExecutor, TaskError, spawn, yield_now};
use std::future::pending;

#[test]
fn tasks_on_many_threads_give_their_results() {
    let executor = Executor::builder().threads(4).build().unwrap();
    let sum: u64 = executor.block_on(async {
        let tasks: Vec<_> = (0..1000u64)
            .map(|n| {
                spawn(async move {
                    yield_now().await;
                    n
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 499_500);
}

#[test]
fn a_cancelled_task_says_so() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let task = executor.spawn(pending::<()>());
    assert!(task.cancel_with("why"));
    assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(reason)) if reason == "why"));
}

#[test]
fn local_tasks_of_a_dropped_executor_end_as_cancelled() {
    let executor = LocalExecutor::new();
    let polled = executor.spawn(pending::<()>());
    let unpolled = executor.block_on(async {
        yield_now().await;
        executor.spawn(pending::<()>())
    });
    drop(executor);
    assert!(matches!(motet_executor::block_on(polled), Err(TaskError::Cancelled(_))));
    assert!(matches!(motet_executor::block_on(unpolled), Err(TaskError::Cancelled(_))));
}
