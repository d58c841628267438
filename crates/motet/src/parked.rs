//! Without the feature `io` there is no reactor: an idle worker parks on its thread.

use motet_prim::park::Parker;
use std::task::Waker;
use std::time::{Duration, Instant};

/// The seat that a worker has where there is no reactor.
pub(crate) struct Seat {
    parker: Parker,
}

impl Seat {
    pub(crate) fn new() -> Self {
        Self { parker: Parker::new() }
    }

    pub(crate) fn park(&mut self, limit: Option<Duration>) {
        match limit.and_then(|limit| Instant::now().checked_add(limit)) {
            Some(until) => {
                self.parker.park_until(until);
            }
            None => self.parker.park(),
        }
    }

    #[expect(clippy::unused_self, reason = "the reactor's seat looks for events here")]
    pub(crate) fn poll(&mut self) {}

    pub(crate) fn unparker(&self) -> Waker {
        self.parker.waker()
    }
}
