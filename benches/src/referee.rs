//! Rounds in turn, medians, ratios.
//!
//! A machine is faster at one moment than at another, often by half. So contestants are compared within a round, one right after the other, and what
//! counts is the median of the rounds' ratios.

use std::fmt;
use std::time::{Duration, Instant};

/// How many rounds count, unless told otherwise; one more comes first, as a warm-up.
const ROUNDS: usize = 15;

/// One measured thing, and those who do it: ours first, then the rivals.
pub struct Cell<'a> {
    name: &'a str,
    rounds: usize,
    operations: u32,
    rivals: Vec<Contestant<'a>>,
}

struct Contestant<'a> {
    name: &'a str,
    is_floor: bool,
    round: Round<'a>,
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
    /// The figure of each round, in turn.
    rounds: Vec<f64>,
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
        self.rivals.push(Contestant { name, is_floor: false, round: Box::new(round) });
        self
    }

    /// Adds what bounds all contestants: it takes its turn with them, and is not ranked.
    #[must_use]
    pub fn floor(mut self, name: &'a str, round: impl FnMut() + 'a) -> Self {
        self.rivals.push(Contestant { name, is_floor: true, round: Box::new(round) });
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
                (self.rivals[index].round)();
                let elapsed = start.elapsed();
                if round > 0 {
                    times[index].push(elapsed);
                }
            }
        }
        let operations = f64::from(self.operations);
        let scores = self
            .rivals
            .iter()
            .zip(times)
            .map(|(rival, times)| Score { is_floor: rival.is_floor, ..Score::new(rival.name, times, operations) });
        Verdict { cell: self.name.to_owned(), unit: "ns", scores: scores.collect() }
    }
}

impl Score {
    /// A contestant's figures, one a round.
    #[must_use]
    pub fn of(rival: &str, rounds: Vec<f64>) -> Self {
        let fastest = rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let slowest = rounds.iter().copied().fold(0.0, f64::max);
        Self { rival: rival.to_owned(), median: median(rounds.clone()), fastest, slowest, is_floor: false, rounds }
    }

    /// A contestant whose figure was come by in another way than round by round, and between what it lay.
    #[must_use]
    pub fn summed_up(rival: &str, figure: f64, (fastest, slowest): (f64, f64)) -> Self {
        Self { fastest, slowest, ..Self::of(rival, vec![figure]) }
    }

    fn new(rival: &str, times: Vec<Duration>, operations: f64) -> Self {
        Self::of(rival, times.into_iter().map(|time| time.as_nanos() as f64 / operations).collect())
    }
}

impl Verdict {
    /// The best rival's figures over ours: above one, ours is the best.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let rivals = self.scores[1..].iter().filter(|score| !score.is_floor);
        rivals.map(|rival| self.relative(rival)).min_by(f64::total_cmp).unwrap_or(1.0)
    }

    /// A contestant's figures over ours, each over that of the same round; the median of these.
    #[must_use]
    pub fn relative(&self, score: &Score) -> f64 {
        median(score.rounds.iter().zip(&self.scores[0].rounds).map(|(&theirs, &ours)| over(theirs, ours)).collect())
    }
}

/// Equal figures are one, nothing and nothing included; whatever there is, is infinitely more than nothing.
fn over(theirs: f64, ours: f64) -> f64 {
    if theirs == ours { 1.0 } else { theirs / ours }
}

/// The one in the middle, of at least one.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Score { rival, median, fastest, slowest, .. } in &self.scores {
            writeln!(f, "{:<24} {rival:<20} {median:>10.1} {}  ({fastest:.1} to {slowest:.1})", self.cell, self.unit)?;
        }
        write!(f, "{:<24} best rival / {} = {:.2}", self.cell, self.scores[0].rival, self.ratio())
    }
}

#[cfg(test)]
mod tests {
    use super::{Score, Verdict};

    #[test]
    fn a_ratio_compares_within_the_rounds() {
        // Twice as slow a machine in the second half; theirs takes half as long again in each round.
        let scores = vec![
            Score::of("ours", vec![10.0, 10.0, 20.0, 20.0, 20.0]),
            Score::of("theirs", vec![15.0, 15.0, 30.0, 30.0, 15.0]),
        ];
        let verdict = Verdict { cell: "cell".to_owned(), unit: "ns", scores };
        assert!((verdict.ratio() - 1.5).abs() < 1e-9);
    }

    #[test]
    fn nothing_over_nothing_is_one() {
        let scores = vec![Score::of("ours", vec![0.0]), Score::of("theirs", vec![0.0])];
        let verdict = Verdict { cell: "cell".to_owned(), unit: "switches", scores };
        assert!((verdict.ratio() - 1.0).abs() < 1e-9);
    }
}
