//! Waiting for the others.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::state::{Arrive, Leave};
use super::{Barrier, BarrierTurn, Broken};
use crate::line::{Lead, Line, Look, Place};

/// One that comes to a barrier, as far as it has come. Dropped inside, it is counted out.
pub(super) struct Entry<R: Deref<Target = Barrier>> {
    barrier: R,
    inside: bool,
}

/// Where one waits.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    Inside,
    Door,
}

impl Barrier {
    pub(super) fn line(&self, spot: Spot) -> &Line {
        match spot {
            Spot::Inside => &self.inside,
            Spot::Door => &self.door,
        }
    }
}

impl<R: Deref<Target = Barrier>> Entry<R> {
    pub(super) fn of(barrier: R) -> Self {
        Self { barrier, inside: false }
    }

    /// Goes as far as it can.
    pub(super) fn advance(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        if self.inside { self.leave() } else { self.arrive() }
    }

    fn arrive(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        let (arrived, notify) = self.barrier.state.lock().arrive();
        self.barrier.notify(notify);
        match arrived {
            Arrive::Full(index) => Look::Ready(Ok(BarrierTurn::new(index))),
            Arrive::Broken => Look::Ready(Err(Broken)),
            Arrive::AtTheDoor => Look::Wait(Spot::Door),
            Arrive::Inside => {
                self.inside = true;
                Look::Wait(Spot::Inside)
            }
        }
    }

    fn leave(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        let (leave, notify) = self.barrier.state.lock().leave();
        self.inside = leave == Leave::Stay;
        self.barrier.notify(notify);
        match leave {
            Leave::Numbered(index) => Look::Ready(Ok(BarrierTurn::new(index))),
            Leave::Broken => Look::Ready(Err(Broken)),
            Leave::Stay => Look::Wait(Spot::Inside),
        }
    }
}

impl<R: Deref<Target = Barrier>> Drop for Entry<R> {
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
    entry: Entry<&'a Barrier>,
    place: Place<&'a Line>,
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
        let barrier = entry.barrier;
        place.poll(cx, || entry.advance().through(|spot| barrier.line(spot)))
    }
}

impl fmt::Debug for BarrierWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWait").field("inside", &self.entry.inside).field("place", &self.place).finish()
    }
}

/// Leads to one of the lines of a barrier.
struct Share(Arc<Barrier>, Spot);

impl Lead for Share {
    fn line(&self) -> &Line {
        self.0.line(self.1)
    }
}

/// Waits through an `Arc` at a [`Barrier`] for the others; made by [`Barrier::wait_owned`].
///
/// # Cancel safety
///
/// Cancel safe, see [`Barrier::wait`].
///
/// # Fairness
///
/// As the [barrier](Barrier#fairness).
#[must_use = "futures do nothing unless they are awaited"]
pub struct BarrierWaitOwned {
    entry: Entry<Arc<Barrier>>,
    place: Place<Share>,
}

impl BarrierWaitOwned {
    pub(super) fn new(barrier: Arc<Barrier>) -> Self {
        Self { entry: Entry::of(barrier), place: Place::new() }
    }
}

impl Future for BarrierWaitOwned {
    type Output = Result<BarrierTurn, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { entry, place } = &mut *self;
        place.poll(cx, || {
            let look = entry.advance();
            look.through(|spot| Share(entry.barrier.clone(), spot))
        })
    }
}

impl fmt::Debug for BarrierWaitOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitOwned").field("inside", &self.entry.inside).field("place", &self.place).finish()
    }
}
