//! The guest seat, nested calls, and the executor-less `block_on`.

use crate::tasks::{guarded, one_thread};
use futures::channel::oneshot;
use motet_executor::{Executor, LocalExecutor, block_on, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

#[test]
fn the_root_may_borrow_and_need_not_be_send() {
    let executor = one_thread();
    let count = Rc::new(Cell::new(0));
    let text = String::from("borrowed");
    let length = executor.block_on(async {
        count.set(count.get() + 1);
        yield_now().await;
        text.len()
    });
    assert_eq!((length, count.get()), (8, 1));
}

#[test]
fn the_caller_is_a_worker_meanwhile() {
    let executor = one_thread();
    let here = thread::current().id();
    let task = executor.spawn(async { thread::current().id() });
    assert_eq!(executor.block_on(task).unwrap(), here);
    assert_eq!(executor.metrics().workers[0].polls, 1);
}

#[test]
fn the_root_and_the_tasks_take_turns() {
    let executor = one_thread();
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    let inside = log.clone();
    executor
        .spawn(async move {
            for _ in 0..3 {
                inside.lock().unwrap().push("task");
                yield_now().await;
            }
        })
        .detach();
    executor.block_on(async {
        for _ in 0..3 {
            log.lock().unwrap().push("root");
            yield_now().await;
        }
    });
    assert_eq!(*log.lock().unwrap(), ["root", "task", "root", "task", "root", "task"]);
}

#[test]
fn a_root_that_yields_lets_every_ready_task_run_first() {
    let executor = one_thread();
    let ran = Arc::new(std::sync::Mutex::new(0));
    executor.block_on(async {
        for _ in 0..300 {
            let ran = ran.clone();
            spawn(async move { *ran.lock().unwrap() += 1 }).detach();
        }
        yield_now().await;
        assert_eq!(*ran.lock().unwrap(), 300);
    });
}

#[test]
fn what_else_runs_keeps_running_on_the_other_workers() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (sender, receiver) = mpsc::channel();
    executor.block_on(async {
        spawn(async move {
            for _ in 0..100 {
                yield_now().await;
            }
            sender.send(7).unwrap();
        })
        .detach();
    });
    assert_eq!(receiver.recv(), Ok(7));
}

#[test]
fn the_roots_guards_are_cleaned_up_before_it_returns() {
    let executor = one_thread();
    let (told, outcome) = mpsc::channel();
    executor.block_on(async {
        let mut stuck = Box::pin(guarded(told, 3));
        assert!(futures::poll!(stuck.as_mut()).is_pending());
    });
    assert!(outcome.try_recv().is_ok());

    let (told, outcome) = mpsc::channel();
    block_on(async {
        let mut stuck = Box::pin(guarded(told, 3));
        assert!(futures::poll!(stuck.as_mut()).is_pending());
    });
    assert!(outcome.try_recv().is_ok());
}

#[test]
fn callers_beyond_the_seat_get_their_results_too() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let all_inside = Arc::new(Barrier::new(4));
    let callers: Vec<_> = (0..4)
        .map(|n| {
            let (executor, all_inside) = (executor.clone(), all_inside.clone());
            thread::spawn(move || {
                executor.block_on(async {
                    all_inside.wait();
                    spawn_on(&executor, n).await
                })
            })
        })
        .collect();
    let sum: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    assert_eq!(sum, 6);
}

async fn spawn_on(executor: &Executor, n: usize) -> usize {
    executor
        .spawn(async move {
            yield_now().await;
            n
        })
        .await
        .unwrap()
}

#[test]
fn a_waiting_caller_takes_the_seat_that_is_left() {
    let executor = one_thread();
    let (leave, may_leave) = oneshot::channel::<()>();
    let (seated, is_seated) = mpsc::channel();
    let first = thread::spawn({
        let executor = executor.clone();
        move || {
            executor.block_on(async {
                seated.send(()).unwrap();
                may_leave.await
            })
        }
    });
    is_seated.recv().unwrap();
    let (polled, was_polled) = mpsc::channel();
    let second = thread::spawn({
        let executor = executor.clone();
        move || {
            executor.block_on(async {
                polled.send(()).unwrap();
                let (sender, receiver) = oneshot::channel();
                // Nobody but a worker runs this, and the only seat is taken until the first caller leaves it.
                executor.spawn(async move { sender.send(7) }).detach();
                receiver.await
            })
        }
    });
    was_polled.recv().unwrap();
    leave.send(()).unwrap();
    assert_eq!(first.join().unwrap(), Ok(()));
    assert_eq!(second.join().unwrap(), Ok(7));
}

/// A thread that sits in the only seat until it is told to leave.
fn sit_in(executor: &Executor) -> (thread::JoinHandle<()>, oneshot::Sender<()>) {
    let (leave, may_leave) = oneshot::channel::<()>();
    let (seated, is_seated) = mpsc::channel();
    let executor = executor.clone();
    let sitting = thread::spawn(move || {
        executor.block_on(async {
            seated.send(()).unwrap();
            may_leave.await.unwrap();
        });
    });
    is_seated.recv().unwrap();
    (sitting, leave)
}

#[test]
fn a_waiting_caller_spawns_onto_the_executor_that_it_waits_for() {
    let executor = one_thread();
    let (sitting, leave) = sit_in(&executor);
    executor.block_on(async {
        let before = executor.metrics().live_tasks;
        spawn(std::future::pending::<()>()).detach();
        assert_eq!(executor.metrics().live_tasks, before + 1);
        assert!(motet_executor::current().is_some());
    });
    leave.send(()).unwrap();
    sitting.join().unwrap();
}

