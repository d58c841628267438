//! A frame that lives over many polls: what a combinator keeps.

use super::adopted::{Adopted, Poller};
use super::kind::{Kind, Local, Sendable};
use super::place::{self, Cause, Place};
use super::run::Run;
use crate::clock::Mark;
use std::fmt;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

/// A frame that lives over many polls. What its children hand over is adopted into it, and ends before its owner does.
///
/// For combinators: poll and drop the children inside [`enter`](Self::enter), call [`poll_drain`](Self::poll_drain) *in every poll* (adopted work runs beside the
/// children, and a child may wait for it), and return only when that is ready. One pointer wide; allocates when something is handed over.
/// Dropped, it hands what is left, as one tree that waits for nothing, to the enclosing frame, else to the reaper. To tell several children apart, take [`Siblings`](super::Siblings).
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{frame::Nest, guard};
/// use std::{future::poll_fn, sync::mpsc};
///
/// let (done, log) = mpsc::channel();
/// let child = guard(done, async |done: mpsc::Sender<_>, _outcome| done.send("cleaned up").unwrap());
///
/// let mut nest = Nest::new();
/// nest.enter(|| drop(child));
/// assert!(log.try_recv().is_err(), "adopted, not run yet");
/// block_on(poll_fn(|cx| nest.poll_drain(cx)));
/// assert_eq!(log.try_recv(), Ok("cleaned up"));
/// ```
pub struct Nest(Adopted<Sendable>);

/// A [`Nest`] for futures that are not `Send`: takes local work as well.
pub struct LocalNest(Adopted<Local>);

impl Nest {
    /// A nest that holds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Adopted::none())
    }

    /// Runs `f` inside this frame: what it drops is adopted here. Unwinding out of `f` restores the outer frame.
    #[inline]
    pub fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R {
        Sendable::enter(&mut self.0, Cause::Inherited, f)
    }

    /// Whether nothing that was handed over is unfinished.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Polls the adopted trees, all at once; ready when none is left.
    ///
    /// # Panics
    ///
    /// With the first panic of an exit, once every tree has ended.
    #[inline]
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        poll_drain(&mut self.0, cx)
    }
}

impl LocalNest {
    /// A nest that holds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Adopted::none())
    }

    /// Runs `f` inside this frame: what it drops is adopted here. Unwinding out of `f` restores the outer frame.
    #[inline]
    pub fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R {
        Local::enter(&mut self.0, Cause::Inherited, f)
    }

    /// Whether nothing that was handed over is unfinished.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Polls the adopted trees, all at once; ready when none is left.
    ///
    /// # Panics
    ///
    /// With the first panic of an exit, once every tree has ended.
    #[inline]
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        poll_drain(&mut self.0, cx)
    }
}

#[inline]
fn poll_drain<K: Kind>(adopted: &mut Adopted<K>, cx: &mut Context<'_>) -> Poll<()> {
    if adopted.is_none() { Poll::Ready(()) } else { poll_trees(adopted, cx) }
}

fn poll_trees<K: Kind>(adopted: &mut Adopted<K>, cx: &mut Context<'_>) -> Poll<()> {
    let drained = K::poll_trees(adopted, Poller::Owner, cx);
    if drained.is_ready() {
        if let Some(panic) = adopted.take_panic() {
            resume_unwind(panic);
        }
    }
    drained
}

#[inline]
fn hand_over_rest<K: Kind>(adopted: &mut Adopted<K>) {
    if !adopted.is_none() {
        K::hand_over(Mark::LATEST, Run::remaining(std::mem::take(adopted)));
    }
}

impl Drop for Nest {
    #[inline]
    fn drop(&mut self) {
        hand_over_rest(&mut self.0);
    }
}

impl Drop for LocalNest {
    #[inline]
    fn drop(&mut self) {
        hand_over_rest(&mut self.0);
    }
}

impl Default for Nest {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for LocalNest {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Nest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nest").field("is_empty", &self.is_empty()).finish()
    }
}

impl fmt::Debug for LocalNest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalNest").field("is_empty", &self.is_empty()).finish()
    }
}

/// Runs `f` with no frame: what it hands over goes to the reaper. For executors that poll other tasks while a task of theirs, or of a
/// foreign executor, is being polled.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{adopt, frame, scope};
///
/// let (work, _handle) = scope(async {
///     assert!(frame::is_open());
///     assert!(frame::outside(|| adopt(async {})).is_err(), "no frame, no reaper");
/// });
/// block_on(work).unwrap();
/// ```
pub fn outside<R>(f: impl FnOnce() -> R) -> R {
    place::outside(f)
}

/// Whether a frame is open on this thread: a hand-over would find somebody who waits for it.
#[must_use]
pub fn is_open() -> bool {
    matches!(place::place(), Place::Sendable | Place::SendableInLocal | Place::Local)
}
