//! What is seen of threads only by who refuses to start them.

use crate::task::TaskState;
use crate::{Executor, TaskError, block_on};
use motet_cancel::guard;
use std::cell::Cell;
use std::future::pending;
use std::io;
use std::sync::{Arc, mpsc};

std::thread_local! {
    /// So many more the system starts for this thread; as many as it likes by default.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Whether the system starts one for this thread.
pub(crate) fn may_start() -> io::Result<()> {
    let left = LEFT.get();
    LEFT.set(left.saturating_sub(1));
    if left == 0 { Err(io::Error::new(io::ErrorKind::WouldBlock, "no thread to be had")) } else { Ok(()) }
}

/// Runs something that is given so many threads.
pub(crate) fn with_threads<R>(threads: usize, run: impl FnOnce() -> R) -> R {
    LEFT.set(threads);
    let result = run();
    LEFT.set(usize::MAX);
    result
}

#[test]
fn an_executor_that_lacks_a_thread_is_an_error_and_those_that_were_started_end() {
    let (told, heard) = mpsc::channel::<()>();
    let builder = Executor::builder().threads(4).on_enter(move || told.clone());
    let error = with_threads(2, || builder.build()).expect_err("it lacks one");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert!(heard.recv().is_err(), "neither the state nor a worker is left");
}

#[test]
fn without_a_thread_for_the_exits_bodies_are_dropped_all_the_same() {
    let (held, executor) = (Arc::new(()), Executor::builder().threads(1).build().expect("it starts no thread"));
    let tasks = [false, true].map(|is_polled| {
        let resource = guard(held.clone(), |held, _| async move {
            let _held = held;
            pending::<()>().await;
        });
        let body = async move {
            let _resource = resource;
            pending::<()>().await;
        };
        if is_polled { executor.task().eager().spawn(body) } else { executor.spawn(body) }
    });
    assert_eq!(tasks[1].info().state, TaskState::Waiting);
    with_threads(0, || drop(executor));
    assert_eq!(Arc::strong_count(&held), 1);
    for task in tasks {
        assert!(matches!(block_on(task), Err(TaskError::Cancelled(reason)) if reason == "the executor was closed"));
    }
}