#[test]
fn a_root_spawns_onto_its_own_executor_whatever_calls_lie_around_it() {
    let (outer, inner) = (one_thread(), one_thread());
    outer.block_on(async {
        let around = spawn({
            let (outer, inner) = (outer.clone(), inner.clone());
            async move {
                inner.block_on(async {
                    outer.block_on(async {
                        let before = outer.metrics().live_tasks;
                        spawn(std::future::pending::<()>()).detach();
                        assert_eq!(outer.metrics().live_tasks, before + 1);
                    });
                    assert_eq!(inner.metrics().live_tasks, 0);
                });
            }
        });
        around.await.unwrap();
    });
}

#[test]
fn a_seat_that_is_left_goes_to_whoever_can_take_it() {
    let executor = one_thread();
    let (sitting, leave) = sit_in(&executor);
    let (polled, was_polled) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    let waiting = executor.clone();
    // It waits for the seat twice, and sleeps in the inner call.
    thread::spawn(move || {
        waiting.block_on(async {
            polled.send(()).unwrap();
            done.send(waiting.block_on(waiting.spawn(async { 7 })).unwrap()).unwrap();
        });
    });
    was_polled.recv().unwrap();
    leave.send(()).unwrap();
    sitting.join().unwrap();
    assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(7), "the inner call has the seat");
}

#[test]
fn a_guest_leaves_its_slot_and_its_ring_to_the_others_panics_included() {
    let executor = Executor::builder().threads(2).build().unwrap();
    for panics in [false, true] {
        let (sender, ran) = mpsc::channel();
        let left = catch_unwind(AssertUnwindSafe(|| {
            executor.block_on(async {
                // The last is in the slot, the others are in the ring.
                for n in 0..10 {
                    let sender = sender.clone();
                    spawn(async move { sender.send(n).unwrap() }).detach();
                }
                assert!(!panics, "out");
            });
        }));
        assert_eq!(left.is_err(), panics);
        drop(sender);
        assert_eq!(ran.iter().sum::<i32>(), 45);
    }
}

#[test]
fn a_nested_call_runs_no_other_task() {
    thread_local! {
        static NESTED: Cell<bool> = const { Cell::new(false) };
    }
    let executor = Executor::builder().threads(2).build().unwrap();
    let task = executor.spawn({
        let executor = executor.clone();
        async move {
            let others = executor.spawn_many((0..100).map(|_| async { NESTED.with(Cell::get) }));
            NESTED.with(|nested| nested.set(true));
            let mut ran_here = false;
            for other in others {
                ran_here |= executor.block_on(other).unwrap();
            }
            NESTED.with(|nested| nested.set(false));
            ran_here
        }
    });
    assert!(!executor.block_on(task).unwrap());
}

#[test]
fn a_nested_call_hands_its_queues_over() {
    let executor = Executor::builder().threads(2).build().unwrap();
    executor.block_on(async {
        let task = spawn(async {
            // In this worker's slot; the nested call blocks until somebody else has run it.
            let (sender, receiver) = oneshot::channel();
            spawn(async move { sender.send(7) }).detach();
            block_on(receiver)
        });
        assert_eq!(task.await.unwrap(), Ok(7));
    });
}

#[test]
fn the_root_of_a_nested_call_wakes_tasks_of_its_worker() {
    let executor = Executor::builder().threads(2).build().unwrap();
    executor.block_on(async {
        let (ping, pinged) = oneshot::channel();
        let (pong, ponged) = oneshot::channel();
        let other = spawn(async move { pong.send(pinged.await) });
        let task = spawn(async {
            block_on(async {
                ping.send(7).unwrap();
                ponged.await
            })
        });
        assert_eq!(task.await.unwrap(), Ok(Ok(7)));
        other.await.unwrap().unwrap();
    });
}

#[test]
fn another_executors_block_on_works_inside_of_a_task() {
    let (outer, inner) = (one_thread(), one_thread());
    let sum = outer.block_on(async { inner.block_on(async { inner.spawn(async { 7 }).await.unwrap() }) });
    assert_eq!(sum, 7);
}

#[test]
fn a_nested_call_on_its_own_local_executor_panics() {
    let executor = LocalExecutor::new();
    let task_panics = executor.block_on(async {
        let inside = async { catch_unwind(AssertUnwindSafe(|| executor.block_on(async {}))).is_err() };
        inside.await
    });
    assert!(task_panics);
    let shared = Rc::new(RefCell::new(None::<&LocalExecutor<'_>>));
    let other = LocalExecutor::new();
    *shared.borrow_mut() = Some(&other);
    assert_eq!(executor.block_on(async { shared.borrow().unwrap().block_on(async { 7 }) }), 7);
}

#[test]
fn a_wake_from_a_foreign_thread_reaches_the_root() {
    let executor = one_thread();
    for _ in 0..100 {
        let (sender, receiver) = oneshot::channel();
        let waker = thread::spawn(move || sender.send(7));
        assert_eq!(executor.block_on(receiver), Ok(7));
        waker.join().unwrap().unwrap();
    }
}

#[test]
fn a_long_poll_of_the_root_keeps_nobody_from_waking_the_others() {
    let executor = Executor::builder().threads(2).build().unwrap();
    for _ in 0..200 {
        let (ran, has_run) = mpsc::channel();
        let (go, gone) = oneshot::channel();
        let spawner = {
            let executor = executor.clone();
            thread::spawn(move || {
                // Whom this wakes is open. If it is the guest, it finds its root ready as well.
                executor.spawn(async move { ran.send(7) }).detach();
                go.send(()).unwrap();
            })
        };
        executor.block_on(async {
            gone.await.unwrap();
            // Blocks the guest: the task is for the other worker.
            let _ = has_run.recv();
        });
        spawner.join().unwrap();
    }
}
