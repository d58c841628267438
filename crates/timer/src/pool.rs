//! Where queues come from, and where they go when their `Timers` are gone: never freed, always reused.
#![forbid(unsafe_code)]

use motet_prim::lock::Mutex;

use crate::queue::{Clock, TimerQueue};

motet_prim::global! {
    static REAL: Mutex<Vec<&'static TimerQueue>> = Mutex::new(Vec::new());
    static VIRTUAL: Mutex<Vec<&'static TimerQueue>> = Mutex::new(Vec::new());
}

/// An idle queue with that clock, or a new one.
pub(crate) fn take(clock: Clock) -> &'static TimerQueue {
    let idle = match clock {
        Clock::Real => REAL.lock().pop(),
        Clock::Virtual => VIRTUAL.lock().pop(),
    };
    idle.unwrap_or_else(|| Box::leak(Box::new(TimerQueue::new(clock))))
}

/// Gives back a queue whose lease was closed.
pub(crate) fn put(queue: &'static TimerQueue) {
    match queue.clock() {
        Clock::Real => REAL.lock().push(queue),
        Clock::Virtual => VIRTUAL.lock().push(queue),
    }
}
