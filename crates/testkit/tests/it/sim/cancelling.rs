//! Cancellation, cleanup and panics inside.

use super::{Log, panic_of};
use motet_cancel::{guard, shield};
use motet_combinators::timeout;
use motet_executor::{TaskError, spawn, task, yield_now};
use motet_test::{Sim, explore};
use motet_timer::sleep;
use std::future::pending;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Holds something whose release takes a second, and notes both ends of it.
async fn hold(name: &'static str, sim: Sim, log: Log) {
    log.note(format!("{name} holds"));
    let exit = async move |log: Log, _outcome| {
        sleep(SECOND).await;
        log.note(format!("{name} released at {:?}", sim.elapsed()));
    };
    let _held = guard(log, exit);
    pending::<()>().await;
}

#[test]
fn what_is_left_at_the_end_is_cancelled_and_cleans_up_in_virtual_time() {
    explore(0..20, |sim| {
        let log = Log::default();
        sim.run(async {
            spawn(hold("first", sim.clone(), log.clone())).detach();
            spawn(hold("second", sim.clone(), log.clone())).detach();
            sleep(SECOND).await;
            log.note("main ends");
        });
        let mut log = log.take();
        assert_eq!(log[2], "main ends");
        log[3..].sort();
        assert_eq!(log[3..], ["first released at 2s", "second released at 2s"]);
        assert_eq!(sim.elapsed(), 2 * SECOND);
    });
}

#[test]
fn a_dropped_task_is_cancelled_and_its_cleanup_awaited_by_the_scope_around() {
    explore(0..20, |sim| {
        let log = Log::default();
        sim.run(async {
            let waited = timeout(SECOND, spawn(hold("it", sim.clone(), log.clone()))).await;
            assert!(waited.is_err());
            log.note("timeout returned");
        });
        assert_eq!(log.take(), ["it holds", "it released at 2s", "timeout returned"]);
    });
}

#[test]
fn a_cancelled_task_says_so_after_its_cleanup() {
    let (sim, log) = (Sim::new(1), Log::default());
    let result = sim.run(async {
        let held = spawn(hold("it", sim.clone(), log.clone()));
        sleep(SECOND).await;
        held.cancel_with("enough");
        held.await
    });
    assert!(matches!(result, Err(TaskError::Cancelled(reason)) if reason == "enough"));
    assert_eq!(log.take(), ["it holds", "it released at 2s"]);
}

#[test]
fn a_task_that_never_ran_is_dropped_at_the_end() {
    let mut never_ran = 0;
    for seed in 0..50 {
        let (sim, log) = (Sim::new(seed), Log::default());
        let inside = log.clone();
        sim.run(async move { spawn(async move { inside.note("ran") }).detach() });
        never_ran += usize::from(log.take().is_empty());
    }
    assert_eq!(never_ran, 50, "main ends before any other turn");
}

#[test]
fn shielded_work_outlives_its_task_and_ends_before_the_run_does() {
    let (sim, log) = (Sim::new(1), Log::default());
    let inside = log.clone();
    sim.run(async {
        let shielded = spawn(shield(async move {
            sleep(3 * SECOND).await;
            inside.note("done");
        }));
        sleep(SECOND).await;
        drop(shielded);
    });
    assert_eq!(log.take(), ["done"]);
    assert_eq!(sim.elapsed(), 3 * SECOND);
}

#[test]
fn cleanup_spawns_nothing_new() {
    let (sim, log) = (Sim::new(1), Log::default());
    let exits = log.clone();
    sim.run(async {
        let cleans = spawn(async {
            let exit = async |log: Log, _outcome| {
                let refused = spawn(async {}).await;
                log.note(matches!(refused, Err(TaskError::Cancelled(_))));
            };
            let _held = guard(exits, exit);
            pending::<()>().await;
        });
        sleep(SECOND).await;
        cleans.detach();
    });
    assert_eq!(log.take(), ["true"]);
}

#[test]
fn a_panic_in_a_task_reaches_whoever_awaits_it_and_nobody_else() {
    Sim::new(1).run(async {
        let panics = spawn(async { panic!("out of paper") });
        let other = spawn(async {
            yield_now().await;
            7
        });
        let Err::<(), _>(TaskError::Panicked(payload)) = panics.await else { panic!("it panicked") };
        assert_eq!(payload.message(), Some("out of paper"));
        assert_eq!(other.await.unwrap(), 7);
    });
}

#[test]
fn a_panic_of_main_goes_on_when_the_rest_has_cleaned_up() {
    let (sim, log) = (Sim::new(1), Log::default());
    let message = panic_of(|| {
        sim.run(async {
            spawn(hold("it", sim.clone(), log.clone())).detach();
            sleep(SECOND).await;
            panic!("out of paper");
        });
    });
    assert_eq!(message, "out of paper");
    assert_eq!(log.take(), ["it holds", "it released at 2s"]);
    sim.run(yield_now());
}

#[test]
fn nested_spawns_eager_ones_among_them() {
    let sum = Sim::new(5).run(async {
        let outer = spawn(async {
            let inner = spawn(async { spawn(async { 1 }).await.unwrap() + 1 });
            let eager = task().eager().spawn(async { 10 });
            assert!(eager.is_finished());
            inner.await.unwrap() + eager.await.unwrap()
        });
        outer.await.unwrap()
    });
    assert_eq!(sum, 12);
}
