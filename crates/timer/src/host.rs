//! Who waits for the next deadline, so that the helper thread need not.
#![forbid(unsafe_code)]

use core::fmt;
use core::task::Waker;
use std::sync::Arc;

use crate::queue::HostWaker;
use crate::timers::Timers;

/// Drives some [`Timers`] for as long as it lives; see [`Timers::host`].
///
/// While a host lives, the helper thread leaves the timers alone, and sleeps. When the last host of timers on the real
/// clock is dropped, the helper thread drives them.
#[must_use = "the host leaves when it is dropped"]
pub struct Host {
    timers: Timers,
    waker: HostWaker,
}

impl Host {
    pub(crate) fn new(timers: Timers, waker: Waker) -> Self {
        let waker = Arc::new(waker.into());
        timers.lease().add_host(&waker);
        Self { timers, waker }
    }

    /// The timers that it drives.
    #[must_use]
    pub fn timers(&self) -> &Timers {
        &self.timers
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.timers.lease().remove_host(&self.waker);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("timers", &self.timers).finish_non_exhaustive()
    }
}
