//! What is seen of the blocking threads only by who refuses to start them.

use crate::pool::refusal::with_threads;
use crate::{Executor, TaskError, block_on};
use std::io;
use std::sync::mpsc;

fn executor() -> Executor {
    Executor::builder().threads(1).blocking_threads(2).build().expect("it starts no thread")
}

#[test]
fn closures_without_a_thread_end_with_the_reason_and_later_ones_may_have_one() {
    let executor = executor();
    let refused = with_threads(0, || [1, 2].map(|n| executor.spawn_blocking(move || n)));
    for task in refused {
        let Err(TaskError::Cancelled(reason)) = executor.block_on(task) else { panic!("nobody could run it") };
        assert_eq!(reason, "no thread could be started for a closure that blocks: no thread to be had");
        let error = reason.error().and_then(|error| error.downcast_ref::<io::Error>());
        assert_eq!(error.map(io::Error::kind), Some(io::ErrorKind::WouldBlock));
    }
    assert_eq!(executor.block_on(executor.spawn_blocking(|| 7)).ok(), Some(7));
}

#[test]
fn closures_wait_for_the_threads_there_are() {
    let executor = executor();
    let (go, may_go) = mpsc::channel::<()>();
    let first = executor.spawn_blocking(move || may_go.recv());
    let waits = with_threads(0, || executor.spawn_blocking(|| 7));
    assert!(!waits.is_finished());
    go.send(()).expect("it receives");
    assert!(executor.block_on(first).is_ok_and(|received| received.is_ok()));
    assert_eq!(block_on(waits).ok(), Some(7));
}
