//! The tasks that wait for one direction of one source: one in place, and a list of the others.
//!
//! ```text
//!   polled: one waker, the last that a `poll_` function was given       ─┐
//!                                                                        ├─ an event wakes them all
//!   queued: a waker for each `async` operation under way, by its ticket ─┘
//! ```
//!
//! A `poll_` function has no identity of its own, so the last task that polled is the one that is woken, as the traits of
//! futures-io, hyper and tokio ask. An `async` operation has one: its ticket. It leaves the list when it is dropped, at once
//! and without a search. An event empties the list and thereby ends all tickets; whoever is still interested tries, and
//! queues anew.
//!
//! This is plain data under the lock of its source. Wakers go in as clones made outside of the lock, and come out as values
//! that the caller drops, or wakes, after it has unlocked.

use std::task::Waker;

/// The place of one `async` operation in the list. Stale once an event has emptied the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    index: usize,
    number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Waiters {
    polled: Option<Waker>,
    queued: Vec<Place>,
    /// Indices of the vacant places in `queued`.
    vacant: Vec<usize>,
    issued: u64,
}

#[derive(Debug)]
struct Place {
    number: u64,
    waker: Option<Waker>,
}

impl Waiters {
    /// Whether an event will wake this waker on behalf of a `poll_` function already.
    pub(super) fn polls(&self, waker: &Waker) -> bool {
        self.polled.as_ref().is_some_and(|polled| polled.will_wake(waker))
    }

    /// Puts the waker of a `poll_` function in place; gives back the one it displaces.
    #[must_use = "drop it after unlocking"]
    pub(super) fn set_polled(&mut self, waker: Waker) -> Option<Waker> {
        self.polled.replace(waker)
    }

    /// Whether an event will wake this waker on behalf of this ticket already.
    pub(super) fn queues(&self, ticket: Option<Ticket>, waker: &Waker) -> bool {
        let place =
            ticket.and_then(|ticket| self.queued.get(ticket.index).filter(|place| place.number == ticket.number));
        place.and_then(|place| place.waker.as_ref()).is_some_and(|queued| queued.will_wake(waker))
    }

    /// Queues a waker in the place of its ticket, or in a new one.
    pub(super) fn set_queued(&mut self, ticket: Option<Ticket>, waker: Waker) -> (Ticket, Option<Waker>) {
        if let Some((ticket, place)) = ticket.and_then(|ticket| Some((ticket, self.place(ticket)?))) {
            return (ticket, place.waker.replace(waker));
        }
        self.issued += 1;
        let place = Place { number: self.issued, waker: Some(waker) };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.queued[index] = place;
                index
            }
            None => {
                self.queued.push(place);
                self.queued.len() - 1
            }
        };
        (Ticket { index, number: self.issued }, None)
    }

    /// Takes the operation out of the list; gives back its waker if no event has taken it.
    #[must_use = "drop it after unlocking"]
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        let place = self.place(ticket)?;
        place.number = 0;
        let waker = place.waker.take();
        self.vacant.push(ticket.index);
        if self.vacant.len() == self.queued.len() {
            self.queued.clear();
            self.vacant.clear();
        }
        waker
    }

    /// Moves every waker out.
    pub(super) fn take_all(&mut self, into: &mut Vec<Waker>) {
        into.extend(self.polled.take());
        into.extend(self.queued.drain(..).filter_map(|place| place.waker));
        self.vacant.clear();
    }

    fn place(&mut self, ticket: Ticket) -> Option<&mut Place> {
        self.queued.get_mut(ticket.index).filter(|place| place.number == ticket.number)
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::Waiters;
    use motet_test::WakeCount;

    #[test]
    fn places_are_used_again() {
        let (mut waiters, count) = (Waiters::default(), WakeCount::new());
        // There are always two under way, and the list is never empty.
        let mut older = waiters.set_queued(None, count.waker()).0;
        for _ in 0..1000 {
            let younger = waiters.set_queued(None, count.waker()).0;
            assert!(waiters.leave(older).is_some());
            older = younger;
        }
        assert!(waiters.queued.len() <= 2);
        assert_eq!(count.wakers_alive(1), 1, "who has left keeps no waker");
    }

    #[test]
    fn a_ticket_from_before_an_event_is_stale() {
        let (mut waiters, count) = (Waiters::default(), WakeCount::new());
        let old = waiters.set_queued(None, count.waker()).0;
        let mut taken = Vec::new();
        waiters.take_all(&mut taken);
        assert_eq!(taken.len(), 1);
        let new = waiters.set_queued(None, count.waker()).0;
        assert!(waiters.leave(old).is_none(), "the place belongs to another by now");
        assert!(!waiters.queues(Some(old), &taken[0]));
        assert!(waiters.leave(new).is_some());
    }

    #[test]
    fn a_ticket_keeps_its_place_when_its_waker_changes() {
        let (mut waiters, [one, two]) = (Waiters::default(), [WakeCount::new(), WakeCount::new()]);
        let ticket = waiters.set_queued(None, one.waker()).0;
        let (again, displaced) = waiters.set_queued(Some(ticket), two.waker());
        assert_eq!(again, ticket);
        assert!(displaced.is_some());
        let mut taken = Vec::new();
        waiters.take_all(&mut taken);
        assert_eq!(taken.len(), 1);
    }
}
