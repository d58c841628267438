//! A future that completes at a deadline: the owner's side of a timer.
//!
//! All that it knows is in its [`Entry`]: the word says where it stands (`state.rs` draws it), the home where it was armed
//! or may be. Whatever the queue does to an armed timer shows in the word, which the owner looks at before anything else.

use core::fmt;
use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use motet_prim::{Wakeup, discard};

use crate::ambient::{self, Ambient};
use crate::clock::{self, NEVER};
use crate::entry::Entry;
use crate::queue::{Clock, Lease, Place, Rearm, Refused, Replace};
use crate::state::State;
use crate::timers::Timers;

/// Waits until its deadline. Made by [`sleep`](crate::sleep()), [`sleep_until`](crate::sleep_until) and [`Timers`].
///
/// Its clock and its deadline are fixed when it is made; the wheel that it waits in, at its first poll that is pending. It
/// never completes early. Once complete it stays complete, however often it is polled, until a
/// [`reset`](Self::reset).
///
/// Made for a second or more, it does not ask the clock again when it is armed: if nobody has polled it before it is over, the first poll
/// is pending, and woken at once.
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
///
/// # Panics
///
/// A poll that arms it, or a reset to an earlier time, panics if that needs the helper thread and the system refuses to start
/// one. Hosted timers need none.
#[must_use = "a future does nothing unless it is polled or awaited"]
pub struct Sleep {
    entry: Entry,
}

/// A sleep at least as long as this is armed without asking the clock a second time, which costs as much as arming does.
const LONG: Duration = Duration::from_secs(1);

impl Sleep {
    /// At home in that queue; without one, wherever is ambient when it is armed.
    pub(crate) fn until(deadline: u64, home: Option<Lease>) -> Self {
        Self { entry: Entry::new(State::Idle, deadline, home) }
    }

    /// `now` is what the clock has just said.
    pub(crate) fn lasting(duration: Duration, now: u64, home: Option<Lease>) -> Self {
        let state = if duration >= LONG { State::Distant } else { State::Idle };
        Self { entry: Entry::new(state, clock::after(now, duration), home) }
    }

    /// The instant that it waits for.
    ///
    /// One further away than a century, such as after [`Duration::MAX`](std::time::Duration::MAX), has become an instant a
    /// century away, which is "never". One long past, by forty years or as much as the system's clock can say, has become an
    /// instant of that time.
    ///
    /// ```
    /// let deadline = std::time::Instant::now() + std::time::Duration::from_secs(1);
    /// assert_eq!(motet_timer::sleep_until(deadline).deadline(), deadline);
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Instant {
        clock::instant(self.entry.word().deadline())
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
        let at = self.entry.word().deadline();
        self.entry.word().state() == State::Fired || self.now().is_some_and(|now| clock::nanos(now) >= at && at < NEVER)
    }

