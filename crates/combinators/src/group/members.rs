//! Who belongs to a group, and what became of it.
//!
//! ```text
//!             first failure, cancel()                    the group's future is dropped
//!   Open ──────────────────────────────▶ Ending ─────────────────────────────────────▶ Gone
//!     │                                     │  body and children have ended               ▲
//!     └─────────────────────────────────────┴─────────────────────────────────────────────┘
//! ```
//!
//! Children come in in Open only. On the way to Ending each is cancelled; the body is dropped by the group's future, which is woken.
//! The race to fear is a child that comes in as the group ends: whether one is left and the step to Gone are one critical section, so it is
//! either counted before, and waited for, or refused after.
//!
//! A panic is kept for whoever waits for the children: the group's future, then, if that was dropped, its heir, which waits in the frame around.
//! Where there is neither, a child's panic comes back to the child.
//!
//! One lock for all of it. Foreign code (wakers, cancel handles, dropped errors and futures) runs outside of it: a method takes out what is
//! to be done, as an [`Order`], and does it after the lock is released.

use crate::panics::silence;
use core::task::{Context, Poll, Waker};
use futures_util::task::FutureObj;
use motet_cancel::{CancelHandle, PanicPayload, Reason};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Ending,
    Gone,
}

pub(crate) struct Members<E> {
    state: Mutex<State<E>>,
}

struct State<E> {
    phase: Phase,
    /// Those that have not ended, by number.
    children: BTreeMap<u64, CancelHandle>,
    next: u64,
    /// Children that the group's future has yet to spawn.
    arrivals: Vec<FutureObj<'static, ()>>,
    errors: Vec<E>,
    /// The first one.
    panic: Option<PanicPayload>,
    /// Whether somebody will ask for a panic though the group is gone.
    has_heir: bool,
    /// The task that polls the group's future.
    owner: Option<Waker>,
    /// Who waits for the last child, by number.
    drained: BTreeMap<u64, Waker>,
}

/// What is to be done once the lock is released.
#[must_use]
#[derive(Default)]
struct Order {
    cancel: Vec<CancelHandle>,
    wake: Vec<Waker>,
}

impl Order {
    /// A waker that panics has been reported, and costs nobody else a cancel or a wake.
    fn carry_out(self, reason: &Reason) {
        for handle in self.cancel {
            silence(|| {
                handle.cancel(reason.clone());
            });
        }
        self.wake.into_iter().for_each(wake);
    }
}

fn wake(waker: Waker) {
    Wakeup::from(waker).wake();
}

/// How a group has ended.
pub(crate) struct Ended<E> {
    pub(crate) errors: Vec<E>,
    pub(crate) panic: Option<PanicPayload>,
}

impl<E> Members<E> {
    pub(crate) fn new() -> Self {
        let state = State {
            phase: Phase::Open,
            children: BTreeMap::new(),
            next: 0,
            arrivals: Vec::new(),
            errors: Vec::new(),
            panic: None,
            has_heir: false,
            owner: None,
            drained: BTreeMap::new(),
        };
        Self { state: Mutex::new(state) }
    }

    /// Takes a child in: `make` wraps it, given its number. Not when the group ends or has ended.
    pub(crate) fn enter(&self, handle: &CancelHandle, make: impl FnOnce(u64) -> FutureObj<'static, ()>) -> bool {
        let number = {
            let mut state = self.state.lock();
            if state.phase != Phase::Open {
                return false;
            }
            state.next += 1;
            let number = state.next;
            state.children.insert(number, handle.clone());
            number
        };
        let child = make(number);
        let mut state = self.state.lock();
        if state.phase == Phase::Gone {
            drop(state);
            // The group went meanwhile; the child was cancelled with it, and is dropped unpolled.
            drop(child);
            return true;
        }
        state.arrivals.push(child);
        let owner = state.owner.take();
        drop(state);
        owner.into_iter().for_each(wake);
        true
    }

    /// A child has ended and is dropped.
    pub(crate) fn leave(&self, number: u64) {
        let mut order = Order::default();
        let mut state = self.state.lock();
        let handle = state.children.remove(&number);
        if state.children.is_empty() {
            order.wake.extend(state.owner.take());
            order.wake.extend(core::mem::take(&mut state.drained).into_values());
        }
        drop(state);
        drop(handle);
        order.carry_out(&Reason::none());
    }

    /// A child or the body has failed. The error comes back if nobody will ask for it.
    pub(crate) fn fail(&self, error: E) -> Option<E> {
        let mut state = self.state.lock();
        if state.phase == Phase::Gone {
            return Some(error);
        }
        state.errors.push(error);
        let order = state.end();
        drop(state);
        order.carry_out(&Reason::from("a sibling in its group failed"));
        None
    }

