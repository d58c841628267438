//! Waits that outlive a future: for streams and sinks, which are `Unpin` and own what they wait for.
//!
//! A place in line must not move, so it is boxed: once, the first time that it must wait, and used again after that.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::order::Order;
use super::poll::{SharedHandle, wait_to_get, wait_to_reserve};
use super::sides::{Nothing, Refusal};
use super::{GETTERS, PUTTERS, Waiter, waiter};
use crate::error::SinkError;
use core::marker::PhantomData;

/// A boxed place in one of the lines.
struct Seat<H: motet_prim::Waitable<3>>(Option<Pin<Box<Waiter<H>>>>);

impl<H: motet_prim::Waitable<3>> Seat<H> {
    const EMPTY: Self = Self(None);

    fn is_waiting(&self) -> bool {
        self.0.as_ref().is_some_and(|waiter| waiter.is_waiting())
    }

    fn wait_with(&mut self, fresh: Waiter<H>) -> Pin<&mut Waiter<H>> {
        match &mut self.0 {
            Some(waiter) => waiter.set(fresh),
            empty @ None => *empty = Some(Box::pin(fresh)),
        }
        self.current()
    }

    fn current(&mut self) -> Pin<&mut Waiter<H>> {
        self.0.as_mut().expect("somebody who waits has a seat").as_mut()
    }
}

/// Gets, again and again, until the queue is closed and empty.
pub(crate) struct GetSeat<T, O: Order<T>, H: SharedHandle<T, O>> {
    // Before the handle: a wait that is dropped gives an item back to a queue that is still there.
    seat: Seat<H>,
    handle: H,
    over: bool,
    gets: PhantomData<fn() -> (T, O)>,
}

impl<T, O: Order<T>, H: SharedHandle<T, O> + Clone> GetSeat<T, O, H> {
    pub(crate) const fn new(handle: H) -> Self {
        Self { seat: Seat::EMPTY, handle, over: false, gets: PhantomData }
    }

    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    /// Whether it has said that nothing comes any more.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let waiter = if self.seat.is_waiting() {
            self.seat.current()
        } else {
            match self.handle.shared().try_get() {
                Ok(item) => return Poll::Ready(Some(item)),
                Err(Nothing::Closed) => {
                    self.over = true;
                    return Poll::Ready(None);
                }
                Err(Nothing::Empty) => self.seat.wait_with(waiter(self.handle.clone(), GETTERS)),
            }
        };
        let polled = wait_to_get(waiter, cx);
        self.over = matches!(polled, Poll::Ready(None));
        polled
    }
}

/// Reserves a place, and fills it.
pub(crate) struct PutSeat<T, O: Order<T>, H: SharedHandle<T, O>> {
    seat: Seat<H>,
    handle: H,
    has_slot: bool,
    puts: PhantomData<fn(T, O)>,
}

impl<T, O: Order<T>, H: SharedHandle<T, O> + Clone> PutSeat<T, O, H> {
    pub(crate) const fn new(handle: H) -> Self {
        Self { seat: Seat::EMPTY, handle, has_slot: false, puts: PhantomData }
    }

    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SinkError<T>>> {
        if self.has_slot {
            return Poll::Ready(Ok(()));
        }
        let waiter = if self.seat.is_waiting() {
            self.seat.current()
        } else {
            match self.handle.shared().try_reserve() {
                Ok(()) => {
                    self.has_slot = true;
                    return Poll::Ready(Ok(()));
                }
                Err(Refusal::Closed(())) => return Poll::Ready(Err(SinkError::without_value())),
                Err(Refusal::Full(())) => self.seat.wait_with(waiter(self.handle.clone(), PUTTERS)),
            }
        };
        wait_to_reserve(waiter, cx).map(|reserved| {
            self.has_slot = reserved;
            if reserved { Ok(()) } else { Err(SinkError::without_value()) }
        })
    }

    #[track_caller]
    pub(crate) fn start_send(&mut self, item: T) -> Result<(), SinkError<T>> {
        assert!(self.has_slot, "`start_send` without a `poll_ready` that was ready");
        self.has_slot = false;
        self.handle.shared().fill_slot(item).map_err(SinkError::of)
    }

    /// Gives up an unused place, and the wait for one.
    pub(crate) fn give_up(&mut self) {
        self.seat = Seat::EMPTY;
        if core::mem::take(&mut self.has_slot) {
            self.handle.shared().release_slot();
        }
    }
}

impl<T, O: Order<T>, H: SharedHandle<T, O>> Drop for PutSeat<T, O, H> {
    fn drop(&mut self) {
        if self.has_slot {
            self.handle.shared().release_slot();
        }
    }
}
