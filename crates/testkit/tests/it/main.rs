//! The test tools, tested: each must be able to fail.

mod allocations;
mod drop_at;
mod explore;
mod sim;
mod wake_count;
