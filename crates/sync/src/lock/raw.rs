//! The lock without its value: the word, the line, and who is next.
//!
//! The fair kind hands over: a release with somebody in line leaves LOCKED set, and gives the lock to the oldest. The
//! unfair kind calls: it frees the lock and wakes the oldest to try, so that a running task need not wait until a
//! sleeping one has got up. One that lost [`PATIENCE`] turns is handed the lock instead: unfair, yet nobody starves.

use motet_prim::{Admit, WaitList};

use super::state::{Enter, Release, State};
use crate::futurelock::Watch;

/// How often a waiter of an unfair lock may lose its turn to a barger before the lock is handed to it.
const PATIENCE: u8 = 4;

/// What a waiter carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) outcome: Outcome,
    /// Turns lost so far.
    lost: u8,
    pub(super) watch: Watch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Waiting,
    /// The lock is the waiter's.
    Handed,
    /// The lock was freed, and the waiter called to try.
    Called,
}

impl Ticket {
    pub(super) const fn new(watch: Watch) -> Self {
        Self { outcome: Outcome::Waiting, lost: 0, watch }
    }

    /// For one that was called, and found the lock taken.
    pub(super) fn lost(self) -> Self {
        Self { lost: self.lost.saturating_add(1), ..Self::new(self.watch) }
    }
}

pub(super) type Line = WaitList<(), Ticket>;

#[derive(Debug)]
pub(super) struct RawLock {
    state: State,
    barging: bool,
    line: Line,
}

impl RawLock {
    motet_prim::const_fn! {
        pub(super) const fn new(barging: bool) -> Self {
            Self { state: State::free(), barging, line: WaitList::new(()) }
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    pub(super) fn is_locked(&self) -> bool {
        self.state.is_locked()
    }

    #[inline]
    pub(super) fn try_lock(&self) -> bool {
        self.state.try_lock() || (self.barging && self.state.barge())
    }

    /// By a waiter that was called.
    pub(super) fn take_turn(&self) -> bool {
        self.state.take_turn()
    }

    /// Under the line's lock. The check of `try_lock` again: a release in between saw nobody in line.
    pub(super) fn admit(&self, ticket: &Ticket) -> Admit {
        match self.state.enter() {
            Enter::Locked => Admit::Pass,
            Enter::Queue if ticket.lost > 0 => Admit::WaitFirst,
            Enter::Queue => Admit::Wait,
        }
    }

    #[inline]
    pub(super) fn unlock(&self) {
        match self.state.release() {
            Release::Done => {}
            Release::Waiters => self.pass_on(),
        }
    }

    /// Gives the lock, which is still ours, to the oldest waiter; if the last has left, or was served before, frees it.
    #[cold]
    fn pass_on(&self) {
        let mut line = self.line.lock();
        let wakeup = line.grant_front(0, |(), ticket| {
            if self.barging && ticket.lost < PATIENCE {
                // Before the grant is public: the waiter's turn may be over the moment after.
                self.state.call();
                ticket.outcome = Outcome::Called;
            } else {
                ticket.outcome = Outcome::Handed;
            }
            ticket.watch.granted(self);
        });
        if wakeup.is_none() {
            self.state.leave_free();
        }
        drop(line);
        if let Some(wakeup) = wakeup {
            wakeup.wake();
        }
    }

    /// A waiter was dropped after the lock was handed to it, or it was called.
    pub(super) fn hand_on(&self, mut ticket: Ticket) {
        let ours = match ticket.outcome {
            Outcome::Waiting => false,
            Outcome::Handed => true,
            // If it is taken, its holder calls the next: the turn is over.
            Outcome::Called => self.take_turn(),
        };
        if ours {
            self.unlock();
        }
        // Whoever is told of it may want the lock.
        ticket.watch.taken();
    }
}
