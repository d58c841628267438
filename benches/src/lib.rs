//! The referee: rivals and Motet in one process, in turn.
//!
//! Absolute times drift on a shared machine, so a figure is a ratio within one run: the rivals take turns (A B C A B C), each round
//! starts with another of them, and what counts is the median of the rounds.
#![forbid(unsafe_code)]

pub mod loopback;
mod referee;

pub use referee::{Cell, Verdict, selected};
