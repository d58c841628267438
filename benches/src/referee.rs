//! Rounds in turn, medians, ratios.

use std::fmt;
use std::time::{Duration, Instant};

/// How many rounds count, unless told otherwise; one more comes first, as a warm-up.
const ROUNDS: usize = 9;

/// One measured thing, and those who do it: ours first, then the rivals.
pub struct Cell<'a> {
    name: &'a str,
    rounds: usize,
    operations: u32,
    rivals: Vec<(&'a str, Round<'a>)>,
}

/// Does all operations of one round.
type Round<'a> = Box<dyn FnMut() + 'a>;

/// What a cell came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The cell's name.
    pub cell: String,
    /// What the figures count: `ns` an operation, unless the cell measures something else.
    pub unit: &'static str,
    /// Ours, then each rival, in the order in which they were added.
    pub scores: Vec<Score>,
}

/// One contestant's times in a cell.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its name.
    pub rival: String,
    /// The median of the rounds, in the verdict's unit.
    pub median: f64,
    /// The fastest round.
    pub fastest: f64,
    /// The slowest round.
    pub slowest: f64,
}

impl<'a> Cell<'a> {
    /// A cell whose rounds do `operations` operations each.
    #[must_use]
    pub fn new(name: &'a str, operations: u32) -> Self {
        Self { name, rounds: ROUNDS, operations, rivals: Vec::new() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Another number of rounds.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Adds a contestant, ours first; `round` does all operations of one round.
    #[must_use]
    pub fn rival(mut self, name: &'a str, round: impl FnMut() + 'a) -> Self {
        self.rivals.push((name, Box::new(round)));
        self
    }

    /// Runs the rounds in turn.
    #[must_use]
    pub fn run(mut self) -> Verdict {
        let mut times = vec![Vec::with_capacity(self.rounds); self.rivals.len()];
        for round in 0..=self.rounds {
            for turn in 0..self.rivals.len() {
                let index = (round + turn) % self.rivals.len();
                let start = Instant::now();
                (self.rivals[index].1)();
                let elapsed = start.elapsed();
                if round > 0 {
                    times[index].push(elapsed);
                }
            }
        }
        let operations = f64::from(self.operations);
        let scores = self.rivals.iter().zip(times).map(|((name, _), times)| Score::new(name, times, operations));
        Verdict { cell: self.name.to_owned(), unit: "ns", scores: scores.collect() }
    }
}

impl Score {
    fn new(rival: &str, mut times: Vec<Duration>, operations: f64) -> Self {
        times.sort_unstable();
        let nanos = |index: usize| times[index].as_nanos() as f64 / operations;
        let (median, fastest, slowest) = (nanos(times.len() / 2), nanos(0), nanos(times.len() - 1));
        Self { rival: rival.to_owned(), median, fastest, slowest }
    }
}

impl Verdict {
    /// The best rival's time over ours: above one, ours is the fastest.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let best = self.scores[1..].iter().map(|score| score.median).min_by(f64::total_cmp);
        best.unwrap_or(self.scores[0].median) / self.scores[0].median
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Score { rival, median, fastest, slowest } in &self.scores {
            writeln!(f, "{:<24} {rival:<20} {median:>10.1} {}  ({fastest:.1} to {slowest:.1})", self.cell, self.unit)?;
        }
        write!(f, "{:<24} best rival / {} = {:.2}", self.cell, self.scores[0].rival, self.ratio())
    }
}
