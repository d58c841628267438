//! The items of a local queue, who has a claim on them, and who waits: all steps that never wait.
//!
//! ```text
//!   putter ──room──▶ items ──more than are claimed──▶ getter
//!      │ full: waits                │ none, or all claimed: waits
//!      ▼                            ▼
//!   admitted: a place is its own   granted: an item is its own (a *claim*), which it takes when it is polled
//! ```
//!
//! An item is in exactly one place: with the putter, among the items, or with the getter. A claim moves nothing, so a getter that is dropped has
//! taken nothing, and its claim goes to the next. Nobody waits to get while an item is unclaimed, and nobody waits to put while there is room.

use core::cell::{RefCell, RefMut};
use core::task::Waker;
use std::collections::VecDeque;

use super::line::{How, Line};
use crate::queue::{Shutdown, TooManyDone};
use motet_prim::{Wakeup, discard};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    ShutDown,
}

/// An unbounded queue keeps room for this many items when a burst is over.
const KEPT_ITEMS: usize = 64;

/// A bounded queue allocates room for all its items with the first, once; but no more than this at a time.
const MOST_AT_ONCE: usize = 1 << 16;

pub(super) struct Shared<T> {
    state: RefCell<State<T>>,
}

pub(super) struct State<T> {
    items: VecDeque<T>,
    /// `None`: without limit.
    pub(super) capacity: Option<usize>,
    /// Items that belong to getters which were granted one.
    claims: usize,
    /// Places that belong to putters which were admitted, and to slots.
    places: usize,
    pub(super) getters: Line,
    pub(super) putters: Line,
    pub(super) joiners: Line,
    unfinished: u64,
    phase: Phase,
}

/// An item that could not be put.
pub(super) enum Refusal<T> {
    Full(T),
    ShutDown(T),
}

/// Why there is nothing to get.
#[derive(Clone, Copy)]
pub(super) enum Nothing {
    Empty,
    ShutDown,
}

impl<T> Shared<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        let state = State {
            items: VecDeque::new(),
            capacity,
            claims: 0,
            places: 0,
            getters: Line::new(),
            putters: Line::new(),
            joiners: Line::new(),
            unfinished: 0,
            phase: Phase::Open,
        };
        Self { state: RefCell::new(state) }
    }

    /// The state, for a moment: no code of the user's runs while it is borrowed.
    pub(super) fn state(&self) -> RefMut<'_, State<T>> {
        self.state.borrow_mut()
    }

    pub(super) fn try_put(&self, item: T) -> Result<(), Refusal<T>> {
        let mut state = self.state();
        if state.is_shut_down() {
            return Err(Refusal::ShutDown(item));
        }
        if !state.has_room() {
            return Err(Refusal::Full(item));
        }
        let wake = state.push(item);
        drop(state);
        wake_up(wake);
        Ok(())
    }

    pub(super) fn try_get(&self) -> Result<T, Nothing> {
        let mut state = self.state();
        if !state.has_item() {
            return Err(if state.is_shut_down() { Nothing::ShutDown } else { Nothing::Empty });
        }
        let item = state.pop();
        let wake = state.admit();
        drop(state);
        wake_up(wake);
        item.ok_or(Nothing::Empty)
    }

    /// Gets up to `max` items that nobody has a claim on.
    pub(super) fn get_many(&self, out: &mut Vec<T>, max: usize) -> Result<usize, Nothing> {
        let mut count = 0;
        while count < max {
            match self.try_get() {
                Ok(item) => out.push(item),
                Err(nothing) if count == 0 => return Err(nothing),
                Err(_) => break,
            }
            count += 1;
        }
        Ok(count)
    }

    /// Takes the item that was claimed; `None` if all items were dropped since.
    pub(super) fn take_claimed(&self) -> Option<T> {
        let mut state = self.state();
        state.claims -= 1;
        let item = state.pop();
        let wake = state.admit();
        drop(state);
        wake_up(wake);
        item
    }

    /// Gives a claim up: it is for the next getter.
    pub(super) fn give_up_claim(&self) {
        let mut state = self.state();
        state.claims -= 1;
        let wake = state.grant();
        drop(state);
        wake_up(wake);
    }

    pub(super) fn try_reserve(&self) -> Result<(), Refusal<()>> {
        let mut state = self.state();
        if state.is_shut_down() {
            return Err(Refusal::ShutDown(()));
        }
        if !state.has_room() {
            return Err(Refusal::Full(()));
        }
        state.places += 1;
        Ok(())
    }

    /// Puts an item into a place that was reserved.
    pub(super) fn fill_place(&self, item: T) -> Result<(), T> {
        let mut state = self.state();
        state.places -= 1;
        if state.is_shut_down() {
            return Err(item);
        }
        let wake = state.push(item);
        drop(state);
        wake_up(wake);
        Ok(())
    }

    /// Gives a place up: it is for the next putter.
    pub(super) fn give_up_place(&self) {
        let mut state = self.state();
        state.places -= 1;
        let wake = state.admit();
        drop(state);
        wake_up(wake);
    }

    pub(super) fn task_done(&self) -> Result<(), TooManyDone> {
        let mut state = self.state();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        let wakes = state.joiners_if_done();
        drop(state);
        wake_all(wakes);
        Ok(())
    }

    pub(super) fn shut_down(&self, how: Shutdown) {
        let mut state = self.state();
        state.phase = Phase::ShutDown;
        let dropped = match how {
            Shutdown::Drain => VecDeque::new(),
            Shutdown::Immediate => core::mem::take(&mut state.items),
        };
        // Not below zero, if the user has called `task_done` before the work was done.
        state.unfinished = state.unfinished.saturating_sub(dropped.len() as u64);
        let joiners = if dropped.is_empty() { Vec::new() } else { state.joiners_if_done() };
        let (getters, putters) = (state.getters.end_all(How::SentAway), state.putters.end_all(How::SentAway));
        drop(state);
        [getters, putters, joiners].into_iter().for_each(wake_all);
        drop(dropped);
    }
}

