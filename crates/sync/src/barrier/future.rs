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
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not arrived, or waits at the door.
    Outside,
    Inside,
    /// It has its turn, or was sent away.
    Through,
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
        Self { barrier, stage: Stage::Outside }
    }

    /// Goes as far as it can.
    pub(super) fn advance(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        match self.stage {
            Stage::Outside => self.arrive(),
            Stage::Inside => self.leave(),
            Stage::Through => panic!("a wait of a barrier was polled after it was ready"),
        }
    }

    fn arrive(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        let (arrived, notify) = self.barrier.state.lock().arrive();
        let (stage, look) = match arrived {
            Arrive::Full(index) => (Stage::Through, Look::Ready(Ok(BarrierTurn::new(index)))),
            Arrive::Broken => (Stage::Through, Look::Ready(Err(Broken))),
            Arrive::AtTheDoor => (Stage::Outside, Look::Wait(Spot::Door)),
            Arrive::Inside => (Stage::Inside, Look::Wait(Spot::Inside)),
        };
        self.stage = stage;
        self.barrier.notify(notify);
        look
    }

    fn leave(&mut self) -> Look<Spot, Result<BarrierTurn, Broken>> {
        let (leave, notify) = self.barrier.state.lock().leave();
        let left = left(leave);
        if left.is_some() {
            self.stage = Stage::Through;
        }
        self.barrier.notify(notify);
        left.map_or(Look::Wait(Spot::Inside), Look::Ready)
    }

    /// Waits no longer: how it has left with the others, if all had come; else it is counted out.
    pub(super) fn give_up(mut self) -> Option<Result<BarrierTurn, Broken>> {
        if core::mem::replace(&mut self.stage, Stage::Through) != Stage::Inside {
            return None;
        }
        let (leave, notify) = self.barrier.state.lock().give_up();
        self.barrier.notify(notify);
        left(leave)
    }
}

/// How one has left; `None`: it stays.
fn left(leave: Leave) -> Option<Result<BarrierTurn, Broken>> {
    match leave {
        Leave::Numbered(index) => Some(Ok(BarrierTurn::new(index))),
        Leave::Broken => Some(Err(Broken)),
        Leave::Stay => None,
    }
}

impl<R: Deref<Target = Barrier>> Drop for Entry<R> {
    fn drop(&mut self) {
        if self.stage == Stage::Inside {
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
        f.debug_struct("BarrierWait").field("stage", &self.entry.stage).field("place", &self.place).finish()
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
        f.debug_struct("BarrierWaitOwned").field("stage", &self.entry.stage).field("place", &self.place).finish()
    }
}
