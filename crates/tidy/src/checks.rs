//! The checks, one idea a file. Each gives the places that break its rule; none is good news.

mod cancel_safety;
mod files;
mod imports;
mod names;
mod tests;

pub use cancel_safety::cancel_safety;
pub use files::{forbids_unsafe, opens_with_docs, stays_short};
pub use imports::imports;
pub use names::{one_door, plain_names};
pub use tests::{models_spawn, no_sleeping_tests, nothing_skipped, one_test_binary};
