//! `mem/1M_sleepers`: a million tasks sleep five seconds. Each contestant has a process of its own, so that what one leaves behind in the
//! allocator does not count for the next.

use crate::pool::YieldNow;
use motet_benches::{Family, Score, Verdict, resident};
use std::env;
use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

const SLEEPERS: u32 = 1_000_000;
const NAP: Duration = Duration::from_secs(5);
const CHILD: &str = "MOTET_BENCH_SLEEPERS";
const CONTESTANTS: [&str; 3] = ["motet", "tokio", "smol"];
const BYTES: &str = "mem/1M_sleepers_bytes";
const BEYOND: &str = "mem/1M_sleepers_beyond";

/// Whether this process is one contestant's.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Both cells: bytes a task, and microseconds that the whole took beyond the nap.
pub(crate) fn cells(family: &mut Family) {
    if !family.asks_for(BYTES) && !family.asks_for(BEYOND) {
        return;
    }
    let figures: Vec<(f64, f64)> = CONTESTANTS.iter().map(|name| child(name)).collect();
    let verdict = |cell: &str, unit, pick: fn(&(f64, f64)) -> f64| {
        let score = |(name, figure): (&&str, &(f64, f64))| Score::of(name, vec![pick(figure)]);
        Verdict { cell: cell.to_owned(), unit, scores: CONTESTANTS.iter().zip(&figures).map(score).collect() }
    };
    family.record(verdict(BYTES, "bytes", |figure| figure.0));
    family.record(verdict(BEYOND, "us", |figure| figure.1));
}

fn child(contestant: &str) -> (f64, f64) {
    let this = env::current_exe().expect("a bench knows where it is");
    let output = Command::new(this).env(CHILD, contestant).output().expect("a bench can be run again");
    let text = String::from_utf8(output.stdout).expect("the child prints figures");
    let figures: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a figure")).collect();
    (figures[0], figures[1])
}

/// Runs one contestant and prints its figures.
pub(crate) fn run_child() {
    let contestant = env::var(CHILD).expect("this is the child");
    match contestant.as_str() {
        "motet" => {
            let runtime = motet::Runtime::builder().threads(2).build().expect("a thread");
            runtime.block_on(nap_all(|| runtime.spawn(motet::sleep(NAP))));
        }
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
            let runtime = runtime.expect("two threads");
            runtime.block_on(nap_all(|| runtime.spawn(tokio::time::sleep(NAP))));
        }
        "smol" => {
            let executor: &smol::Executor<'_> = Box::leak(Box::new(smol::Executor::new()));
            for _ in 0..2 {
                std::thread::spawn(|| smol::block_on(executor.run(std::future::pending::<()>())));
            }
            smol::block_on(nap_all(|| {
                executor.spawn(async {
                    let _fired_at = smol::Timer::after(NAP).await;
                })
            }));
        }
        other => panic!("no contestant is called {other}"),
    }
}

/// Spawns the sleepers, looks at the memory while they sleep, and waits for all.
async fn nap_all<T: Future>(spawn: impl Fn() -> T) {
    let before = resident::bytes().unwrap_or_default();
    let start = Instant::now();
    let mut tasks = Vec::with_capacity(SLEEPERS as usize);
    tasks.extend((0..SLEEPERS).map(|_| spawn()));
    // All of them have been polled once their queue is empty; the first nap ends long after that.
    while start.elapsed() < NAP / 2 {
        YieldNow::default().await;
    }
    let held = resident::bytes().unwrap_or_default().saturating_sub(before);
    for task in tasks {
        task.await;
    }
    let beyond = start.elapsed().saturating_sub(NAP);
    println!("{:.1} {}", held as f64 / f64::from(SLEEPERS), beyond.as_micros());
}
