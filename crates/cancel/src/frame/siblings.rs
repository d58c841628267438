//! The children of a combinator: what each of them leaves in the frame around them all.
//!
//! They share that frame, and what one leaves is to have an order of its own (see `rank`). An inner frame for each child would cost each of its polls a
//! move of that frame in and out. Instead the combinator notes, in one word of the thread's, which child it polls. What is handed over meanwhile is marked
//! with it, and as the combinator's poll ends it puts all that was marked into its children's lanes; where nothing was, as nearly always,
//! that is a look at one byte.
//!
//! Combinators within one another: the inner one puts the word back as its poll ends, and marks what it claims with the outer one's child.
//! A panic of a child ends the poll too.

use super::adopted::Adopted;
use super::kind::{Local, Sendable};
use super::place::{self, Cause, Place};
use super::rank::Lane;
use super::run::Run;
use crate::clock::Mark;

/// Tells apart what the children of one combinator leave to clean up in the frame in which they are polled.
///
/// For combinators that poll several children in turn, in the frame around them or in a [`Nest`](super::Nest) of their own. The exits of one child keep their
/// order, over many polls too; siblings clean up concurrently, and may wait for each other. Call [`begin`](Self::begin) in each poll, and
/// [`child`](Self::child) before each child's, until you drop what `begin` gave; drop a child in [`alone`](Self::alone). A child is known by a number of your choice.
/// What a child in a frame for `Send` work leaves to a local frame around that stays in that one's order. One word; allocates nothing.
///
/// ```
/// use futures::{channel::oneshot, executor::block_on};
/// use motet_cancel::{frame::Siblings, guard, scope};
/// use std::sync::mpsc;
///
/// let (done, has_ended) = mpsc::channel();
/// let (tell, told) = oneshot::channel();
/// let first = guard(done, async |done: mpsc::Sender<_>, _outcome| {
///     told.await.unwrap(); // The exit of the first waits for that of the second.
///     done.send(()).unwrap();
/// });
/// let second = guard(tell, async |tell: oneshot::Sender<_>, _outcome| tell.send(()).unwrap());
/// let (work, _handle) = scope(async move {
///     let mut siblings = Siblings::new();
///     let polls = siblings.begin();
///     Siblings::child(1);
///     drop(first); // As the first child is polled.
///     Siblings::child(2);
///     drop(second);
///     drop(polls);
/// });
/// block_on(work).unwrap();
/// has_ended.recv().unwrap();
/// ```
#[derive(Debug)]
pub struct Siblings {
    /// `FIRST`: none has left anything yet.
    number: Mark,
}

/// A poll of a combinator, given by [`Siblings::begin`]. As it is dropped, what was left in the frame since becomes the children's.
#[derive(Debug)]
#[must_use = "dropped, it ends the poll"]
pub struct Polls<'a> {
    siblings: &'a mut Siblings,
    /// The child of the combinator around, if there is one, that polls this one.
    outer: usize,
    /// What the frame holds with a higher number was left since.
    seen: Mark,
}

impl Siblings {
    /// Children that have left nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { number: Mark::FIRST }
    }

    /// Begins a poll: what lies in the frame by now is none of the children's.
    #[inline]
    pub fn begin(&mut self) -> Polls<'_> {
        let seen = if place::is_laden() { last_of_frame() } else { Mark::FIRST };
        Polls { siblings: self, outer: place::child(), seen }
    }

    /// From now on this child is polled, of the combinator whose poll began last.
    #[inline]
    pub fn child(child: usize) {
        place::set_child(child);
    }

    /// Runs `f`, which drops one of the children: after what that left before, beside its siblings.
    ///
    /// Where there is no frame, what it hands over goes to the reaper as one piece.
    #[inline]
    pub fn alone<R>(&mut self, child: usize, f: impl FnOnce() -> R) -> R {
        apart(|| Lane::of(self.number(), child), f)
    }

    fn number(&mut self) -> Mark {
        if self.number == Mark::FIRST {
            self.number = Mark::next();
        }
        self.number
    }

    #[cold]
    fn claim(&mut self, seen: Mark, outer: usize) {
        if last_of_frame() > seen {
            claim_of_frame(seen, self.number(), outer);
        }
    }
}

