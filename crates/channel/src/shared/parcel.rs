//! What a waiter has with it in line: an item it was handed, or one it offers; and what became of it.

use super::order::Ticket;

/// How a wait ended, written by whoever ended it.
// A word, so that a parcel has no gaps: it is moved word by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Outcome {
    /// It has not ended.
    Waiting,
    /// A getter: its item is in the parcel.
    Handed,
    /// A putter: a place is reserved for it.
    Slot,
    /// A putter: its item is where it should be. A joiner: all work is done.
    Done,
    /// The queue was closed; an item in the parcel is the putter's, as before.
    Closed,
}

/// The payload of a waiter.
#[derive(Debug)]
pub(crate) struct Parcel<T> {
    pub(super) outcome: Outcome,
    /// On its way to a getter; or, at a rendezvous, offered by a putter.
    pub(super) item: Option<T>,
    /// A getter: the place of the item in the order of the store. A joiner: the generation that it waits for.
    pub(super) ticket: Ticket,
}

impl<T> Parcel<T> {
    /// What a waiter comes with.
    pub(crate) const fn empty() -> Self {
        Self { outcome: Outcome::Waiting, item: None, ticket: 0 }
    }

    pub(super) fn hand(&mut self, ticket: Ticket, item: Option<T>) {
        debug_assert!(
            self.outcome == Outcome::Waiting && self.item.is_none(),
            "handed to somebody who has had something"
        );
        *self = Self { outcome: Outcome::Handed, item, ticket };
    }

    /// The item that a getter was handed.
    pub(super) fn into_handed(self) -> Option<(Ticket, T)> {
        debug_assert_eq!(
            self.outcome == Outcome::Handed,
            self.item.is_some(),
            "handed without an item, or an item unhanded"
        );
        self.item.map(|item| (self.ticket, item))
    }

    pub(super) fn has_slot(&self) -> bool {
        self.outcome == Outcome::Slot
    }
}
