//! The word and the line: who is served, and when.
//!
//! The fair kind grants: a release takes, for the oldest waiters, what they want, as far as the permits go. The unfair
//! kind calls: it wakes the oldest to try, and a running task may be faster. One that was passed over [`PATIENCE`] times, since
//! it lost its turn or since a release was too little for it, is granted as on the fair kind: what is released is put by for it, where
//! nobody sees it, until it is enough. So nobody starves.

use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::{Admit, Locked, WaitList, WakeBatch, Wakeup};

use super::state::{Enter, MAX_PERMITS, Release, State};
use crate::futurelock::Watch;

/// How often a waiter of an unfair semaphore may be passed over before what is released is for it.
pub(super) const PATIENCE: u32 = 4;

/// What a waiter carries. Without gaps: a waiter with one is not built where it stays, but copied there in odd pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) wanted: usize,
    pub(super) outcome: Outcome,
    /// How often it was passed over.
    lost: u32,
    pub(super) watch: Watch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Outcome {
    Waiting,
    /// The permits are the waiter's.
    Granted,
    /// The waiter was called to try.
    Called,
    /// The semaphore was closed.
    Closed,
}

impl Ticket {
    pub(super) const fn new(wanted: usize, watch: Watch) -> Self {
        Self { wanted, outcome: Outcome::Waiting, lost: 0, watch }
    }

    /// For one that was called, and found too few permits.
    pub(super) fn lost(self) -> Self {
        Self { lost: self.lost.saturating_add(1), ..Self::new(self.wanted, self.watch) }
    }
}

/// Permits that were released, and are kept for the oldest waiter, which has been passed over too often. On the fair kind there are none.
#[derive(Debug)]
pub(super) struct PutBy(usize);

pub(super) type Line = WaitList<PutBy, Ticket>;
type LockedLine<'a> = Locked<'a, PutBy, Ticket>;

#[derive(Debug)]
pub(super) struct RawSemaphore {
    state: State,
    barging: bool,
    /// Written under the line's lock.
    closed: AtomicBool,
    line: Line,
}

