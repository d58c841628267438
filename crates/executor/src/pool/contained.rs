//! Polls of tasks that must not reach whoever makes them: neither by a panic nor by what they leave to a frame.

use crate::seam;
use crate::task::{Runnable, contain};

/// Polls a task in an empty frame: what it drops outside of its own scope is none of the poller's business.
pub(crate) fn run_outside(runnable: Runnable) {
    seam::outside(|| {
        contain(|| {
            runnable.run();
        });
    });
}

/// Polls many tasks in an empty frame: goes on with `run` until it returns, whatever unwinds out of a task.
///
/// Nothing does, as a rule: a task contains its panics. One frame and one `catch_unwind` for many tasks cost nothing.
pub(crate) fn run_contained(mut run: impl FnMut()) {
    let mut is_done = false;
    while !is_done {
        seam::outside(|| {
            contain(|| {
                run();
                is_done = true;
            });
        });
    }
}
