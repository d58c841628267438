//! Panics of code that is not ours, on tasks and threads that serve others too.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what may panic; `None` if it did. Whoever calls this does not use what the panic left half done.
pub(crate) fn contain<T>(run: impl FnOnce() -> T) -> Option<T> {
    let panic = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => return Some(done),
        Err(panic) => panic,
    };
    // What was thrown has a drop of its own, and what that throws is never dropped: it could go on for ever.
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        mem::forget(another);
    }
    None
}
