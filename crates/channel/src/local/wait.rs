//! The waits of a local queue.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::line::{How, Line, Look, Ticket};
use super::state::{Nothing, Refusal, Shared, State, discard_any};
use crate::queue::{PutError, ShutDown};
use motet_prim::discard;

const READY_BEFORE: &str = "polled after it was ready";

/// What is waited for.
pub(super) struct Kind<T> {
    line: fn(&mut State<T>) -> &mut Line,
    /// Whether there is nothing to be had without waiting.
    must_wait: fn(&State<T>) -> bool,
    /// Hands on what was granted and not taken.
    hand_on: fn(&Shared<T>),
}

impl<T> Kind<T> {
    pub(super) const ITEM: Self = Self {
        line: |state| &mut state.getters,
        must_wait: |state| !state.has_item() && !state.is_shut_down(),
        hand_on: Shared::give_up_claim,
    };

    pub(super) const ROOM: Self = Self {
        line: |state| &mut state.putters,
        must_wait: |state| !state.has_room() && !state.is_shut_down(),
        hand_on: Shared::give_up_place,
    };

    const END_OF_WORK: Self =
        Self { line: |state| &mut state.joiners, must_wait: |state| !state.is_finished(), hand_on: |_| () };

    /// Waits in line, and takes the place there if there is none yet. `None`: there is something to be had without waiting.
    pub(super) fn poll(
        &self,
        shared: &Shared<T>,
        ticket: &mut Option<Ticket>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<How>> {
        let Some(current) = ticket else {
            // A clone is foreign code, and runs with nothing borrowed. So look again after it.
            let waker = cx.waker().clone();
            let mut state = shared.state();
            if !(self.must_wait)(&state) {
                drop(state);
                discard(waker);
                return Poll::Ready(None);
            }
            *ticket = Some((self.line)(&mut state).join(waker));
            return Poll::Pending;
        };
        let look = (self.line)(&mut shared.state()).look(current, cx.waker());
        match look {
            Look::Waiting => Poll::Pending,
            Look::Ended(how) => self.over(shared, ticket, how),
            Look::OldWaker => {
                let waker = cx.waker().clone();
                let unused = (self.line)(&mut shared.state()).replace_waker(current, waker);
                discard(unused);
                // Again: the clone may have ended the wait, and woken the old one.
                let ended = (self.line)(&mut shared.state()).ended(current);
                ended.map_or(Poll::Pending, |how| self.over(shared, ticket, how))
            }
        }
    }

    /// The wait has ended: gives the place in line up.
    fn over(&self, shared: &Shared<T>, ticket: &mut Option<Ticket>, how: How) -> Poll<Option<How>> {
        let left = ticket.take().map(|ticket| (self.line)(&mut shared.state()).leave(ticket));
        debug_assert!(left.is_some_and(|left| left.is_ok()), "a wait that had ended went on");
        Poll::Ready(Some(how))
    }

    /// Gives a place in line up, if there is one; what it was granted goes to the next.
    pub(super) fn leave(&self, shared: &Shared<T>, ticket: &mut Option<Ticket>) {
        let Some(ticket) = ticket.take() else { return };
        let left = (self.line)(&mut shared.state()).leave(ticket);
        match left {
            Ok(How::Granted) => (self.hand_on)(shared),
            Ok(How::SentAway) => {}
            Err(waker) => discard_any(waker),
        }
    }
}

/// Gets an item; `None` if the queue is shut down and empty.
pub(super) fn poll_get<T>(shared: &Shared<T>, ticket: &mut Option<Ticket>, cx: &mut Context<'_>) -> Poll<Option<T>> {
    loop {
        if ticket.is_none() {
            match shared.try_get() {
                Ok(item) => return Poll::Ready(Some(item)),
                Err(Nothing::ShutDown) => return Poll::Ready(None),
                Err(Nothing::Empty) => {}
            }
        }
        match ready!(Kind::ITEM.poll(shared, ticket, cx)) {
            Some(How::Granted) => return Poll::Ready(shared.take_claimed()),
            // Something may be there, that a getter with a claim has left.
            Some(How::SentAway) | None => {}
        }
    }
}

/// Reserves a place; `false` if the queue is shut down.
pub(super) fn poll_reserve<T>(shared: &Shared<T>, ticket: &mut Option<Ticket>, cx: &mut Context<'_>) -> Poll<bool> {
    loop {
        if ticket.is_none() {
            match shared.try_reserve() {
                Ok(()) => return Poll::Ready(true),
                Err(Refusal::ShutDown(())) => return Poll::Ready(false),
                Err(Refusal::Full(())) => {}
            }
        }
        if ready!(Kind::ROOM.poll(shared, ticket, cx)) == Some(How::Granted) {
            return Poll::Ready(true);
        }
    }
}

/// The wait of [`Queue::get`](super::Queue::get).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Get<'a, T> {
    pub(super) shared: &'a Shared<T>,
    ticket: Option<Ticket>,
}

impl<'a, T> Get<'a, T> {
    pub(super) const fn new(shared: &'a Shared<T>) -> Self {
        Self { shared, ticket: None }
    }
}

impl<T> Future for Get<'_, T> {
    type Output = Result<T, ShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_get(self.shared, &mut self.ticket, cx).map(|item| item.ok_or(ShutDown))
    }
}

impl<T> Drop for Get<'_, T> {
    fn drop(&mut self) {
        Kind::ITEM.leave(self.shared, &mut self.ticket);
    }
}

