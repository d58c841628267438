//! Polls of tasks that must not reach whoever makes them, neither by a panic nor by what they leave to a frame; and values whose drops must not.

use crate::seam;
use crate::task::{Runnable, contain};
use core::ops::{Deref, DerefMut};

/// Somebody else's value, whose drop may panic: that panic ends here, for the value goes with an executor, a task, or a late wake.
pub(crate) struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }
}

/// It is empty only while it is dropped.
const THERE: &str = "it is there until the drop";

impl<T> Deref for Contained<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect(THERE)
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect(THERE)
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        contain(|| drop(self.0.take()));
    }
}

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
