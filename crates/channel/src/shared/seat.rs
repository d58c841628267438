//! Waits that outlive a future: for streams and sinks, which are `Unpin` and own what they wait for.
//!
//! A place in line must not move, so it is boxed: once, the first time that it must wait, and used again after that.
//!
//! A stream or sink whose wait is given up (`next()` lost a race) stays in line. If its owner then goes on in another way, that place would
//! stand in its own way: the owner would wait for an item, or for room, that its own seat was handed. So `leave_line` gives the place up, by
//! shared reference; polls have the seat to themselves and take no lock.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::order::Order;
use super::poll::{SharedHandle, wait_to_get, wait_to_reserve};
use super::sides::{Nothing, Refusal};
use super::{GETTERS, PUTTERS, Waiter, waiter};
use crate::error::SinkError;
use core::marker::PhantomData;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;

/// A boxed place in one of the lines.
struct Seat<H: motet_prim::Waitable<3>> {
    waiter: Mutex<Option<Pin<Box<Waiter<H>>>>>,
    /// Whether there is a box.
    is_taken: AtomicBool,
}

impl<H: motet_prim::Waitable<3>> Seat<H> {
    fn empty() -> Self {
        Self { waiter: Mutex::new(None), is_taken: AtomicBool::new(false) }
    }

    fn is_waiting(&mut self) -> bool {
        self.waiter.get_mut().as_ref().is_some_and(|waiter| waiter.is_waiting())
    }

    fn wait_with(&mut self, fresh: Waiter<H>) -> Pin<&mut Waiter<H>> {
        match self.waiter.get_mut() {
            Some(waiter) => waiter.set(fresh),
            empty @ None => {
                *empty = Some(Box::pin(fresh));
                // Relaxed: whoever shares the seat from now on was given it by us.
                self.is_taken.store(true, Ordering::Relaxed);
            }
        }
        self.current()
    }

    fn current(&mut self) -> Pin<&mut Waiter<H>> {
        self.waiter.get_mut().as_mut().expect("somebody who waits has a seat").as_mut()
    }

    /// Gives the place up, if there is one: what it was handed goes to the next in line, or back.
    #[inline]
    fn leave_line(&self) {
        // Relaxed: see `wait_with`.
        if self.is_taken.load(Ordering::Relaxed) {
            self.stand_up();
        }
    }

    #[cold]
    fn stand_up(&self) {
        let waiter = self.waiter.lock().take();
        // Relaxed: another that comes now finds no box.
        self.is_taken.store(false, Ordering::Relaxed);
        // Without the lock, for it may wake somebody.
        drop(waiter);
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
    pub(crate) fn new(handle: H) -> Self {
        Self { seat: Seat::empty(), handle, over: false, gets: PhantomData }
    }

    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    /// Gives up a wait that was left behind: its owner gets in another way.
    #[inline]
    pub(crate) fn leave_line(&self) {
        self.seat.leave_line();
    }

    /// Whether it has said that nothing comes any more.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_next_with(cx, |handle| handle.shared().try_get())
    }

    /// The same; unless it waits already, it first gets in the given way.
    pub(crate) fn poll_next_with(
        &mut self,
        cx: &mut Context<'_>,
        try_get: impl FnOnce(&H) -> Result<T, Nothing>,
    ) -> Poll<Option<T>> {
        let waiter = if self.seat.is_waiting() {
            self.seat.current()
        } else {
            match try_get(&self.handle) {
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
    pub(crate) fn new(handle: H) -> Self {
        Self { seat: Seat::empty(), handle, has_slot: false, puts: PhantomData }
    }

    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    /// Gives up a wait that was left behind: its owner puts in another way. A place that `poll_ready` has announced stays reserved.
    #[inline]
    pub(crate) fn leave_line(&self) {
        self.seat.leave_line();
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
        self.leave_line();
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