impl<T> State<T> {
    pub(super) fn is_shut_down(&self) -> bool {
        self.phase == Phase::ShutDown
    }

    pub(super) fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.items.len() + self.places < capacity)
    }

    /// Whether there is an item that nobody has a claim on.
    pub(super) fn has_item(&self) -> bool {
        self.items.len() > self.claims
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.unfinished == 0
    }

    #[must_use]
    fn push(&mut self, item: T) -> Option<Waker> {
        if let (0, Some(capacity)) = (self.items.capacity(), self.capacity) {
            self.items.reserve_exact(capacity.min(MOST_AT_ONCE));
        }
        self.items.push_back(item);
        self.unfinished += 1;
        self.grant()
    }

    fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        // A burst is over: give its memory back.
        if self.items.is_empty() && self.items.capacity() > KEPT_ITEMS && self.capacity.is_none() {
            self.items = VecDeque::new();
        }
        item
    }

    /// Grants an unclaimed item to the oldest getter that waits.
    #[must_use]
    fn grant(&mut self) -> Option<Waker> {
        if !self.has_item() {
            return None;
        }
        let waker = self.getters.end_oldest(How::Granted)?;
        self.claims += 1;
        Some(waker)
    }

    /// Reserves a free place for the oldest putter that waits.
    #[must_use]
    fn admit(&mut self) -> Option<Waker> {
        if !self.has_room() {
            return None;
        }
        let waker = self.putters.end_oldest(How::Granted)?;
        self.places += 1;
        Some(waker)
    }

    fn joiners_if_done(&mut self) -> Vec<Waker> {
        if self.is_finished() { self.joiners.end_all(How::Granted) } else { Vec::new() }
    }
}

/// Wakes, with nothing borrowed.
pub(super) fn wake_up(waker: Option<Waker>) {
    if let Some(waker) = waker {
        Wakeup::from(waker).wake();
    }
}

/// Drops a waker, with nothing borrowed.
pub(super) fn discard_any(waker: Option<Waker>) {
    if let Some(waker) = waker {
        discard(waker);
    }
}

fn wake_all(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(|waker| wake_up(Some(waker)));
}
