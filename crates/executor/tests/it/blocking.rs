//! The threads for closures that block.

use crate::tasks::one_thread;
use motet_cancel::{guard, scope};
use motet_executor::{Executor, Task, TaskError, TaskState, block_on, yield_now};
use motet_test::Stepped;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::thread;

#[test]
fn closures_run_at_the_same_time_on_named_threads() {
    let executor = one_thread();
    let barrier = Arc::new(Barrier::new(3));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let barrier = barrier.clone();
            executor.spawn_blocking(move || {
                barrier.wait();
                thread::current().name().map(str::to_owned)
            })
        })
        .collect();
    for task in tasks {
        assert!(executor.block_on(task).unwrap().unwrap().starts_with("motet-blocking-"));
    }
}

#[test]
fn what_exceeds_the_bound_waits_in_a_queue() {
    let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (log, logged) = mpsc::channel();
    let (first_log, second_log) = (log.clone(), log);
    let first = executor.spawn_blocking(move || {
        may_go.recv().unwrap();
        first_log.send(1).unwrap();
    });
    let second = executor.spawn_blocking(move || second_log.send(2).unwrap());
    go.send(()).unwrap();
    executor.block_on(async { (first.await.unwrap(), second.await.unwrap()) });
    assert_eq!(logged.iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_closure_cancelled_before_its_start_never_runs() {
    let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let first = executor.spawn_blocking(move || may_go.recv());
    let second = executor.spawn_blocking(|| unreachable!("it was cancelled"));
    assert!(second.cancel());
    go.send(()).unwrap();
    assert!(executor.block_on(first).unwrap().is_ok());
    assert!(matches!(executor.block_on(second), Err::<(), _>(TaskError::Cancelled(_))));
}

#[test]
fn a_closure_that_has_started_runs_to_its_end() {
    let executor = one_thread();
    let (started, has_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let task = executor.task().name("blocker").spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        7
    });
    has_started.recv().unwrap();
    assert_eq!(task.info().state, TaskState::Running);
    assert!(task.cancel());
    go.send(()).unwrap();
    assert_eq!(
        executor.block_on(task).unwrap(),
        7,
        "what completes in the poll in which the cancel came has completed"
    );
}

#[test]
fn guards_of_closures_run_their_exits() {
    let executor = one_thread();
    let (told, heard) = mpsc::channel();
    let task = executor
        .spawn_blocking(move || drop(guard(told, |told: mpsc::Sender<_>, _| async move { told.send(7).unwrap() })));
    executor.block_on(task).unwrap();
    assert_eq!(heard.try_recv(), Ok(7));
}

#[test]
fn an_exit_that_a_closure_leaves_behind_after_the_close_is_waited_for() {
    let executor = one_thread();
    let (told, heard) = mpsc::channel();
    let (started, has_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let closure = executor.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        // Nobody awaits it: it is dropped outside of the task's scope.
        guard(told, |told: mpsc::Sender<u8>, _| async move {
            for _ in 0..5 {
                yield_now().await;
            }
            told.send(7).unwrap();
        })
    });
    closure.detach();
    has_started.recv().unwrap();
    executor.close();
    go.send(()).unwrap();
    assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
    assert_eq!(heard.try_recv(), Ok(7));
}

#[test]
fn an_exit_that_comes_after_the_close_counts_for_itself_alone() {
    let executor = one_thread();
    let (told, heard) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (stop, may_stop) = mpsc::channel::<()>();
    let (started, have_started) = mpsc::channel();
    let also_started = started.clone();
    let leaves_an_exit = move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        guard(told, |told: mpsc::Sender<u8>, _| async move {
            yield_now().await;
            told.send(7).unwrap();
        })
    };
    let goes_on = move || {
        also_started.send(()).unwrap();
        may_stop.recv().unwrap();
    };
    executor.spawn_blocking(leaves_an_exit).detach();
    executor.spawn_blocking(goes_on).detach();
    (0..2).for_each(|_| have_started.recv().unwrap());
    executor.close();
    go.send(()).unwrap();
    executor.block_on(async {
        let mut shutdown = pin!(executor.shutdown(pending()));
        let mut exits = 0;
        while executor.tasks().len() > 1 || exits == 0 {
            exits += heard.try_iter().count();
            assert!(futures::poll!(shutdown.as_mut()).is_pending(), "a closure goes on");
            yield_now().await;
        }
        assert!(futures::poll!(shutdown.as_mut()).is_pending(), "a closure goes on");
        stop.send(()).unwrap();
        assert_eq!(shutdown.await, 0);
    });
}

