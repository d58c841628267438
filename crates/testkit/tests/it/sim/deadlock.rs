//! Waits that nobody ends.

use super::{Log, panic_of};
use futures::channel::oneshot;
use futures::task::{LocalFutureObj, LocalSpawn, SpawnExt};
use motet_cancel::guard;
use motet_executor::{spawn, task, yield_now};
use motet_test::Sim;
use motet_timer::sleep;
use std::future::pending;
use std::time::Duration;

#[test]
fn a_deadlock_is_a_panic_that_lists_who_waits_and_where_it_was_spawned() {
    let mut lines = Vec::new();
    let report = panic_of(|| {
        lines.push(line!() + 1);
        Sim::new(7).run(async {
            sleep(Duration::from_secs(3)).await;
            let (_sender, receiver) = oneshot::channel::<()>();
            lines.push(line!() + 1);
            let reader = task().name("reader").spawn(receiver);
            lines.push(line!() + 1);
            spawn(pending::<()>()).detach();
            spawn(async {}).detach();
            let _unread = reader.await;
        });
    });
    let head = "deadlock at 3s of virtual time, seed 7: nothing is ready, no timer is armed, and the main future waits";
    assert!(report.starts_with(head), "{report}");
    let places: Vec<_> = lines.iter().map(|line| format!("{}:{line}:", file!())).collect();
    let told: Vec<_> = report.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(told.len(), 3, "the task that has ended is not told: {report}");
    assert!(told[0].starts_with(&format!("  main, run at {}", places[0])), "{report}");
    assert!(told[1].contains(&format!("'reader', spawned at {}", places[1])), "{report}");
    assert!(told[2].contains(&format!("spawned at {}", places[2])), "{report}");
    assert!(told.iter().all(|line| line.ends_with(": waits to be woken")), "{report}");
    assert!(report.contains("keep a `Sim::hold_clock` meanwhile"), "{report}");
}

#[test]
fn a_local_task_is_told_of_with_its_place() {
    let mut line = 0;
    let report = panic_of(|| {
        let sim = Sim::new(1);
        sim.run(async {
            line = line!() + 1;
            sim.spawn_local_obj(LocalFutureObj::new(Box::new(pending()))).unwrap();
            pending::<()>().await;
        });
    });
    let told = report.lines().find(|told| told.starts_with("  task")).expect("two tasks wait");
    assert!(told.contains(&format!("spawned at {}:{line}:", file!())), "{report}");
}

#[test]
fn a_sleep_for_ever_is_no_timer_that_comes() {
    let report = panic_of(|| Sim::new(1).run(async { sleep(Duration::MAX).await }));
    assert!(report.starts_with("deadlock at 0ns"), "{report}");
}

#[test]
fn cleanup_that_waits_for_ever_is_a_deadlock_too() {
    let report = panic_of(|| {
        Sim::new(1).run(async {
            let stuck = task().name("stuck").spawn(async {
                let _held = guard((), async |(), _outcome| pending().await);
                pending::<()>().await;
            });
            stuck.detach();
            for _ in 0..100 {
                yield_now().await;
            }
        });
    });
    assert!(report.contains("and the cleanup of cancelled tasks waits"), "{report}");
    assert!(report.contains("'stuck'") && report.contains(": was cancelled, and waits in its cleanup"), "{report}");
}

#[test]
fn after_a_deadlock_the_simulation_can_run_again() {
    let sim = Sim::new(1);
    panic_of(|| sim.run(pending::<()>()));
    assert_eq!(sim.run(async { spawn(async { 7 }).await.unwrap() }), 7);
}

/// Spawns as it is dropped.
struct SpawnsInDrop(Sim, Log);

impl Drop for SpawnsInDrop {
    fn drop(&mut self) {
        let (log, ambient) = (self.1.clone(), self.1.clone());
        self.1.note(self.0.spawn(async move { log.note("ran") }).is_err());
        spawn(async move { ambient.note("ran") }).detach();
    }
}

#[test]
fn what_the_tasks_of_a_failed_run_spawn_as_they_are_dropped_is_refused() {
    let (sim, log) = (Sim::new(1), Log::default());
    panic_of(|| {
        sim.run(async {
            let spawns = SpawnsInDrop(sim.clone(), log.clone());
            spawn(async move {
                let _spawns = spawns;
                pending::<()>().await;
            })
            .detach();
            pending::<()>().await;
        });
    });
    sim.run(sleep_inside());
    assert_eq!(log.take(), ["true"]);
}

/// Long enough for all that is ready.
async fn sleep_inside() {
    sleep(Duration::from_secs(1)).await;
}
