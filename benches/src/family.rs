//! The cells that are run, printed, written and drawn together.

use crate::{Cell, Verdict, chart};
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// A family of cells: one bench target, one table of results, one chart.
pub struct Family {
    name: &'static str,
    asked: Vec<String>,
    verdicts: Vec<Verdict>,
}

impl Family {
    /// The family of this bench target; the command line says which of its cells to run.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let asked = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
        Self { name, asked, verdicts: Vec::new() }
    }

    /// Whether the command line asks for this cell.
    #[must_use]
    pub fn asks_for(&self, cell: &str) -> bool {
        self.asked.is_empty() || self.asked.iter().any(|part| cell.contains(part))
    }

    /// Runs a cell, if it is asked for.
    pub fn run(&mut self, cell: Cell<'_>) {
        if self.asks_for(cell.name()) {
            self.record(cell.run());
        }
    }

    /// Takes in a verdict that was come by in another way.
    pub fn record(&mut self, verdict: Verdict) {
        println!("{verdict}\n");
        self.verdicts.push(verdict);
    }

    /// Writes the table and draws the chart, if the whole family has run.
    ///
    /// # Errors
    ///
    /// If the files cannot be written.
    pub fn finish(self) -> io::Result<()> {
        if !self.asked.is_empty() || self.verdicts.is_empty() {
            return Ok(());
        }
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(self.name).with_extension("csv"), self.csv())?;
        chart::draw(self.name, &self.verdicts, &folder.join(self.name).with_extension("svg")).map_err(io::Error::other)
    }

    fn csv(&self) -> String {
        let mut csv = format!("# machine: {}\n# commit: {}\n", machine(), commit());
        csv.push_str("cell,contestant,median,fastest,slowest,unit,best_rival_over_ours\n");
        for verdict in &self.verdicts {
            for (place, score) in verdict.scores.iter().enumerate() {
                let ratio = if place == 0 { format!("{:.2}", verdict.ratio()) } else { String::new() };
                let (cell, rival) = (&verdict.cell, &score.rival);
                let line = writeln!(
                    csv,
                    "{cell},{rival},{:.1},{:.1},{:.1},{},{ratio}",
                    score.median, score.fastest, score.slowest, verdict.unit
                );
                line.expect("a string takes what it is given");
            }
        }
        csv
    }
}

fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} processors, {}, {}", model.unwrap_or("unknown"), env::consts::OS)
}

/// The commit that was measured; marked if the tree had changes on top of it.
fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "..", ":!results"])
        .is_some_and(|changes| !changes.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}
