//! Foreign code that the executor calls, and that comes back to it: drops, hooks, iterators, closures.

use crate::tasks::one_thread;
use futures::executor::block_on as plainly;
use motet_executor::{Executor, LocalExecutor, Task, TaskError, TaskHandle, spawn, spawn_blocking, yield_now};
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};

/// Runs something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_body_that_is_dropped_may_cancel_its_own_task_and_spawn() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (own, (told, heard)) = (Arc::new(Mutex::new(None::<TaskHandle>)), mpsc::channel());
        let last_words = OnDrop({
            let own = own.clone();
            move || {
                let own = own.lock().unwrap().take().unwrap();
                assert!(own.cancel() && !own.is_finished(), "its body is still there");
                let told = told.clone();
                spawn(async move { told.send(7).unwrap() }).detach();
            }
        });
        let task = executor.spawn(async move {
            let _last_words = last_words;
            yield_now().await;
            pending::<()>().await;
        });
        *own.lock().unwrap() = Some(task.handle());
        executor.block_on(async {
            yield_now().await;
            task.cancel();
            assert!(task.await.is_err());
            yield_now().await;
        });
        assert_eq!(heard.recv(), Ok(7));
    }
}

#[test]
fn the_last_handle_may_go_in_the_drop_of_a_result_or_of_a_body_or_in_a_hook() {
    for (threads, by) in [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)] {
        let last = Arc::new(Mutex::new(None::<Executor>));
        let lets_go = {
            let last = last.clone();
            move || drop(last.lock().unwrap().take())
        };
        let hook = lets_go.clone();
        let executor = Executor::builder().threads(threads).on_panic(move |_| hook()).build().unwrap();
        let weak = executor.downgrade();
        let (told, heard) = mpsc::channel::<()>();
        let waits = executor.spawn(async move {
            let _told = told;
            pending::<()>().await;
        });
        let goes = OnDrop(lets_go);
        match by {
            0 => executor.spawn(async move { goes }).detach(),
            1 => executor.spawn(async move { drop(goes) }).detach(),
            _ => executor.spawn(async move { panic!("for the hook") }).detach(),
        }
        waits.detach();
        if threads == 1 {
            executor.block_on(async {
                *last.lock().unwrap() = weak.upgrade();
                yield_now().await;
            });
            drop(executor);
        } else {
            *last.lock().unwrap() = Some(executor);
            // It may have been before; then this one is the last.
            drop(last.lock().unwrap().take().filter(|_| by == 2));
        }
        drop(last.lock().unwrap().take());
        assert!(heard.recv().is_err(), "{threads} threads, {by}: what was left was dropped");
    }
}

#[test]
fn a_closure_that_is_cancelled_may_close_its_executor_as_it_is_dropped() {
    let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
    let ((go, may_go), (started, has_started)) = (mpsc::channel::<()>(), mpsc::channel());
    let busy = executor.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv()
    });
    has_started.recv().unwrap();
    let weak = executor.downgrade();
    let closes = OnDrop(move || {
        let executor = weak.upgrade().unwrap();
        assert!(!executor.tasks().is_empty());
        executor.close();
        assert!(plainly(executor.spawn(async {})).is_err());
    });
    let waits = executor.spawn_blocking(move || drop(closes));
    let behind = executor.spawn_blocking(|| 7);
    assert!(waits.cancel());
    assert!(executor.is_closed() && waits.is_finished() && behind.is_finished());
    go.send(()).unwrap();
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    assert!(plainly(busy).is_ok_and(|received| received.is_ok()));
}

#[test]
fn a_hook_may_spawn_and_wait() {
    let (told, heard) = mpsc::channel();
    let executor = Executor::builder()
        .threads(2)
        .on_panic(move |_| {
            let other = one_thread();
            told.send(other.block_on(async { spawn(async { 7 }).await.unwrap() })).unwrap();
            spawn_blocking(|| {}).detach();
        })
        .build()
        .unwrap();
    executor.spawn(async { panic!("for the hook") }).detach();
    assert_eq!(heard.recv(), Ok(7));
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
}

#[test]
fn a_long_line_of_closures_that_own_each_other_goes_at_once() {
    let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let busy = executor.spawn_blocking(move || may_go.recv());
    let (told, heard) = mpsc::channel::<()>();
    let mut next: Task<()> = executor.spawn_blocking(move || drop(told));
    for _ in 0..100 {
        next = executor.spawn_blocking(move || drop(next));
    }
    drop(next);
    assert!(heard.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Disconnected));
    go.send(()).unwrap();
    assert!(executor.block_on(busy).is_ok());
}

#[test]
fn a_local_body_may_wake_and_cancel_others_as_its_executor_is_dropped() {
    let executor = LocalExecutor::new();
    let handles = Arc::new(Mutex::new(Vec::<TaskHandle>::new()));
    for _ in 0..3 {
        let others = handles.clone();
        let last_words = OnDrop(move || {
            let others = others.lock().unwrap().clone();
            others.iter().for_each(|other| assert!(other.cancel() || other.is_finished()));
        });
        let task = executor.spawn(async move {
            let _last_words = last_words;
            pending::<()>().await;
        });
        handles.lock().unwrap().push(task.handle());
        task.detach();
    }
    executor.block_on(yield_now());
    drop(executor);
    assert!(handles.lock().unwrap().iter().all(TaskHandle::is_finished));
}

#[test]
fn a_panic_in_the_drop_of_a_result_that_comes_after_the_task_was_dropped_is_contained() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (go, may_go) = futures::channel::oneshot::channel::<()>();
        let task = executor.task().eager().spawn(async move {
            let _ = may_go.await;
            OnDrop(|| panic!("bomb"))
        });
        // It completes in the poll in which it is cancelled, or is cancelled first; its result goes with nobody to hear of it.
        go.send(()).unwrap();
        task.handle().cancel();
        drop(task);
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
        assert!(matches!(plainly(executor.spawn(async {})), Err(TaskError::Cancelled(_))));
    }
}
