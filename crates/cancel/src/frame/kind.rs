//! The two kinds of frame: one for work that may move between threads, one for work that may not.

use super::adopted::{Adopted, Poller, TREES_PER_POLL};
use super::place::{self, Cause, Place};
use super::run::Run;
use super::{hand_over, hand_over_local};
use crate::abandon::{self, Abandoned};
use crate::clock::Mark;
use crate::panic::Payload;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What an adopted tree gives at its end: the first panic of its exits, or nothing.
pub(crate) type TreeResult = Result<(), Payload>;

/// A kind of frame.
pub(crate) trait Kind: Sized + 'static {
    /// A boxed exit of this kind.
    type Exit: Future<Output = ()> + Unpin;
    /// What a frame of this kind adopts.
    type Tree: Tree;

    /// Runs `f` inside a frame of this kind.
    fn enter<R>(adopted: &mut Adopted<Self>, cause: Cause<'_>, f: impl FnOnce() -> R) -> R;
    /// Polls the adopted trees where they find the right frame beneath them.
    fn poll_trees(adopted: &mut Adopted<Self>, poller: Poller, cx: &mut Context<'_>) -> Poll<()>;
    /// Hands a tree to the enclosing frame, else to the reaper, else abandons it.
    fn hand_over(mark: Mark, tree: Run<Self::Exit, Self>);
}

/// Adopted work.
pub(crate) trait Tree: Future<Output = TreeResult> + Unpin {
    /// Drops the tree and all that it holds, unfinished.
    fn abandon(self, why: Abandoned);
    /// The same of a tree that only waits; of what it holds the hook is told.
    fn abandon_untold(self, why: Abandoned);
}

/// The kind whose work is `Send`.
pub(crate) enum Sendable {}

/// The kind whose work stays on its thread.
pub(crate) enum Local {}

impl Kind for Sendable {
    type Exit = BoxFuture<'static, ()>;
    type Tree = Run<BoxFuture<'static, ()>, Self>;

    #[inline]
    fn enter<R>(adopted: &mut Adopted<Self>, cause: Cause<'_>, f: impl FnOnce() -> R) -> R {
        place::enter(adopted, cause, f)
    }

    fn poll_trees(adopted: &mut Adopted<Self>, poller: Poller, cx: &mut Context<'_>) -> Poll<()> {
        adopted.poll_within(poller, &mut { TREES_PER_POLL }, cx)
    }

    fn hand_over(mark: Mark, tree: Run<Self::Exit, Self>) {
        match place::place() {
            Place::Sendable | Place::SendableInLocal => {
                place::with_nearest(|adopted: &mut Adopted<Self>| adopted.push(mark, tree));
            }
            Place::Local => {
                place::with_nearest(|adopted: &mut Adopted<Local>| adopted.push(mark, AnyTree::Sendable(tree)));
            }
            Place::Abandoning(why) if mark == Mark::WAIT => tree.abandon_untold(why),
            Place::Abandoning(why) => tree.abandon(why),
            Place::Nowhere => hand_over::reap(tree),
        }
    }
}

impl Kind for Local {
    type Exit = LocalBoxFuture<'static, ()>;
    type Tree = AnyTree;

    #[inline]
    fn enter<R>(adopted: &mut Adopted<Self>, cause: Cause<'_>, f: impl FnOnce() -> R) -> R {
        place::enter(adopted, cause, f)
    }

    /// A `Send` exit may drop local guards: they must find this frame, so the trees are polled inside one.
    fn poll_trees(adopted: &mut Adopted<Self>, poller: Poller, cx: &mut Context<'_>) -> Poll<()> {
        let mut budget = TREES_PER_POLL;
        loop {
            let mut fresh = Adopted::none();
            let polled = Self::enter(&mut fresh, Cause::Fresh, || adopted.poll_within(poller, &mut budget, cx));
            if fresh.is_none() {
                return polled;
            }
            adopted.absorb(fresh);
        }
    }

    fn hand_over(mark: Mark, tree: Run<Self::Exit, Self>) {
        hand_over_local::hand_over_tree(mark, tree);
    }
}

/// What a local frame adopts. `Send` work stays `Send`, so that it can go to a reaper if need be.
pub(crate) enum AnyTree {
    /// May leave this thread.
    Sendable(Run<BoxFuture<'static, ()>, Sendable>),
    /// May not.
    Local(Run<LocalBoxFuture<'static, ()>, Local>),
}

impl Future for AnyTree {
    type Output = TreeResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TreeResult> {
        match self.get_mut() {
            Self::Sendable(tree) => Pin::new(tree).poll(cx),
            Self::Local(tree) => Pin::new(tree).poll(cx),
        }
    }
}

impl Tree for AnyTree {
    fn abandon(self, why: Abandoned) {
        match self {
            Self::Sendable(tree) => tree.abandon(why),
            Self::Local(tree) => tree.abandon(why),
        }
    }

    fn abandon_untold(self, why: Abandoned) {
        match self {
            Self::Sendable(tree) => tree.abandon_untold(why),
            Self::Local(tree) => tree.abandon_untold(why),
        }
    }
}

impl<K: Kind> Future for Run<K::Exit, K> {
    type Output = TreeResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TreeResult> {
        self.poll_run(cx).map(|ended| ended.map(drop))
    }
}

impl<K: Kind> Tree for Run<K::Exit, K> {
    fn abandon(self, why: Abandoned) {
        if self.is_running() {
            abandon::note(why);
        }
        self.abandon_untold(why);
    }

    fn abandon_untold(mut self, why: Abandoned) {
        Pin::new(&mut self).abandon_all(why);
    }
}
