//! Who waits, oldest first, on one thread.
//!
//! ```text
//!   free ──join──▶ waiting ──end──▶ ended(how) ──leave──▶ free
//!                     └────────────leave──────────────────▲
//! ```
//!
//! A list whose links are indices into a vector: to join, to leave from anywhere, and to be granted are O(1), and a place that came free is used
//! again. When nobody is left a large vector is given back.
//!
//! No method here calls, clones or drops a waker: they are handed in and out, for whoever has borrowed the line to let go of it first.

use core::task::Waker;

use motet_prim::discard;

/// Vectors up to this many places are kept when nobody waits.
const KEPT_PLACES: usize = 64;

/// A place in the line.
#[derive(Debug)]
pub(super) struct Ticket(usize);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// What it waited for is its own.
    Granted,
    /// It goes without.
    SentAway,
}

/// What a waiter that looks finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    Ended(How),
    /// It waits on, and the waker is the right one.
    Waiting,
    /// It waits with a waker that is not this one any more.
    OldWaker,
}

#[derive(Debug)]
enum Place {
    Free { next: Option<usize> },
    Waiting { previous: Option<usize>, next: Option<usize>, waker: Waker },
    Ended(How),
}

#[derive(Debug)]
pub(super) struct Line {
    places: Vec<Place>,
    oldest: Option<usize>,
    newest: Option<usize>,
    free: Option<usize>,
    /// Places that are not free.
    taken: usize,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), oldest: None, newest: None, free: None, taken: 0 }
    }

    /// Behind all others.
    pub(super) fn join(&mut self, waker: Waker) -> Ticket {
        let place = Place::Waiting { previous: self.newest, next: None, waker };
        let index = match self.free {
            Some(index) => {
                if let Place::Free { next } = core::mem::replace(&mut self.places[index], place) {
                    self.free = next;
                }
                index
            }
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        };
        match self.newest.replace(index) {
            Some(before) => self.set_next(before, Some(index)),
            None => self.oldest = Some(index),
        }
        self.taken += 1;
        Ticket(index)
    }

    /// How the wait has ended, if it has.
    pub(super) fn ended(&self, ticket: &Ticket) -> Option<How> {
        if let Place::Ended(how) = self.places[ticket.0] { Some(how) } else { None }
    }

    pub(super) fn look(&self, ticket: &Ticket, waker: &Waker) -> Look {
        match &self.places[ticket.0] {
            Place::Ended(how) => Look::Ended(*how),
            Place::Waiting { waker: old, .. } if old.will_wake(waker) => Look::Waiting,
            _ => Look::OldWaker,
        }
    }

    /// Gives the waker that is of no use any more: the old one, or if the wait has ended, the new one.
    pub(super) fn replace_waker(&mut self, ticket: &Ticket, new: Waker) -> Waker {
        match &mut self.places[ticket.0] {
            Place::Waiting { waker, .. } => core::mem::replace(waker, new),
            _ => new,
        }
    }

    /// Ends the wait of the oldest.
    #[must_use]
    pub(super) fn end_oldest(&mut self, how: How) -> Option<Waker> {
        let index = self.oldest?;
        self.unlink(index, Place::Ended(how))
    }

    /// Ends the wait of everybody.
    #[must_use]
    pub(super) fn end_all(&mut self, how: How) -> Vec<Waker> {
        core::iter::from_fn(|| self.end_oldest(how)).collect()
    }

    /// Gives the place up: how its wait had ended, or its waker if it had not.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Result<How, Option<Waker>> {
        let index = ticket.0;
        let left = match &self.places[index] {
            Place::Ended(how) => Ok(*how),
            _ => Err(self.unlink(index, Place::Ended(How::SentAway))),
        };
        self.places[index] = Place::Free { next: self.free.replace(index) };
        self.taken -= 1;
        if self.taken == 0 && self.places.len() > KEPT_PLACES {
            *self = Self::new();
        }
        left
    }

    fn unlink(&mut self, index: usize, place: Place) -> Option<Waker> {
        let Place::Waiting { previous, next, waker } = core::mem::replace(&mut self.places[index], place) else {
            return None;
        };
        match previous {
            Some(previous) => self.set_next(previous, next),
            None => self.oldest = next,
        }
        match next {
            Some(next) => self.set_previous(next, previous),
            None => self.newest = previous,
        }
        Some(waker)
    }

    fn set_next(&mut self, of: usize, to: Option<usize>) {
        if let Place::Waiting { next, .. } = &mut self.places[of] {
            *next = to;
        }
    }

    fn set_previous(&mut self, of: usize, to: Option<usize>) {
        if let Place::Waiting { previous, .. } = &mut self.places[of] {
            *previous = to;
        }
    }
}

impl Drop for Line {
    /// Whoever is still in line has been forgotten.
    fn drop(&mut self) {
        for place in self.places.drain(..) {
            if let Place::Waiting { waker, .. } = place {
                discard(waker);
            }
        }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::*;

    fn waker() -> Waker {
        Waker::noop().clone()
    }

    #[test]
    fn the_oldest_is_ended_first_wherever_others_leave() {
        let mut line = Line::new();
        let [a, b, c, d] = core::array::from_fn(|_| line.join(waker()));
        assert!(line.leave(b).is_err_and(|waker| waker.is_some()));
        assert!(line.leave(d).is_err());
        assert!(line.end_oldest(How::Granted).is_some());
        assert_eq!(line.look(&a, &waker()), Look::Ended(How::Granted));
        assert_eq!(line.look(&c, &waker()), Look::Waiting);
        assert!(matches!(line.leave(a), Ok(How::Granted)));
        assert_eq!(line.end_all(How::SentAway).len(), 1);
        assert!(line.oldest.is_none() && matches!(line.leave(c), Ok(How::SentAway)));
    }

    #[test]
    fn places_are_used_again_and_many_are_given_back() {
        let mut line = Line::new();
        for _ in 0..3 {
            let tickets: Vec<_> = (0..10).map(|_| line.join(waker())).collect();
            tickets.into_iter().for_each(|ticket| drop(line.leave(ticket)));
        }
        assert_eq!(line.places.len(), 10);
        let tickets: Vec<_> = (0..1000).map(|_| line.join(waker())).collect();
        tickets.into_iter().for_each(|ticket| drop(line.leave(ticket)));
        assert_eq!(line.places.capacity(), 0);
    }
}
