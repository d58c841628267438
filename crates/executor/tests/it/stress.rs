//! Everything at once, in a random order that a seed replays. Each body that is made is dropped, each exit that is due runs, each panic
//! is told once, each task ends.

use futures::channel::oneshot;
use motet_cancel::guard;
use motet_executor::{
    Executor, Task, TaskError, WeakExecutor, block_on, current, spawn, spawn_blocking, task as options, yield_now,
};
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::future::{pending, ready};
use std::panic::resume_unwind;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;

/// A small generator of numbers (xorshift), so that a seed is a run.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn fork(&mut self) -> Self {
        Self(self.roll(u64::MAX) | 1)
    }
}

/// Counts what comes and goes.
#[derive(Default)]
struct Count {
    bodies: AtomicUsize,
    exits_due: AtomicUsize,
    exits_run: AtomicUsize,
    /// Those whose time may run out.
    exits_limited: AtomicUsize,
    panics: AtomicUsize,
    /// To whoever awaited the task.
    panics_given: AtomicUsize,
}

impl Count {
    fn add(count: &AtomicUsize) {
        count.fetch_add(1, Ordering::SeqCst);
    }

    fn given<T>(&self, result: Result<T, TaskError>) {
        if matches!(result, Err(TaskError::Panicked(_))) {
            Self::add(&self.panics_given);
        }
    }
}

/// Counted while it lives.
struct Body(Arc<Count>);

impl Body {
    fn new(count: &Arc<Count>) -> Self {
        Count::add(&count.bodies);
        Self(count.clone())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One task: does some of everything, as the dice say.
fn task(mut dice: Dice, count: Arc<Count>, depth: usize) -> futures::future::BoxFuture<'static, u64> {
    let body = Body::new(&count);
    Box::pin(async move {
        let _body = body;
        Count::add(&count.exits_due);
        let _guard = guard(count.clone(), |count: Arc<Count>, _| async move {
            yield_now().await;
            Count::add(&count.exits_run);
        });
        for _ in 0..dice.roll(4) {
            let roll = dice.roll(14);
            let mut child = || task(dice.fork(), count.clone(), depth - 1);
            match (roll, depth) {
                (0, _) => {
                    Count::add(&count.panics);
                    // Without the standard hook's report.
                    resume_unwind(Box::new("as the dice say"));
                }
                (1, _) => pending().await,
                (2, 1..) => drop(spawn(child())),
                (3, 1..) => spawn(child()).detach(),
                (4, 1..) => {
                    let child = spawn(child());
                    child.cancel_with("as the dice say");
                    count.given(child.await);
                }
                (5, 1..) => {
                    let child = options().eager().name("eager").spawn(child());
                    Count::add(&count.exits_limited);
                    child.cancel_with_grace("as the dice say", yield_now());
                    count.given(child.await);
                }
                (6, 1..) => {
                    let children = [child(), child()];
                    let Some(executor) = current() else { continue };
                    for child in executor.spawn_many(children) {
                        child.detach();
                    }
                }
                (7, _) => {
                    let (sender, receiver) = oneshot::channel();
                    spawn(async move { sender.send(()) }).detach();
                    let _ = receiver.await;
                }
                (8, _) => {
                    // A wake from a thread that is no worker.
                    let (sender, receiver) = oneshot::channel();
                    let held = Body::new(&count);
                    spawn_blocking(move || drop((sender.send(()), held))).detach();
                    let _ = receiver.await;
                }
                (9, _) => {
                    let held = Body::new(&count);
                    count.given(spawn_blocking(move || drop(held)).await);
                }
                (10, _) => block_on(yield_now()),
                _ => yield_now().await,
            }
        }
        dice.roll(100)
    })
}

/// One life of an executor.
fn life(seed: u64) {
    let mut dice = Dice(seed);
    let (sender, panics_told) = mpsc::channel();
    let executor = Executor::builder()
        .threads(1 + dice.roll(4) as usize)
        .blocking_threads(1 + dice.roll(3) as usize)
        .on_panic(move |panic| {
            let _ = sender.send(panic.id());
        })
        .build()
        .unwrap();
    let count = Arc::new(Count::default());
    let tasks: Vec<Task<u64>> = (0..40).map(|_| executor.spawn(task(dice.fork(), count.clone(), 3))).collect();
    let handles: Vec<_> = tasks.iter().map(Task::handle).collect();
    let canceller = thread::spawn({
        let handles = handles.clone();
        let mut dice = dice.fork();
        move || {
            for handle in handles {
                if dice.roll(2) == 0 {
                    handle.cancel();
                }
            }
        }
    });
    for task in tasks {
        match dice.roll(4) {
            0 => drop(task),
            1 => task.detach(),
            2 => match executor.block_on(async { futures::poll!(task) }) {
                Poll::Ready(result) => count.given(result),
                Poll::Pending => {}
            },
            _ => executor.block_on(yield_now()),
        }
    }
    canceller.join().unwrap();
    let mut all_exits_run = true;
    if dice.roll(2) == 0 {
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0, "seed {seed}");
        assert!(executor.tasks().is_empty(), "seed {seed}");
    } else if dice.roll(2) == 0 {
        // What the limit leaves is dropped without its exits.
        all_exits_run = executor.block_on(executor.shutdown(ready(()))) == 0;
    }
    drop(executor);
    // The hook goes with the last task: until then the channel is open.
    let panics_told = panics_told.iter().count();
    assert!(handles.iter().all(motet_executor::TaskHandle::is_finished), "seed {seed}: a task has not ended");
    let read = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    assert_eq!(read(&count.bodies), 0, "seed {seed}: a body was leaked");
    assert_eq!(panics_told + read(&count.panics_given), read(&count.panics), "seed {seed}: a panic is told once");
    let (due, run) = (read(&count.exits_due), read(&count.exits_run));
    let may_be_missing = if all_exits_run { read(&count.exits_limited) } else { due };
    assert!((due - may_be_missing..=due).contains(&run), "seed {seed}: {run} of {due} exits ran");
}

