//! Several workers: stealing, waking, fairness.

use futures::channel::oneshot;
use motet_executor::{Executor, spawn, yield_now};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;

#[test]
fn threads_are_named_by_their_indices() {
    let executor = Executor::builder().threads(3).thread_name(|index| format!("w{index}")).build().unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let names: HashSet<String> = executor
        .spawn_many((0..2).map(|_| {
            let barrier = barrier.clone();
            async move {
                barrier.wait();
                thread::current().name().unwrap().to_owned()
            }
        }))
        .into_iter()
        .map(|task| futures::executor::block_on(task).unwrap())
        .collect();
    assert_eq!(names, HashSet::from(["w1".to_owned(), "w2".to_owned()]));
}

#[test]
fn a_name_that_no_thread_can_have_is_an_error() {
    let named = Executor::builder().threads(2).thread_name(|_| "a\0b".to_owned()).build();
    assert_eq!(named.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn tasks_that_block_at_the_same_time_are_on_different_workers() {
    let executor = Executor::builder().threads(4).build().unwrap();
    // All of them are spawned by one worker: the others must wake and steal, or this never returns.
    executor.block_on(async {
        let barrier = Arc::new(Barrier::new(4));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let barrier = barrier.clone();
                spawn(async move { barrier.wait().is_leader() })
            })
            .collect();
        let mut leaders = 0;
        for task in tasks {
            leaders += usize::from(task.await.unwrap());
        }
        assert_eq!(leaders, 1);
    });
}

#[test]
fn a_task_behind_a_long_poll_is_stolen() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let task = executor.spawn(async {
        let (sender, receiver) = mpsc::channel();
        // The first is displaced from the LIFO slot by the second; both lie behind this poll.
        spawn({
            let sender = sender.clone();
            async move { sender.send(1) }
        })
        .detach();
        spawn(async move { sender.send(2) }).detach();
        let first = receiver.recv().unwrap();
        first + receiver.recv().unwrap()
    });
    assert_eq!(executor.block_on(task).unwrap(), 3);
    assert!(executor.metrics().steals() > 0);
}

#[test]
fn a_batch_is_spread_over_the_workers() {
    let executor = Executor::builder().threads(3).build().unwrap();
    let barrier = Arc::new(Barrier::new(3));
    let tasks = executor.spawn_many((0..3).map(|_| {
        let barrier = barrier.clone();
        async move { barrier.wait().is_leader() }
    }));
    let leaders = executor.block_on(async {
        let mut leaders = 0;
        for task in tasks {
            leaders += usize::from(task.await.unwrap());
        }
        leaders
    });
    assert_eq!(leaders, 1);
}