impl RawSemaphore {
    motet_prim::const_fn! {
        pub(super) const fn new(permits: usize, barging: bool) -> Self {
            Self { state: State::new(permits), barging, closed: AtomicBool::new(false), line: WaitList::new(PutBy(0)) }
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    pub(super) fn permits(&self) -> usize {
        self.state.permits()
    }

    pub(super) fn take_away(&self, most: usize) -> usize {
        self.state.take_away(most)
    }

    #[inline]
    pub(super) fn try_acquire(&self, wanted: usize) -> bool {
        self.state.take(wanted, self.barging)
    }

    /// Under the line's lock: the check of `try_acquire` again, for a release in between saw nobody in line.
    pub(super) fn admit(&self, line: &mut LockedLine<'_>, ticket: &mut Ticket) -> Admit {
        if self.is_closed() {
            ticket.outcome = Outcome::Closed;
            return Admit::Pass;
        }
        if ticket.lost > 0 {
            // It goes before the one that something may have been put by for meanwhile.
            self.publish(line);
        }
        match self.state.enter(ticket.wanted, self.barging) {
            Enter::Acquired => Admit::Pass,
            Enter::Queue if ticket.lost > 0 => Admit::WaitFirst,
            Enter::Queue => Admit::Wait,
        }
    }

    /// By a waiter that was called.
    pub(super) fn take_turn(&self, wanted: usize) -> bool {
        let taken = self.state.take_turn(wanted);
        if taken {
            self.call_next();
        }
        taken
    }

    pub(super) fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release in `close`: what was done before that is visible to whoever finds it closed.
        self.closed.load(Ordering::Acquire)
    }

    /// Nobody acquires any more; all who wait are told. What was granted already stays granted.
    pub(super) fn close(&self) {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        // Release: pairs with the Acquire in `is_closed`. Under the lock: who comes to the line later finds it in `admit`.
        self.closed.store(true, Ordering::Release);
        line.grant_while(0, &mut wakes, |_, ticket| {
            ticket.outcome = Outcome::Closed;
            true
        });
        self.publish(&mut line);
        self.state.nobody_waits();
        drop(line);
        wakes.wake_all();
    }

    /// Adds permits; false if there is no room for so many.
    #[inline]
    pub(super) fn release(&self, permits: usize) -> bool {
        match self.state.add(permits) {
            Release::Done => true,
            // More than ever have room would serve those who wait, and then be refused for the rest.
            Release::Refused => permits <= MAX_PERMITS && self.serve(permits),
        }
    }

    /// Adds permits that nobody misses if there is no room for them.
    #[inline]
    pub(super) fn give_back(&self, permits: usize) {
        match self.state.add(permits) {
            Release::Done => {}
            Release::Refused if self.serve(permits) => {}
            Release::Refused => self.fill(permits),
        }
    }

    /// Gives back what there is room for, and no more.
    #[cold]
    fn fill(&self, permits: usize) {
        self.state.fill(permits);
        self.serve(0);
    }

    /// While one was called nobody else is, whatever was released: whose turn is over looks after the next.
    pub(super) fn call_next(&self) {
        if self.barging && self.state.has_waiters() {
            self.serve(0);
        }
    }

    /// Serves the oldest with what is free and with the permits in hand; false if there is no room for what is left of these.
    #[cold]
    fn serve(&self, in_hand: usize) -> bool {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        if let Some(wakeup) = self.hand_over(&mut line, in_hand) {
            drop(line);
            wakeup.wake();
            return true;
        }
        let added = self.serve_locked(&mut line, in_hand, &mut wakes);
        drop(line);
        wakes.wake_all();
        added
    }

    /// Under the line's lock: gives the permits in hand to the oldest if it wants just these, and nobody could be served beside it.
    fn hand_over(&self, line: &mut LockedLine<'_>, in_hand: usize) -> Option<Wakeup> {
        if self.barging || self.permits() > 0 {
            return None;
        }
        let wakeup = line.grant_front_if(0, |_, ticket| {
            let granted = ticket.wanted == in_hand;
            if granted {
                ticket.outcome = Outcome::Granted;
                ticket.watch.granted(self);
            }
            granted
        })?;
        self.note_if_empty(line);
        Some(wakeup)
    }

    /// As `serve`, under the line's lock.
    pub(super) fn serve_locked(&self, line: &mut LockedLine<'_>, mut in_hand: usize, wakes: &mut WakeBatch) -> bool {
        if self.barging {
            return self.call_locked(line, in_hand, wakes);
        }
        line.grant_while(0, wakes, |_, ticket| {
            let granted = if ticket.wanted <= in_hand {
                in_hand -= ticket.wanted;
                true
            } else {
                self.state.take_for(ticket.wanted - in_hand) && {
                    in_hand = 0;
                    true
                }
            };
            if granted {
                ticket.outcome = Outcome::Granted;
                ticket.watch.granted(self);
            }
            granted
        });
        // If anybody was granted there is room: they wanted more than was free.
        let added = in_hand == 0 || self.state.add_for_waiters(in_hand);
        self.note_if_empty(line);
        added
    }

    /// Calls the oldest, as long as the permits suffice; false if there is no room for those in hand. One that was passed over too often
    /// is granted what it wants, if need be out of what is put by.
    fn call_locked(&self, line: &mut LockedLine<'_>, in_hand: usize, wakes: &mut WakeBatch) -> bool {
        if !self.state.has_room(line.0, in_hand) {
            return false;
        }
        line.0 += in_hand;
        line.grant_while(0, wakes, |put_by, ticket| {
            if ticket.lost >= PATIENCE {
                if self.state.take_for(ticket.wanted.saturating_sub(put_by.0)) {
                    put_by.0 = put_by.0.saturating_sub(ticket.wanted);
                    ticket.outcome = Outcome::Granted;
                }
            } else {
                // Who is called takes them from the word, and so may anybody.
                self.state.fill(core::mem::take(&mut put_by.0));
                if self.state.call(ticket.wanted) {
                    ticket.outcome = Outcome::Called;
                } else if in_hand > 0 && self.permits() < ticket.wanted {
                    ticket.lost += 1;
                }
            }
            let served = ticket.outcome != Outcome::Waiting;
            if served {
                ticket.watch.granted(self);
            }
            served
        });
        if line.is_empty(0) {
            self.publish(line);
        }
        self.note_if_empty(line);
        true
    }

    /// Under the line's lock: what was put by is for anybody.
    fn publish(&self, line: &mut LockedLine<'_>) {
        self.state.fill(core::mem::take(&mut line.0));
    }

    fn note_if_empty(&self, line: &LockedLine<'_>) {
        if line.is_empty(0) {
            self.state.nobody_waits();
        }
    }

    /// A waiter was dropped after it was granted, or called.
    pub(super) fn hand_on(&self, mut ticket: Ticket) {
        match ticket.outcome {
            Outcome::Waiting | Outcome::Closed => {}
            Outcome::Granted => self.give_back(ticket.wanted),
            Outcome::Called => {
                self.state.take_turn(0);
                self.call_next();
            }
        }
        // Whoever is told of it may want permits.
        ticket.watch.taken();
    }
}
