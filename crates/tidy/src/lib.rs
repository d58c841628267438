//! The house rules as tests: what a reviewer would otherwise have to say twice.
//!
//! [`House::open`] reads the workspace once; each check looks at it and gives the places that break its rule. The tests run every
//! check over this repository, and keep for each a drill: a snippet that breaks the rule, to show that the check can fail.
//!
//! | check | rule |
//! | --- | --- |
//! | [`checks::opens_with_docs`] | `//!` opens every file |
//! | [`checks::stays_short`] | no source file is longer than 400 lines |
//! | [`checks::one_door`] | atomics, `parking_lot` and loom are named in `crates/prim` only (model files aside) |
//! | [`checks::imports`] | the crates import one another only as the table of `ARCHITECTURE.md` allows |
//! | [`checks::cancel_safety`] | every public `async fn` or future-returning function has `# Cancel safety` |
//! | [`checks::nothing_skipped`] | no `#[ignore]`, no ignored doctest, no `todo!` |
//! | [`checks::no_sleeping_tests`] | no test sleeps in real time |
//! | [`checks::models_spawn`] | every loom model starts a second thread |
//! | [`checks::one_test_binary`] | one integration binary a crate |
//! | [`checks::plain_names`] | no `Inner`, `Manager`, `Helper`, `utils` |
//! | [`checks::forbids_unsafe`] | a crate without `unsafe` forbids it |
#![forbid(unsafe_code)]

pub mod checks;
mod house;
mod tokens;

pub use house::{House, Package, Source, Violation};
