//! Where queues come from, and where they go when their `Timers` are gone: never freed, always reused.
#![forbid(unsafe_code)]

use crate::queue::{Clock, TimerQueue};

#[cfg(not(motet_loom))]
mod idle {
    use motet_prim::lock::Mutex;

    use super::{Clock, TimerQueue};

    static REAL: Mutex<Vec<&TimerQueue>> = Mutex::new(Vec::new());
    static VIRTUAL: Mutex<Vec<&TimerQueue>> = Mutex::new(Vec::new());

    fn of(clock: Clock) -> &'static Mutex<Vec<&'static TimerQueue>> {
        match clock {
            Clock::Real => &REAL,
            Clock::Virtual => &VIRTUAL,
        }
    }

    pub(super) fn take(clock: Clock) -> Option<&'static TimerQueue> {
        of(clock).lock().pop()
    }

    pub(super) fn put(queue: &'static TimerQueue) {
        of(queue.clock()).lock().push(queue);
    }
}

/// A model starts each run from nothing.
#[cfg(motet_loom)]
mod idle {
    use super::{Clock, TimerQueue};

    pub(super) fn take(_: Clock) -> Option<&'static TimerQueue> {
        None
    }

    pub(super) fn put(_: &'static TimerQueue) {}
}

/// An idle queue with that clock, or a new one.
pub(crate) fn take(clock: Clock) -> &'static TimerQueue {
    idle::take(clock).unwrap_or_else(|| Box::leak(Box::new(TimerQueue::new(clock))))
}

/// Gives back a queue whose lease was closed.
pub(crate) fn put(queue: &'static TimerQueue) {
    idle::put(queue);
}
