//! What all ends of a broadcast channel share: a ring of slots, and under a lock where its end is and who waits.
//!
//! A value is in its slot from its send until every receiver has seen it, or it is overwritten. A sender writes under the lock; a receiver
//! reads without it, each at its own [`Cursor`], and takes the lock only to wait. How the two stay apart in a slot is told in
//! [`slot`](super::slot), [`place`](super::place) and [`word`](super::word).
//!
//! ```text
//!   sender ──lock: room?──▶ slot[tail], tail + 1 ──▶ wakes the receivers that wait
//!     │ no room (Backpressure)                          each: slot[next] ──▶ a clone; the last one takes the value itself
//!     └▶ waits in line; the receiver that sees the oldest value last admits the first in line: a place is *reserved* for it,
//!        and it writes by itself. So a send that is dropped before has sent nothing.
//! ```
//!
//! Invariants, under the lock: `reserved` places from the tail on are free, each for a sender that was admitted or for a permit;
//! and if a sender waits, then either all places are reserved, whose owners admit when they are done, or the next place is marked as
//! awaited, and whoever frees it takes the lock and admits.
#![forbid(unsafe_code)]

use core::marker::PhantomData;
use core::pin::Pin;
use std::sync::Arc;

use super::policy::{Ended, Policy};
use super::slot::Slot;
use super::word::MAX_RECEIVERS;
use crate::count::EndCount;
use motet_prim::{WaitList, Waitable, WakeBatch};

/// Receivers that wait for a value.
pub(super) const RECEIVERS: usize = 0;
/// Senders that wait for room.
pub(super) const SENDERS: usize = 1;
/// Senders that wait for the last receiver to go.
pub(super) const CLOSERS: usize = 2;

pub(super) type Waiter<H> = motet_prim::Waiter<H, 3>;
/// A place that outlives a future: boxed, for it must not move.
pub(super) type Seat<T, P> = Pin<Box<Option<Waiter<Arc<Broadcast<T, P>>>>>>;

pub(super) type Locked<'a> = motet_prim::Locked<'a, State, Wait, 3>;

pub(super) struct Broadcast<T, P> {
    pub(super) slots: Box<[Slot<T>]>,
    pub(super) line: WaitList<State, Wait, 3>,
    pub(super) senders: EndCount,
    policy: PhantomData<fn() -> P>,
}

/// What the lock guards besides the lines.
#[derive(Debug)]
pub(super) struct State {
    /// Where the next value goes.
    pub(super) tail: Cursor,
    pub(super) receivers: usize,
    /// Places that are kept free for senders that were admitted, and for permits.
    pub(super) reserved: usize,
    pub(super) closed: bool,
}

/// A position in the channel, and the slot it falls on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) position: u64,
    pub(super) index: usize,
}

impl Cursor {
    pub(super) const fn start() -> Self {
        Self { position: 0, index: 0 }
    }

    #[inline]
    pub(super) fn advance(&mut self, capacity: usize) {
        self.position += 1;
        self.index += 1;
        if self.index == capacity {
            self.index = 0;
        }
    }

    fn at(position: u64, capacity: usize) -> Self {
        Self { position, index: (position % capacity as u64) as usize }
    }
}

/// What a waiter has with it in line.
#[derive(Debug)]
pub(super) struct Wait {
    /// A receiver: the position of the value it waits for.
    pub(super) position: u64,
    /// A sender: how its wait ended.
    admitted: Option<Admitted>,
}

/// How a sender's wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// A place is reserved for it.
    Place,
    /// The channel is closed, or nobody receives.
    Refused,
}

impl Wait {
    pub(super) const fn new() -> Self {
        Self { position: 0, admitted: None }
    }

    /// A receiver goes to wait for the value at its cursor.
    pub(super) fn wait_at(&mut self, cursor: Cursor) {
        self.position = cursor.position;
    }

    pub(super) fn end(&mut self, admitted: Admitted) {
        debug_assert!(self.admitted.is_none(), "a wait ended twice");
        self.admitted = Some(admitted);
    }

    pub(super) fn has_place(&self) -> bool {
        self.admitted == Some(Admitted::Place)
    }
}

/// What a receiver finds under the lock.
pub(super) enum Find {
    /// Nothing; it may wait.
    Nothing,
    /// A value at its cursor.
    Value,
    Ended(Ended),
}