#[test]
fn a_thread_serves_many_closures() {
    let executor = Executor::builder().threads(1).blocking_threads(2).build().unwrap();
    let tasks: Vec<_> = (0..500).map(|n| executor.spawn_blocking(move || n)).collect();
    let sum: i32 = tasks.into_iter().map(|task| executor.block_on(task).unwrap()).sum();
    assert_eq!(sum, 124_750);
}

#[test]
fn no_blocking_threads_is_an_error() {
    assert!(Executor::builder().blocking_threads(0).build().is_err());
    assert!(Executor::builder().threads(0).build().is_err());
    assert!(Executor::builder().threads(5000).build().is_err());
}

#[test]
fn an_idle_thread_ends_after_its_time() {
    struct Ends(Option<mpsc::Sender<()>>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.take().into_iter().for_each(|ended| ended.send(()).unwrap());
        }
    }
    thread_local! {
        static ENDS: std::cell::RefCell<Ends> = const { std::cell::RefCell::new(Ends(None)) };
    }
    let executor = Executor::builder().threads(1).blocking_keep_alive(std::time::Duration::ZERO).build().unwrap();
    for _ in 0..3 {
        let (ended, has_ended) = mpsc::channel();
        executor.spawn_blocking(move || ENDS.with(|ends| ends.borrow_mut().0 = Some(ended))).detach();
        assert_eq!(has_ended.recv(), Ok(()));
    }
}

/// An executor whose only blocking thread is busy until the sender is used or dropped.
fn busy() -> (Executor, mpsc::Sender<()>, Task<()>) {
    let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
    let (go, may_go) = mpsc::channel();
    let (started, has_started) = mpsc::channel();
    let task = executor.spawn_blocking(move || {
        started.send(()).unwrap();
        let _ = may_go.recv();
    });
    has_started.recv().unwrap();
    (executor, go, task)
}

#[test]
fn a_closure_cancelled_before_its_start_goes_at_once() {
    let (executor, go, first) = busy();
    let held = Arc::new(());
    let cancel: [fn(&Task<()>) -> bool; 4] = [
        |task| task.cancel_with("enough"),
        |task| task.handle().cancel_with("enough"),
        |task| task.cancel_with_grace("enough", pending()),
        |task| task.handle().cancel_with_grace("enough", pending()),
    ];
    for cancel in cancel {
        let holds = held.clone();
        let task = executor.spawn_blocking(move || unreachable!("it was cancelled: {holds:?}"));
        assert!(cancel(&task));
        assert_eq!(Arc::strong_count(&held), 1, "all threads are busy, and it is gone");
        let Poll::Ready(Err(TaskError::Cancelled(reason))) = Stepped::new(task).poll() else { panic!("it has ended") };
        assert_eq!(reason, "enough");
    }
    let holds = held.clone();
    drop(executor.spawn_blocking(move || unreachable!("it was dropped: {holds:?}")));
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(executor.tasks().len(), 1);
    drop(go);
    block_on(first).unwrap();
}

#[test]
fn closures_keep_their_order_around_those_that_are_cancelled() {
    let (executor, go, _first) = busy();
    let (log, logged) = mpsc::channel();
    let mut tasks: Vec<_> = (0..100)
        .map(|n| {
            let log = log.clone();
            Some(executor.spawn_blocking(move || log.send(n).unwrap()))
        })
        .collect();
    (0..100).filter(|n| n % 3 != 1).for_each(|n| drop(tasks[(n * 7) % 100].take()));
    drop((log, go));
    let left = (0..100).filter(|n| tasks[*n].is_some());
    assert!(logged.iter().eq(left));
}

