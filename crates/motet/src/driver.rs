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
    /// While it lives, an earlier arm wakes the seat, and no helper thread touches these timers. None while no worker can come: the only one of
    /// a runtime does as long as somebody is in `block_on`, and any may block in a nested one. A sleep is then the helper thread's.
    host: Option<Host>,
}

impl Seated {
    /// Timers that had a host once are the helper thread's while they have none.
    pub(crate) fn new(timers: &Timers) -> Self {
        let mut seated = Self { seat: Seat::new(), timers: timers.clone(), host: None };
        seated.resume();
        seated
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

    fn suspend(&mut self) {
        self.host = None;
    }

    fn resume(&mut self) {
        self.host.get_or_insert_with(|| self.timers.host(self.seat.unparker()));
    }

    fn unparker(&self) -> Waker {
        self.seat.unparker()
    }
}
