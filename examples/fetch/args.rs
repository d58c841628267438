//! The command line.

use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Fetch many URLs at once: under a limit, with timeouts, collected errors, progress and clean cancellation.
///
/// Without arguments it starts a server of its own on loopback and fetches 2,000 URLs from it, among them slow ones, errors, redirects,
/// reset connections and bodies that are too large. Ctrl-C cancels: what is in flight is closed, what has finished is kept.
///
/// Exit status: 0 all went as asked, 1 some failed, 2 bad usage, 130 cancelled.
#[derive(Clone, Debug, Parser)]
#[command(name = "fetch", verbatim_doc_comment)]
pub(crate) struct Args {
    /// File with one URL a line, `-` for standard input; blank lines and lines that start with `#` are ignored
    #[arg(long, value_name = "FILE")]
    pub(crate) urls: Option<PathBuf>,

    /// How many requests may be in flight at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = limit)]
    pub(crate) limit: usize,

    /// How long one attempt may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// How often a request that failed in passing is tried again, with growing pauses
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,

    /// Write one JSON object a line for each URL, as they finish
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// The largest body that is taken, in bytes (after decompression)
    #[arg(long, value_name = "BYTES", default_value_t = 128 * 1024)]
    pub(crate) max_body: u64,
}

/// More sockets than this no system gives to one process unasked.
const MOST_AT_ONCE: usize = 10_000;

fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("a limit of 0 would never fetch anything: give at least 1".to_owned()),
        Ok(limit) if limit > MOST_AT_ONCE => {
            Err(format!("that many sockets cannot be had: give at most {MOST_AT_ONCE}"))
        }
        Ok(limit) => Ok(limit),
        Err(error) => Err(error.to_string()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(Duration::ZERO) => Err("with no time at all every request fails: give more than 0".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}
