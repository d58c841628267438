//! Where an idle worker waits: in the reactor, until the wheel's next deadline at the latest.
//!
//! This is the one place where timers, sockets and the executor meet. The executor knows a [`Driver`], the timers know that a host
//! drives them, the reactor knows a seat; none of them knows another.

use motet_executor::Driver;
#[cfg(feature = "io")]
use motet_io::Seat;
use motet_timer::{Host, Timers};
use std::task::Waker;
use std::time::Duration;

#[cfg(not(feature = "io"))]
use crate::parked::Seat;

/// A seat at the reactor with the wheel's next deadline as its limit.
pub(crate) struct Seated {
    seat: Seat,
    timers: Timers,
    /// While it lives, an earlier arm wakes the seat, and no helper thread touches these timers. None if there is not always
    /// a worker: see [`OneWorker`].
    host: Option<Host>,
}

/// What the timers of a runtime of one worker are driven by: that worker, for as long as somebody is in `block_on`; else the
/// helper thread, for a sleep that was polled in there may be awaited elsewhere.
pub(crate) struct OneWorker {
    timers: Timers,
    unparker: Waker,
}

impl OneWorker {
    /// The worker comes, and stays until the host is dropped.
    pub(crate) fn host(&self) -> Host {
        self.timers.host(self.unparker.clone())
    }
}

impl Seated {
    pub(crate) fn new(timers: &Timers) -> Self {
        let seat = Seat::new();
        let host = timers.host(seat.unparker());
        Self { seat, timers: timers.clone(), host: Some(host) }
    }

    /// The same for a worker that comes and goes.
    pub(crate) fn for_one_worker(timers: &Timers) -> (Self, OneWorker) {
        let mut seated = Self::new(timers);
        // Timers that had a host are the helper thread's from then on.
        seated.host = None;
        let worker = OneWorker { timers: timers.clone(), unparker: seated.seat.unparker() };
        (seated, worker)
    }

    /// The time until the next deadline; publishes that deadline as the one that this host waits for.
    fn until_next_deadline(&self) -> Option<Duration> {
        let deadline = self.timers.next_deadline()?;
        Some(deadline.saturating_duration_since(self.timers.now()))
    }

    fn fire(&self) {
        self.timers.advance(self.timers.now());
    }
}

impl Driver for Seated {
    fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
        let next = self.until_next_deadline();
        let limit = limit.into_iter().chain(next).min();
        self.seat.park(limit);
        self.fire();
    }

    fn poll(&mut self) {
        self.seat.poll();
        self.fire();
    }

    fn unparker(&self) -> Waker {
        self.seat.unparker()
    }
}
