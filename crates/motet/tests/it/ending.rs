//! How a runtime ends.

use motet::cancel::guard;
use motet::channel::oneshot;
use motet::{Runtime, TaskError};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

/// A task that holds a guard for ever, and reports when the guard's exit has run to its end.
fn spawn_holder(report: mpsc::Sender<&'static str>) {
    let holder = async move {
        let _held = guard(report, |report: mpsc::Sender<&'static str>, _outcome| async move {
            motet::sleep(Duration::from_millis(1)).await;
            report.send("cleaned up").expect("the test listens");
        });
        pending::<()>().await;
    };
    motet::task().eager().spawn(holder).detach();
}

#[test]
fn run_returns_what_main_returns() {
    assert_eq!(motet::run(async { 7 }), 7);
}

#[test]
fn run_may_borrow_and_need_not_be_send() {
    let local = std::rc::Rc::new(3);
    assert_eq!(motet::run(async { *local + 1 }), 4);
}

#[test]
fn run_cancels_what_is_left_and_waits_for_its_cleanup() {
    let (report, reports) = mpsc::channel();
    motet::run(async { spawn_holder(report) });
    assert_eq!(reports.try_recv(), Ok("cleaned up"));
}

#[test]
fn a_panic_in_main_comes_out_of_run_after_the_cleanup() {
    let (report, reports) = mpsc::channel();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        motet::run(async {
            spawn_holder(report);
            panic!("main fails");
        });
    }));
    assert_eq!(panicked.expect_err("it panics").downcast_ref(), Some(&"main fails"));
    assert_eq!(reports.try_recv(), Ok("cleaned up"));
}

#[test]
fn run_waits_for_cleanup_no_longer_than_its_grace() {
    let runtime = Runtime::builder().threads(2).grace(Duration::from_millis(5)).build().expect("a thread");
    runtime.run(async {
        let stubborn = async {
            let _held = guard((), |(), _outcome| pending());
            pending::<()>().await;
        };
        motet::task().eager().spawn(stubborn).detach();
    });
}

#[test]
fn shutdown_counts_what_it_had_to_drop() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    let left = runtime.block_on(async {
        let stubborn = async {
            let _held = guard((), |(), _outcome| pending());
            pending::<()>().await;
        };
        motet::task().eager().spawn(stubborn).detach();
        motet::spawn(pending::<()>()).detach();
        runtime.shutdown(Duration::from_millis(5)).await
    });
    assert_eq!(left, 1, "the one without a stubborn guard went by itself");
}

#[test]
fn a_closed_runtime_takes_no_tasks() {
    let runtime = Runtime::builder().threads(1).build().expect("a runtime");
    runtime.block_on(runtime.shutdown(Duration::ZERO));
    let task = runtime.spawn(async {});
    assert!(matches!(runtime.block_on(task), Err(TaskError::Cancelled(_))));
}

#[test]
fn a_runtime_dropped_inside_async_code_neither_blocks_nor_panics() {
    motet::run(async {
        let other = Runtime::builder().threads(2).build().expect("a thread");
        let (sender, receiver) = oneshot::channel::<()>();
        let holder = other.spawn(async move {
            let _sender = sender;
            pending::<()>().await;
        });
        drop(other);
        assert!(matches!(holder.await, Err(TaskError::Cancelled(_))));
        assert!(receiver.await.is_err(), "its captured values are dropped");
    });
}

#[test]
fn what_main_spawned_goes_on_after_block_on() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    let (sender, receiver) = mpsc::channel();
    let (go_on, told) = oneshot::channel();
    runtime.block_on(async {
        let later = async move {
            told.await.expect("the test tells it");
            sender.send("done").expect("the test listens");
        };
        motet::spawn(later).detach();
    });
    go_on.send(()).expect("it waits");
    assert_eq!(receiver.recv(), Ok("done"));
}

#[test]
fn a_runtime_without_threads_is_refused_with_advice() {
    let refused = Runtime::builder().threads(0).build().expect_err("no workers at all");
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}
