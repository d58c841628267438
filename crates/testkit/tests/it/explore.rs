//! Many seeds, and one of them again.

use crate::sim::panic_of;
use motet_executor::{spawn, yield_now};
use motet_test::{Sim, explore};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Two tasks that each add one to a sum without holding on to it.
fn lost_update(sim: &Sim) {
    async fn add_one(sum: Arc<Mutex<u32>>) {
        let seen = *sum.lock().unwrap();
        yield_now().await;
        *sum.lock().unwrap() = seen + 1;
    }
    sim.run(async {
        let sum = Arc::new(Mutex::new(0));
        let tasks = [spawn(add_one(sum.clone())), spawn(add_one(sum.clone()))];
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*sum.lock().unwrap(), 2, "an update was lost");
    });
}

/// The number in "seed 7 fails: …".
fn seed_in(message: &str) -> u64 {
    let rest = message.strip_prefix("seed ").expect(message);
    rest.split(' ').next().unwrap().parse().expect(message)
}

#[test]
fn a_lost_update_is_found_and_its_seed_finds_it_again() {
    let message = panic_of(|| explore(0..100, lost_update));
    assert!(message.contains("an update was lost"), "{message}");
    let seed = seed_in(&message);
    assert!(message.ends_with(&format!("MOTET_SEED={seed}")), "{message}");
    assert!(panic_of(|| lost_update(&Sim::new(seed))).contains("an update was lost"));
}

#[test]
fn some_seeds_show_a_race_and_some_do_not() {
    let shows = |seed| std::panic::catch_unwind(|| lost_update(&Sim::new(seed))).is_err();
    let shown = (0..100).filter(|&seed| shows(seed)).count();
    assert!((10..90).contains(&shown), "{shown} of 100");
}

#[test]
fn a_deadlock_under_one_seed_is_named_like_any_failure() {
    let message = panic_of(|| {
        explore([3, 4, 5], |sim| {
            if sim.seed() == 4 {
                sim.run(std::future::pending::<()>());
            }
        });
    });
    assert_eq!(seed_in(&message), 4);
    assert!(message.contains("deadlock at 0ns"), "{message}");
}

#[test]
fn seeds_are_tried_in_their_order_until_one_fails() {
    let tried = Mutex::new(Vec::new());
    panic_of(|| {
        explore(10.., |sim| {
            tried.lock().unwrap().push(sim.seed());
            assert!(sim.seed() < 13);
        });
    });
    assert_eq!(*tried.lock().unwrap(), [10, 11, 12, 13]);
}

/// Runs one test of this binary again, with `MOTET_SEED` set; gives what it wrote.
fn replay(test: &str, seed: &str) -> (bool, String) {
    let this = std::env::current_exe().expect("a test knows where it is");
    let mut child = Command::new(this);
    child.args(["--exact", test, "--nocapture"]).env("MOTET_SEED", seed).env(REPLAYED, "1");
    let child = child.output().expect("a test can be run again");
    (
        child.status.success(),
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr)),
    )
}

/// Set in the process that replays.
const REPLAYED: &str = "MOTET_TEST_REPLAYED";

#[test]
fn the_variable_motet_seed_replays_that_seed_alone() {
    let test = "explore::the_variable_motet_seed_replays_that_seed_alone";
    if std::env::var_os(REPLAYED).is_some() {
        return explore(0..3, |sim| println!("seed {} runs", sim.seed()));
    }
    let (succeeds, said) = replay(test, "17");
    let runs: Vec<_> = said.lines().filter(|line| line.ends_with(" runs")).collect();
    assert!(succeeds && runs == ["seed 17 runs"], "{said}");

    let (succeeds, said) = replay(test, "seventeen");
    assert!(!succeeds && said.contains("MOTET_SEED is \"seventeen\": set it to the whole number"), "{said}");
}
