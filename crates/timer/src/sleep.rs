//! A future that completes at a deadline.
//!
//! ```text
//!                first Pending poll
//!    Unarmed ────────────────────────▶ Armed(queue) ───▶ Elapsed
//!     ▲ ▲  └── poll, deadline passed ───────┼───────────▶ ▲ │
//!     │ └── evicted, or reset to the past ──┘   fired ────┘ │
//!     └──────────────────────── reset ──────────────────────┘
//! ```
//!
//! Only the owner moves the phase; what the queue does to an armed timer shows in its word (`state.rs`), which the owner
//! looks at before anything else.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::ambient;
use crate::clock;
use crate::entry::Entry;
use crate::queue::{Arm, Clock, Lease, Rearm, Replace, TimerQueue};
use crate::state::State;
use crate::timers::Timers;

/// Waits until its deadline. Made by [`sleep`](crate::sleep()), [`sleep_until`](crate::sleep_until) and [`Timers`].
///
/// Its clock and its deadline are fixed when it is made; the wheel that it waits in, at its first poll that is pending. It
/// never completes early. Once complete it stays complete, however often it is polled, until a
/// [`reset`](Self::reset).
///
/// Use it pinned, in a loop, for a limit that starts over:
///
/// ```
/// use motet_timer::{Timer, Timers};
/// use motet_test::WakeCount;
/// use std::{pin::pin, task::Poll, time::Duration};
///
/// let (timers, clock) = Timers::virtual_time();
/// let wakes = WakeCount::new();
/// let mut idle = pin!(timers.sleep(Duration::from_secs(30)));
/// assert_eq!(wakes.poll(idle.as_mut()), Poll::Pending);
///
/// clock.advance(Duration::from_secs(20));
/// idle.as_mut().reset(clock.now() + Duration::from_secs(30));   // something came in
///
/// clock.advance(Duration::from_secs(29));
/// assert_eq!(wakes.count(), 0);
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(wakes.count(), 1);
/// assert_eq!(wakes.poll(idle.as_mut()), Poll::Ready(()));
/// ```
///
/// # Cancel safety
///
/// Cancel safe. Dropped, it leaves the wheel at once, and frees its memory and its waker.
///
/// # Complexity
///
/// No allocation. Arming and dropping an armed one are O(1) under one short lock; dropping one that has fired, polling
/// again with the same waker, and a reset to a later time take no lock.
#[must_use = "a future does nothing unless it is polled or awaited"]
pub struct Sleep {
    deadline: Instant,
    origin: Origin,
    phase: Phase,
    entry: Entry,
}

/// Where a `Sleep` may be armed.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    /// In whatever wheel of the real clock is ambient when it is armed.
    Ambient,
    /// In that wheel, or if it has closed and its clock is real, in the ambient one.
    Of(Lease),
}

#[derive(Clone, Copy)]
enum Phase {
    Unarmed(Due),
    Armed(&'static TimerQueue),
    Elapsed,
}

/// What is known of an unarmed sleep's deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// It may have passed: the clock has to be asked.
    Perhaps,
    /// It was a long way off when the clock was last asked. Should it have passed after all, the wheel knows, or its driver
    /// is told at once.
    Hardly,
}

/// A sleep at least as long as this is armed without asking the clock a second time, which costs as much as arming does.
const LONG: Duration = Duration::from_secs(1);

impl Sleep {
    pub(crate) fn until(deadline: Instant, origin: Origin) -> Self {
        Self { deadline, origin, phase: Phase::Unarmed(Due::Perhaps), entry: Entry::new() }
    }

    pub(crate) fn lasting(duration: Duration, now: Instant, origin: Origin) -> Self {
        let due = if duration >= LONG { Due::Hardly } else { Due::Perhaps };
        let deadline = clock::saturating_add(now, duration);
        Self { deadline, origin, phase: Phase::Unarmed(due), entry: Entry::new() }
    }

    /// The instant that it waits for.
    ///
    /// A duration beyond what the clock can say, such as [`Duration::MAX`](std::time::Duration::MAX), has become an
    /// instant a lifetime away.
    ///
    /// ```
    /// let deadline = std::time::Instant::now() + std::time::Duration::from_secs(1);
    /// assert_eq!(motet_timer::sleep_until(deadline).deadline(), deadline);
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the deadline has passed, by this sleep's clock; it need not have been polled.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// assert!(motet_timer::sleep(Duration::ZERO).is_elapsed());
    /// assert!(!motet_timer::sleep(Duration::from_secs(3600)).is_elapsed());
    /// ```
    #[must_use]
    pub fn is_elapsed(&self) -> bool {
        match self.phase {
            Phase::Elapsed => true,
            Phase::Armed(_) if self.entry.word().state() == State::Fired => true,
            Phase::Armed(_) | Phase::Unarmed(_) => self.now().is_some_and(|now| now >= self.deadline),
        }
    }

