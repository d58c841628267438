//! A panic ends its task and nothing else.

use crate::tasks::one_thread;
use futures::channel::oneshot;
use motet_cancel::guard;
use motet_executor::{Executor, LocalExecutor, Task, TaskError, yield_now};
use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::mpsc::{self, Receiver};

/// Panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_any(self.0);
        }
    }
}

fn reporting(threads: usize) -> (Executor, Receiver<String>) {
    let (sender, receiver) = mpsc::channel();
    let executor = Executor::builder()
        .threads(threads)
        .on_panic(move |panic| drop(sender.send(panic.to_string())))
        .build()
        .unwrap();
    (executor, receiver)
}

fn message<T>(result: Result<T, TaskError>) -> String {
    match result {
        Err(TaskError::Panicked(payload)) => payload.message().unwrap_or("no text").to_owned(),
        Err(other) => panic!("expected a panic, not {other}"),
        Ok(_) => panic!("expected a panic"),
    }
}

#[test]
fn a_panic_reaches_whoever_awaits_the_task() {
    let (executor, reports) = reporting(1);
    let task = executor.spawn(async { panic!("no {}", "luck") });
    assert_eq!(message::<()>(executor.block_on(task)), "no luck");
    assert!(reports.try_recv().is_err(), "it was told already");
}

#[test]
fn a_panic_of_a_detached_task_reaches_the_hook() {
    let (executor, reports) = reporting(1);
    executor.task().name("unlucky").spawn(async { panic!("no luck") }).detach();
    executor.block_on(yield_now());
    let report = reports.try_recv().unwrap();
    assert!(
        report.contains("'unlucky'") && report.contains(file!()) && report.ends_with("panicked: no luck"),
        "{report}"
    );
    let thread = std::thread::current();
    assert!(report.starts_with(&format!("thread '{}'", thread.name().unwrap())), "{report}");
}

#[test]
fn an_io_error_tells_the_message_of_the_panic() {
    async fn reads(task: Task<u8>) -> io::Result<u8> {
        Ok(task.await?)
    }
    let (executor, _reports) = reporting(1);
    let error = executor.block_on(reads(executor.spawn(async { panic!("no luck") }))).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::Other, "the task panicked: no luck"));
}

#[test]
fn a_panic_that_nobody_came_for_reaches_the_hook() {
    let (executor, reports) = reporting(1);
    let task = executor.spawn(async { panic!("unseen") });
    executor.block_on(yield_now());
    assert!(task.is_finished());
    assert!(reports.try_recv().is_err(), "somebody may come yet");
    drop(task);
    assert!(reports.try_recv().unwrap().ends_with("unseen"));
}

#[test]
fn the_hook_of_a_local_executor_hears_of_panics_that_nobody_awaits() {
    let (sender, reports) = mpsc::channel();
    let executor = LocalExecutor::new().on_panic(move |panic| drop(sender.send(panic.to_string())));
    executor.spawn(async { panic!("no luck") }).detach();
    executor.block_on(yield_now());
    assert!(reports.try_recv().unwrap().ends_with("panicked: no luck"));
    // The result comes, and is dropped elsewhere, after the executor.
    let task = executor.spawn(async { panic!("none either") });
    executor.block_on(yield_now());
    drop(executor);
    std::thread::spawn(move || drop::<Task<()>>(task)).join().unwrap();
    assert!(reports.recv().unwrap().ends_with("panicked: none either"));
    assert!(reports.recv().is_err(), "and the hook is gone");
}

#[test]
fn a_panic_in_the_drop_of_a_body_is_contained() {
    let (executor, _reports) = reporting(1);
    let task = executor.spawn(async {
        let _bomb = Bomb("dropped");
        pending::<()>().await;
    });
    executor.block_on(async {
        yield_now().await;
        task.cancel();
        assert_eq!(message(task.await), "dropped");
    });
}

#[test]
fn a_panic_in_the_drop_of_an_output_is_contained() {
    let (executor, _reports) = reporting(1);
    executor.spawn(async { Bomb("output of a detached task") }).detach();
    executor.block_on(yield_now());
    let late = executor.task().eager().spawn(async { Bomb("output that was dropped") });
    assert!(late.is_finished());
    drop(late);
    assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
}

#[test]
fn a_panic_in_an_exit_is_the_tasks_panic() {
    let (executor, _reports) = reporting(1);
    let task = executor.spawn(async {
        let _guard = guard((), |(), _| async { panic!("in the exit") });
        pending::<()>().await;
    });
    executor.block_on(async {
        yield_now().await;
        task.cancel();
        assert_eq!(message(task.await), "in the exit");
    });
}

#[test]
fn a_panicking_exit_of_a_dropped_task_reaches_the_hook() {
    let (executor, reports) = reporting(1);
    let task = executor.spawn(async {
        let _guard = guard((), |(), _| async { panic!("in the exit") });
        pending::<()>().await;
    });
    executor.block_on(async {
        yield_now().await;
        drop(task);
    });
    assert!(reports.try_recv().unwrap().ends_with("in the exit"));
}

#[test]
fn a_hook_that_panics_ends_nobody() {
    let executor = Executor::builder().threads(1).on_panic(|_| panic!("in the hook")).build().unwrap();
    executor.spawn(async { panic!("in the task") }).detach();
    executor.block_on(yield_now());
    assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
}

#[test]
fn a_payload_whose_drop_panics_ends_nobody() {
    let (executor, reports) = reporting(1);
    executor.spawn(async { panic_any(Bomb("payload")) }).detach();
    executor.block_on(yield_now());
    assert!(reports.try_recv().unwrap().ends_with("(no text)"));
}

#[test]
fn workers_survive_every_panic() {
    let (executor, reports) = reporting(3);
    for _ in 0..100 {
        executor.spawn(async { panic!("one of many") }).detach();
        executor.spawn(async { Bomb("one of many") }).detach();
    }
    (0..100).for_each(|_| assert!(reports.recv().unwrap().ends_with("one of many")));
    let tasks = executor.spawn_many((0..100).map(|n| async move { n }));
    assert_eq!(tasks.into_iter().map(|task| executor.block_on(task).unwrap()).sum::<i32>(), 4950);
}

#[test]
fn a_panic_of_the_root_leaves_the_seat_in_order() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        executor.block_on(async {
            motet_executor::spawn(async move { sender.send(7) }).detach();
            panic!("root");
        });
    }));
    assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "root");
    assert_eq!(executor.block_on(receiver), Ok(7), "its queues went to the next guest");
}

#[test]
fn a_panic_on_a_blocking_thread_reaches_whoever_awaits_it() {
    let (executor, reports) = reporting(1);
    assert_eq!(message::<()>(executor.block_on(executor.spawn_blocking(|| panic!("blocked")))), "blocked");
    executor.task().name("lost").spawn_blocking(|| panic!("detached")).detach();
    assert!(reports.recv().unwrap().contains("'lost'"));
}
