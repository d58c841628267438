//! Who runs next.

use super::Log;
use futures::task::SpawnExt;
use motet_executor::{spawn, yield_now};
use motet_test::Sim;
use motet_timer::sleep;
use std::collections::BTreeSet;
use std::time::Duration;

/// A run with spawns, yields, sleeps of equal length and wakes between tasks.
fn trace(seed: u64) -> Vec<String> {
    let (sim, log) = (Sim::new(seed), Log::default());
    sim.run(async {
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let log = log.clone();
                spawn(async move {
                    for round in 0..3 {
                        log.note(format!("{n}.{round}"));
                        yield_now().await;
                        sleep(Duration::from_secs(round)).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
            log.note("joined");
        }
    });
    log.take()
}

/// The order in which three tasks of one kind ran.
fn order_of_three(seed: u64, wait: Duration) -> Vec<String> {
    let (sim, log) = (Sim::new(seed), Log::default());
    sim.run(async {
        let tasks = ["a", "b", "c"].map(|name| {
            let log = log.clone();
            spawn(async move {
                sleep(wait).await;
                log.note(name);
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    log.take()
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..50 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
}

#[test]
fn different_seeds_give_different_orders() {
    let traces: BTreeSet<_> = (0..50).map(trace).collect();
    assert!(traces.len() > 45, "only {} of 50 runs differ", traces.len());
}

#[test]
fn every_order_of_ready_tasks_comes_up() {
    let orders: BTreeSet<_> = (0..200).map(|seed| order_of_three(seed, Duration::ZERO)).collect();
    assert_eq!(orders.len(), 6);
}

#[test]
fn timers_due_at_the_same_instant_run_in_every_order() {
    let orders: BTreeSet<_> = (0..200).map(|seed| order_of_three(seed, Duration::from_secs(1))).collect();
    assert_eq!(orders.len(), 6);
}

#[test]
fn an_earlier_deadline_runs_first_whatever_the_seed() {
    for seed in 0..50 {
        let (sim, log) = (Sim::new(seed), Log::default());
        sim.run(async {
            let tasks = [30, 10, 20].map(|seconds| {
                let log = log.clone();
                spawn(async move {
                    sleep(Duration::from_secs(seconds)).await;
                    log.note(seconds);
                })
            });
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(log.take(), ["10", "20", "30"], "seed {seed}");
    }
}

#[test]
fn the_main_future_takes_its_turn_like_any_task() {
    let firsts: BTreeSet<_> = (0..50)
        .map(|seed| {
            let (sim, log) = (Sim::new(seed), Log::default());
            let spawned = log.clone();
            sim.spawn(async move { spawned.note("task") }).unwrap();
            sim.run(async { log.note("main") });
            log.take().remove(0)
        })
        .collect();
    assert_eq!(firsts.len(), 2, "both come first under some seed");
}

#[test]
fn a_task_that_never_waits_does_not_keep_the_others_from_running() {
    Sim::new(3).run(async {
        spawn(async {
            loop {
                yield_now().await;
            }
        })
        .detach();
        for _ in 0..100 {
            spawn(yield_now()).await.unwrap();
        }
    });
}
