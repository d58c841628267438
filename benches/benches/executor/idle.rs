//! What an idle runtime costs: how often it wakes in five seconds, and for how long. Each contestant has a process of its own, so that
//! what the system counts for the process is its alone; they are idle at the same time.

use motet_benches::{Family, Score, Verdict, threads};
use std::env;
use std::future::{Future, pending};
use std::net::Ipv4Addr;
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::Duration;

const CHILD: &str = "MOTET_BENCH_IDLE";
/// What comes first, until all is quiet.
const SETTLE: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(5);
/// Ends after the bench.
const LONG: Duration = Duration::from_secs(3600);
const EXECUTORS: [&str; 3] = ["motet", "tokio", "async-executor"];
const RUNTIMES: [&str; 3] = ["motet with I/O", "tokio with I/O", "smol with I/O"];

/// Whether this process is one contestant's.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Four cells: voluntary context switches and time on a CPU, of executors by themselves and of runtimes with timers and sockets.
pub(crate) fn cells(family: &mut Family) {
    contest(family, "idle/executor_5s", EXECUTORS);
    contest(family, "idle/runtime_5s", RUNTIMES);
}

fn contest(family: &mut Family, name: &str, contestants: [&str; 3]) {
    let (switches, cpu) = (format!("{name}_switches"), format!("{name}_cpu"));
    if !family.asks_for(&switches) && !family.asks_for(&cpu) {
        return;
    }
    let children = contestants.map(start);
    let figures = children.map(finish);
    let verdict = |cell, unit, figure: usize| {
        let score = |(name, figures): (&&str, &[f64; 2])| Score::of(name, vec![figures[figure]]);
        Verdict { cell, unit, scores: contestants.iter().zip(&figures).map(score).collect() }
    };
    family.record(verdict(switches, "switches", 0));
    family.record(verdict(cpu, "us", 1));
}

fn start(contestant: &str) -> Child {
    let this = env::current_exe().expect("a bench knows where it is");
    let child = Command::new(this).env(CHILD, contestant).stdout(Stdio::piped()).spawn();
    child.expect("a bench can be run again")
}

fn finish(child: Child) -> [f64; 2] {
    let output = child.wait_with_output().expect("the child ends");
    let text = String::from_utf8(output.stdout).expect("the child prints figures");
    let mut figures = text.split_whitespace().map(|word| word.parse().expect("a figure"));
    [(); 2].map(|()| figures.next().expect("two figures"))
}

/// Runs one contestant, which has nothing to do, and prints its figures.
pub(crate) fn run_child() {
    thread::spawn(|| {
        let own = threads::current();
        thread::sleep(SETTLE);
        let before = threads::usage_but_of(own);
        thread::sleep(IDLE);
        let after = threads::usage_but_of(own);
        let cpu = after.cpu.saturating_sub(before.cpu);
        println!("{} {}", after.switches - before.switches, cpu.as_secs_f64() * 1e6);
        process::exit(0);
    });
    let contestant = env::var(CHILD).expect("this is the child");
    match contestant.as_str() {
        "motet" => motet_executor::Executor::builder().threads(2).build().expect("a thread").block_on(pending()),
        "tokio" => tokio(false).block_on(pending()),
        "async-executor" => smol_threads(),
        "motet with I/O" => {
            let runtime = motet::Runtime::builder().threads(2).build().expect("a thread");
            runtime.block_on(async {
                let listener = motet::io::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
                waits(listener.accept(), motet::sleep(LONG)).await;
            });
        }
        "tokio with I/O" => tokio(true).block_on(async {
            let listener = ::tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            waits(listener.accept(), ::tokio::time::sleep(LONG)).await;
        }),
        "smol with I/O" => smol::block_on(async {
            thread::spawn(smol_threads);
            let listener = smol::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            waits(listener.accept(), smol::Timer::after(LONG)).await;
        }),
        other => panic!("no contestant is called {other}"),
    }
}

fn tokio(enables_all: bool) -> ::tokio::runtime::Runtime {
    let mut builder = ::tokio::runtime::Builder::new_multi_thread();
    if enables_all {
        builder.enable_all();
    }
    builder.worker_threads(2).build().expect("two threads")
}

/// Two threads for smol's executor, this one and another.
fn smol_threads() {
    let executor: &smol::Executor<'_> = Box::leak(Box::new(smol::Executor::new()));
    thread::spawn(|| smol::block_on(executor.run(pending::<()>())));
    smol::block_on(executor.run(pending::<()>()));
}

/// A listener to which nobody comes, and a timer that does not fire.
async fn waits(accept: impl Future, sleep: impl Future) {
    futures::pin_mut!(accept, sleep);
    futures::future::select(accept, sleep).await;
}
