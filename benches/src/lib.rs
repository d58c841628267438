//! The referee: rivals and Motet in one process, in turn.
//!
//! Absolute times drift on a shared machine, so a figure is a ratio within one run: the rivals take turns (A B C A B C), each round
//! starts with another of them, and what counts is the median of the rounds' ratios. A family of cells prints its verdicts as they come, and,
//! when all its cells have run, writes them to `results/FAMILY.csv` and draws `results/FAMILY.svg`.
//!
//! ```text
//! cargo bench -p motet-benches --bench executor                all cells of the family
//! cargo bench -p motet-benches --bench executor -- yield       those whose name contains `yield`; writes no files
//! ```
#![forbid(unsafe_code)]

mod chart;
mod family;
pub mod floor;
pub mod floor_of_two;
pub mod loopback;
pub mod pools;
mod referee;
pub mod resident;
pub mod threads;

pub use family::Family;
pub use referee::{Cell, Score, Verdict};
