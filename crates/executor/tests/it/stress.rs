//! Everything at once, in a random order that a seed replays: each body that is made is dropped, each task ends.

use futures::channel::oneshot;
use motet_cancel::guard;
use motet_executor::{Executor, Task, spawn, yield_now};
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::future::{pending, ready};
use std::panic::resume_unwind;
use std::sync::{Arc, mpsc};
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
}

/// Counted while it lives.
struct Body(Arc<Count>);

impl Body {
    fn new(count: &Arc<Count>) -> Self {
        count.bodies.fetch_add(1, Ordering::SeqCst);
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
        count.exits_due.fetch_add(1, Ordering::SeqCst);
        let _guard = guard(count.clone(), |count: Arc<Count>, _| async move {
            yield_now().await;
            count.exits_run.fetch_add(1, Ordering::SeqCst);
        });
        for _ in 0..dice.roll(4) {
            match dice.roll(8) {
                // Without the standard hook's report.
                0 => resume_unwind(Box::new("as the dice say")),
                1 => pending().await,
                2 if depth > 0 => drop(spawn(task(dice.fork(), count.clone(), depth - 1))),
                3 if depth > 0 => spawn(task(dice.fork(), count.clone(), depth - 1)).detach(),
                4 if depth > 0 => {
                    let child = spawn(task(dice.fork(), count.clone(), depth - 1));
                    child.cancel_with("as the dice say");
                    let _ = child.await;
                }
                5 => {
                    let (sender, receiver) = oneshot::channel();
                    spawn(async move { sender.send(()) }).detach();
                    let _ = receiver.await;
                }
                6 => {
                    let held = Body::new(&count);
                    let _ = motet_executor::spawn_blocking(move || drop(held)).await;
                }
                _ => yield_now().await,
            }
        }
        dice.roll(100)
    })
}

/// One life of an executor.
fn life(seed: u64) {
    let mut dice = Dice(seed);
    let (sender, panics) = mpsc::channel();
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
    let canceller = thread::spawn({
        let handles: Vec<_> = tasks.iter().map(Task::handle).collect();
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
            2 => drop(executor.block_on(async { futures::poll!(task) })),
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
    panics.iter().for_each(drop);
    assert_eq!(count.bodies.load(Ordering::SeqCst), 0, "seed {seed}: a body was leaked");
    let (due, run) = (count.exits_due.load(Ordering::SeqCst), count.exits_run.load(Ordering::SeqCst));
    assert!(run == due || !all_exits_run && run < due, "seed {seed}: {run} of {due} exits ran");
}

#[test]
fn every_body_is_dropped_and_every_exit_runs() {
    (1..=300u64).for_each(|n| life(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
}