/// The wait of [`Queue::get_many`](super::Queue::get_many).
#[must_use = "a future does nothing unless it is awaited"]
pub struct GetMany<'a, T> {
    get: Get<'a, T>,
    out: &'a mut Vec<T>,
    max: usize,
}

impl<'a, T> GetMany<'a, T> {
    pub(super) const fn new(shared: &'a Shared<T>, out: &'a mut Vec<T>, max: usize) -> Self {
        Self { get: Get::new(shared), out, max }
    }
}

impl<T> Future for GetMany<'_, T> {
    type Output = Result<usize, ShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.max == 0 {
            return Poll::Ready(Ok(0));
        }
        let first = ready!(Pin::new(&mut this.get).poll(cx))?;
        this.out.push(first);
        // More may be there behind the first.
        let more = this.get.shared.get_many(this.out, this.max - 1);
        Poll::Ready(Ok(1 + more.unwrap_or(0)))
    }
}

/// The wait of [`Queue::put`](super::Queue::put).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Put<'a, T> {
    shared: &'a Shared<T>,
    item: Option<T>,
    ticket: Option<Ticket>,
}

// Its item is never pinned.
impl<T> Unpin for Put<'_, T> {}

impl<'a, T> Put<'a, T> {
    pub(super) const fn new(shared: &'a Shared<T>, item: T) -> Self {
        Self { shared, item: Some(item), ticket: None }
    }

    /// Gives the put up and takes its item back; `None` if it has been put.
    ///
    /// For what comes after a timeout or a lost race, so that the item is not swallowed:
    ///
    /// ```
    /// use futures::FutureExt;
    ///
    /// let queue = motet_channel::local::Queue::bounded(1);
    /// queue.try_put('a').unwrap();
    /// let mut put = std::pin::pin!(queue.put('b'));
    /// assert!(put.as_mut().now_or_never().is_none());
    /// assert_eq!(put.as_mut().take_back(), Some('b'));
    /// ```
    ///
    /// The future must not be polled again.
    #[must_use = "the item is dropped, if there is one"]
    pub fn take_back(mut self: Pin<&mut Self>) -> Option<T> {
        let this = &mut *self;
        Kind::ROOM.leave(this.shared, &mut this.ticket);
        this.item.take()
    }
}

impl<T> Future for Put<'_, T> {
    type Output = Result<(), PutError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.ticket.is_none() {
            match this.shared.try_put(this.item.take().expect(READY_BEFORE)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(Refusal::ShutDown(item)) => return Poll::Ready(Err(PutError(item))),
                Err(Refusal::Full(item)) => this.item = Some(item),
            }
        }
        let reserved = ready!(poll_reserve(this.shared, &mut this.ticket, cx));
        let item = this.item.take().expect(READY_BEFORE);
        let put = if reserved { this.shared.fill_place(item) } else { Err(item) };
        Poll::Ready(put.map_err(PutError))
    }
}

impl<T> Drop for Put<'_, T> {
    fn drop(&mut self) {
        Kind::ROOM.leave(self.shared, &mut self.ticket);
    }
}

/// The wait of [`Queue::reserve`](super::Queue::reserve).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Reserve<'a, T> {
    shared: &'a Shared<T>,
    ticket: Option<Ticket>,
}

impl<'a, T> Reserve<'a, T> {
    pub(super) const fn new(shared: &'a Shared<T>) -> Self {
        Self { shared, ticket: None }
    }
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Slot<'a, T>, ShutDown>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let shared = this.shared;
        poll_reserve(shared, &mut this.ticket, cx)
            .map(|reserved| if reserved { Ok(Slot::reserved(shared)) } else { Err(ShutDown) })
    }
}

impl<T> Drop for Reserve<'_, T> {
    fn drop(&mut self) {
        Kind::ROOM.leave(self.shared, &mut self.ticket);
    }
}

/// A place in a local queue that is reserved for one item; from [`Queue::reserve`](super::Queue::reserve).
///
/// Until it is used or dropped nobody else can have the place. Dropped, it is the next putter's.
#[must_use = "dropping a slot gives the place up"]
pub struct Slot<'a, T> {
    shared: &'a Shared<T>,
}

impl<'a, T> Slot<'a, T> {
    /// For a place that has just been reserved.
    pub(super) const fn reserved(shared: &'a Shared<T>) -> Self {
        Self { shared }
    }

    /// Puts the item; never waits.
    ///
    /// # Errors
    ///
    /// [`PutError`] gives the item back if the queue was shut down since.
    pub fn put(self, item: T) -> Result<(), PutError<T>> {
        let shared = self.shared;
        core::mem::forget(self);
        shared.fill_place(item).map_err(PutError)
    }
}

impl<T> Drop for Slot<'_, T> {
    fn drop(&mut self) {
        self.shared.give_up_place();
    }
}

/// The wait of [`Queue::join`](super::Queue::join).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Join<'a, T> {
    shared: &'a Shared<T>,
    ticket: Option<Ticket>,
}

impl<'a, T> Join<'a, T> {
    pub(super) const fn new(shared: &'a Shared<T>) -> Self {
        Self { shared, ticket: None }
    }
}

impl<T> Future for Join<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.ticket.is_none() && this.shared.state().is_finished() {
            return Poll::Ready(());
        }
        Kind::END_OF_WORK.poll(this.shared, &mut this.ticket, cx).map(drop)
    }
}

impl<T> Drop for Join<'_, T> {
    fn drop(&mut self) {
        Kind::END_OF_WORK.leave(self.shared, &mut self.ticket);
    }
}

macro_rules! debug_without_items {
    ($($name:ident),+) => {$(
        impl<T> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug_without_items!(Get, GetMany, Put, Reserve, Slot, Join);
