//! Panics that nobody awaits.

use super::panic_of;
use futures::task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnExt};
use motet_cancel::guard;
use motet_executor::{spawn, task, yield_now};
use motet_test::{Sim, explore};
use motet_timer::sleep;
use std::future::pending;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Long enough for all that is ready.
async fn settle() {
    sleep(SECOND).await;
}

#[test]
fn a_panic_that_nobody_awaits_fails_the_run_with_name_place_and_message() {
    let mut line = 0;
    let report = panic_of(|| {
        Sim::new(7).run(async {
            line = line!() + 1;
            task().name("printer").spawn(async { panic!("out of paper") }).detach();
            settle().await;
        });
    });
    assert!(report.starts_with("a task panicked, and nobody awaited it; seed 7\n  task "), "{report}");
    let told = format!("'printer', spawned at {}:{line}:", file!());
    assert!(report.contains(&told) && report.contains(": out of paper\n"), "{report}");
    assert!(report.contains("`Sim::take_panics`"), "{report}");
}

#[test]
fn each_of_them_is_told_and_the_rest_is_cleaned_up_first() {
    let sim = Sim::new(1);
    let report = panic_of(|| {
        sim.run(async {
            drop(spawn(async { panic!("never polled") }));
            let ended = spawn(async { panic!("ended before it was dropped") });
            spawn(async { panic!("detached") }).detach();
            let holder = task().name("holder").spawn(async {
                let _held = guard((), async |(), _outcome| {
                    settle().await;
                    panic!("in its cleanup");
                });
                pending::<()>().await;
            });
            holder.detach();
            settle().await;
            drop(ended);
        });
    });
    assert!(report.starts_with("3 tasks panicked, and nobody awaited them; seed 1\n"), "{report}");
    let messages = ["detached", "ended before it was dropped", "in its cleanup"];
    let told: Vec<_> = report.lines().filter(|line| line.starts_with("  task ")).collect();
    assert_eq!(told.len(), 3, "{report}");
    assert!(told.iter().zip(messages).all(|(line, message)| line.ends_with(message)), "{report}");
    assert_eq!(sim.elapsed(), 2 * SECOND);
}

#[test]
fn panics_of_tasks_from_all_three_doors_count() {
    let spawns: [fn(&Sim); 3] = [
        |_| spawn(async { panic!("out of paper") }).detach(),
        |sim| sim.spawn_obj(FutureObj::new(Box::new(async { panic!("out of paper") }))).unwrap(),
        |sim| sim.spawn_local_obj(LocalFutureObj::new(Box::new(async { panic!("out of paper") }))).unwrap(),
    ];
    for spawns in spawns {
        let sim = Sim::new(1);
        let report = panic_of(|| {
            sim.run(async {
                spawns(&sim);
                settle().await;
            });
        });
        assert!(report.contains(&format!("spawned at {}:", file!())) && report.contains(": out of paper"), "{report}");
    }
}

#[test]
fn a_task_spawned_before_the_run_counts_too() {
    let sim = Sim::new(1);
    sim.spawn(async { panic!("out of paper") }).unwrap();
    let report = panic_of(|| sim.run(settle()));
    assert!(report.contains(": out of paper"), "{report}");
}

#[test]
fn panics_that_were_taken_do_not_fail_the_run() {
    let sim = Sim::new(1);
    sim.run(async {
        task().name("printer").spawn(async { panic!("out of paper") }).detach();
        sim.spawn_local_obj(LocalFutureObj::new(Box::new(async { panic!("out of ink") }))).unwrap();
        assert!(sim.take_panics().is_empty(), "nothing has run yet");
        settle().await;
        let mut panics = sim.take_panics();
        panics.sort_by_key(|panic| panic.contains("paper"));
        assert!(panics[0].ends_with(": out of ink"), "{panics:?}");
        assert!(panics[1].contains("'printer'") && panics[1].ends_with(": out of paper"), "{panics:?}");
        assert_eq!((panics.len(), sim.take_panics().len()), (2, 0));
    });
}

#[test]
fn many_local_tasks_that_end_lose_no_panic() {
    let sim = Sim::new(1);
    sim.run(async {
        for i in 0..1_000 {
            let run = async move { assert!(i % 100 != 0, "the hundredth") };
            sim.spawn_local_obj(LocalFutureObj::new(Box::new(run))).unwrap();
            yield_now().await;
        }
        settle().await;
        assert_eq!(sim.take_panics().len(), 10);
    });
}

#[test]
fn a_deadlock_tells_who_panicked_before() {
    let report = panic_of(|| {
        Sim::new(1).run(async {
            let (_sender, receiver) = futures::channel::oneshot::channel::<()>();
            task().name("sender").spawn(async { panic!("out of paper") }).detach();
            let _never = receiver.await;
        });
    });
    assert!(report.starts_with("deadlock at 0ns"), "{report}");
    assert!(report.contains("'sender'") && report.contains("panicked: out of paper\n"), "{report}");
}

#[test]
fn the_panic_of_main_goes_before_theirs() {
    let sim = Sim::new(1);
    let message = panic_of(|| {
        sim.run(async {
            spawn(async { panic!("out of paper") }).detach();
            settle().await;
            panic!("main");
        });
    });
    assert_eq!(message, "main");
    sim.run(settle());
}

#[test]
fn what_panicked_in_one_run_is_no_matter_of_the_next() {
    let sim = Sim::new(1);
    panic_of(|| {
        sim.run(async {
            spawn(async { panic!("out of paper") }).detach();
            settle().await;
        });
    });
    sim.run(settle());
    // A result that outlives the run in which it came to be.
    let mut kept = None;
    sim.run(async {
        kept = Some(spawn(async { panic!("out of paper") }));
        settle().await;
    });
    sim.run(settle());
    drop(kept);
    sim.run(settle());
    assert!(sim.take_panics().is_empty());
}

#[test]
fn explore_names_the_seed_that_panics_in_a_task() {
    let report = panic_of(|| {
        explore(0..3, |sim| {
            sim.run(async {
                spawn(async { panic!("out of paper") }).detach();
                settle().await;
            });
        });
    });
    assert!(report.contains("MOTET_SEED=0") && report.contains(": out of paper"), "{report}");
}

#[test]
fn a_panic_of_a_run_that_deadlocked_does_not_fail_the_next_one() {
    let sim = Sim::new(3);
    panic_of(|| {
        sim.run(async {
            let _held = spawn(async { panic!("of the first run") });
            settle().await;
            pending::<()>().await;
        });
    });
    sim.run(settle());
}

/// Panics in its drop.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

#[test]
fn an_output_that_panics_in_its_drop_hides_no_report() {
    let of_panic = panic_of(|| {
        drop(Sim::new(1).run(async {
            spawn(async { panic!("out of paper") }).detach();
            settle().await;
            Bomb
        }));
    });
    assert!(of_panic.contains(": out of paper"), "{of_panic}");
    let of_deadlock = panic_of(|| {
        drop(Sim::new(1).run(async {
            spawn(async {
                let _bomb = Bomb;
                let _held = guard((), async |(), _outcome| pending().await);
                pending::<()>().await;
            })
            .detach();
            settle().await;
            Bomb
        }));
    });
    assert!(of_deadlock.contains("and the cleanup of cancelled tasks waits"), "{of_deadlock}");
}
