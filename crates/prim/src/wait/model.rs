//! The wait list, in every interleaving: grants against polls, drops and other grants.

use super::{Admit, Locked, WaitList, Waitable, Waiter, WakeBatch, Wakeup};
use crate::cell::UnsafeCell;
use crate::park::block_on;
use crate::{model, thread};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// One ticket goes round: whoever has it may touch the cell. Closed, it admits everybody, without a ticket.
struct Gate {
    line: WaitList<Books, Outcome>,
    held: UnsafeCell<usize>,
}

#[derive(Default)]
struct Books {
    free: bool,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Waiting,
    Ticket,
    Closed,
}

impl Waitable for Gate {
    type State = Books;
    type Payload = Outcome;

    fn wait_list(&self) -> &WaitList<Books, Outcome> {
        &self.line
    }

    fn on_return(&self, _list: usize, payload: Outcome) {
        if payload == Outcome::Ticket {
            self.give_back();
        }
    }
}

impl Gate {
    fn new(free: bool) -> Arc<Self> {
        let books = Books { free, closed: false };
        Arc::new(Self { line: WaitList::new(books), held: UnsafeCell::new(0) })
    }

    fn give_back(&self) {
        let mut locked = self.line.lock();
        let wakeup = locked.grant_front(0, |_, outcome| *outcome = Outcome::Ticket);
        locked.free = wakeup.is_none();
        drop(locked);
        wakeup.map(Wakeup::wake);
    }

    fn close(&self) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        locked.closed = true;
        locked.grant_while(0, &mut wakes, |_, outcome| {
            *outcome = Outcome::Closed;
            true
        });
        drop(locked);
        wakes.wake_all();
    }

    fn poll(waiter: Pin<&mut Waiter<Arc<Self>>>, cx: &mut Context<'_>) -> Poll<(Arc<Self>, Outcome)> {
        let admit = |_: &Arc<Self>, locked: &mut Locked<'_, Books, Outcome>, outcome: &mut Outcome| {
            if locked.closed {
                *outcome = Outcome::Closed;
            } else if locked.free {
                locked.free = false;
                *outcome = Outcome::Ticket;
            } else {
                return Admit::Wait;
            }
            Admit::Pass
        };
        waiter.poll_wait(cx, |_, _| false, admit)
    }

    fn waiter(self: &Arc<Self>) -> Waiter<Arc<Self>> {
        Waiter::new(self.clone(), 0, Outcome::Waiting)
    }

    async fn enter(self: &Arc<Self>) -> Outcome {
        let mut waiter = pin!(self.waiter());
        poll_fn(move |cx| Self::poll(waiter.as_mut(), cx)).await.1
    }

    /// Uses what the ticket admits to: loom reports it if somebody else has one too.
    fn use_it(&self) {
        // SAFETY: that nobody else is here is what the model is about.
        self.held.with_mut(|held| unsafe { *held += 1 });
    }

    fn uses(&self) -> usize {
        // SAFETY: the other threads have been joined.
        self.held.with(|held| unsafe { *held })
    }
}

fn enter_and_leave(gate: &Arc<Gate>) {
    assert_eq!(block_on(gate.enter()), Outcome::Ticket);
    gate.use_it();
    gate.give_back();
}

#[test]
fn two_waiters_and_a_waker_one_at_a_time_and_nobody_forgotten() {
    model(|| {
        let gate = Gate::new(false);
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let gate = gate.clone();
                thread::spawn(move || enter_and_leave(&gate))
            })
            .collect();
        gate.use_it();
        gate.give_back();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(gate.uses(), 3);
        assert!(gate.line.lock().free);
    });
}

#[test]
fn a_drop_against_a_grant_keeps_the_ticket() {
    model(|| {
        let gate = Gate::new(false);
        let other = gate.clone();
        let dropper = thread::spawn(move || {
            let mut waiter = Box::pin(other.waiter());
            let _ =
                Gate::poll(waiter.as_mut(), &mut Context::from_waker(Waker::noop())).map(|(gate, _)| gate.give_back());
        });
        gate.give_back();
        dropper.join().unwrap();
        assert!(gate.line.lock().free, "the ticket was lost");
        assert!(gate.line.lock().is_empty(0));
    });
}

#[test]
fn a_drop_in_the_middle_against_a_grant_serves_the_one_behind() {
    model(|| {
        let gate = Gate::new(false);
        let mut dropped = Box::pin(gate.waiter());
        assert!(Gate::poll(dropped.as_mut(), &mut Context::from_waker(Waker::noop())).is_pending());
        let (behind, granter) = (gate.clone(), gate.clone());
        let waiting = thread::spawn(move || enter_and_leave(&behind));
        let granting = thread::spawn(move || granter.give_back());
        drop(dropped);
        waiting.join().unwrap();
        granting.join().unwrap();
        assert_eq!(gate.uses(), 1);
    });
}

#[test]
fn a_change_of_waker_against_a_grant_wakes_the_new_one_or_is_seen() {
    model(|| {
        let gate = Gate::new(false);
        let mut waiter = pin!(gate.waiter());
        assert!(Gate::poll(waiter.as_mut(), &mut Context::from_waker(Waker::noop())).is_pending());
        let granter = gate.clone();
        let granting = thread::spawn(move || {
            granter.use_it();
            granter.give_back();
        });
        // Sleeps for ever if the grant went to the old waker after the new one was left.
        block_on(poll_fn(|cx| Gate::poll(waiter.as_mut(), cx)));
        gate.use_it();
        granting.join().unwrap();
    });
}

#[test]
fn a_second_poll_against_a_grant_is_woken_or_sees_it() {
    model(|| {
        let gate = Gate::new(false);
        let mut waiter = pin!(gate.waiter());
        let granter = gate.clone();
        let granting = thread::spawn(move || {
            granter.use_it();
            granter.give_back();
        });
        let mut polls = 0;
        block_on(poll_fn(|cx| {
            polls += 1;
            // Polled once more than it is woken, with the same waker: it looks at that one without the lock.
            match Gate::poll(waiter.as_mut(), cx) {
                Poll::Pending if polls == 1 => Gate::poll(waiter.as_mut(), cx),
                polled => polled,
            }
        }));
        gate.use_it();
        granting.join().unwrap();
    });
}

#[test]
fn close_reaches_those_who_wait_and_those_who_come() {
    model(|| {
        let gate = Gate::new(false);
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let gate = gate.clone();
                thread::spawn(move || assert_eq!(block_on(gate.enter()), Outcome::Closed))
            })
            .collect();
        gate.close();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert!(gate.line.lock().is_empty(0));
    });
}

#[test]
fn a_granted_waiter_is_freed_while_its_granter_is_still_awake() {
    model(|| {
        let gate = Gate::new(false);
        let waiting = gate.clone();
        let other = thread::spawn(move || {
            let mut enter = Box::pin(waiting.enter());
            let mut cx = Context::from_waker(Waker::noop());
            // Polls without ever being woken, so that it may free the node in the midst of the grant.
            while enter.as_mut().poll(&mut cx).is_pending() {
                thread::yield_now();
            }
        });
        gate.use_it();
        gate.give_back();
        other.join().unwrap();
        gate.use_it();
    });
}
