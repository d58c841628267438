//! The limits on a request's way to a connection: one budget to wait for the pool's others, one to connect.
//!
//! A second attempt, after a connection that turned out closed, goes on with what the first has left of them.

use crate::Timeouts;
use crate::clock::{self, Budget, RunsOut};
use crate::error::{Error, Phase};
use std::task::{Context, Poll};
use std::time::Instant;

pub(super) struct Waits {
    pub(super) pool: Budget,
    pub(super) connect: Budget,
}

/// What the request does that finds out for the others what a host speaks, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking {
    /// It waits for its turn at the pool.
    Waits(Instant),
    Dials(Instant),
}

impl Waits {
    pub(super) fn new(timeouts: &Timeouts) -> Self {
        Self { pool: Budget::new(Phase::Pool, timeouts.pool), connect: Budget::new(Phase::Connect, timeouts.connect) }
    }

    /// A wait for the pool is over, or both are: neither clock runs.
    pub(super) fn stop(&mut self) {
        for budget in [&mut self.pool, &mut self.connect] {
            if budget.is_running() {
                budget.stop(clock::now());
            }
        }
    }

    /// Which clock runs at a host's gate depends on the one for whom it is closed: its changes wake nobody here, so they are
    /// seen at the next look, and count from when they were.
    pub(super) fn poll_at_gate(&mut self, begun: Instant, asking: Option<Asking>, cx: &mut Context<'_>) -> Poll<Error> {
        let (running, other, since) = match asking {
            Some(Asking::Dials(since)) => (&mut self.connect, &mut self.pool, since),
            Some(Asking::Waits(since)) => (&mut self.pool, &mut self.connect, since),
            None => (&mut self.pool, &mut self.connect, begun),
        };
        other.stop(since);
        running.run_from(since.max(begun));
        running.poll(cx)
    }
}
