//! Rounds in turn, medians, ratios.

use std::fmt;
use std::time::{Duration, Instant};

/// How many rounds count, unless told otherwise; one more comes first, as a warm-up.
const ROUNDS: usize = 9;

/// One measured thing, and those who do it.
pub struct Cell<'a> {
    name: &'a str,
    rounds: usize,
    operations: u32,
    rivals: Vec<(&'a str, Box<dyn FnMut() + 'a>)>,
}

/// What a cell came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The cell's name.
    pub cell: String,
    /// Each rival, in the order in which it was added.
    pub scores: Vec<Score>,
}

/// One rival's times in a cell.
#[derive(Clone, Debug)]
pub struct Score {
    /// The rival's name.
    pub rival: String,
    /// The median time of one operation.
    pub median: Duration,
    /// The fastest and the slowest round's time of one operation.
    pub range: (Duration, Duration),
}

impl<'a> Cell<'a> {
    /// A cell whose rounds do `operations` operations each.
    #[must_use]
    pub fn new(name: &'a str, operations: u32) -> Self {
        Self { name, rounds: ROUNDS, operations, rivals: Vec::new() }
    }

    /// Adds a rival; `round` does all operations of one round.
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
                let elapsed = start.elapsed() / self.operations;
                if round > 0 {
                    times[index].push(elapsed);
                }
            }
        }
        let scores = self.rivals.iter().zip(times).map(|((name, _), times)| Score::new(name, times)).collect();
        Verdict { cell: self.name.to_owned(), scores }
    }
}

impl Score {
    fn new(rival: &str, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let range = (times[0], times[times.len() - 1]);
        Self { rival: rival.to_owned(), median: times[times.len() / 2], range }
    }
}

impl Verdict {
    /// How many times as long as the first rival the others took at best: above one, the first is the fastest.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let best = self.scores[1..].iter().map(|score| score.median).min().unwrap_or(self.scores[0].median);
        best.as_secs_f64() / self.scores[0].median.as_secs_f64()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Score { rival, median, range } in &self.scores {
            writeln!(f, "{:<28} {rival:<12} {median:>10.1?}  ({:.1?} to {:.1?})", self.cell, range.0, range.1)?;
        }
        write!(f, "{:<28} best rival / {} = {:.2}", self.cell, self.scores[0].rival, self.ratio())
    }
}

/// Whether the command line asks for this cell: `cargo bench --bench fetch -- 2000` runs those whose name contains `2000`.
#[must_use]
pub fn selected(cell: &str) -> bool {
    let mut asked = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    asked.peek().is_none() || asked.any(|argument| cell.contains(&argument))
}
