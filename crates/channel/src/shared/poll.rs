//! Waiting: one poll of each kind of wait, for futures that borrow the queue and for those that own a share of it.
//!
//! Each first tries without registering, under the lock but without a clone of the waker, unless the [outlook](super::outlook) says that it
//! is of no use; only if it must wait it clones the waker, locks again, and looks again: what came in between would
//! otherwise be missed.
//!
//! *Inlined, always*: a put or a get that need not wait is one short path from the future's poll to the lock, and all else is in functions of
//! its own. The lock's exchange waits until all stores before it have reached the cache; a call between the two is six to eight stores of
//! registers and addresses, and made a message through a queue an eighth slower.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::order::{Order, Store};
use super::outlook;
use super::parcel::{Outcome, Parcel};
use super::sides::{Nothing, Refusal, admit_to_getter, get, put, wake, wake_both};
use super::{AWAITS_CLOSE, GETTERS, JOINERS, Locked, PUTTERS, Place, Shared, State, Waiter, waiter};
use motet_prim::{Admit, Leave, Waitable, Wakeup};

/// `&Shared`, or an owned handle that leads to it.
pub(crate) trait SharedHandle<T, O: Order<T>>: Waitable<3, State = State<T, O>, Payload = Parcel<T>> {
    fn shared(&self) -> &Shared<T, O>;
}

impl<T, O: Order<T>> SharedHandle<T, O> for &Shared<T, O> {
    fn shared(&self) -> &Shared<T, O> {
        self
    }
}

impl<T, O: Order<T>> SharedHandle<T, O> for std::sync::Arc<Shared<T, O>> {
    fn shared(&self) -> &Shared<T, O> {
        self
    }
}

const READY_BEFORE: &str = "polled after it was ready";

/// A future's place in line.
type Seat<'p, 'a, T, O> = Pin<&'p mut Place<&'a Shared<T, O>>>;

/// Gets an item; `None` if the queue is closed and empty.
#[inline(always)]
pub(crate) fn poll_get<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
) -> Poll<Option<T>> {
    if place.is_vacant() && !shared.seems_empty() {
        match shared.try_get() {
            Ok(item) => return Poll::Ready(Some(item)),
            Err(Nothing::Closed) => return Poll::Ready(None),
            Err(Nothing::Empty) => {}
        }
    }
    get_in_line(shared, place, cx)
}

#[inline(never)]
fn get_in_line<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    mut place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
) -> Poll<Option<T>> {
    let mut wakeups = [None, None];
    place.as_mut().enter(|| waiter(shared, GETTERS));
    let polled = place.poll_wait(cx, |_, locked, parcel| admit_getter(locked, parcel, &mut wakeups));
    wake_both(wakeups);
    polled.map(|(_, parcel)| parcel.into_handed().map(|(_, item)| item))
}

/// Gets at least one item and at most `max`; `None` if the queue is closed and empty.
pub(crate) fn poll_get_many<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
    out: &mut Vec<T>,
    max: usize,
) -> Poll<Option<usize>> {
    if place.is_vacant() {
        match shared.get_many(max, |item| out.push(item)) {
            Ok(count) => return Poll::Ready(Some(count)),
            Err(Nothing::Closed) => return Poll::Ready(None),
            Err(Nothing::Empty) => {}
        }
    }
    get_in_line(shared, place, cx).map(|item| {
        out.push(item?);
        // More may have come behind the one that was handed over.
        let more = shared.get_many(max - 1, |item| out.push(item));
        Some(1 + more.unwrap_or(0))
    })
}

/// Waits in line to be handed an item, unless one has come; in a place that is used again and again.
pub(super) fn wait_to_get<T, O: Order<T>, H: SharedHandle<T, O>>(
    waiter: Pin<&mut Waiter<H>>,
    cx: &mut Context<'_>,
) -> Poll<Option<T>> {
    let mut wakeups = [None, None];
    let polled = waiter.poll_wait(cx, |_, _| false, |_, locked, parcel| admit_getter(locked, parcel, &mut wakeups));
    wake_both(wakeups);
    polled.map(|(_, parcel)| parcel.into_handed().map(|(_, item)| item))
}

/// The answer to a getter that comes to wait.
#[inline]
fn admit_getter<T, O: Order<T>>(
    locked: &mut Locked<'_, T, O>,
    parcel: &mut Parcel<T>,
    wakeups: &mut [Option<Wakeup>; 2],
) -> Admit {
    let must_wait = locked.store.is_empty() && !locked.ledger.is_rendezvous() && !locked.ledger.is_closed();
    if !must_wait {
        return get_or_wait(locked, parcel, wakeups);
    }
    locked.ledger.getter_waits();
    outlook::note(locked);
    Admit::Wait
}

/// What came in between, and what is different at a rendezvous.
#[inline(never)]
fn get_or_wait<T, O: Order<T>>(
    locked: &mut Locked<'_, T, O>,
    parcel: &mut Parcel<T>,
    wakeups: &mut [Option<Wakeup>; 2],
) -> Admit {
    let (got, putter) = get(locked);
    wakeups[0] = putter;
    let mut admit = Admit::Pass;
    if got.is_some() {
        // No ticket: it is on its way to nobody else.
        parcel.hand(0, got);
    } else if locked.ledger.is_closed() {
        parcel.outcome = Outcome::Closed;
    } else {
        locked.ledger.getter_waits();
        *wakeups = admit_to_getter(locked);
        admit = Admit::Wait;
    }
    outlook::note(locked);
    admit
}

