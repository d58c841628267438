//! The results file and the summary.

use crate::args::Args;
use crate::attempt::{Outcome, Record};
use crate::job::Stopped;
use crate::progress::Progress;
use hdrhistogram::Histogram;
use std::fs::File;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Latencies are kept to three digits, so a million of them take no more memory than a thousand.
const LATENCY_DIGITS: u8 = 3;

/// What has been seen so far.
pub(crate) struct Report {
    start: Instant,
    limit: usize,
    demonstration: bool,
    out: Option<File>,
    progress: Progress,
    latencies_micros: Histogram<u64>,
    counts: [u64; Outcome::ALL.len()],
    bytes: u64,
    busy: Duration,
    unexpected: u64,
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    AsAsked,
    SomeFailed,
    Cancelled,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::AsAsked => Self::SUCCESS,
            Ending::SomeFailed => Self::from(1),
            // What a shell reports of a program that Ctrl-C ended: 128 and the number of the signal.
            Ending::Cancelled => Self::from(130),
        }
    }
}

impl Report {
    /// Opens the results file, if one is asked for.
    pub(crate) fn create(args: &Args) -> io::Result<Self> {
        let named = |path: &std::path::Path, error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        let out = args.out.as_deref().map(|path| File::create(path).map_err(|error| named(path, error)));
        Ok(Self {
            start: Instant::now(),
            limit: args.limit,
            demonstration: args.urls.is_none(),
            out: out.transpose()?,
            progress: Progress::hidden(),
            latencies_micros: Histogram::new(LATENCY_DIGITS).expect("three digits are within the histogram's range"),
            counts: [0; Outcome::ALL.len()],
            bytes: 0,
            busy: Duration::ZERO,
            unexpected: 0,
        })
    }

    /// Starts the clock and the progress.
    pub(crate) fn begin(&mut self, total: Option<u64>) {
        self.start = Instant::now();
        self.progress = Progress::new(total);
    }

    /// Takes one record in: it is in the results file when this returns.
    pub(crate) fn add(&mut self, record: &Record) -> io::Result<()> {
        if let Some(out) = &mut self.out {
            // One write a line: whatever ends the program, no line is cut in the middle.
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            out.write_all(&line)?;
        }
        if record.outcome == Outcome::BadUrl {
            let why = record.error.as_deref().unwrap_or("not a URL");
            self.progress.say(&format!("line {}: {}: {why}", record.line, record.url));
        }
        self.latencies_micros.record(record.micros.max(1)).expect("the histogram grows with its values");
        self.counts[record.outcome as usize] += 1;
        self.bytes += record.bytes;
        self.busy += Duration::from_micros(record.micros);
        self.unexpected += u64::from(!record.is_as_expected());
        self.progress.advance();
        Ok(())
    }

    /// Prints the summary.
    pub(crate) fn end(self, stopped: Stopped, waiting: usize, source_broke: bool) -> Ending {
        self.progress.finish();
        // A reader that has gone away (`fetch | head -1`) is no reason to fail.
        let _reader_gone = io::stdout().write_all(self.summary(stopped, waiting).as_bytes());
        match stopped {
            Stopped::ByCtrlC => Ending::Cancelled,
            Stopped::AllDone if self.unexpected > 0 || source_broke => Ending::SomeFailed,
            Stopped::AllDone => Ending::AsAsked,
        }
    }

    fn summary(&self, stopped: Stopped, waiting: usize) -> String {
        let fetched: u64 = self.counts.iter().sum();
        let wall = self.start.elapsed().as_secs_f64();
        let mut lines = vec![format!("fetched {fetched} URLs in {wall:.2} s, at most {} at once", self.limit)];
        let seen = Outcome::ALL.into_iter().filter(|outcome| self.counts[*outcome as usize] > 0);
        lines.extend(seen.map(|outcome| format!("  {outcome:<20} {:>8}", self.counts[outcome as usize])));
        let millis = |quantile| self.latencies_micros.value_at_quantile(quantile) as f64 / 1e3;
        let (p50, p90, p99) = (millis(0.5), millis(0.9), millis(0.99));
        lines.push(format!("latency              p50 {p50:.1} ms, p90 {p90:.1} ms, p99 {p99:.1} ms"));
        lines.push(format!("bytes                {}", self.bytes));
        lines.push(format!("one after another    {:.2} s, their latencies added up", self.busy.as_secs_f64()));
        if self.demonstration {
            lines.push(format!("as expected          {} of {fetched}", fetched - self.unexpected));
        }
        if stopped == Stopped::ByCtrlC {
            lines.push(format!("cancelled            {}", self.left(fetched, waiting)));
        }
        lines.join("\n") + "\n"
    }

    fn left(&self, fetched: u64, waiting: usize) -> String {
        match self.progress.total() {
            Some(total) => format!("{} URLs were left", total.saturating_sub(fetched)),
            None => format!("what was in flight, {waiting} URLs that had been read, and the rest of the input"),
        }
    }
}