    /// Waits for another deadline from now on, whether it has completed before or not.
    ///
    /// The task that polled it last is woken at the new deadline; it need not poll again for that. After the sleep has
    /// fired or completed, it does need to.
    ///
    /// # Complexity
    ///
    /// A later deadline takes one compare-and-swap and no lock on the real clock, however often it is moved; the wheel
    /// looks at it again when the old deadline comes. An earlier one is O(1) under the wheel's lock.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        // SAFETY: nothing is moved out of it; the entry is only lent, pinned.
        let this = unsafe { self.get_unchecked_mut() };
        this.deadline = deadline;
        let Phase::Armed(queue) = this.phase else {
            this.phase = Phase::Unarmed(Due::Perhaps);
            return;
        };
        // SAFETY: this sleep is the owner, and armed its entry there.
        match unsafe { queue.rearm(this.entry(), clock::nanos(deadline)) } {
            Rearm::Moved => {}
            Rearm::IsOver => this.phase = Phase::Unarmed(Due::Perhaps),
            Rearm::IsDue(waker) => {
                this.phase = Phase::Unarmed(Due::Perhaps);
                waker.wake();
            }
        }
    }

    /// The time by its clock; none if that was virtual, and is gone.
    pub(crate) fn now(&self) -> Option<Instant> {
        match self.origin {
            Origin::Ambient => Some(Instant::now()),
            Origin::Of(lease) => lease.now(),
        }
    }

    /// The entry, pinned as the sleep is: callers have the sleep from a `Pin`, or drop it.
    fn entry(&self) -> Pin<&Entry> {
        // SAFETY: the entry is a field of a sleep that was pinned before it was armed, and is not moved out of it.
        unsafe { Pin::new_unchecked(&self.entry) }
    }

    /// Looks at an armed timer; `None` if it has to be armed again.
    fn poll_armed(&self, queue: &TimerQueue, cx: &Context<'_>) -> Option<Poll<()>> {
        loop {
            match self.entry.word().state() {
                State::Fired => return Some(Poll::Ready(())),
                State::Evicted => return None,
                State::Armed(_) => {}
            }
            // SAFETY: armed by this sleep, its owner, with a waker.
            if unsafe { self.entry.is_registered(cx.waker()) } {
                return Some(Poll::Pending);
            }
            // SAFETY: this sleep is the owner, and armed its entry there.
            match unsafe { queue.replace_waker(&self.entry, cx.waker().clone()) } {
                Replace::Replaced(_former) => return Some(Poll::Pending),
                Replace::IsOver(_unused) => {}
            }
        }
    }

    /// Arms the timer in the first wheel of its clock that is open.
    fn poll_unarmed(&mut self, due: Due, cx: &Context<'_>) -> Poll<()> {
        // The wheel knows the virtual time, and looks at it under its lock.
        if due == Due::Perhaps && self.is_on_real_clock() && Instant::now() >= self.deadline {
            self.phase = Phase::Elapsed;
            return Poll::Ready(());
        }
        let at = clock::nanos(self.deadline);
        let mut waker = cx.waker().clone();
        for lease in self.wheels() {
            // SAFETY: this sleep is the owner; it is pinned, its entry is in no wheel, and its drop disarms it.
            match unsafe { lease.arm(self.entry(), at, waker) } {
                Arm::Armed(alarm) => {
                    // Before the alarm, which may panic: an entry that is in the wheel is unlinked by our drop.
                    self.phase = Phase::Armed(lease.queue);
                    lease.queue.ring(alarm);
                    return Poll::Pending;
                }
                Arm::IsDue(_unused) => {
                    self.phase = Phase::Elapsed;
                    return Poll::Ready(());
                }
                Arm::Closed(unused) => waker = unused,
            }
        }
        // A virtual clock that nobody can advance any more: its time stands still.
        Poll::Pending
    }

    fn is_on_real_clock(&self) -> bool {
        match self.origin {
            Origin::Ambient => true,
            Origin::Of(lease) => lease.queue.clock() == Clock::Real,
        }
    }

    /// The wheels to try, one after another: its own, the ambient one, and the global one, which never closes.
    fn wheels(&self) -> impl Iterator<Item = Lease> + use<> {
        let (own, is_real) = match self.origin {
            Origin::Ambient => (None, true),
            Origin::Of(lease) => (Some(lease), lease.queue.clock() == Clock::Real),
        };
        [Wheel::Own, Wheel::Ambient, Wheel::Global].into_iter().filter_map(move |wheel| match wheel {
            Wheel::Own => own,
            Wheel::Ambient if is_real => ambient::real(),
            Wheel::Global if is_real => Some(Timers::global().lease()),
            Wheel::Ambient | Wheel::Global => None,
        })
    }
}

/// One of the wheels that a sleep may be armed in.
enum Wheel {
    Own,
    Ambient,
    Global,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out of it; the entry is only lent, pinned.
        let this = unsafe { self.get_unchecked_mut() };
        let due = match this.phase {
            Phase::Elapsed => return Poll::Ready(()),
            Phase::Unarmed(due) => due,
            Phase::Armed(queue) => match this.poll_armed(queue, cx) {
                Some(Poll::Pending) => return Poll::Pending,
                Some(Poll::Ready(())) => {
                    this.phase = Phase::Elapsed;
                    return Poll::Ready(());
                }
                None => Due::Perhaps,
            },
        };
        this.phase = Phase::Unarmed(due);
        this.poll_unarmed(due, cx)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Phase::Armed(queue) = self.phase else { return };
        // Acquire, inside: a fired entry is the queue's no longer, and needs no lock to be freed.
        if matches!(self.entry.word().state(), State::Armed(_)) {
            // SAFETY: this sleep is the owner, and armed its entry there.
            let waker: Option<Waker> = unsafe { queue.disarm(self.entry()) };
            // To drop a waker may be to drop a task: foreign code, whose panic must not leave a drop.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(waker))) {
                core::mem::forget(panic);
            }
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .field("is_elapsed", &self.is_elapsed())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_long_sleep_that_is_first_polled_after_its_deadline_is_fired_at_once() {
        let made = Instant::now().checked_sub(2 * LONG).expect("the system is up for two seconds");
        let sleep = Sleep::lasting(LONG, made, Origin::Ambient);
        assert!(sleep.is_elapsed());
        futures::executor::block_on(sleep);
    }
}
