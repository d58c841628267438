//! Tasks that own one another: a cancel comes to its end all the same.

use crate::tasks::one_thread;
use futures::channel::oneshot;
use motet_cancel::{Outcome, guard};
use motet_executor::{Executor, LocalExecutor, Task, TaskHandle, spawn, yield_now};
use std::future::pending;
use std::pin::Pin;
use std::sync::mpsc::{self, Sender};

/// Takes another task for its own, and never ends; its guard tells of its end.
async fn owns(other: oneshot::Receiver<Task<()>>, told: Sender<Outcome>) {
    let _guard = guard(told, |told: Sender<Outcome>, outcome| async move {
        yield_now().await;
        told.send(outcome).unwrap();
    });
    let _other = other.await.unwrap();
    pending::<()>().await;
}

/// Takes another task for its own, and never ends; once it is cancelled, it waits for the other's result.
async fn awaits_in_its_cleanup(other: oneshot::Receiver<Task<()>>, told: Sender<Outcome>) {
    let _guard =
        guard((other, told), |(other, told): (oneshot::Receiver<Task<()>>, Sender<Outcome>), outcome| async move {
            told.send(outcome).unwrap();
            let _ended = other.await.unwrap().await;
        });
    pending::<()>().await;
}

/// So many tasks, each of which owns the next, the last the first.
fn ring(
    length: usize,
    told: &Sender<Outcome>,
    spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) -> Task<()>,
) -> Vec<TaskHandle> {
    let (senders, tasks): (Vec<_>, Vec<_>) = (0..length)
        .map(|_| {
            let (sender, other) = oneshot::channel();
            (sender, spawn(Box::pin(owns(other, told.clone()))))
        })
        .unzip();
    close_ring(senders, tasks)
}

/// Gives each the next.
fn close_ring(senders: Vec<oneshot::Sender<Task<()>>>, tasks: Vec<Task<()>>) -> Vec<TaskHandle> {
    let handles = tasks.iter().map(Task::handle).collect();
    let mut next = tasks;
    next.rotate_left(1);
    senders.into_iter().zip(next).for_each(|(sender, task)| assert!(sender.send(task).is_ok()));
    handles
}

#[test]
fn tasks_that_own_each_other_in_a_ring_end_when_one_of_them_is_cancelled() {
    for length in 1..5 {
        let executor = one_thread();
        let (told, outcomes) = mpsc::channel();
        let handles = executor.block_on(async {
            let handles = ring(length, &told, spawn);
            yield_now().await;
            assert!(handles[0].cancel());
            for _ in 0..10 * length {
                yield_now().await;
            }
            handles
        });
        assert!(handles.iter().all(TaskHandle::is_finished), "a ring of {length}");
        assert_eq!(outcomes.try_iter().count(), length, "each ran its cleanup");
    }
}

#[test]
fn a_shutdown_without_a_limit_ends_tasks_that_own_each_other() {
    for threads in [1, 3] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (told, outcomes) = mpsc::channel();
        for round in 0..300 {
            ring(2 + round % 3, &told, |task| executor.spawn(task));
        }
        drop(told);
        if threads == 1 {
            executor.block_on(yield_now());
        }
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0, "{threads} threads");
        assert!(outcomes.iter().count() <= 900);
    }
}

#[test]
fn tasks_whose_cleanups_await_each_other_in_a_ring_are_dropped_at_the_limit_of_a_shutdown() {
    // In some of the rings every other task has been dropped where the one before ends, and is awaited for no result.
    for (threads, length, owned) in [(1, 1, 0), (1, 2, 0), (1, 2, 1), (1, 4, 2), (3, 3, 0), (3, 4, 2)] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (told, outcomes) = mpsc::channel();
        let (senders, tasks): (Vec<_>, Vec<_>) = (0..length)
            .map(|n| {
                let (sender, other) = oneshot::channel();
                let eager = executor.task().eager();
                let is_owner = n % 2 == 1 && n / 2 < owned;
                let task = match is_owner {
                    true => eager.spawn(owns(other, told.clone())),
                    false => eager.spawn(awaits_in_its_cleanup(other, told.clone())),
                };
                (sender, task)
            })
            .unzip();
        drop(told);
        let handles = close_ring(senders, tasks);
        executor.block_on(yield_now());
        // Each has begun its cleanup, but for those that wait for it.
        let limit = async {
            let mut begun = 0;
            while begun < length - owned {
                begun += outcomes.try_iter().count();
                yield_now().await;
            }
        };
        let dropped = executor.block_on(executor.shutdown(limit));
        assert!((1..=length).contains(&dropped), "{dropped} of {length}, {threads} threads");
        assert!(handles.iter().all(TaskHandle::is_finished), "{threads} threads, {length} in the ring");
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    }
}

#[test]
fn tasks_of_a_local_executor_and_of_another_own_each_other() {
    let (executor, local) = (one_thread(), LocalExecutor::new());
    let (told, outcomes) = mpsc::channel();
    let is_local = std::cell::Cell::new(false);
    let handles = executor.block_on(local.run(async {
        let handles =
            ring(4, &told, |task| if is_local.replace(!is_local.get()) { local.spawn(task) } else { spawn(task) });
        yield_now().await;
        yield_now().await;
        assert!(handles[0].cancel());
        for _ in 0..100 {
            yield_now().await;
        }
        handles
    }));
    assert!(handles.iter().all(TaskHandle::is_finished));
    assert_eq!(outcomes.try_iter().count(), 4);
}

#[test]
fn a_task_that_owns_another_ends_after_it() {
    let executor = one_thread();
    let (told, outcomes) = mpsc::channel();
    let (task, owned) = executor.block_on(async {
        let (sender, other) = oneshot::channel();
        let (_never, nobody) = oneshot::channel();
        let (task, owned) = (spawn(owns(other, told.clone())), spawn(owns(nobody, told.clone())));
        let handle = owned.handle();
        assert!(sender.send(owned).is_ok());
        yield_now().await;
        task.cancel();
        while !task.is_finished() {
            yield_now().await;
        }
        (task, handle)
    });
    assert!(owned.is_finished() && task.is_finished());
    assert_eq!(outcomes.try_iter().count(), 2);
}
