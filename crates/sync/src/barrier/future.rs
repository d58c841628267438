//! Waiting for the others.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::state::{Arrive, Leave};
use super::{Barrier, BarrierTurn, Broken};
use crate::line::{Look, Place};

/// One that comes to a barrier, as far as it has come. Dropped inside, it is counted out.
pub(super) struct Entry<'a> {
    barrier: &'a Barrier,
    inside: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn of(barrier: &'a Barrier) -> Self {
        Self { barrier, inside: false }
    }

    /// Goes as far as it can.
    pub(super) fn advance(&mut self) -> Look<'a, Result<BarrierTurn, Broken>> {
        if self.inside { self.leave() } else { self.arrive() }
    }

    fn arrive(&mut self) -> Look<'a, Result<BarrierTurn, Broken>> {
        let (arrived, notify) = self.barrier.state.lock().arrive();
        self.barrier.notify(notify);
        match arrived {
            Arrive::Full(index) => Look::Ready(Ok(BarrierTurn::new(index))),
            Arrive::Broken => Look::Ready(Err(Broken)),
            Arrive::AtTheDoor => Look::Wait(&self.barrier.door),
            Arrive::Inside => {
                self.inside = true;
                Look::Wait(&self.barrier.inside)
            }
        }
    }

    fn leave(&mut self) -> Look<'a, Result<BarrierTurn, Broken>> {
        let (leave, notify) = self.barrier.state.lock().leave();
        self.inside = leave == Leave::Stay;
        self.barrier.notify(notify);
        match leave {
            Leave::Numbered(index) => Look::Ready(Ok(BarrierTurn::new(index))),
            Leave::Broken => Look::Ready(Err(Broken)),
            Leave::Stay => Look::Wait(&self.barrier.inside),
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.inside {
            let notify = self.barrier.state.lock().count_out();
            self.barrier.notify(notify);
        }
    }
}

/// Waits at a [`Barrier`] for the others; made by [`Barrier::wait`].
///
/// # Cancel safety
///
/// Cancel safe, see [`Barrier::wait`].
///
/// # Fairness
///
/// As the [barrier](Barrier#fairness).
#[must_use = "futures do nothing unless they are awaited"]
pub struct BarrierWait<'a> {
    entry: Entry<'a>,
    place: Place<'a>,
}

impl<'a> BarrierWait<'a> {
    pub(super) fn new(barrier: &'a Barrier) -> Self {
        Self { entry: Entry::of(barrier), place: Place::new() }
    }
}

impl Future for BarrierWait<'_> {
    type Output = Result<BarrierTurn, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { entry, place } = &mut *self;
        place.poll(cx, || entry.advance())
    }
}

impl fmt::Debug for BarrierWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWait").field("inside", &self.entry.inside).field("place", &self.place).finish()
    }
}
