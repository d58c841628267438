//! Where the threads sleep that wait for an adaptive mutex: a few beds for the whole process, shared by whatever mutexes fall to them.
//!
//! Hardly anybody ever sleeps, so a mutex has no bed of its own. A call wakes all in the bed: those who were not meant look, and lie
//! down again.

use std::time::Duration;

use crate::lock::{Condvar, Mutex};

/// How long a thread sleeps at most before it looks again.
const NAP: Duration = Duration::from_micros(100);

struct Bed {
    lock: Mutex<()>,
    call: Condvar,
}

static BEDS: [Bed; 16] = [const { Bed { lock: Mutex::new(()), call: Condvar::new() } }; 16];

/// Any spread will do; neighbours in memory should not share one.
fn bed(address: usize) -> &'static Bed {
    &BEDS[(address >> 6 ^ address >> 12) % BEDS.len()]
}

/// Sleeps until `look` says that it need not, which it is asked now, after each call, and after each nap.
pub(super) fn sleep_until(address: usize, mut look: impl FnMut() -> bool) {
    let bed = bed(address);
    let mut lock = bed.lock.lock();
    while !look() {
        bed.call.wait_for(&mut lock, NAP);
    }
}

pub(super) fn call(address: usize) {
    let bed = bed(address);
    // Whoever is between its look and its sleep holds the lock.
    drop(bed.lock.lock());
    bed.call.notify_all();
}
