//! Closing, shutting down, and dropping the last handle.

use crate::tasks::{guarded, one_thread};
use futures::channel::oneshot;
use futures::executor::block_on as plainly;
use motet_cancel::{Outcome, guard};
use motet_executor::{Executor, TaskError, spawn, yield_now};
use std::future::{pending, ready};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

/// A future that gives its waker away and never ends.
fn leaks_its_waker(to: Arc<Mutex<Vec<Waker>>>) -> impl Future<Output = ()> + Send {
    std::future::poll_fn(move |cx| {
        to.lock().unwrap().push(cx.waker().clone());
        Poll::Pending
    })
}

#[test]
fn closing_cancels_what_lives_and_refuses_the_rest() {
    for threads in [1, 3] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (told, outcome) = mpsc::channel();
        let (polled, unpolled) = (executor.spawn(guarded(told, 2)), executor.spawn(pending::<()>()));
        executor.block_on(async {
            while polled.info().state != motet_executor::TaskState::Waiting {
                yield_now().await;
            }
        });
        executor.close();
        assert!(executor.is_closed());
        let Err(TaskError::Cancelled(reason)) = executor.block_on(polled) else { panic!("it was cancelled") };
        assert_eq!(reason, "the executor was closed");
        assert!(matches!(outcome.try_recv(), Ok(Outcome::Cancelled(_))));
        assert!(executor.block_on(unpolled).is_err());
        let refused = plainly(executor.spawn(async {}));
        assert!(matches!(refused, Err(TaskError::Cancelled(reason)) if reason == "its executor is closed or gone"));
        assert!(executor.spawn_many([ready(1), ready(2)]).into_iter().all(|task| plainly(task).is_err()));
        assert!(plainly(executor.spawn_blocking(|| {})).is_err());
    }
}

#[test]
fn dropping_the_last_handle_cancels_what_is_left() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (told, outcome) = mpsc::channel();
        executor.task().eager().spawn(guarded(told, 5)).detach();
        drop(executor.clone());
        assert!(outcome.try_recv().is_err());
        drop(executor);
        // Nobody waited for it, but somebody runs it.
        assert!(matches!(outcome.recv(), Ok(Outcome::Cancelled(_))), "{threads} threads");
    }
}

#[test]
fn the_last_handle_may_be_dropped_by_a_task() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (told, outcome) = mpsc::channel();
        let (go, may_go) = oneshot::channel::<()>();
        let last = executor.clone();
        let task = executor.spawn(async move {
            let _ = may_go.await;
            let _guard = guard(told, |told: mpsc::Sender<_>, outcome| async move { told.send(outcome).unwrap() });
            drop(last);
            pending::<()>().await;
        });
        drop(go);
        if threads == 1 {
            executor.block_on(async move {
                yield_now().await;
                yield_now().await;
                drop(task);
            });
            drop(executor);
        } else {
            drop(executor);
            assert!(plainly(task).is_err());
        }
        assert!(outcome.recv().is_ok());
    }
}

#[test]
fn dropping_the_last_handle_inside_of_block_on_does_not_stop_the_root() {
    let executor = Arc::new(Mutex::new(Some(one_thread())));
    let weak = executor.lock().unwrap().as_ref().unwrap().downgrade();
    let (told, outcome) = mpsc::channel();
    let (dropped, is_dropped) = oneshot::channel();
    let (seated, is_seated) = mpsc::channel();
    let blocker = thread::spawn({
        let last = weak.upgrade().unwrap();
        move || {
            // The clone that this thread holds goes away while the root runs.
            let last = Mutex::new(Some(last));
            let executor = last.lock().unwrap().clone().unwrap();
            executor.block_on(async {
                seated.send(()).unwrap();
                drop(last.lock().unwrap().take());
                is_dropped.await
            })
        }
    });
    is_seated.recv().unwrap();
    weak.upgrade().unwrap().task().eager().spawn(guarded(told, 3)).detach();
    drop(executor.lock().unwrap().take());
    dropped.send(7).unwrap();
    assert_eq!(blocker.join().unwrap(), Ok(7));
    assert!(weak.upgrade().is_none());
    assert!(outcome.recv().is_ok());
}

#[test]
fn wakes_after_the_executor_is_gone_do_nothing() {
    for threads in [1, 2] {
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let executor = Executor::builder().threads(threads).build().unwrap();
        let tasks: Vec<_> = (0..10).map(|_| executor.task().eager().spawn(leaks_its_waker(wakers.clone()))).collect();
        drop(executor);
        for task in tasks {
            assert!(plainly(task).is_err());
        }
        let wakers = std::mem::take(&mut *wakers.lock().unwrap());
        assert!(wakers.len() >= 10);
        thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().unwrap();
    }
}