/// Puts the item; gives it back if the queue is closed.
#[inline(always)]
pub(crate) fn poll_put<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
    item: &mut Option<T>,
) -> Poll<Result<(), T>> {
    if place.is_vacant() && shared.seems_full() {
        // It would be granted a place, and have nothing to put there.
        assert!(item.is_some(), "{READY_BEFORE}");
    } else if place.is_vacant() {
        match shared.try_put(item.take().expect(READY_BEFORE)) {
            Ok(()) => return Poll::Ready(Ok(())),
            Err(Refusal::Closed(back)) => return Poll::Ready(Err(back)),
            Err(Refusal::Full(back)) => *item = Some(back),
        }
    }
    put_in_line(shared, place, cx, item)
}

#[inline(never)]
fn put_in_line<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    mut place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
    item: &mut Option<T>,
) -> Poll<Result<(), T>> {
    let mut wakeup = None;
    place.as_mut().enter(|| waiter(shared, PUTTERS));
    let polled = place.poll_wait(cx, |_, locked, parcel| {
        if locked.ledger.has_room() || locked.ledger.is_rendezvous() || locked.ledger.is_closed() {
            return put_or_wait(locked, parcel, item, &mut wakeup);
        }
        outlook::note(locked);
        Admit::Wait
    });
    wake(wakeup);
    polled.map(|(_, mut parcel)| match parcel.outcome {
        Outcome::Slot => shared.fill_slot(item.take().expect(READY_BEFORE)),
        Outcome::Closed => Err(parcel.item.take().or_else(|| item.take()).expect(READY_BEFORE)),
        _ => Ok(()),
    })
}

/// What came in between, and what is different at a rendezvous.
#[inline(never)]
fn put_or_wait<T, O: Order<T>>(
    locked: &mut Locked<'_, T, O>,
    parcel: &mut Parcel<T>,
    item: &mut Option<T>,
    wakeup: &mut Option<Wakeup>,
) -> Admit {
    let mut admit = Admit::Pass;
    if locked.ledger.is_closed() {
        parcel.outcome = Outcome::Closed;
    } else if locked.ledger.has_room() {
        *wakeup = put(locked, item.take().expect(READY_BEFORE));
        parcel.outcome = Outcome::Done;
    } else {
        if locked.ledger.is_rendezvous() {
            parcel.item = item.take();
        }
        admit = Admit::Wait;
    }
    outlook::note(locked);
    admit
}

/// Gives a put up; gives back the item that was offered in line, if nobody has taken it.
pub(crate) fn stop_putting<'a, T, O: Order<T>>(place: Seat<'_, 'a, T, O>) -> Option<T> {
    let waiter = place.get().filter(|waiter| waiter.is_waiting())?;
    match waiter.leave() {
        Leave::Ungranted(_, parcel) => parcel.item,
        Leave::Granted(shared, parcel) => {
            if parcel.has_slot() {
                shared.release_slot();
            }
            parcel.item
        }
    }
}

/// Reserves a place; `false` if the queue is closed.
pub(crate) fn poll_reserve<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    if place.is_vacant() {
        match shared.try_reserve() {
            Ok(()) => return Poll::Ready(true),
            Err(Refusal::Closed(())) => return Poll::Ready(false),
            Err(Refusal::Full(())) => {}
        }
    }
    wait_to_reserve(place.enter(|| waiter(shared, PUTTERS)), cx)
}

/// Waits in line for a place, unless there is room by now.
pub(super) fn wait_to_reserve<T, O: Order<T>, H: SharedHandle<T, O>>(
    waiter: Pin<&mut Waiter<H>>,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    let admit = |_: &H, locked: &mut Locked<'_, T, O>, parcel: &mut Parcel<T>| {
        if locked.ledger.is_closed() {
            parcel.outcome = Outcome::Closed;
            return Admit::Pass;
        }
        let has_room = locked.ledger.has_room();
        if has_room {
            locked.ledger.reserve_slot();
            parcel.outcome = Outcome::Slot;
        }
        outlook::note(locked);
        if has_room { Admit::Pass } else { Admit::Wait }
    };
    waiter.poll_wait(cx, |_, _| false, admit).map(|(handle, parcel)| {
        // Closed since the slot was granted: it is of no use.
        let closed = parcel.outcome == Outcome::Closed || handle.shared().is_closed();
        if closed && parcel.has_slot() {
            handle.shared().release_slot();
        }
        !closed
    })
}

/// Waits until nothing is unfinished.
pub(crate) fn poll_join<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if place.is_vacant() && shared.unfinished() == 0 {
        return Poll::Ready(());
    }
    let admit = |_: &&Shared<T, O>, locked: &mut Locked<'_, T, O>, parcel: &mut Parcel<T>| {
        if locked.ledger.unfinished() == 0 {
            return Admit::Pass;
        }
        parcel.ticket = locked.generation;
        Admit::Wait
    };
    place.enter(|| waiter(shared, JOINERS)).poll_wait(cx, |_, _| false, admit).map(drop)
}

/// Waits until the queue is closed; for those that nobody joins.
pub(crate) fn poll_closed<'a, T, O: Order<T>>(
    shared: &'a Shared<T, O>,
    place: Seat<'_, 'a, T, O>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if place.is_vacant() && shared.is_closed() {
        return Poll::Ready(());
    }
    let admit = |_: &&Shared<T, O>, locked: &mut Locked<'_, T, O>, parcel: &mut Parcel<T>| {
        // Again, under the lock: a close in between would otherwise be missed.
        if locked.ledger.is_closed() {
            return Admit::Pass;
        }
        parcel.ticket = AWAITS_CLOSE;
        Admit::Wait
    };
    place.enter(|| waiter(shared, JOINERS)).poll_wait(cx, |_, _| false, admit).map(drop)
}
