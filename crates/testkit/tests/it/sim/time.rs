//! The clock.

use futures::StreamExt;
use futures::task::{Spawn, SpawnExt};
use motet_combinators::timeout;
use motet_executor::{spawn, spawn_blocking, yield_now};
use motet_test::{Sim, assert_send, assert_sync};
use motet_timer::{Timer, interval, now, sleep, sleep_until};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_thousand_tasks_sleep_an_hour_each_minute_by_minute() {
    let sim = Sim::new(1);
    let real = Instant::now();
    sim.run(async {
        let sleepers: Vec<_> = (0..1000)
            .map(|_| {
                spawn(async {
                    for _ in 0..6 {
                        sleep(HOUR / 6).await;
                    }
                })
            })
            .collect();
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
    });
    assert_eq!(sim.elapsed(), HOUR);
    assert!(real.elapsed() < HOUR / 60, "virtual time is not waited for");
}

#[test]
fn the_clock_stands_still_while_a_task_is_ready() {
    let sim = Sim::new(1);
    sim.run(async {
        let nap = spawn(sleep(Duration::from_nanos(1)));
        for _ in 0..1000 {
            yield_now().await;
            assert_eq!(sim.elapsed(), Duration::ZERO);
        }
        assert!(!nap.is_finished(), "it was polled, and its time has not come");
        nap.await.unwrap();
    });
    assert_eq!(sim.elapsed(), Duration::from_nanos(1));
}

#[test]
fn each_task_sees_its_own_deadline_on_the_clock() {
    Sim::new(2).run(async {
        let start = now();
        let tasks: Vec<_> = (1..100)
            .map(|n| {
                spawn(async move {
                    sleep_until(start + n * SECOND).await;
                    assert_eq!(now(), start + n * SECOND);
                    sleep(SECOND / 2).await;
                    assert_eq!(now(), start + n * SECOND + SECOND / 2);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_timeout_ends_at_its_instant() {
    let sim = Sim::new(1);
    sim.run(async {
        assert!(timeout(HOUR, std::future::pending::<()>()).await.is_err());
        assert_eq!(sim.elapsed(), HOUR);
        assert_eq!(timeout(HOUR, sleep(SECOND)).await, Ok(()));
        assert_eq!(sim.elapsed(), HOUR + SECOND);
    });
}

#[test]
fn an_interval_ticks_to_the_nanosecond() {
    let sim = Sim::new(1);
    let ticks: Vec<Instant> = sim.run(async { interval(HOUR).take(5).collect().await });
    assert!(ticks.windows(2).all(|pair| pair[1] - pair[0] == HOUR), "{ticks:?}");
    assert_eq!(sim.elapsed(), 4 * HOUR);
}

#[test]
fn time_goes_on_from_run_to_run() {
    let sim = Sim::new(1);
    let first = sim.run(async { now() });
    sim.run(async { sleep(SECOND).await });
    let last = sim.clone().run(async { now() });
    assert_eq!(last - first, SECOND);
    assert_eq!(sim.elapsed(), SECOND);
}

#[test]
fn the_real_clock_is_back_after_the_run() {
    let sim = Sim::new(1);
    sim.run(async { sleep(HOUR).await });
    assert!(now() < Instant::now() + SECOND);
}

#[test]
fn a_library_that_takes_a_spawner_and_a_timer_is_given_the_simulation() {
    async fn library<R: Spawn + Timer>(runtime: R) -> Duration {
        let start = runtime.now();
        let timer = runtime.clone();
        let slow = runtime.spawn_with_handle(async move { timer.sleep(HOUR).await }).unwrap();
        slow.await;
        runtime.sleep_until(start + 2 * HOUR).await;
        runtime.now() - start
    }
    assert_send!(Sim);
    assert_sync!(Sim);
    let sim = Sim::new(1);
    assert_eq!(sim.run(library(sim.clone())), 2 * HOUR);
}

#[test]
fn a_blocking_closure_takes_no_virtual_time() {
    let sim = Sim::new(1);
    let here = std::thread::current().id();
    let there = sim.run(async {
        spawn(sleep(SECOND)).detach();
        spawn_blocking(|| std::thread::current().id()).await.unwrap()
    });
    assert_eq!((there, sim.elapsed()), (here, Duration::ZERO));
}
