//! Threads: `std`'s, or loom's under `cfg(motet_loom)`.
//!
//! Only what both sides offer in one shape. Scoped threads and sleeps are `std::thread`'s business.

#[cfg(motet_loom)]
pub use loom::thread::{AccessError, Builder, JoinHandle, LocalKey, spawn, yield_now};
#[cfg(not(motet_loom))]
pub use std::thread::{AccessError, Builder, JoinHandle, LocalKey, spawn, yield_now};
