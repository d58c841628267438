//! The lock without its value: the word, the line, and who is served.
//!
//! One line for all: a release serves from its head as far as the holds go together. So readers that stand together come in
//! together, and a writer waits for those before it and for nobody else. An upgrade goes to the head: those in line wait for
//! its reader anyway.

use motet_prim::{Admit, Locked, WaitList, WakeBatch};

use super::state::{Enter, Hold, Release, State};
use crate::futurelock::Watch;

/// What a waiter carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// What it wants; granted, it has that.
    pub(super) hold: Hold,
    pub(super) watch: Watch,
}

pub(super) type Line = WaitList<(), Ticket>;

#[derive(Debug)]
pub(super) struct RawRwLock {
    state: State,
    line: Line,
}

impl RawRwLock {
    motet_prim::const_fn! {
        pub(super) const fn new() -> Self {
            Self { state: State::free(), line: WaitList::new(()) }
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    #[inline]
    pub(super) fn take(&self, hold: Hold) -> bool {
        self.state.take(hold)
    }

    /// Under the line's lock: the check of `take` again, for a release in between saw nobody in line.
    pub(super) fn admit(&self, hold: Hold) -> Admit {
        match self.state.enter(hold) {
            Enter::Held => Admit::Pass,
            Enter::Queue if hold == Hold::Upgrade => Admit::WaitFirst,
            Enter::Queue => Admit::Wait,
        }
    }

    #[inline]
    pub(super) fn release(&self, hold: Hold) {
        match self.state.release(hold) {
            Release::Done => {}
            Release::Waiters => self.serve(),
        }
    }

    pub(super) fn exchange(&self, from: Hold, to: Hold) {
        match self.state.exchange(from, to) {
            Release::Done => {}
            Release::Waiters => self.serve(),
        }
    }

    pub(super) fn end_upgrade(&self) {
        self.state.end_upgrade();
    }

    #[cold]
    fn serve(&self) {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        self.serve_locked(&mut line, &mut wakes);
        drop(line);
        wakes.wake_all();
    }

    /// Grants to the oldest as long as their holds go together with those there are.
    pub(super) fn serve_locked(&self, line: &mut Locked<'_, (), Ticket>, wakes: &mut WakeBatch) {
        line.grant_while(0, wakes, |(), ticket| {
            let granted = self.state.take_for(ticket.hold);
            if granted {
                ticket.watch.granted(self);
            }
            granted
        });
        if line.is_empty(0) {
            self.state.nobody_waits();
        }
    }
}
