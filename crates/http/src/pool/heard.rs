//! What was heard of a server on a connection that requests share, and whether it is in doubt that it still lives.
//!
//! ```text
//!   Trusted ──▶ Doubted: a request ran out of its read or write timeout, and nobody was told anything since it began to wait
//!      ▲           │
//!      └───────────┘ something came, be it the answer to hyper's ping: whoever waits for another connection may come back
//! ```
//!
//! hyper's ping finds a dead connection only after the next few requests would have gone the same way; but a doubt proves
//! nothing: a server may be slow with one answer, and have no other to give.

use crate::error::Error;
use motet_sync::Event;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connection's ear, and those who ask what it heard.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Hearing>>);

#[derive(Default)]
struct Hearing {
    /// How often there was something to read.
    count: u64,
    trust: Trust,
}

#[derive(Default)]
enum Trust {
    #[default]
    Trusted,
    /// Until this is set.
    Doubted(Arc<Event>),
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, Hearing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The count so far: as long as it stays, the server says nothing to anybody.
    pub(super) fn count(&self) -> u64 {
        self.lock().count
    }

    /// Something came.
    pub(super) fn hear(&self) {
        let before = {
            let mut hearing = self.lock();
            hearing.count += 1;
            mem::take(&mut hearing.trust)
        };
        if let Trust::Doubted(heard_again) = before {
            heard_again.set();
        }
    }

    /// A request came to this end, and waited since this was the count. Only if its time ran out is that about the server.
    pub(super) fn doubt(&self, end: &Error, since: u64) {
        let mut hearing = self.lock();
        if end.is_timeout() && hearing.count == since && matches!(hearing.trust, Trust::Trusted) {
            hearing.trust = Trust::Doubted(Arc::new(Event::new()));
        }
    }

    /// What is set when the doubt is withdrawn, if there is one.
    pub(super) fn doubted(&self) -> Option<Arc<Event>> {
        match &self.lock().trust {
            Trust::Trusted => None,
            Trust::Doubted(heard_again) => Some(heard_again.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Phase;
    use motet_test::Stepped;

    #[test]
    fn a_timeout_in_which_nothing_came_raises_a_doubt_until_something_comes() {
        let heard = Heard::default();
        heard.doubt(&Error::timeout(Phase::Read), heard.count());
        let mut wait = Stepped::new(heard.doubted().expect("nothing came").wait_owned());
        assert!(wait.poll().is_pending());
        heard.hear();
        assert!(wait.is_woken() && wait.poll().is_ready() && heard.doubted().is_none());
    }

    #[test]
    fn one_in_which_something_came_raises_none() {
        let heard = Heard::default();
        let since = heard.count();
        heard.hear();
        heard.doubt(&Error::timeout(Phase::Read), since);
        assert!(heard.doubted().is_none());
    }

    #[test]
    fn a_request_that_fails_by_itself_raises_none() {
        let heard = Heard::default();
        heard.doubt(&Error::other("its own fault"), heard.count());
        assert!(heard.doubted().is_none());
    }
}
