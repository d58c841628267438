//! The simulation.

mod cancelling;
mod deadlock;
mod exact;
mod local;
mod order;
mod outside;
mod panics;
mod time;

use std::sync::{Arc, Mutex};

/// What happened, in order; clones write into one log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, what: impl ToString) {
        self.0.lock().unwrap().push(what.to_string());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The message of a panic in `run`, with `deadlock` and the like in it.
pub(crate) fn panic_of(run: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).expect_err("it should have panicked");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().expect("a text").to_string(),
    }
}