    /// Waits for another deadline from now on, whether it has completed before or not.
    ///
    /// The task that polled it last is woken at the new deadline; it need not poll again for that. After the sleep has
    /// fired or completed, it does need to. A deadline that has passed wakes the task at once.
    ///
    /// ```
    /// use motet_test::WakeCount;
    /// use std::{pin::pin, task::Poll, time::Duration};
    ///
    /// let wakes = WakeCount::new();
    /// let mut sleep = pin!(motet_timer::sleep(Duration::from_secs(3600)));
    /// assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    /// sleep.as_mut().reset(motet_timer::now());
    /// assert_eq!((wakes.count(), wakes.poll(sleep)), (1, Poll::Ready(())));
    /// ```
    ///
    /// # Complexity
    ///
    /// A later deadline takes one compare-and-swap and no lock on the real clock, however often it is moved; the wheel
    /// looks at it again when the old deadline comes. An earlier one is O(1) under the wheel's lock.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        let at = clock::nanos(deadline);
        let word = self.entry.word();
        let (State::Armed, Some(place)) = (word.state(), self.entry.place()) else {
            return word.set(State::Idle, at);
        };
        // SAFETY: this sleep is the owner, and armed its entry there.
        match unsafe { place.rearm(self.entry(), at) } {
            Rearm::Moved => {}
            Rearm::IsOver => word.set(State::Idle, at),
            Rearm::IsDue(waker) => {
                word.set(State::Idle, at);
                Wakeup::from(waker).wake();
            }
        }
    }

    /// The time by its clock; none if that was virtual, and is gone.
    pub(crate) fn now(&self) -> Option<Instant> {
        self.entry.home().map_or_else(|| Some(Instant::now()), Lease::now)
    }

    /// The entry, pinned as the sleep is: callers have the sleep from a `Pin`, or drop it.
    fn entry(&self) -> Pin<&Entry> {
        // SAFETY: the entry is a field of a sleep that was pinned before it was armed, and is not moved out of it.
        unsafe { Pin::new_unchecked(&self.entry) }
    }

    /// Looks at an armed timer; `None` if it has to be armed again.
    fn poll_armed(&self, place: Place, cx: &Context<'_>) -> Option<Poll<()>> {
        loop {
            match self.entry.word().state() {
                State::Fired => return Some(Poll::Ready(())),
                State::Idle | State::Distant => return None,
                State::Armed => {}
            }
            // SAFETY: armed by this sleep, its owner, with a waker.
            if unsafe { self.entry.is_registered(cx.waker()) } {
                return Some(Poll::Pending);
            }
            // SAFETY: this sleep is the owner, and armed its entry there.
            match unsafe { place.replace_waker(&self.entry, cx.waker().clone()) } {
                Replace::Replaced(former) => {
                    discard(former);
                    return Some(Poll::Pending);
                }
                Replace::IsOver(unused) => discard(unused),
            }
        }
    }

    /// Arms the timer in the first wheel of its clock that is open: at home, among the ambient ones, among the global ones.
    #[inline]
    fn poll_unarmed(mut self: Pin<&mut Self>, state: State, at: u64, cx: &Context<'_>) -> Poll<()> {
        let mut there = match self.entry.home() {
            Some(lease) => ambient::home_in(lease),
            None => ambient::real().unwrap_or_else(global),
        };
        // A virtual wheel knows the time, and looks at it under its lock.
        if state != State::Distant && at < NEVER && is_real(there) && has_come(at) {
            self.entry.word().set(State::Fired, at);
            return Poll::Ready(());
        }
        // SAFETY: this sleep is the owner, and its entry is in no wheel.
        unsafe { self.entry.put_waker(cx.waker().clone()) };
        loop {
            let Err(refused) = self.as_mut().arm(there, at) else { return Poll::Pending };
            match self.after_refusal(refused, there, at) {
                ControlFlow::Continue(elsewhere) => there = elsewhere,
                ControlFlow::Break(polled) => return polled,
            }
        }
    }

    /// The timer has a waker, and was refused there: where it goes, or what the poll comes to, and then the waker is dropped.
    #[cold]
    #[inline(never)]
    fn after_refusal(&self, refused: Refused, there: Ambient, at: u64) -> ControlFlow<Poll<()>, Ambient> {
        let polled = match refused {
            Refused::IsClosed if is_real(there) => return ControlFlow::Continue(elsewhere(there)),
            // A virtual clock that nobody can advance any more: its time stands still.
            Refused::IsClosed => Poll::Pending,
            Refused::IsDue => {
                self.entry.word().set(State::Fired, at);
                Poll::Ready(())
            }
        };
        // SAFETY: this sleep is the owner, has registered it, and no wheel has taken the entry.
        discard(unsafe { self.entry.take_waker() });
        ControlFlow::Break(polled)
    }

    /// Arms the timer there; it has a waker.
    #[inline]
    fn arm(mut self: Pin<&mut Self>, there: Ambient, at: u64) -> Result<(), Refused> {
        let Ambient { lease, home } = there;
        // SAFETY: nothing is moved out of it, and no wheel has the entry.
        unsafe { &mut self.as_mut().get_unchecked_mut().entry }.set_place(lease, home);
        // SAFETY: this sleep is the owner; it is pinned, its entry is in no wheel, and its drop disarms it.
        unsafe { lease.arm(self.entry(), home, at) }?;
        // It may panic: the drop of this sleep takes it out of the wheel.
        lease.queue.announce(at);
        Ok(())
    }
}

fn is_real(there: Ambient) -> bool {
    there.lease.queue.clock() == Clock::Real
}

/// Whether the real clock says that it is over. Apart from its caller, which seldom asks: a call is nothing beside the clock.
#[inline(never)]
fn has_come(at: u64) -> bool {
    clock::now() >= at
}

/// Where a timer goes on the real clock whose wheels have closed: among the ambient ones, and from there among the global ones.
#[cold]
fn elsewhere(closed: Ambient) -> Ambient {
    ambient::real().filter(|ambient| !ambient.lease.is(closed.lease)).unwrap_or_else(global)
}

/// The global timers, which never close.
fn global() -> Ambient {
    let lease = Timers::global().lease();
    Ambient { lease, home: lease.shared_home() }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (state, at) = self.entry.word().look();
        let unarmed = match (state, self.entry.place()) {
            (State::Fired, _) => return Poll::Ready(()),
            (State::Armed, Some(place)) => match self.poll_armed(place, cx) {
                Some(polled) => return polled,
                None => State::Idle,
            },
            (unarmed, _) => unarmed,
        };
        self.poll_unarmed(unarmed, at, cx)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // Acquire, inside: a fired entry is the queue's no longer, and needs no lock to be freed.
        let (State::Armed, Some(place)) = (self.entry.word().state(), self.entry.place()) else { return };
        // SAFETY: this sleep is the owner, and armed its entry there.
        let waker: Option<Waker> = unsafe { place.disarm(self.entry()) };
        // To drop a waker may be to drop a task: foreign code, whose panic must not leave a drop.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(waker))) {
            core::mem::forget(panic);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline())
            .field("is_elapsed", &self.is_elapsed())
            .finish_non_exhaustive()
    }
}
