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
    floor: Option<&'a str>,
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
    /// Whether it is no rival, but what bounds them all.
    pub is_floor: bool,
}

impl<'a> Cell<'a> {
    /// A cell whose rounds do `operations` operations each.
    #[must_use]
    pub fn new(name: &'a str, operations: u32) -> Self {
        Self { name, rounds: ROUNDS, operations, rivals: Vec::new(), floor: None }
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

    /// Adds what bounds all contestants: it takes its turn with them, and is not ranked.
    #[must_use]
    pub fn floor(mut self, name: &'a str, round: impl FnMut() + 'a) -> Self {
        self.floor = Some(name);
        self.rival(name, round)
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
        let scores = self.rivals.iter().zip(times).map(|((name, _), times)| Score {
            is_floor: self.floor == Some(*name),
            ..Score::new(name, times, operations)
        });
        Verdict { cell: self.name.to_owned(), unit: "ns", scores: scores.collect() }
    }
}

impl Score {
    /// A contestant's figures, one a round.
    #[must_use]
    pub fn of(rival: &str, mut figures: Vec<f64>) -> Self {
        figures.sort_unstable_by(f64::total_cmp);
        let (median, fastest, slowest) = (figures[figures.len() / 2], figures[0], figures[figures.len() - 1]);
        Self { rival: rival.to_owned(), median, fastest, slowest, is_floor: false }
    }

    fn new(rival: &str, times: Vec<Duration>, operations: f64) -> Self {
        Self::of(rival, times.into_iter().map(|time| time.as_nanos() as f64 / operations).collect())
    }
}

impl Verdict {
    /// The best rival's figure over ours: above one, ours is the best.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let rivals = self.scores[1..].iter().filter(|score| !score.is_floor);
        let best = rivals.min_by(|one, other| one.median.total_cmp(&other.median));
        best.map_or(1.0, |best| self.relative(best))
    }

    /// A figure over ours. Equal figures are one, nothing and nothing included; whatever there is, is infinitely more than nothing.
    #[must_use]
    pub fn relative(&self, score: &Score) -> f64 {
        let ours = self.scores[0].median;
        if score.median == ours { 1.0 } else { score.median / ours }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Score { rival, median, fastest, slowest, .. } in &self.scores {
            writeln!(f, "{:<24} {rival:<20} {median:>10.1} {}  ({fastest:.1} to {slowest:.1})", self.cell, self.unit)?;
        }
        write!(f, "{:<24} best rival / {} = {:.2}", self.cell, self.scores[0].rival, self.ratio())
    }
}
