//! The watch over the LIFO slots: no task starves in the slot of a worker that sits in one long poll.
//!
//! A slot is its worker's own, or messages between two tasks would pay for every thief's look. So a push into an empty slot
//! wakes nobody, as long as one idle worker is *on watch*: it sleeps for a limited time only, and takes a task out of a
//! slot when it has seen the same worker in the same poll with something in its slot for [`PATIENCE`].
//!
//! ```text
//!   Off ── lies down while nobody is posted ──▶ On watch ── gets to work, or all rest for LINGER rounds ──▶ Off
//! ```
//!
//! The watch is also who gets the driver when another leaves it to run tasks: it tries for it at the end of each round. So it
//! is posted even if all rest, by a worker that was woken for the driver's sake.
//!
//! The first theft of a process may have to wait for the system, some ten milliseconds (see [`slot`](crate::queue)). One worker does so, and as if it
//! were in a poll, so that nobody relies on it; another may be on watch meanwhile, who takes the task then.
//!
//! A program that hogs its workers once does so again: after a theft the rounds are short for a while ([`ALERT`]).
//!
//! The watch lingers when all is quiet, for work comes in bursts, and a push that finds nobody posted pays for a wake.
//!
//! The race to fear: the watch goes off while a task goes into a slot. The pusher fills the slot, then looks whether somebody
//! is posted; the watch takes its post down, then looks at the slots. Neither fences, for that would cost each push more than
//! all the rest of it: within nanoseconds both may miss. Then the task runs when its owner's poll ends, or when the worker
//! that left the watch has run its own tasks and searches again; it is late, and never lost.

use super::metrics::Event;
use super::worker::Worker;
use crate::driver::{Driver, Wheelhouse};
use crate::task::Runnable;
use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicBool, AtomicU32, Ordering, fence};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// So long a worker may sit in one poll before its slot is open to others.
const PATIENCE: Duration = Duration::from_micros(100);
/// How often the watch looks at the slots and at the driver.
const ROUND: Duration = Duration::from_millis(1);
/// How often while everybody rests.
pub(super) const QUIET_ROUND: Duration = Duration::from_millis(5);
/// How often while the watch is alert, and for how many rounds after the last theft: for longer than the long polls that it is about.
const SHORT_ROUND: Duration = Duration::from_micros(200);
const ALERT: u32 = 300;
/// So many rounds the watch stays on when everybody rests.
const LINGER: u32 = 10;

/// Whether somebody is on watch, and how alert.
pub(super) struct Watch {
    is_posted: CachePadded<AtomicBool>,
    /// Whether somebody makes thefts ready, or has done so.
    is_made_ready: AtomicBool,
    /// Short rounds that are left; written by whoever is on watch, and by who was until a moment ago.
    alert: CachePadded<AtomicU32>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            is_posted: CachePadded::new(AtomicBool::new(false)),
            is_made_ready: AtomicBool::new(false),
            alert: CachePadded::new(AtomicU32::new(0)),
        }
    }

    /// Whether the caller is the one who makes thefts ready.
    fn makes_ready(&self) -> bool {
        !self.is_made_ready.swap(true, Ordering::Relaxed)
    }

    /// A task was found behind a long poll.
    fn raise_alarm(&self) {
        self.alert.store(ALERT, Ordering::Relaxed);
    }

    /// How long the next round may be.
    fn round(&self) -> Duration {
        let alert = self.alert.load(Ordering::Relaxed);
        if alert == 0 {
            return ROUND;
        }
        self.alert.store(alert - 1, Ordering::Relaxed);
        SHORT_ROUND
    }

    /// Whether somebody looks after what was just put into a slot.
    pub(super) fn is_posted(&self) -> bool {
        self.is_posted.load(Ordering::Relaxed)
    }

    /// Posts the caller, unless somebody is posted.
    pub(super) fn post(&self) -> bool {
        !self.is_posted() && !self.is_posted.swap(true, Ordering::Relaxed)
    }

    /// Takes the post down; the caller looks at the slots and at the driver after it.
    pub(super) fn leave(&self) {
        self.is_posted.store(false, Ordering::Relaxed);
        // SeqCst: before those looks; see `driver.rs`.
        fence(Ordering::SeqCst);
    }

    /// Whether nobody looks after the driver; to be asked by whoever has left the driver, and by whoever has left the watch.
    pub(super) fn leaves_alone<D: Driver + ?Sized>(&self, driver: &Wheelhouse<D>) -> bool {
        // SeqCst: after the driver or the watch was left, before the look at the other; see `driver.rs`.
        fence(Ordering::SeqCst);
        driver.is_free() && (driver.is_virtual() || !self.is_posted())
    }
}