impl<T, P: Policy> Broadcast<T, P> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { tail: Cursor::start(), receivers: 1, reserved: 0, closed: false };
        Self {
            slots: (0..capacity).map(|_| Slot::new()).collect(),
            line: WaitList::new(state),
            senders: EndCount::one(),
            policy: PhantomData,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        self.line.lock()
    }

    /// Takes the value at the cursor without the lock, if it is there.
    #[inline]
    pub(super) fn read(&self, cursor: &mut Cursor) -> Option<T>
    where
        T: Clone,
    {
        let Cursor { position, index } = *cursor;
        self.slots[index].read(position, P::OVERWRITES, |admit| self.pass(cursor, admit))
    }

    /// The receiver has seen the value at its cursor.
    #[inline]
    fn pass(&self, cursor: &mut Cursor, admit: bool) {
        cursor.advance(self.capacity());
        if admit {
            self.admit();
        }
    }

    /// What there is for a receiver. If it has missed values, its cursor moves to the oldest that is left.
    pub(super) fn find(&self, locked: &Locked<'_>, cursor: &mut Cursor) -> Find {
        let behind = locked.tail.position - cursor.position;
        let capacity = self.capacity() as u64;
        if behind == 0 {
            return if locked.closed { Find::Ended(Ended::Closed) } else { Find::Nothing };
        }
        if behind <= capacity {
            return Find::Value;
        }
        *cursor = Cursor::at(locked.tail.position - capacity, self.capacity());
        Find::Ended(Ended::Missed(behind - capacity))
    }

    /// How many values are there for a receiver.
    pub(super) fn values_for(&self, cursor: Cursor) -> usize {
        let behind = self.line.lock().tail.position - cursor.position;
        usize::try_from(behind).unwrap_or(usize::MAX).min(self.capacity())
    }

    /// A receiver that sees what is sent from now on.
    pub(super) fn subscribe(&self) -> Cursor {
        let mut locked = self.line.lock();
        locked.add_receiver();
        locked.tail
    }

    /// A receiver that sees what this one sees.
    pub(super) fn subscribe_at(&self, cursor: Cursor) {
        let mut locked = self.line.lock();
        locked.add_receiver();
        let mut at = self.oldest_for(&locked, cursor);
        while at.position < locked.tail.position {
            self.slots[at.index].add_unseen(at.position);
            at.advance(self.capacity());
        }
    }

    fn oldest_for(&self, locked: &Locked<'_>, cursor: Cursor) -> Cursor {
        let oldest = locked.tail.position.saturating_sub(self.capacity() as u64);
        if cursor.position < oldest { Cursor::at(oldest, self.capacity()) } else { cursor }
    }

    /// A receiver goes: it has seen all that was sent.
    pub(super) fn unsubscribe(&self, cursor: Cursor) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        locked.receivers -= 1;
        let (at, tail) = (self.oldest_for(&locked, cursor), locked.tail.position);
        if locked.receivers == 0 {
            self.refuse_senders(&mut locked, &mut wakes);
            locked.grant_while(CLOSERS, &mut wakes, |state, _| state.receivers == 0);
        }
        drop(locked);
        wakes.wake_all();
        // Without the lock: values are dropped here. Others may overwrite them meanwhile.
        Unseen { channel: self, at, tail }.skip_all();
    }

    /// Nothing more is sent: senders that wait are sent away, receivers see what is there.
    pub(super) fn close(&self) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        locked.closed = true;
        self.refuse_senders(&mut locked, &mut wakes);
        // Who waits has seen everything. And nobody comes to wait any more.
        locked.grant_while(RECEIVERS, &mut wakes, |_, _| true);
        drop(locked);
        wakes.wake_all();
    }

    fn refuse_senders(&self, locked: &mut Locked<'_>, wakes: &mut WakeBatch) {
        // Again each time: while a full batch is woken, somebody may subscribe, and others come to send to that one.
        locked.grant_while(SENDERS, wakes, |state, wait| {
            let refused = state.is_deaf();
            if refused {
                wait.end(Admitted::Refused);
            }
            refused
        });
        // Those that are left, since somebody has subscribed: a place may have been given up while nobody received, and then nobody admitted.
        self.admit_senders(locked, wakes);
    }

    pub(super) fn sender_gone(&self) {
        if self.senders.remove_is_last() {
            self.close();
        }
    }
}

/// What a receiver that goes has not seen, and counts as seen. All of it, even if the drop of a value panics: then its own drop goes on.
struct Unseen<'a, T, P: Policy> {
    channel: &'a Broadcast<T, P>,
    at: Cursor,
    tail: u64,
}

impl<T, P: Policy> Unseen<'_, T, P> {
    fn skip_all(&mut self) {
        let channel = self.channel;
        while self.at.position < self.tail {
            let Cursor { position, index } = self.at;
            self.at.advance(channel.capacity());
            channel.slots[index].skip(position, P::OVERWRITES, |admit| {
                if admit {
                    channel.admit();
                }
            });
        }
    }
}

impl<T, P: Policy> Drop for Unseen<'_, T, P> {
    fn drop(&mut self) {
        self.skip_all();
    }
}

impl State {
    /// Whether a value would be sent to nobody.
    #[inline]
    pub(super) fn is_deaf(&self) -> bool {
        self.closed || self.receivers == 0
    }

    fn add_receiver(&mut self) {
        assert!(self.receivers < MAX_RECEIVERS, "a broadcast channel has at most {MAX_RECEIVERS} receivers");
        self.receivers += 1;
    }
}

impl<T, P: Policy> Waitable<3> for Broadcast<T, P> {
    type State = State;
    type Payload = Wait;

    #[inline]
    fn wait_list(&self) -> &WaitList<State, Wait, 3> {
        &self.line
    }

    /// A receiver's wake that was not heard has told of a value that is still there to see. A sender's place is for the next.
    fn on_return(&self, _: usize, wait: Wait) {
        if wait.has_place() {
            self.release();
        }
    }
}
