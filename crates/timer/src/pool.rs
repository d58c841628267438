//! Where queues come from, and where they go when their `Timers` are gone: never freed, always reused.
#![forbid(unsafe_code)]

use motet_prim::lock::Mutex;

use crate::helper;
use crate::queue::{Clock, Lease, TimerQueue};

motet_prim::global! {
    static REAL: Mutex<Vec<&'static TimerQueue>> = Mutex::new(Vec::new());
    static VIRTUAL: Mutex<Vec<&'static TimerQueue>> = Mutex::new(Vec::new());
}

/// An idle queue with that clock, or a new one.
pub(crate) fn take(clock: Clock) -> &'static TimerQueue {
    let (idle, shards) = match clock {
        Clock::Real => (REAL.lock().pop(), TimerQueue::MOST_SHARDS),
        // One, for the order of equal deadlines counts.
        Clock::Virtual => (VIRTUAL.lock().pop(), 1),
    };
    idle.unwrap_or_else(|| Box::leak(Box::new(TimerQueue::new(clock, shards, helper::global()))))
}

/// Gives back the queue of a lease that was closed.
pub(crate) fn put(lease: Lease) {
    if lease.is_last() {
        return;
    }
    match lease.queue.clock() {
        Clock::Real => REAL.lock().push(lease.queue),
        Clock::Virtual => VIRTUAL.lock().push(lease.queue),
    }
}
