//! What runs in the destructor of a thread-local, when those that were first used later are gone.

use crate::tasks::{guarded, one_thread};
use motet_executor::{Executor, LocalExecutor, block_on, enter_spawner, spawn, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::sync::mpsc;
use std::thread;

/// Runs something when its thread is torn down.
struct AtTheEnd(Option<Box<dyn FnOnce()>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|run| run());
    }
}

thread_local! {
    static AT_THE_END: RefCell<AtTheEnd> = const { RefCell::new(AtTheEnd(None)) };
}

/// Runs `run` in a thread that is torn down, after the destructors of all thread-locals that an executor uses.
fn at_the_end_of_a_thread(run: impl FnOnce() + Send + 'static) {
    let thread = thread::spawn(|| {
        // Destructors run in the opposite order of the first uses: this is the first.
        AT_THE_END.with(|end| end.borrow_mut().0 = Some(Box::new(run)));
        let used = one_thread();
        used.block_on(async { spawn(yield_now()).await }).unwrap();
        LocalExecutor::new().block_on(yield_now());
        drop(used.task().eager().spawn(yield_now()));
    });
    thread.join().unwrap();
}

#[test]
fn block_on_works_while_its_thread_is_torn_down() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (tell, told) = mpsc::channel();
        at_the_end_of_a_thread({
            let executor = executor.clone();
            move || {
                let nested = executor.clone();
                let ended = executor.block_on(async move {
                    let task = spawn(async { 7 });
                    let nested = nested.block_on(async { 1 });
                    (task.await, nested)
                });
                let local = LocalExecutor::new();
                tell.send((ended, local.block_on(local.spawn(async { 8 })))).unwrap();
            }
        });
        let ((seven, one), eight) = told.recv().unwrap();
        assert_eq!((seven.unwrap(), one, eight.unwrap()), (7, 1, 8));
        assert_eq!(executor.block_on(executor.spawn(async { 9 })).unwrap(), 9, "the seat was given back");
    }
}

#[test]
fn tasks_start_while_their_thread_is_torn_down() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (tell, told) = mpsc::channel();
    at_the_end_of_a_thread({
        let executor = executor.clone();
        move || {
            let eager = executor.task().eager().spawn(async { spawn(async { 7 }).await.unwrap() });
            let entered = enter_spawner(executor.clone());
            let ambient = spawn(async { 8 });
            drop(entered);
            tell.send((eager, ambient, executor.spawn_blocking(|| 9))).unwrap();
        }
    });
    let (eager, ambient, blocking) = told.recv().unwrap();
    assert_eq!([eager, ambient, blocking].map(|task| block_on(task).unwrap()), [7, 8, 9]);
}

#[test]
fn the_last_handle_may_go_while_its_thread_is_torn_down() {
    for threads in [1, 2] {
        let executor = Executor::builder().threads(threads).build().unwrap();
        let (tell, told) = mpsc::channel();
        at_the_end_of_a_thread(move || {
            executor.task().eager().spawn(guarded(tell, 5)).detach();
            executor.task().eager().spawn(pending::<()>()).detach();
            drop(executor);
        });
        assert!(told.recv().is_ok(), "its cleanup ran");
    }
}

#[test]
fn a_local_executor_may_be_a_thread_local() {
    thread_local! {
        static LOCAL: LocalExecutor<'static> = LocalExecutor::new();
    }
    let (told, heard) = mpsc::channel::<()>();
    let used = thread::spawn(move || {
        let (waits, unpolled) = (told.clone(), told);
        let wait = |told| async move {
            let _told = told;
            pending::<()>().await;
        };
        LOCAL.with(|local| {
            local.spawn(wait(waits)).detach();
            local.block_on(yield_now());
            local.spawn(wait(unpolled)).detach();
        });
    });
    used.join().unwrap();
    assert_eq!(heard.try_recv(), Err(mpsc::TryRecvError::Disconnected), "its tasks went with the thread");
}