#[test]
fn whoever_drops_a_closure_that_has_not_started_waits_for_nobody_else() {
    let (executor, _go, _first) = busy();
    let (work, _handle) = scope(async {
        drop(executor.spawn_blocking(|| unreachable!("it was dropped")));
    });
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(())));
}

#[test]
fn guards_of_a_closure_that_never_starts_run_their_exits() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).blocking_threads(1).build().unwrap();
        let (go, may_go) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let first = executor.spawn_blocking(move || {
            started.send(()).unwrap();
            may_go.recv()
        });
        has_started.recv().unwrap();
        let (told, heard) = mpsc::channel();
        let leaves = guard(told, |told: mpsc::Sender<u8>, _| async move {
            for _ in 0..5 {
                yield_now().await;
            }
            told.send(7).unwrap();
        });
        let task = executor.spawn_blocking(move || drop(leaves));
        assert!(task.cancel());
        // With no thread but the one that blocks, that one has to run them.
        let go = (threads > 1).then_some(go);
        assert!(block_on(task).is_err());
        assert_eq!(heard.try_recv(), Ok(7));
        drop(go);
        assert!(block_on(first).unwrap().is_err());
    }
}

#[test]
fn a_cancel_that_is_taken_back_lets_the_closure_run_on_no_other_thread() {
    let (executor, go, _first) = busy();
    let started = || thread::current().name().is_some_and(|name| name.starts_with("motet-blocking-"));
    let tasks: Vec<_> = (0..300).map(|_| executor.spawn_blocking(started)).collect();
    let begin = Barrier::new(2);
    thread::scope(|threads| {
        threads.spawn(|| {
            for task in &tasks {
                begin.wait();
                // As a rule the cancel wins; else the closure stays in line.
                let _is_taken = (0..100).any(|_| task.uncancel().is_err());
            }
        });
        for task in &tasks {
            begin.wait();
            task.cancel();
        }
    });
    drop(go);
    for task in tasks {
        assert!(matches!(block_on(task), Ok(true) | Err(TaskError::Cancelled(_))));
    }
}

#[test]
fn closures_that_are_cancelled_while_they_are_spawned_or_start_all_end() {
    let executor = Executor::builder().threads(2).blocking_threads(2).build().unwrap();
    let held = Arc::new(());
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                for n in 0..500 {
                    let holds = held.clone();
                    let task = executor.spawn_blocking(move || drop(holds));
                    let handle = task.handle();
                    threads.spawn(move || handle.cancel());
                    if n % 2 == 0 {
                        assert!(matches!(block_on(task), Ok(()) | Err(TaskError::Cancelled(_))));
                    } else {
                        task.detach();
                    }
                }
            });
        }
    });
    assert_eq!(block_on(executor.shutdown(pending())), 0);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn closing_ends_the_closures_in_line_beside_one_that_runs() {
    let (executor, go, first) = busy();
    let tasks: Vec<_> = (0..1000).map(|_| executor.spawn_blocking(|| unreachable!("it was cancelled"))).collect();
    executor.close();
    for task in tasks {
        assert!(matches!(Stepped::new(task).poll(), Poll::Ready(Err::<(), _>(TaskError::Cancelled(_)))));
    }
    drop(go);
    block_on(first).unwrap();
}

#[test]
fn a_grace_that_is_refused_is_one_request_all_the_same() {
    let (executor, go, first) = busy();
    let in_line = executor.spawn_blocking(|| ());
    assert!(in_line.cancel_with_grace("enough", pending()));
    assert_eq!(in_line.handle().cancelling(), 1);
    assert!(matches!(executor.block_on(in_line), Err(TaskError::Cancelled(_))));
    drop(go);
    executor.block_on(first).unwrap();
}
