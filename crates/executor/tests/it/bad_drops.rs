//! What the executor keeps of others may panic where it is dropped: reasons, hooks, drivers. No drop of ours does.

use crate::tasks::one_thread;
use motet_executor::{Driver, Executor, LocalExecutor, Reason, Task, TaskError, yield_now};
use motet_prim::park::Parker;
use std::error::Error;
use std::fmt;
use std::future::pending;
use std::panic::panic_any;
use std::sync::mpsc;
use std::task::Waker;
use std::thread;
use std::time::Duration;

/// Tells of its drop, and panics there.
#[derive(Debug)]
struct Bomb(mpsc::Sender<()>);

impl Bomb {
    fn new() -> (Self, mpsc::Receiver<()>) {
        let (told, heard) = mpsc::channel();
        (Self(told), heard)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        if !thread::panicking() {
            panic_any("bomb");
        }
    }
}

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bomb")
    }
}

impl Error for Bomb {}

#[test]
fn a_reason_may_panic_in_its_drop() {
    let executor = one_thread();
    for polls_first in [false, true] {
        let (bomb, heard) = Bomb::new();
        let task = executor.spawn(pending::<()>());
        let handle = task.handle();
        if polls_first {
            executor.block_on(yield_now());
        }
        assert!(handle.cancel_with(Reason::from_error(bomb)));
        assert!(matches!(executor.block_on(task), Err(TaskError::Cancelled(reason)) if reason == "bomb"));
        assert!(heard.try_recv().is_err(), "the handle keeps the record");
        drop(handle);
        assert_eq!(heard.try_recv(), Ok(()));
    }
}

/// A driver that holds a bomb.
struct Armed(Parker, #[expect(dead_code, reason = "for its drop")] Bomb);

impl Driver for Armed {
    fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
        match limit {
            Some(limit) => drop(self.0.park_for(limit)),
            None => self.0.park(),
        }
    }

    fn poll(&mut self) {}

    fn unparker(&self) -> Waker {
        self.0.unparker().into()
    }
}

#[test]
fn what_an_executor_was_built_with_may_panic_in_its_drop() {
    for threads in [1, 2] {
        let ([driver, on_panic, on_enter], heard): ([Bomb; 3], Vec<_>) = {
            let (one, heard_one) = Bomb::new();
            let (two, heard_two) = Bomb::new();
            let (three, heard_three) = Bomb::new();
            ([one, two, three], vec![heard_one, heard_two, heard_three])
        };
        let executor = Executor::builder()
            .threads(threads)
            .driver(Armed(Parker::new(), driver))
            .on_panic(move |_| drop(on_panic.to_string()))
            .on_enter(move || on_enter.to_string())
            .build()
            .unwrap();
        executor.block_on(yield_now());
        drop(executor);
        assert!(heard.iter().all(|heard| heard.recv() == Ok(())), "{threads} threads");
    }
}

#[test]
fn a_hook_that_outlives_its_executor_may_panic_in_its_drop() {
    let (bomb, heard) = Bomb::new();
    let executor = Executor::builder().threads(1).on_panic(move |_| drop(bomb.to_string())).build().unwrap();
    let tasks: Vec<Task<()>> = (0..2).map(|_| executor.task().eager().spawn(async { panic_any(7) })).collect();
    drop(executor);
    let mut tasks = tasks.into_iter();
    drop(tasks.next());
    assert!(heard.try_recv().is_err());
    drop(tasks.next());
    assert_eq!(heard.try_recv(), Ok(()));

    let (bomb, heard) = Bomb::new();
    let executor = Executor::builder().threads(1).on_panic(move |_| drop(bomb.to_string())).build().unwrap();
    let task: Task<()> = executor.task().eager().spawn(async { panic_any(7) });
    drop(executor);
    assert!(motet_executor::block_on(task).is_err());
    assert_eq!(heard.try_recv(), Ok(()));
}

#[test]
fn the_hook_of_a_local_executor_and_its_order_may_panic_in_their_drops() {
    let (bomb, heard) = Bomb::new();
    let executor = LocalExecutor::new().on_panic(move |_| drop(bomb.to_string()));
    let task: Task<()> = executor.spawn(async { panic_any(7) });
    executor.block_on(yield_now());
    drop(executor);
    drop(task);
    assert_eq!(heard.try_recv(), Ok(()));

    let (bomb, heard) = Bomb::new();
    drop(LocalExecutor::with_order(move |due| bomb.to_string().len() % due));
    assert_eq!(heard.try_recv(), Ok(()));
}
