//! How late a sleep ends, with nothing else to do.

use crate::contestants::{Contestant, Contestants};
use motet_benches::{Family, Score, Verdict};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
/// Microseconds: whole milliseconds and others, below one and above.
const SLEEPS: [u64; 8] = [300, 500, 800, 1_000, 1_700, 2_500, 4_100, 8_000];
const MEDIAN: &str = "timer/lateness_p50";
const LATE: &str = "timer/lateness_p90";

pub(crate) fn cells(family: &mut Family, all: &Contestants) {
    if !family.asks_for(MEDIAN) && !family.asks_for(LATE) {
        return;
    }
    let names = ["motet", "tokio", "async-io", "futures-timer"];
    let mut micros = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        micros[0].extend(late(&all.motet));
        micros[1].extend(late(&all.tokio));
        micros[2].extend(late(&all.async_io));
        micros[3].extend(late(&all.futures_timer));
    }
    for all in &mut micros {
        all.sort_unstable_by(f64::total_cmp);
    }
    let verdict = |cell: &str, percent: usize| {
        let score = |(name, micros): (&&str, &Vec<f64>)| {
            Score::summed_up(name, micros[micros.len() * percent / 100], (micros[0], micros[micros.len() - 1]))
        };
        Verdict { cell: cell.to_owned(), unit: "us", scores: names.iter().zip(&micros).map(score).collect() }
    };
    family.record(verdict(MEDIAN, 50));
    family.record(verdict(LATE, 90));
}

/// Sleeps one after another, in a task; by how many microseconds each was late.
fn late<C: Contestant>(contestant: &C) -> Vec<f64> {
    let (told, heard) = mpsc::channel();
    let task = async move {
        for micros in SLEEPS {
            let duration = Duration::from_micros(micros);
            let start = Instant::now();
            C::sleep(duration).await;
            let late = start.elapsed().checked_sub(duration).expect("no timer of the contest is early");
            told.send(late.as_nanos() as f64 / 1_000.0).expect("the round waits");
        }
    };
    contestant.run(vec![task]);
    heard.into_iter().collect()
}
