//! A runtime is a `Spawn` and a `Timer` for libraries that take them.

use futures_util::task::{Spawn, SpawnExt};
use motet::channel::bounded;
use motet::time::Timer;
use motet::{Runtime, prelude::*};
use motet_test::{Sim, assert_send, assert_sync};
use std::time::{Duration, Instant};

assert_send!(Runtime);
assert_sync!(Runtime);

/// What a library does: it names no runtime.
async fn ticks<S: Spawn, T: Timer>(spawner: &S, timer: &T) -> Vec<u32> {
    let (sender, receiver) = bounded(1);
    let timer = timer.clone();
    let ticking = async move {
        for tick in 0..3 {
            timer.sleep(Duration::from_millis(1)).await;
            sender.send(tick).await.expect("the test receives");
        }
    };
    spawner.spawn(ticking).expect("the spawner takes tasks");
    receiver.collect().await
}

#[test]
fn a_library_runs_on_the_runtime_it_is_given() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    assert_eq!(runtime.block_on(ticks(&runtime, &runtime)), [0, 1, 2]);
}

#[test]
fn a_closed_runtime_refuses_by_the_spawn_seam() {
    let runtime = Runtime::builder().threads(1).build().expect("a runtime");
    runtime.block_on(runtime.shutdown(Duration::ZERO));
    assert!(runtime.status().is_err());
    assert!(runtime.spawn_obj(Box::pin(async {}).into()).is_err());
}

#[test]
fn a_foreign_executor_may_wait_for_a_runtimes_timer() {
    for threads in [1, 2] {
        let runtime = Runtime::builder().threads(threads).build().expect("a thread");
        let start = Instant::now();
        futures::executor::block_on(Timer::sleep(&runtime, Duration::from_millis(1)));
        assert!(start.elapsed() >= Duration::from_millis(1));
    }
}

#[test]
fn a_sleep_that_a_runtime_of_one_worker_has_polled_ends_elsewhere_too() {
    let runtime = Runtime::builder().threads(1).build().expect("a runtime");
    let sleeps = || {
        let mut sleep = Box::pin(motet::sleep(Duration::from_millis(2)));
        runtime.block_on(async { assert!(futures::poll!(sleep.as_mut()).is_pending()) });
        sleep
    };
    // Nobody is in `block_on` any more; then somebody else is, who drives what is left.
    futures::executor::block_on(sleeps());
    runtime.block_on(sleeps());
    let left = sleeps();
    let before = Instant::now();
    runtime.block_on(motet::sleep(Duration::from_millis(1)));
    futures::executor::block_on(left);
    assert!(before.elapsed() >= Duration::from_millis(1));
}

#[test]
fn a_foreign_executor_may_await_a_task() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    let task = runtime.spawn(async { 5 });
    assert_eq!(futures::executor::block_on(task).expect("it does not panic"), 5);
}

#[test]
fn intervals_and_sinks_meet_the_prelude() {
    let numbers = Sim::new(1).run(async {
        let (mut sender, receiver) = bounded(4);
        let mut ticks = motet::interval(Duration::from_secs(60)).take(2);
        while ticks.next().await.is_some() {
            sender.feed(1).await.expect("somebody receives");
        }
        drop(sender);
        receiver.collect::<Vec<_>>().await
    });
    assert_eq!(numbers, [1, 1]);
}