    /// A child or the body has panicked; the first panic is kept. One comes back if nobody will ask for it.
    pub(crate) fn panicked(&self, panic: PanicPayload) -> Option<PanicPayload> {
        let mut state = self.state.lock();
        if state.phase == Phase::Gone && !state.has_heir {
            return Some(panic);
        }
        if state.panic.is_some() {
            drop(state);
            drop(panic);
            return None;
        }
        state.panic = Some(panic);
        let order = state.end();
        drop(state);
        order.carry_out(&Reason::from("a sibling in its group panicked"));
        None
    }

    /// Ends the group from outside.
    pub(crate) fn cancel(&self) {
        let order = self.state.lock().end();
        order.carry_out(&Reason::from("its group was cancelled"));
    }

    /// The group's future goes away: nobody asks for the errors any more, they come back. An heir has to ask for the panic, with
    /// [`take_inheritance`](Self::take_inheritance).
    pub(crate) fn abandon(&self) -> Vec<E> {
        let mut state = self.state.lock();
        let order = state.end();
        state.phase = Phase::Gone;
        state.has_heir = true;
        let arrivals = core::mem::take(&mut state.arrivals);
        let errors = core::mem::take(&mut state.errors);
        let owner = state.owner.take();
        drop(state);
        order.carry_out(&Reason::from("its group was dropped"));
        // Each is a scope: what panics as it is dropped goes on in the frame around.
        drop(arrivals);
        owner.into_iter().for_each(discard);
        errors
    }

    /// The heir is done, or gives up: the panic that was kept for it.
    pub(crate) fn take_inheritance(&self) -> Option<PanicPayload> {
        let mut state = self.state.lock();
        state.has_heir = false;
        state.panic.take()
    }

    /// Whether an heir has something to wait for, or to take.
    pub(crate) fn leaves_something(&self) -> bool {
        let state = self.state.lock();
        !state.children.is_empty() || state.panic.is_some()
    }

    /// What the children left, if none of them is; the body has ended. From then on none comes in.
    ///
    /// Not while the group holds a result that errors, or a panic, win over.
    pub(crate) fn try_close(&self, holds_result: bool) -> Option<Ended<E>> {
        let mut state = self.state.lock();
        if !state.children.is_empty() || (holds_result && state.has_failed()) {
            return None;
        }
        debug_assert!(state.arrivals.is_empty(), "an arrival is a child that has not ended");
        state.phase = Phase::Gone;
        let ended = Ended { errors: core::mem::take(&mut state.errors), panic: state.panic.take() };
        let owner = state.owner.take();
        drop(state);
        owner.into_iter().for_each(discard);
        Some(ended)
    }

    /// Whether errors, or a panic, win over a result.
    pub(crate) fn has_failed(&self) -> bool {
        self.state.lock().has_failed()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.lock().phase == Phase::Open
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().children.len()
    }

    pub(crate) fn take_arrivals(&self) -> Vec<FutureObj<'static, ()>> {
        core::mem::take(&mut self.state.lock().arrivals)
    }

    /// From now on this task is told of failures, arrivals and the last child's end.
    pub(crate) fn set_owner(&self, task: &Waker) {
        if self.state.lock().owner.as_ref().is_some_and(|owner| owner.will_wake(task)) {
            return;
        }
        let new = task.clone();
        let old = self.state.lock().owner.replace(new);
        drop(old);
    }

    /// Whether no child is left; if one is, this task is told when the last has ended. `place` is the caller's, 0 at first.
    pub(crate) fn poll_drained(&self, place: &mut u64, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        if state.children.is_empty() {
            let old = state.drained.remove(place);
            drop(state);
            drop((old, waker));
            return Poll::Ready(());
        }
        if *place == 0 {
            state.next += 1;
            *place = state.next;
        }
        let old = state.drained.insert(*place, waker);
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// Nobody waits at this place any more.
    pub(crate) fn stop_waiting(&self, place: u64) {
        let old = self.state.lock().drained.remove(&place);
        old.into_iter().for_each(discard);
    }
}

impl<E> State<E> {
    fn has_failed(&self) -> bool {
        !self.errors.is_empty() || self.panic.is_some()
    }

    fn end(&mut self) -> Order {
        if self.phase != Phase::Open {
            return Order::default();
        }
        self.phase = Phase::Ending;
        Order { cancel: self.children.values().cloned().collect(), wake: self.owner.take().into_iter().collect() }
    }
}
