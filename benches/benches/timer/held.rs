//! `timer/1M_cancelled_held`: what a million cancelled timers leave behind. Each contestant has processes of its own, so that none is the
//! first to touch what the next ones find.

use crate::arming::arm_cancel;
use crate::contestants::{AsyncIo, Contestant, FuturesTimer, Motet, Tokio};
use motet_benches::{Family, Score, Verdict, resident};
use std::env;
use std::process::Command;

/// Armed and cancelled before the first look, in several tasks: each worker has its stack and its wheel by then.
const WARM_UP: u32 = 20_000;
const WARM_UP_TASKS: usize = 4;
const CANCELLED: u32 = 1_000_000;
/// Processes a contestant.
const ROUNDS: usize = 5;
const CHILD: &str = "MOTET_BENCH_HELD";
const CONTESTANTS: [&str; 4] = ["motet", "tokio", "async-io", "futures-timer"];
const CELL: &str = "timer/1M_cancelled_held";

/// Whether this process is one contestant's.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

pub(crate) fn cell(family: &mut Family) {
    if !family.asks_for(CELL) {
        return;
    }
    let mut figures = [const { Vec::new() }; CONTESTANTS.len()];
    for _ in 0..ROUNDS {
        for (name, figures) in CONTESTANTS.iter().zip(&mut figures) {
            figures.push(child(name));
        }
    }
    let scores = CONTESTANTS.iter().zip(figures).map(|(name, figures)| Score::of(name, figures)).collect();
    family.record(Verdict { cell: CELL.to_owned(), unit: "KiB", scores });
}

fn child(contestant: &str) -> f64 {
    let this = env::current_exe().expect("a bench knows where it is");
    let output = Command::new(this).env(CHILD, contestant).output().expect("a bench can be run again");
    let text = String::from_utf8(output.stdout).expect("the child prints a figure");
    text.trim().parse().expect("a figure")
}

/// Runs one contestant and prints its figure.
pub(crate) fn run_child() {
    let contestant = env::var(CHILD).expect("this is the child");
    let held = match contestant.as_str() {
        "motet" => held(&Motet::new()),
        "tokio" => held(&Tokio::new()),
        "async-io" => held(&AsyncIo::new()),
        "futures-timer" => held(&FuturesTimer::new()),
        other => panic!("no contestant is called {other}"),
    };
    println!("{held}");
}

/// How many kibibytes more the process holds.
fn held<C: Contestant>(contestant: &C) -> f64 {
    arm_cancel(contestant, WARM_UP_TASKS, WARM_UP);
    // The first look costs memory itself.
    let _first = resident::bytes();
    let before = resident::bytes().unwrap_or_default();
    arm_cancel(contestant, 1, CANCELLED);
    let more = resident::bytes().unwrap_or_default().saturating_sub(before);
    more as f64 / 1024.0
}