impl Drop for Polls<'_> {
    #[inline]
    fn drop(&mut self) {
        place::set_child(self.outer);
        if place::is_laden() {
            self.siblings.claim(self.seen, self.outer);
        }
    }
}

/// What was left in the frame after `seen` is in the lanes of these siblings, and was left by `outer` of the combinator around.
fn claim_of_frame(seen: Mark, siblings: Mark, outer: usize) {
    match place::place() {
        Place::Sendable | Place::SendableInLocal => {
            place::with_nearest(|adopted: &mut Adopted<Sendable>| adopted.claim(seen, siblings, outer));
        }
        Place::Local => place::with_nearest(|adopted: &mut Adopted<Local>| adopted.claim(seen, siblings, outer)),
        Place::Nowhere | Place::Abandoning(_) => {}
    }
}

impl Default for Siblings {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of the last tree in the frame.
#[cold]
fn last_of_frame() -> Mark {
    let last = match place::place() {
        Place::Sendable | Place::SendableInLocal => last::<Sendable>(),
        Place::Local => last::<Local>(),
        Place::Nowhere | Place::Abandoning(_) => None,
    };
    last.unwrap_or(Mark::FIRST)
}

fn last<K: place::Slotted>() -> Option<Mark> {
    place::with_nearest(|adopted: &mut Adopted<K>| adopted.last())
}

/// Runs `f` in a frame of the same kind as the current one, which then takes over what that holds, in a lane; unwinding too.
#[inline]
fn apart<R>(lane: impl FnOnce() -> Lane, f: impl FnOnce() -> R) -> R {
    match place::place() {
        Place::Local => apart_in::<Local, _>(lane, f),
        _ => apart_in::<Sendable, _>(lane, f),
    }
}

#[inline]
fn apart_in<K: place::Slotted, R>(lane: impl FnOnce() -> Lane, f: impl FnOnce() -> R) -> R {
    struct Apart<K: place::Slotted, L: FnOnce() -> Lane> {
        left: Adopted<K>,
        lane: Option<L>,
    }
    impl<K: place::Slotted, L: FnOnce() -> Lane> Drop for Apart<K, L> {
        #[inline]
        fn drop(&mut self) {
            if let (false, Some(lane)) = (self.left.is_none(), self.lane.take()) {
                merge(std::mem::take(&mut self.left), lane());
            }
        }
    }
    let mut apart = Apart { left: Adopted::none(), lane: Some(lane) };
    K::enter(&mut apart.left, Cause::Inherited, f)
}

/// Lets the current frame, if there is one, take over what was left in another. What it cannot take goes on as one tree.
#[cold]
fn merge<K: place::Slotted>(left: Adopted<K>, lane: Lane) {
    let refused = match place::place() {
        Place::Nowhere | Place::Abandoning(_) => Err(left),
        Place::Sendable | Place::SendableInLocal | Place::Local => {
            place::with_nearest(|adopted: &mut Adopted<K>| adopted.take_in(left, lane))
        }
    };
    if let Err(left) = refused {
        K::hand_over(Mark::LATEST, Run::remaining(left));
    }
}

/// Runs `f`, which drops one of several children that were polled in the current frame, apart from its siblings.
///
/// What `f` hands over goes to the current frame, in its order: a guard's exit waits for what that frame itself, and `f` before, adopted since the guard was
/// made. It does not wait for what other calls have left there, so siblings clean up concurrently. For children that leave nothing while
/// they are polled, or whose siblings do not; [`Siblings`] is for any.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{frame, guard, scope};
/// use std::sync::mpsc;
///
/// let (log, exits) = mpsc::channel();
/// let exit = async |(log, name): (mpsc::Sender<_>, &'static str), _outcome| log.send(name).unwrap();
/// let (connection, transaction) = (guard((log.clone(), "connection"), exit), guard((log, "transaction"), exit));
/// let (work, _handle) = scope(async move {
///     drop(transaction); // As the child was polled.
///     frame::alone(|| drop(connection));
/// });
/// block_on(work).unwrap();
/// assert_eq!(exits.iter().collect::<Vec<_>>(), ["transaction", "connection"]);
/// ```
#[inline]
pub fn alone<R>(f: impl FnOnce() -> R) -> R {
    apart(Lane::new, f)
}
