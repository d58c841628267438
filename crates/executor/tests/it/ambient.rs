//! Spawning without a handle.

use crate::tasks::{guarded, one_thread};
use futures::executor::block_on as plainly;
use futures::task::{FutureObj, Spawn, SpawnError, SpawnExt};
use motet_cancel::Outcome;
use motet_executor::{
    Executor, PanicHook, SpawnTask, TaskError, TaskHandle, block_on, current, current_spawner, enter_spawner,
    enter_task_spawner, spawn, spawn_blocking, task, yield_now,
};
use std::collections::VecDeque;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};

/// A scheduler of one thread, stepped by hand: polls everything, woken or not.
#[derive(Clone, Default)]
struct ByHand(Arc<Mutex<VecDeque<FutureObj<'static, ()>>>>);

impl Spawn for ByHand {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push_back(future);
        Ok(())
    }
}

impl ByHand {
    /// Polls each future once; says how many are left.
    fn step(&self) -> usize {
        let due = std::mem::take(&mut *self.0.lock().unwrap());
        for mut future in due {
            let _entered = enter_spawner(self.clone());
            if std::pin::Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                self.0.lock().unwrap().push_back(future);
            }
        }
        self.0.lock().unwrap().len()
    }
}

#[test]
fn spawning_without_an_executor_panics_with_advice() {
    let panic = catch_unwind(|| drop(spawn(async {}))).unwrap_err();
    assert!(panic.downcast::<&str>().unwrap().contains("no executor"));
    assert!(current().is_none());
}

#[test]
fn tasks_spawn_onto_the_executor_that_polls_them() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let task = executor.spawn(async {
        let inner = spawn(async { spawn(async { 7 }).await.unwrap() });
        inner.await.unwrap()
    });
    assert_eq!(executor.block_on(task).unwrap(), 7);
}

#[test]
fn blocking_threads_know_their_executor() {
    let executor = one_thread();
    let task = executor.spawn_blocking(|| spawn(async { 7 }));
    assert_eq!(executor.block_on(async { task.await.unwrap().await }).unwrap(), 7);
}

#[test]
fn the_ambient_spawner_runs_our_tasks() {
    let by_hand = ByHand::default();
    let entered = enter_spawner(by_hand.clone());
    let task = task().name("stepped").spawn(async {
        yield_now().await;
        spawn(async { 7 }).await.unwrap()
    });
    drop(entered);
    assert_eq!(task.name(), Some("stepped"));
    while by_hand.step() > 0 {}
    assert_eq!(block_on(task).unwrap(), 7);
}

#[test]
fn a_task_of_the_ambient_spawner_cleans_up_when_it_is_cancelled() {
    let by_hand = ByHand::default();
    let entered = enter_spawner(by_hand.clone());
    let (told, outcome) = mpsc::channel();
    let task = spawn(guarded(told, 2));
    drop(entered);
    by_hand.step();
    assert!(task.cancel());
    while by_hand.step() > 0 {}
    assert!(outcome.try_recv().is_ok());
    assert!(matches!(block_on(task), Err(TaskError::Cancelled(_))));
}

#[test]
fn a_spawner_that_drops_its_tasks_drops_ours() {
    let by_hand = ByHand::default();
    let entered = enter_spawner(by_hand.clone());
    let (waiting, unpolled) = (spawn(pending::<()>()), spawn(pending::<()>()));
    drop(entered);
    let last = by_hand.0.lock().unwrap().pop_back();
    by_hand.step();
    drop(last);
    drop(by_hand);
    assert!(matches!(block_on(waiting), Err(TaskError::Cancelled(_))));
    assert!(matches!(block_on(unpolled), Err(TaskError::Cancelled(_))));
}

#[test]
fn a_spawner_with_many_threads_runs_our_tasks() {
    let pool = Executor::builder().threads(3).build().unwrap();
    let entered = enter_spawner(pool.clone());
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            spawn(async move {
                yield_now().await;
                n
            })
        })
        .collect();
    let blocking = spawn_blocking(|| 50);
    drop(entered);
    let sum: i32 = tasks.into_iter().map(|task| block_on(task).unwrap()).sum();
    assert_eq!(sum + block_on(blocking).unwrap(), 5000);
}

#[test]
fn the_innermost_ambience_counts() {
    let (outer, inner) = (one_thread(), ByHand::default());
    outer.block_on(async {
        let entered = enter_spawner(inner.clone());
        let task = spawn(async { 7 });
        assert_eq!(inner.step(), 0);
        assert_eq!(task.await.unwrap(), 7);
        drop(entered);
        assert!(current().is_some());
    });
    assert!(current().is_none());
}

#[test]
fn a_spawner_that_a_root_holds_is_not_that_of_the_tasks_beside_it() {
    for threads in [1, 2] {
        let (executor, by_hand) = (Executor::builder().threads(threads).build().unwrap(), ByHand::default());
        executor.block_on(async {
            let entered = enter_spawner(by_hand.clone());
            let yields = executor.spawn(async {
                yield_now().await;
                (current().is_some(), spawn(async { 7 }).await.unwrap())
            });
            assert_eq!(yields.await.unwrap(), (true, 7));
            yield_now().await;
            let of_the_root = spawn(async { 8 });
            assert_eq!(by_hand.step(), 0);
            assert_eq!(of_the_root.await.unwrap(), 8);
            drop(entered);
            assert_eq!(spawn(async { 9 }).await.unwrap(), 9);
        });
        assert_eq!(by_hand.step(), 0);
    }
}

