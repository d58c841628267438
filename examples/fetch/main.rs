//! The main job: many URLs at once, under a limit, with timeouts, collected errors, progress and clean cancellation.
//!
//! ```text
//! cargo run --release --example fetch                          a demonstration against a server of its own
//! cargo run --release --example fetch -- --urls list.txt --limit 20 --timeout 5 --retries 2 --out results.jsonl
//! cargo run --release --example fetch -- --help
//! ```
//!
//! | file | what is in it |
//! | --- | --- |
//! | `args.rs` | the command line |
//! | `targets.rs` | where the URLs come from: a file, standard input, or the demonstration |
//! | `attempt.rs` | one URL: its attempts, and how they ended |
//! | `job.rs` | all of them: workers under a limit, and what Ctrl-C does |
//! | `report.rs`, `progress.rs` | the results file and the summary; the bar |
#![forbid(unsafe_code)]

mod args;
mod attempt;
mod job;
mod progress;
mod report;
mod targets;

use args::Args;
use clap::Parser as _;
use job::Job;
use std::process::ExitCode;

fn main() -> ExitCode {
    // clap answers bad usage itself: a message that says what to do, and exit status 2.
    let args = Args::parse();
    motet::run(async {
        let job = match Job::open(&args).await {
            Ok(job) => job,
            Err(usage) => return told(&usage, ExitCode::from(2)),
        };
        match job.run().await {
            Ok(ending) => ending.into(),
            Err(failure) => told(&failure, ExitCode::FAILURE),
        }
    })
}

fn told(error: &job::Failure, code: ExitCode) -> ExitCode {
    eprintln!("fetch: {error}");
    code
}