#[test]
fn wakes_race_with_the_end_of_the_executor() {
    for round in 0..200 {
        let (wakers, held) = (Arc::new(Mutex::new(Vec::new())), Arc::new(()));
        let executor = Executor::builder().threads(1 + round % 2).build().unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (waits, held) = (leaks_its_waker(wakers.clone()), held.clone());
                executor.task().eager().spawn(async move {
                    let _held = held;
                    waits.await;
                })
            })
            .collect();
        let racing = std::mem::take(&mut *wakers.lock().unwrap());
        let begin = Arc::new(Barrier::new(2));
        let waker = thread::spawn({
            let begin = begin.clone();
            move || {
                begin.wait();
                racing.into_iter().for_each(Waker::wake);
            }
        });
        begin.wait();
        drop(executor);
        for task in tasks {
            assert!(matches!(plainly(task), Err(TaskError::Cancelled(_))));
        }
        waker.join().unwrap();
        assert_eq!(Arc::strong_count(&held), 1, "each body went before its task ended");
    }
}

#[test]
fn exits_of_the_last_tasks_may_hand_over_more() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (told, heard) = mpsc::channel();
    executor
        .task()
        .eager()
        .spawn(async move {
            let _guard = guard(told, |told: mpsc::Sender<u8>, _| async move {
                yield_now().await;
                let _inner = guard(told, |told: mpsc::Sender<u8>, _| async move {
                    yield_now().await;
                    told.send(7).unwrap();
                });
            });
            pending::<()>().await;
        })
        .detach();
    drop(executor);
    assert_eq!(heard.recv(), Ok(7));
}

#[test]
fn what_a_worker_drops_outside_of_tasks_is_reaped_before_the_end() {
    let executor = one_thread();
    let (told, heard) = mpsc::channel();
    // The output of a detached task is dropped by the worker, outside of the task's own scope.
    executor
        .spawn(async move {
            guard(told, |told: mpsc::Sender<u8>, _| async move {
                yield_now().await;
                told.send(7).unwrap();
            })
        })
        .detach();
    executor.block_on(yield_now());
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    assert_eq!(heard.try_recv(), Ok(7));
}

#[test]
fn tasks_of_a_closed_executor_may_try_to_spawn() {
    let executor = one_thread();
    let (told, heard) = mpsc::channel();
    executor
        .task()
        .eager()
        .spawn(async move {
            let _guard = guard(told, |told: mpsc::Sender<bool>, _| async move {
                told.send(spawn(async {}).await.is_err()).unwrap();
            });
            pending::<()>().await;
        })
        .detach();
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    assert_eq!(heard.try_recv(), Ok(true));
}

#[test]
fn workers_leave_when_the_last_task_has_ended_and_no_handle_waits_for_them() {
    struct Leaves(mpsc::Sender<&'static str>);
    impl Drop for Leaves {
        fn drop(&mut self) {
            self.0.send("left").unwrap();
        }
    }
    let (log, logged) = mpsc::channel();
    let leaves = log.clone();
    let executor = Executor::builder().threads(3).on_enter(move || Leaves(leaves.clone())).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    executor
        .spawn(async move {
            let _guard = guard(log, |log: mpsc::Sender<_>, _| async move { log.send("cleaned up").unwrap() });
            started.send(()).unwrap();
            // A poll that takes its time; the drop below does not wait for it.
            let _ = may_go.recv();
            pending::<()>().await;
        })
        .detach();
    has_started.recv().unwrap();
    drop(executor);
    assert!(logged.try_recv().is_err(), "a task lives still");
    go.send(()).unwrap();
    assert_eq!(logged.iter().collect::<Vec<_>>(), ["cleaned up", "left", "left"]);
}

#[test]
fn a_task_may_close_its_own_executor() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let closes = executor.clone();
        let task = executor.spawn(async move {
            closes.close();
            yield_now().await;
        });
        assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(_))));
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    }
}

#[test]
fn an_eager_task_of_a_closed_executor_is_never_polled() {
    let executor = one_thread();
    executor.close();
    let task = executor.task().eager().spawn(async { unreachable!("it is closed") });
    assert!(matches!(plainly(task), Err::<(), _>(TaskError::Cancelled(_))));
}

#[test]
fn executors_come_and_go_and_leave_neither_threads_nor_state_behind() {
    let (told, heard) = mpsc::channel::<()>();
    for round in 0..200 {
        let held = told.clone();
        // The state has the hook, each worker what it gave.
        let executor = Executor::builder().threads(1 + round % 3).on_enter(move || held.clone()).build().unwrap();
        executor.spawn(pending::<()>()).detach();
        executor.spawn_blocking(|| {}).detach();
        if round % 2 == 0 {
            executor.block_on(yield_now());
        }
    }
    drop(told);
    assert!(heard.recv().is_err());
}