#[test]
fn a_spawner_that_is_entered_on_each_worker_is_that_of_the_tasks() {
    let (elsewhere, by_hand) = (one_thread(), ByHand::default());
    let enters = by_hand.clone();
    let executor = Executor::builder().threads(1).on_enter(move || enter_spawner(enters.clone())).build().unwrap();
    executor.block_on(async {
        let entered = enter_spawner(elsewhere.clone());
        let spawned = executor.spawn(async { Some(spawn(async { 7 })) }).await.unwrap();
        assert_eq!(by_hand.step(), 0);
        assert_eq!(spawned.unwrap().await.unwrap(), 7);
        drop(entered);
    });
}

/// Keeps what it is given, and panics.
struct Panics(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Panics {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(future);
        panic!("full");
    }
}

#[test]
fn a_task_whose_spawner_panics_is_cancelled_and_cleans_up() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let _entered = enter_spawner(Panics(kept.clone()));
    let (told, outcome) = mpsc::channel();
    let spawns = || motet_executor::task().eager().spawn(guarded(told, 1));
    assert!(catch_unwind(AssertUnwindSafe(spawns)).is_err());
    let kept = kept.lock().unwrap().pop().unwrap();
    plainly(kept);
    assert!(matches!(outcome.try_recv(), Ok(Outcome::Cancelled(_))));
}

#[test]
fn the_executor_is_a_spawner() {
    let executor = one_thread();
    let (sender, receiver) = mpsc::channel();
    executor.spawn_obj(FutureObj::new(Box::new(async move { sender.send(7).unwrap() }))).unwrap();
    let handle = executor.spawn_with_handle(async { 8 }).unwrap();
    assert_eq!(executor.block_on(handle), 8);
    assert_eq!(receiver.recv(), Ok(7));
    executor.close();
    assert!(executor.status().unwrap_err().is_shutdown());
    assert!(executor.spawn_obj(FutureObj::new(Box::new(async {}))).unwrap_err().is_shutdown());
}

#[test]
fn a_weak_handle_does_not_keep_the_executor_open() {
    let executor = one_thread();
    let weak = executor.downgrade();
    assert!(weak.upgrade().is_some());
    drop(executor);
    assert!(weak.upgrade().is_none());
}

/// Refuses every task, and keeps the handles.
#[derive(Clone, Default)]
struct Refusing(Arc<Mutex<Vec<TaskHandle>>>);

impl SpawnTask for Refusing {
    fn spawn_task(&self, run: FutureObj<'static, ()>, task: &TaskHandle) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(task.clone());
        drop(run);
        Err(SpawnError::shutdown())
    }
}

#[test]
fn a_task_spawner_is_told_of_each_task_and_may_refuse_it() {
    let refusing = Refusing::default();
    let _entered = enter_task_spawner(refusing.clone());
    let refused = task().name("reader").spawn(async {});
    let line = line!() - 1;
    assert!(matches!(block_on(refused), Err(TaskError::Cancelled(_))));
    let told = refusing.0.lock().unwrap();
    assert_eq!((told[0].name(), told[0].location().line()), (Some("reader"), line));
    assert!(told[0].is_finished());
}

/// Runs tasks on an executor, and hears of their panics itself.
struct Hearing(Executor, mpsc::Sender<String>);

impl SpawnTask for Hearing {
    fn spawn_task(&self, run: FutureObj<'static, ()>, _task: &TaskHandle) -> Result<(), SpawnError> {
        self.0.spawn_obj(run)
    }

    fn on_panic(&self) -> PanicHook {
        let heard = self.1.clone();
        PanicHook::new(move |panic| heard.send(panic.to_string()).unwrap())
    }
}

#[test]
fn a_task_spawner_hears_of_panics_that_nobody_awaits() {
    let (sender, heard) = mpsc::channel();
    let _entered = enter_task_spawner(Hearing(one_thread(), sender));
    task().name("unlucky").eager().spawn(async { panic!("no luck") }).detach();
    let heard_of = heard.try_recv().expect("it ran at once");
    assert!(heard_of.contains("'unlucky'") && heard_of.ends_with("no luck"), "{heard_of}");
    let awaited = task().eager().spawn(async { panic!("no luck") });
    assert!(matches!(block_on(awaited), Err::<(), _>(TaskError::Panicked(_))));
    assert!(heard.try_recv().is_err(), "who awaits it hears of it");
}

#[test]
fn the_current_spawner_is_the_ambient_one_or_the_executor_and_refuses_when_that_is_closed() {
    let by_hand = ByHand::default();
    let entered = enter_spawner(by_hand.clone());
    let spawner = current_spawner().expect("one was entered");
    drop(entered);
    assert!(current_spawner().is_none());
    let task = spawner.spawn_with_handle(async { 7 }).unwrap();
    assert_eq!(by_hand.step(), 0);
    assert_eq!(block_on(task), 7);

    let executor = one_thread();
    let spawner = executor.block_on(async { current_spawner().expect("an executor polls us") });
    assert!(spawner.status().is_ok());
    executor.close();
    assert!(spawner.status().unwrap_err().is_shutdown());
    assert!(spawner.spawn(async {}).unwrap_err().is_shutdown());
}
