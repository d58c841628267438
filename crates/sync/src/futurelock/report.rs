//! What is told of a futurelock.

use core::fmt;
use core::panic::Location;
use std::time::Duration;

/// A waiter that was given what it waits for, and is not polled.
///
/// Its `Display` says what it is, where it was made, and what to do.
#[derive(Clone, Debug)]
pub struct Futurelock {
    pub(super) what: &'static str,
    pub(super) made_at: &'static Location<'static>,
    pub(super) unpolled: Duration,
}

impl Futurelock {
    /// What it was given: `"lock"`, `"hold on a read-write lock"` or `"permit"`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Where the future was made: the call of `lock()`, `read()`, `acquire()`.
    #[must_use]
    pub fn made_at(&self) -> &'static Location<'static> {
        self.made_at
    }

    /// For how long it had not been polled when it was found.
    #[must_use]
    pub fn unpolled(&self) -> Duration {
        self.unpolled
    }
}

impl fmt::Display for Futurelock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, made_at, unpolled } = self;
        write!(
            f,
            "futurelock: the future made at {made_at} was given its {what}, and was not polled for {unpolled:?}; others wait for it. \
             Poll it, or drop it: it hands on what it has"
        )
    }
}
