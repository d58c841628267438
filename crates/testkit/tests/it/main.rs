//! The test tools, tested: each must be able to fail.

mod drop_at;
mod wake_count;
