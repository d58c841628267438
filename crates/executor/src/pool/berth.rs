//! Where a worker sleeps: on a futex of its own, or inside the driver.
//!
//! ```text
//!             park                  park ends
//!   EMPTY ───────────▶ ON_FUTEX ───────────────▶ EMPTY
//!     │ └────────────▶ IN_DRIVER ──────────────▶   ▲
//!     │                    │                       │
//!     └──── unpark ───▶ NOTIFIED ──────────────────┘ park returns
//! ```
//!
//! Only the berth's worker leaves EMPTY and comes back to it; anybody moves it to NOTIFIED, and the state that this
//! exchange finds says what else there is to do: notify the futex, or unpark the driver. An unpark of a driver that the
//! worker has just left is kept by the driver (its unparker is sticky) and costs the next park a spurious return.

use crate::driver::{Driver, Wheelhouse};
use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicU32, Ordering};
use motet_prim::lock::{Condvar, Mutex};
use std::time::{Duration, Instant};

const EMPTY: u32 = 0;
const ON_FUTEX: u32 = 1;
const IN_DRIVER: u32 = 2;
const NOTIFIED: u32 = 3;

/// One worker's place to sleep.
pub(crate) struct Berth {
    state: CachePadded<AtomicU32>,
    lock: Mutex<()>,
    notified: Condvar,
}

/// Where a park was spent.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Rested {
    /// Not at all, or on the futex.
    Outside,
    /// In the driver, which is free now: the caller hands it on.
    InDriver,
}

impl Berth {
    pub(crate) fn new() -> Self {
        Self { state: CachePadded::new(AtomicU32::new(EMPTY)), lock: Mutex::new(()), notified: Condvar::new() }
    }

    /// Sleeps until unparked or for `limit`: in the driver if it is free, else on the futex.
    pub(crate) fn park<D: Driver + ?Sized>(
        &self,
        driver: Option<&Wheelhouse<D>>,
        limit: Option<Duration>,
        quiet: bool,
    ) -> Rested {
        if self.take_notification() {
            return Rested::Outside;
        }
        match driver.and_then(Wheelhouse::try_enter) {
            Some(mut driver) => {
                // AcqRel: on failure there is a notification, whose Release `leave` acquires.
                if self.state.compare_exchange(EMPTY, IN_DRIVER, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                    let _leave = Leave(self);
                    driver.park(limit, quiet);
                } else {
                    self.leave();
                }
                Rested::InDriver
            }
            None => {
                if quiet {
                    // Whoever is inside went in when somebody was awake; a virtual clock waits for this.
                    driver.into_iter().for_each(Wheelhouse::unpark_virtual);
                }
                self.sleep(limit.and_then(|limit| Instant::now().checked_add(limit)));
                Rested::Outside
            }
        }
    }

    /// Ends the `park` under way, or the next one.
    pub(crate) fn unpark<D: Driver + ?Sized>(&self, driver: Option<&Wheelhouse<D>>) {
        // AcqRel: Release, for the Acquire of whoever takes the notification.
        match self.state.swap(NOTIFIED, Ordering::AcqRel) {
            ON_FUTEX => {
                // The sleeper holds the lock from ON_FUTEX until it is inside the condition variable: wait for that.
                drop(self.lock.lock());
                self.notified.notify_one();
            }
            IN_DRIVER => driver.into_iter().for_each(Wheelhouse::unpark),
            _ => {}
        }
    }

    fn sleep(&self, deadline: Option<Instant>) {
        let mut guard = self.lock.lock();
        if self.state.compare_exchange(EMPTY, ON_FUTEX, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return self.leave();
        }
        loop {
            let timed_out = match deadline {
                None => {
                    self.notified.wait(&mut guard);
                    false
                }
                Some(deadline) => self.notified.wait_until(&mut guard, deadline).timed_out(),
            };
            if timed_out {
                return self.leave();
            }
            if self.take_notification() {
                return;
            }
            // Woken without a notification: the condition variable may do that.
        }
    }

    /// Takes a notification that is there already.
    fn take_notification(&self) -> bool {
        // Acquire: what the unparker did before is visible to the worker.
        self.state.compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// The worker is awake, whatever the state was.
    fn leave(&self) {
        // Acquire: a notification may have come in meanwhile; it counts.
        self.state.swap(EMPTY, Ordering::Acquire);
    }
}

/// Leaves the berth, panics of a driver included.
struct Leave<'a>(&'a Berth);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
