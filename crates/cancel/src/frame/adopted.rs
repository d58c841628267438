//! What a frame has adopted: trees in the order in which they were handed over, most of them running at once.
//!
//! ```text
//!   push(mark, tree) ──▶ due? ──yes──▶ Running ──ready──▶ gone; is the next one due now?
//!                          └────no───▶ Waiting ──due──▶ Running
//! ```
//!
//! A tree with mark `m` waits for every unfinished tree that was adopted after `m` and before itself: that is how a guard's exit waits
//! for what was adopted since the guard was made. It is *due* when its nearest unfinished predecessor is not later than `m`. So when
//! a tree ends, only its nearest successor can become due, and a row of ten thousand guards is a flat list, not a recursion.
//!
//! Only the owner of the frame touches this; the race to fear is none. Wakers are `FuturesUnordered`'s: one a tree.

use super::kind::{AnyTree, Kind, Local, Sendable, Tree, TreeResult};
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::panic::Payload;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many trees may end in one poll before the scope yields to its executor.
const TREES_PER_POLL: usize = 32;

/// What a frame holds: nothing, as a rule, and then one null pointer.
pub(crate) struct Adopted<K: Kind>(Option<Box<Stash<K>>>);

struct Stash<K: Kind> {
    /// Every unfinished tree, in the order of adoption.
    order: BTreeMap<Mark, Turn<K>>,
    running: FuturesUnordered<Numbered<K>>,
    /// The first panic of an exit, or of whatever else the frame's owner ran.
    panic: Option<Payload>,
}

enum Turn<K: Kind> {
    Running,
    Waiting { mark: Mark, tree: K::Tree },
}

struct Numbered<K: Kind> {
    number: Mark,
    tree: K::Tree,
}

impl<K: Kind> Future for Numbered<K> {
    type Output = (Mark, TreeResult);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let number = self.number;
        Pin::new(&mut self.tree).poll(cx).map(|result| (number, result))
    }
}

impl<K: Kind> Adopted<K> {
    /// Nothing adopted, nothing allocated.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Whether there is nothing left: no tree, no panic.
    pub(crate) const fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Takes a tree that waits for what was adopted after `mark`.
    pub(crate) fn push(&mut self, mark: Mark, tree: K::Tree) {
        self.stash().push(Mark::next(), mark, tree);
    }

    /// Whether something that was adopted after `mark` is unfinished.
    pub(crate) fn is_busy_since(&self, mark: Mark) -> bool {
        self.0.as_ref().is_some_and(|stash| stash.order.last_key_value().is_some_and(|(last, _)| *last > mark))
    }

    /// Keeps a panic for the end; a later one is forgotten.
    pub(crate) fn record(&mut self, panic: Payload) {
        let stash = self.stash();
        match stash.panic {
            None => stash.panic = Some(panic),
            Some(_) => std::mem::forget(panic),
        }
    }

    /// Whether a panic is kept.
    pub(crate) fn has_panicked(&self) -> bool {
        self.0.as_ref().is_some_and(|stash| stash.panic.is_some())
    }

    /// The kept panic; for the end, when no tree is left.
    pub(crate) fn take_panic(&mut self) -> Option<Payload> {
        let stash = self.0.take()?;
        debug_assert!(stash.order.is_empty(), "the panic goes on before the trees have ended");
        stash.panic
    }

    /// Polls the trees that run and were woken; ready when none is left.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(stash) = &mut self.0 else { return Poll::Ready(()) };
        for _ in 0..TREES_PER_POLL {
            let Some((number, result)) = futures_util::ready!(stash.running.poll_next_unpin(cx)) else {
                debug_assert!(stash.order.is_empty(), "the first in the order is always due");
                if stash.panic.is_none() {
                    self.0 = None;
                }
                return Poll::Ready(());
            };
            stash.finish(number);
            if let Err(panic) = result {
                self.record(panic);
                return self.poll(cx);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes over what another frame of the same owner collected, with its order.
    pub(crate) fn absorb(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        let Stash { order, running, panic } = *other;
        if let Some(panic) = panic {
            self.record(panic);
        }
        let stash = self.stash();
        running.into_iter().for_each(|numbered| stash.running.push(numbered));
        stash.order.extend(order);
    }

    /// Drops the trees, unfinished. A kept panic stays.
    pub(crate) fn abandon(&mut self, why: Abandoned) {
        let Some(stash) = self.0.take() else { return };
        let Stash { order, running, panic } = *stash;
        self.0 = panic.map(|panic| Box::new(Stash { panic: Some(panic), ..Stash::default() }));
        running.into_iter().for_each(|numbered| numbered.tree.abandon(why));
        for turn in order.into_values() {
            if let Turn::Waiting { tree, .. } = turn {
                tree.abandon(why);
            }
        }
    }

    fn stash(&mut self) -> &mut Stash<K> {
        self.0.get_or_insert_default()
    }
}

impl Adopted<Local> {
    /// What of this may leave the thread, in its order; the rest is abandoned.
    pub(crate) fn into_sendable(self) -> Adopted<Sendable> {
        let Some(stash) = self.0 else { return Adopted::none() };
        let Stash { order, running, panic } = *stash;
        let mut sendable = Stash { panic, ..Stash::default() };
        for Numbered { number, tree } in running {
            match tree {
                AnyTree::Sendable(tree) => sendable.push(number, Mark::LATEST, tree),
                AnyTree::Local(tree) => tree.abandon(Abandoned::NoLocalFrame),
            }
        }
        for (number, turn) in order {
            match turn {
                Turn::Running => {}
                Turn::Waiting { mark, tree: AnyTree::Sendable(tree) } => sendable.push(number, mark, tree),
                Turn::Waiting { tree: AnyTree::Local(tree), .. } => tree.abandon(Abandoned::NoLocalFrame),
            }
        }
        if sendable.order.is_empty() && sendable.panic.is_none() {
            return Adopted::none();
        }
        Adopted(Some(Box::new(sendable)))
    }
}

impl<K: Kind> Stash<K> {
    fn push(&mut self, number: Mark, mark: Mark, tree: K::Tree) {
        let due = self.order.range(..number).next_back().is_none_or(|(before, _)| *before <= mark);
        let turn = if due {
            self.running.push(Numbered { number, tree });
            Turn::Running
        } else {
            Turn::Waiting { mark, tree }
        };
        let displaced = self.order.insert(number, turn);
        debug_assert!(displaced.is_none(), "two trees with one number");
    }

    /// Strikes a tree off, and starts its successor if that waited for this one last.
    fn finish(&mut self, number: Mark) {
        self.order.remove(&number);
        let before = self.order.range(..number).next_back().map(|(before, _)| *before);
        let Some((&next, turn)) = self.order.range_mut(number..).next() else { return };
        if matches!(turn, Turn::Waiting { mark, .. } if before.is_none_or(|before| before <= *mark)) {
            if let Turn::Waiting { tree, .. } = std::mem::replace(turn, Turn::Running) {
                self.running.push(Numbered { number: next, tree });
            }
        }
    }
}

impl<K: Kind> Default for Stash<K> {
    fn default() -> Self {
        Self { order: BTreeMap::new(), running: FuturesUnordered::new(), panic: None }
    }
}

impl<K: Kind> Default for Adopted<K> {
    fn default() -> Self {
        Self::none()
    }
}
