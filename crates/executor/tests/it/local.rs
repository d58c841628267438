//! The executor of one thread.

mod options;
mod runners;

use crate::tasks::guarded;
use futures::channel::oneshot;
use futures::task::{LocalFutureObj, LocalSpawn, LocalSpawnExt, SpawnExt};
use motet_cancel::{guard, guard_local, scope_local};
use motet_executor::{Executor, LocalExecutor, TaskError, TaskState, block_on, yield_now};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};

/// Tells on which thread it was dropped, through what it borrows.
struct Borrows<'a>(&'a RefCell<Vec<ThreadId>>);

impl Drop for Borrows<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(thread::current().id());
    }
}

#[test]
fn tasks_may_borrow_and_need_not_be_send() {
    let log = RefCell::new(Vec::new());
    let executor = LocalExecutor::new();
    executor.block_on(async {
        let tasks: Vec<_> = (0..3)
            .map(|n| {
                let log = &log;
                executor.spawn(async move {
                    log.borrow_mut().push(n);
                    yield_now().await;
                    log.borrow_mut().push(n);
                    Rc::new(n)
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(*task.await.unwrap(), n);
        }
    });
    assert_eq!(*log.borrow(), [0, 1, 2, 0, 1, 2], "first in, first out");
}

#[test]
fn tasks_left_over_go_on_at_the_next_call() {
    let executor = LocalExecutor::new();
    let steps = Rc::new(Cell::new(0));
    let inside = steps.clone();
    executor
        .spawn(async move {
            loop {
                inside.set(inside.get() + 1);
                yield_now().await;
            }
        })
        .detach();
    executor.block_on(yield_now());
    let before = steps.get();
    executor.block_on(yield_now());
    assert!(steps.get() > before);
}

#[test]
fn wakes_come_from_any_thread() {
    let executor = LocalExecutor::new();
    for _ in 0..100 {
        let (sender, receiver) = oneshot::channel();
        let task = executor.spawn(receiver);
        let waker = thread::spawn(move || sender.send(7));
        assert_eq!(executor.block_on(task).unwrap(), Ok(7));
        waker.join().unwrap().unwrap();
    }
}

#[test]
fn dropping_the_executor_drops_every_body_on_its_thread() {
    let dropped = RefCell::new(Vec::new());
    let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
    let executor = LocalExecutor::new();
    for _ in 0..3 {
        let borrows = Borrows(&dropped);
        let wakers = wakers.clone();
        executor
            .spawn(async move {
                let _borrows = borrows;
                std::future::poll_fn(|cx| {
                    wakers.lock().unwrap().push(cx.waker().clone());
                    Poll::<()>::Pending
                })
                .await;
            })
            .detach();
    }
    executor.block_on(yield_now());
    let unpolled = Borrows(&dropped);
    executor.spawn(async move { drop(unpolled) }).detach();
    drop(executor);
    assert_eq!(*dropped.borrow(), [thread::current().id(); 4]);
    let wakers = std::mem::take(&mut *wakers.lock().unwrap());
    thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().unwrap();
}

#[test]
fn wakes_race_with_the_drop_of_the_executor() {
    for _ in 0..200 {
        let dropped = RefCell::new(Vec::new());
        let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
        let executor = LocalExecutor::new();
        for _ in 0..4 {
            let (borrows, wakers) = (Borrows(&dropped), wakers.clone());
            executor
                .spawn(async move {
                    let _borrows = borrows;
                    std::future::poll_fn(|cx| {
                        wakers.lock().unwrap().push(cx.waker().clone());
                        Poll::<()>::Pending
                    })
                    .await;
                })
                .detach();
        }
        executor.block_on(yield_now());
        let racing = std::mem::take(&mut *wakers.lock().unwrap());
        let barrier = Arc::new(Barrier::new(2));
        let waker = thread::spawn({
            let barrier = barrier.clone();
            move || {
                barrier.wait();
                racing.into_iter().for_each(Waker::wake);
            }
        });
        barrier.wait();
        drop(executor);
        assert_eq!(*dropped.borrow(), [thread::current().id(); 4]);
        waker.join().unwrap();
    }
}

#[test]
fn tasks_of_a_dropped_executor_end_as_cancelled() {
    let executor = LocalExecutor::new();
    let polled = executor.spawn(pending::<()>());
    executor.block_on(yield_now());
    let unpolled = executor.spawn(pending::<()>());
    let handle = polled.handle();
    drop(executor);
    assert!(handle.is_finished());
    assert!(!handle.cancel());
    for task in [polled, unpolled] {
        assert!(
            matches!(block_on(task), Err(TaskError::Cancelled(reason)) if reason == "its executor is closed or gone")
        );
    }
}

#[test]
fn a_task_that_was_cancelled_before_its_executor_was_dropped_says_why() {
    let executor = LocalExecutor::new();
    let polled = executor.spawn(pending::<()>());
    executor.block_on(yield_now());
    let unpolled = executor.spawn(pending::<()>());
    let taken_back = executor.spawn(pending::<()>());
    for task in [&polled, &unpolled, &taken_back] {
        assert!(task.cancel_with("enough"));
    }
    assert_eq!(taken_back.uncancel(), Ok(0));
    drop(executor);
    for (task, why) in [(polled, "enough"), (unpolled, "enough"), (taken_back, "its executor is closed or gone")] {
        assert!(matches!(block_on(task), Err(TaskError::Cancelled(reason)) if reason == why));
    }
}

#[test]
fn a_forgotten_executor_leaves_its_tasks_alone() {
    let (sender, receiver) = oneshot::channel::<()>();
    let executor = LocalExecutor::new();
    let task = executor.spawn(receiver);
    executor.block_on(yield_now());
    std::mem::forget(executor);
    thread::spawn(move || sender.send(())).join().unwrap().unwrap();
    assert!(Stepped::new(task).poll().is_pending());
}

#[test]
fn a_run_dropped_after_it_was_notified_keeps_no_wake_to_itself() {
    let executor = LocalExecutor::new();
    let (sender, receiver) = oneshot::channel::<()>();
    let ran = Rc::new(Cell::new(false));
    let inside = ran.clone();
    executor
        .spawn(async move {
            receiver.await.unwrap();
            inside.set(true);
        })
        .detach();
    let mut first = Stepped::new(executor.run(pending::<()>()));
    let mut second = Stepped::new(executor.run(pending::<()>()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    sender.send(()).unwrap();
    assert!(first.is_woken());
    drop(first);
    assert!(second.is_woken());
    assert!(second.poll().is_pending());
    assert!(ran.get());
}

#[test]
fn a_cancelled_task_runs_its_local_cleanup_first() {
    let executor = LocalExecutor::new();
    let done = Rc::new(Cell::new(false));
    let resource = done.clone();
    let task = executor.spawn(async move {
        let _guard = guard_local(resource, |done: Rc<Cell<bool>>, _| async move {
            yield_now().await;
            done.set(true);
        });
        pending::<()>().await;
    });
    executor.block_on(async {
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
    });
    assert!(done.get());
}

#[test]
fn exits_left_behind_outside_of_a_tasks_scope_become_tasks() {
    let executor = LocalExecutor::new();
    let done = Rc::new(Cell::new(0));
    for _ in 0..2 {
        // The output of a detached task is dropped outside of the task's scope.
        let resource = done.clone();
        executor
            .spawn(
                async move { guard_local(resource, |done: Rc<Cell<i32>>, _| async move { done.set(done.get() + 1) }) },
            )
            .detach();
    }
    let (told, heard) = mpsc::channel();
    executor
        .spawn(async move { guard(told, |told: mpsc::Sender<()>, _| async move { told.send(()).unwrap() }) })
        .detach();
    executor.block_on(async {
        for _ in 0..3 {
            yield_now().await;
        }
    });
    assert_eq!((done.get(), heard.try_recv()), (2, Ok(())));
}

#[test]
fn guards_of_a_dropped_executor_go_to_the_scope_around_it() {
    let (told, outcome) = mpsc::channel();
    let executor = LocalExecutor::new();
    executor.spawn(guarded(told, 2)).detach();
    executor.block_on(yield_now());
    let (work, _handle) = scope_local(async move { drop(executor) });
    block_on(work).unwrap();
    assert!(outcome.try_recv().is_ok());
}

#[test]
fn panics_of_bodies_stay_inside_when_the_executor_is_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the drop of a body");
        }
    }
    let executor = LocalExecutor::new();
    for _ in 0..2 {
        executor
            .spawn(async {
                let _bomb = Bomb;
                pending::<()>().await;
            })
            .detach();
    }
    let bomb = Bomb;
    executor.block_on(async { yield_now().await });
    executor.spawn(async move { drop(bomb) }).detach();
    drop(executor);
}

#[test]
fn a_local_executor_runs_inside_of_a_task() {
    let pool = Executor::builder().threads(1).build().unwrap();
    let sum = pool.block_on(async {
        let local = LocalExecutor::new();
        let here = Rc::new(1);
        let task = local.spawn(async move { *here });
        local.run(async { task.await.unwrap() + pool.spawn(async { 6 }).await.unwrap() }).await
    });
    assert_eq!(sum, 7);
}

#[test]
fn tasks_of_a_local_executor_hand_nothing_to_the_scope_that_polls_it() {
    let executor = LocalExecutor::new();
    let (told, outcome) = mpsc::channel();
    let stubborn = guard(told, |told: mpsc::Sender<()>, _| async move {
        pending::<()>().await;
        drop(told);
    });
    executor.spawn(async move { drop(stubborn) }).detach();
    let (work, _handle) = scope_local(async { executor.run(yield_now()).await });
    block_on(work).unwrap();
    assert!(outcome.try_recv().is_err(), "it is the task's own to wait for");
}

#[test]
fn the_local_executor_is_a_local_spawner() {
    let executor = LocalExecutor::new();
    let count = Rc::new(Cell::new(0));
    let inside = count.clone();
    executor.spawn_local_obj(LocalFutureObj::new(Box::new(async move { inside.set(1) }))).unwrap();
    let handle = executor.spawn_local_with_handle(async { 2 }).unwrap();
    let sendable = executor.spawn_with_handle(async { 3 }).unwrap();
    assert_eq!(executor.block_on(async { handle.await + sendable.await }) + count.get(), 6);
}

#[test]
fn large_futures_are_dropped_in_place_too() {
    let dropped = RefCell::new(Vec::new());
    let executor = LocalExecutor::new();
    let borrows = Borrows(&dropped);
    executor
        .spawn(async move {
            let _borrows = borrows;
            let large = [7u8; 5000];
            pending::<()>().await;
            assert_eq!(large.len(), 5000);
        })
        .detach();
    executor.block_on(yield_now());
    drop(executor);
    assert_eq!(dropped.borrow().len(), 1);
}

#[test]
fn tasks_are_listed_from_their_spawn_to_their_end() {
    let executor = LocalExecutor::new();
    let waits = executor.spawn(pending::<()>());
    let ends = executor.spawn(async {});
    let line = line!() - 1;
    let states = || executor.tasks().iter().map(|task| task.state).collect::<Vec<_>>();
    assert_eq!(states(), [TaskState::New, TaskState::New]);
    assert_eq!(executor.tasks()[1].location.line(), line);
    executor.block_on(ends).unwrap();
    assert_eq!(states(), [TaskState::Waiting]);
    assert!(!executor.is_empty());
    waits.cancel();
    assert_eq!(states(), [TaskState::Cancelling], "due and listed, it is told once");
    assert!(executor.block_on(waits).is_err());
    assert!(executor.tasks().is_empty() && executor.is_empty());
}
