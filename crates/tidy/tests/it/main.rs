//! The house rules, run over this repository, and the drills that show each of them can fail.

mod drills;
mod figures;
mod house;
mod trees;