/// One worker's part in the watch.
pub(super) struct Duty {
    is_on_watch: Cell<bool>,
    /// Rounds in a row in which everybody rested.
    quiet_rounds: Cell<u32>,
    sighting: Cell<Option<Sighting>>,
}

/// A full slot of a worker in a poll.
#[derive(Clone, Copy)]
struct Sighting {
    seat: usize,
    polls: u64,
    since: Instant,
}

impl Duty {
    pub(super) fn new() -> Self {
        Self { is_on_watch: Cell::new(false), quiet_rounds: Cell::new(0), sighting: Cell::new(None) }
    }

    /// Whether this worker is on watch.
    pub(super) fn is_on_watch(&self) -> bool {
        self.is_on_watch.get()
    }
}

impl Worker {
    /// The last pass of a search: a task out of the slot of a worker that has been in one poll for too long.
    pub(super) fn steal_from_slot(&self) -> Option<Runnable> {
        let Some((seat, polls)) = self.find_full_slot() else {
            self.duty.sighting.set(None);
            return None;
        };
        match self.duty.sighting.get() {
            Some(seen) if (seen.seat, seen.polls) == (seat, polls) => {
                if seen.since.elapsed() < PATIENCE {
                    return None;
                }
                let (slot, watch) = (&self.shared().seats[seat].slot, &self.shared().watch);
                if !slot.is_ready() {
                    if watch.makes_ready() {
                        self.get_to_work();
                        slot.make_ready();
                    }
                    return None;
                }
                // Once more from the start, if its owner is just about to take it, or there is no fence to be had after all.
                self.duty.sighting.set(None);
                let task = slot.steal()?;
                watch.raise_alarm();
                self.seat().tally.count(Event::Steal);
                Some(task)
            }
            _ => {
                self.duty.sighting.set(Some(Sighting { seat, polls, since: Instant::now() }));
                None
            }
        }
    }

    /// Another worker with something in its slot, and its count of polls: first of all the one that was seen before.
    fn find_full_slot(&self) -> Option<(usize, u64)> {
        let seats = &self.shared().seats;
        let first = self.duty.sighting.get().map_or(self.index() + 1, |seen| seen.seat);
        let order = (first..seats.len()).chain(0..first.min(seats.len()));
        let full = order.filter(|&seat| seat != self.index()).find(|&seat| !seats[seat].slot.is_empty())?;
        Some((full, seats[full].tally.get(Event::Poll)))
    }

    /// Goes on watch if nobody is, before a park; says how long the park may be. `all_rest`: nobody can fill a slot, for all rest or block. `woken`:
    /// this worker was woken before it lay down, perhaps by one that left the driver, and will again.
    pub(super) fn watch(&self, all_rest: bool, woken: bool) -> Option<Duration> {
        let shared = self.shared();
        let is_virtual = shared.driver.as_ref().is_some_and(Wheelhouse::is_virtual);
        if shared.seats.len() == 1 || all_rest && is_virtual {
            self.end_watch();
            return None;
        }
        if !self.duty.is_on_watch.get() {
            // With all at rest there is nothing to look after; the next push posts somebody, or the next event.
            if all_rest && !woken || !shared.watch.post() {
                return None;
            }
            self.duty.is_on_watch.set(true);
        }
        self.duty.quiet_rounds.set(if all_rest { self.duty.quiet_rounds.get() + 1 } else { 0 });
        if self.duty.quiet_rounds.get() > LINGER {
            self.end_watch();
            if !shared.has_full_slot() {
                return None;
            }
        }
        Some(match self.duty.sighting.get() {
            Some(_) => PATIENCE,
            None if all_rest => QUIET_ROUND,
            None => shared.watch.round(),
        })
    }

    /// Goes off watch; says whether it was on. A caller that does not lie down looks at the slots after it.
    pub(super) fn end_watch(&self) -> bool {
        self.duty.quiet_rounds.set(0);
        self.duty.sighting.set(None);
        let was_on_watch = self.duty.is_on_watch.replace(false);
        if was_on_watch {
            self.shared().watch.leave();
        }
        was_on_watch
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{ALERT, ROUND, SHORT_ROUND, Watch};

    #[test]
    fn a_theft_makes_the_watch_look_more_often_for_a_while() {
        let watch = Watch::new();
        assert_eq!(watch.round(), ROUND);
        watch.raise_alarm();
        assert!((0..ALERT).all(|_| watch.round() == SHORT_ROUND));
        assert_eq!(watch.round(), ROUND);
    }
}