#[test]
fn more_tasks_than_a_ring_holds_all_run() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let sum: usize = executor.block_on(async {
        let tasks: Vec<_> = (0..5000).map(|n| spawn(async move { n })).collect();
        let many = motet_executor::current().unwrap().spawn_many((0..5000).map(|n| async move { n }));
        let mut sum = 0;
        for task in tasks.into_iter().chain(many.into_iter().map(|task| spawn(async move { task.await.unwrap() }))) {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 4999 * 5000);
    assert!(executor.metrics().injected > 0);
}

#[test]
fn a_task_that_yields_lets_every_ready_task_run_first() {
    let executor = Executor::builder().threads(1).build().unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    executor.block_on(async {
        let tasks: Vec<_> = (0..4)
            .map(|n| {
                let log = log.clone();
                spawn(async move {
                    for _ in 0..3 {
                        log.lock().unwrap().push(n);
                        yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let log = log.lock().unwrap();
    for round in log.chunks(4) {
        assert_eq!(round.iter().copied().collect::<HashSet<_>>().len(), 4, "{log:?}");
    }
}

#[test]
fn two_tasks_that_wake_each_other_starve_nobody() {
    let executor = Executor::builder().threads(1).build().unwrap();
    executor.block_on(async {
        let (stop, stopped) = oneshot::channel::<()>();
        let players = spawn(async move {
            let (to_left, mut left) = futures::channel::mpsc::unbounded::<()>();
            let (to_right, mut right) = futures::channel::mpsc::unbounded::<()>();
            let bounce = spawn(async move {
                while futures::StreamExt::next(&mut left).await.is_some() {
                    if to_right.unbounded_send(()).is_err() {
                        return;
                    }
                }
            });
            let serve = async move {
                loop {
                    to_left.unbounded_send(()).unwrap();
                    futures::StreamExt::next(&mut right).await;
                }
            };
            futures::future::select(Box::pin(serve), stopped).await;
            bounce.cancel();
        });
        // Always in the ring or the injector, never in the slot: the two keep the slot busy.
        let other = spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        other.await.unwrap();
        stop.send(()).unwrap();
        players.await.unwrap();
    });
}

#[test]
fn foreign_threads_are_served_while_workers_are_busy() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let busy: Vec<_> = (0..4)
        .map(|_| {
            executor.spawn(async {
                loop {
                    yield_now().await;
                }
            })
        })
        .collect();
    for n in 0..20 {
        assert_eq!(futures::executor::block_on(executor.spawn(async move { n })).unwrap(), n);
    }
    drop::<Vec<motet_executor::Task<()>>>(busy);
}

#[test]
fn the_enter_hook_surrounds_every_worker() {
    struct Inside(mpsc::Sender<&'static str>);
    impl Drop for Inside {
        fn drop(&mut self) {
            self.0.send("left").unwrap();
        }
    }
    let (sender, log) = mpsc::channel();
    let executor = Executor::builder()
        .threads(1)
        .on_enter(move || {
            sender.send("entered").unwrap();
            Inside(sender.clone())
        })
        .build()
        .unwrap();
    assert!(log.try_recv().is_err());
    executor.block_on(async { assert_eq!(log.try_recv(), Ok("entered")) });
    assert_eq!(log.try_recv(), Ok("left"));
}

#[test]
fn an_enter_hook_that_panics_costs_no_worker() {
    let executor = Executor::builder().threads(2).on_enter(|| panic!("no luck")).build().unwrap();
    let here = std::thread::current().id();
    // The root blocks until the other worker has run the task.
    executor.block_on(async {
        let (sender, receiver) = mpsc::channel();
        executor.spawn(async move { sender.send(std::thread::current().id()).unwrap() }).detach();
        assert_ne!(receiver.recv().unwrap(), here);
    });
}

#[test]
fn metrics_count_polls_and_parks() {
    let executor = Executor::builder().threads(1).build().unwrap();
    let task = executor.spawn(async {
        yield_now().await;
        yield_now().await;
    });
    executor.block_on(task).unwrap();
    let metrics = executor.metrics();
    assert_eq!((metrics.polls(), metrics.steals(), metrics.injected), (3, 0, 1));
}

#[test]
fn idle_workers_leave_the_processor_alone() {
    let executor = Executor::builder().threads(3).build().unwrap();
    executor.block_on(executor.spawn(async {})).unwrap();
    // A worker on its way to bed counts a park more, the one on watch a few dozen; one that spins counts for ever.
    let before = executor.metrics().parks();
    for _ in 0..10_000 {
        thread::yield_now();
    }
    assert!(executor.metrics().parks() <= before + 100);
}

#[test]
fn a_task_that_yields_alone_wakes_nobody() {
    let executor = Executor::builder().threads(2).build().unwrap();
    executor.block_on(executor.spawn(async {})).unwrap();
    let before = executor.metrics();
    let yields = executor.spawn(async {
        for _ in 0..20_000 {
            yield_now().await;
        }
    });
    executor.block_on(yields).unwrap();
    let after = executor.metrics();
    assert!(after.steals() <= before.steals() + 20, "{before:?} {after:?}");
    assert!(after.parks() <= before.parks() + 100, "{before:?} {after:?}");
}

#[test]
fn a_new_executor_has_a_worker_for_each_core() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    assert_eq!(Executor::new().metrics().workers.len(), cores);
}

#[test]
fn a_batch_whose_iterator_panics_leaves_nothing_behind() {
    let executor = Executor::builder().threads(1).build().unwrap();
    let held = Arc::new(());
    let futures = (0..3).map(|n| {
        let held = held.clone();
        assert!(n < 2, "no third");
        async move { drop(held) }
    });
    let unwound = catch_unwind(AssertUnwindSafe(|| drop(executor.spawn_many(futures))));
    assert!(unwound.is_err());
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(executor.metrics().live_tasks, 0);
    assert_eq!(executor.block_on(async { spawn(async { 7 }).await.unwrap() }), 7);
}

#[test]
fn a_batch_may_spawn_while_it_is_made() {
    let executor = Executor::builder().threads(1).build().unwrap();
    let (batch, inner): (Vec<_>, Vec<_>) = executor.block_on(async {
        let mut inner = Vec::new();
        let futures = (0..3).map(|n| {
            inner.push(spawn(async move { n }));
            async move { 10 * n }
        });
        (executor.spawn_many(futures), inner)
    });
    let sum: i32 = batch.into_iter().chain(inner).map(|task| executor.block_on(task).unwrap()).sum();
    assert_eq!(sum, 33);
}