#[test]
fn every_body_is_dropped_and_every_exit_runs() {
    (1..=300u64).for_each(|n| life(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
}

#[test]
fn tasks_that_are_spawned_while_another_thread_closes_all_end() {
    for round in 0..50 {
        let executor = Executor::builder().threads(1 + round % 3).build().unwrap();
        let count = Arc::new(Count::default());
        let spawns = {
            let (weak, count) = (executor.downgrade(), count.clone());
            move || {
                let (weak, count) = (weak.clone(), count.clone());
                async move {
                    while let Some(executor) = weak.upgrade().filter(|executor| !executor.is_closed()) {
                        let body = Body::new(&count);
                        let child = executor.spawn(async move {
                            let _body = body;
                            pending::<()>().await;
                        });
                        child.detach();
                        drop(executor);
                        yield_now().await;
                    }
                }
            }
        };
        executor.spawn(spawns()).detach();
        let closer = thread::spawn({
            let executor = executor.clone();
            move || {
                for _ in 0..round % 7 {
                    thread::yield_now();
                }
                executor.close();
            }
        });
        // On a worker's thread, on the guest's, and on one that is neither.
        let elsewhere = thread::spawn({
            let spawns = spawns.clone();
            move || futures::executor::block_on(spawns())
        });
        executor.block_on(spawns());
        elsewhere.join().unwrap();
        closer.join().unwrap();
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0, "round {round}");
        assert_eq!(count.bodies.load(Ordering::SeqCst), 0, "round {round}");
    }
}

/// A task that has tasks of two executors for its own.
fn across(
    mut dice: Dice,
    count: Arc<Count>,
    executors: [WeakExecutor; 2],
    depth: usize,
) -> futures::future::BoxFuture<'static, ()> {
    let body = Body::new(&count);
    Box::pin(async move {
        let _body = body;
        Count::add(&count.exits_due);
        let _guard = guard(count.clone(), |count: Arc<Count>, _| async move {
            yield_now().await;
            Count::add(&count.exits_run);
        });
        let mut kept = Vec::new();
        for _ in 0..dice.roll(6) {
            let there = executors[dice.roll(2) as usize].upgrade().filter(|_| depth > 0);
            let child =
                there.map(|there| there.spawn(across(dice.fork(), count.clone(), executors.clone(), depth - 1)));
            match (dice.roll(6), child) {
                (0, Some(child)) => drop(child),
                (1, Some(child)) => child.detach(),
                (2, Some(child)) => {
                    child.cancel();
                    drop(child.await);
                }
                (3, Some(child)) => drop(child.await),
                (4, _) => pending().await,
                (_, child) => kept.extend(child),
            }
            yield_now().await;
        }
    })
}

#[test]
fn executors_whose_tasks_own_tasks_of_each_other_both_end() {
    for round in 0..60 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ round << 20);
        let count = Arc::new(Count::default());
        let [one, other] = [(); 2].map(|()| Executor::builder().threads(2 + dice.roll(2) as usize).build().unwrap());
        let executors = [one.downgrade(), other.downgrade()];
        for n in 0..30 {
            let spawned_by = [&one, &other][n % 2];
            spawned_by.spawn(across(dice.fork(), count.clone(), executors.clone(), 4)).detach();
        }
        (0..dice.roll(10)).for_each(|_| thread::yield_now());
        // From outside, or by the root of one while the other's is closed.
        let both = async { futures::join!(one.shutdown(pending()), other.shutdown(pending())) };
        let left = if round % 2 == 0 { block_on(both) } else { one.block_on(both) };
        assert_eq!(left, (0, 0), "round {round}");
        let read = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        assert_eq!(read(&count.bodies), 0, "round {round}");
        assert_eq!(read(&count.exits_run), read(&count.exits_due), "round {round}");
    }
}
