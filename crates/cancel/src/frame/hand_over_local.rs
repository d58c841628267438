//! Handing over work that may not leave its thread: to the nearest local frame, else to the thread's local reaper.
//!
//! ```text
//!   the Send frame holds            the local frame beyond holds
//!   ┌───────────────────┐   go     ┌──────────────────────────┐
//!   │ Stand-in (Send)   │ ───────▶ │ the work, waiting for go │
//!   │ waits for done    │ ◀─────── │ done at its end, or drop │
//!   └───────────────────┘   done   └──────────────────────────┘
//! ```
//!
//! The stand-in keeps the work's place in the order of the `Send` frame, and keeps that frame open. The work itself waits for nothing in the local
//! frame, nor does a child's exit there wait for it: whose child's it is, is known in the `Send` frame alone.

use super::adopted::Adopted;
use super::carried::Carried;
use super::flag::{Flag, SetOnDrop};
use super::kind::{AnyTree, Kind, Local, Sendable, Tree};
use super::place::{self, Place};
use super::run::Run;
use crate::clock::Mark;
use crate::reaper::LocalReaper;
use futures_util::future::{FutureExt, LocalBoxFuture};
use std::future::Future;

type Exit = LocalBoxFuture<'static, ()>;

/// Left forwarded work, as far as the combinators in the local frame know: no child of theirs has this number.
const NO_CHILD: usize = usize::MAX;

/// [`adopt`](crate::adopt) for work that may not leave its thread.
///
/// A local frame ([`scope_local`](crate::scope_local), `block_on`) takes it. A `Send` scope sends it on to the nearest local frame around it, and waits for
/// it. With no local frame, a local executor's own reaper gets it.
///
/// ```
/// use motet_cancel::{adopt_local, scope_local};
/// use futures::executor::block_on;
/// use std::{cell::Cell, rc::Rc};
///
/// let done = Rc::new(Cell::new(false));
/// let inside = Rc::clone(&done);
/// let (work, _handle) = scope_local(async {
///     assert!(adopt_local(async move { inside.set(true) }).is_ok());
/// });
/// block_on(work).unwrap();
/// assert!(done.get());
/// ```
///
/// # Errors
///
/// Gives the work back, boxed, if there is neither a local frame nor a local reaper.
pub fn adopt_local(work: impl Future<Output = ()> + 'static) -> Result<(), LocalBoxFuture<'static, ()>> {
    let work = work.boxed_local();
    if matches!(place::place(), Place::Nowhere | Place::Sendable) && LocalReaper::nearest().is_none() {
        return Err(work);
    }
    hand_over_local(Mark::LATEST, work);
    Ok(())
}

/// Hands an exit over that waits for what the frame adopted after `mark`. Abandons it if nobody takes it.
pub(crate) fn hand_over_local(mark: Mark, exit: Exit) {
    Local::hand_over(mark, Run::new(exit));
}

/// Hands a tree over; the `Send` part of what nobody takes goes its own way.
pub(super) fn hand_over_tree(mark: Mark, tree: Run<Exit, Local>) {
    match place::place() {
        Place::Local => place::with_nearest(|adopted: &mut Adopted<Local>| adopted.push(mark, AnyTree::Local(tree))),
        Place::SendableInLocal => forward(mark, tree),
        Place::Abandoning(why) => tree.abandon(why),
        Place::Nowhere | Place::Sendable => reap(mark, tree),
    }
}

/// Puts the tree into the local frame beyond, and its stand-in into this one.
fn forward(mark: Mark, tree: Run<Exit, Local>) {
    let (go, done) = (Flag::new(), Flag::new());
    let (opened, ended) = (SetOnDrop::new(&go), SetOnDrop::new(&done));
    let stand_in = async move {
        drop(opened);
        done.wait().await;
    };
    let work = async move {
        let _ended = ended;
        go.wait().await;
        Carried::from(tree).await;
    };
    place::with_nearest(|adopted: &mut Adopted<Sendable>| adopted.push(mark, Run::new(stand_in.boxed())));
    place::with_nearest(|adopted: &mut Adopted<Local>| {
        adopted.push_of(NO_CHILD, Mark::LATEST, AnyTree::Local(Run::new(work.boxed_local())));
    });
}

/// No local frame: the local reaper takes it. Without one, what is `Send` in it is handed over alone.
fn reap(mark: Mark, tree: Run<Exit, Local>) {
    if let Some(reaper) = LocalReaper::nearest() {
        return reaper.reap(Carried::from(tree).boxed_local());
    }
    let sendable = tree.into_sendable_rest();
    if !sendable.is_none() {
        Sendable::hand_over(mark, Run::remaining(sendable));
    }
}
