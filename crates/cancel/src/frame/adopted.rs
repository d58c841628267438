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
//! Only the owner of the frame touches this. Each running tree has a waker of its own (see `ready`), so a poll costs what was woken, however
//! many trees there are.

use super::kind::{AnyTree, Kind, Local, Sendable, Tree};
use super::ready::{ReadyList, Seat};
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::panic::Payload;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many trees may end in one poll before the scope yields to its executor.
const TREES_PER_POLL: usize = 32;

/// What a frame holds: nothing, as a rule, and then one null pointer.
pub(crate) struct Adopted<K: Kind>(Option<Box<Stash<K>>>);

struct Stash<K: Kind> {
    /// Every unfinished tree, in the order of adoption.
    order: BTreeMap<Mark, Turn<K>>,
    ready: ReadyList,
    /// The first panic of an exit, or of whatever else the frame's owner ran.
    panic: Option<Payload>,
}

enum Turn<K: Kind> {
    Running { tree: K::Tree, seat: Seat },
    Waiting { mark: Mark, tree: K::Tree },
}

impl<K: Kind> Adopted<K> {
    /// Nothing adopted, nothing allocated.
    #[inline]
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Whether there is nothing left: no tree, no panic.
    #[inline]
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
        self.stash().record(panic);
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
        stash.ready.register(cx.waker());
        // A tree that wakes itself while it is polled yields: it is not among these, but for the next poll.
        let mut left = stash.ready.len();
        for _ in 0..TREES_PER_POLL {
            if left == 0 {
                break;
            }
            let Some(number) = stash.ready.pop() else { break };
            left = left - 1 + stash.poll_tree(number);
        }
        if stash.order.is_empty() {
            stash.ready.release();
            if stash.panic.is_none() {
                self.0 = None;
            }
            return Poll::Ready(());
        }
        stash.ready.yield_rest();
        Poll::Pending
    }

    /// Takes over what another frame of the same owner collected, with its order.
    pub(crate) fn absorb(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        let Stash { order, ready: _, panic } = *other;
        if let Some(panic) = panic {
            self.record(panic);
        }
        let stash = self.stash();
        for (number, turn) in order {
            match turn {
                Turn::Running { tree, .. } => stash.start(number, tree),
                waiting @ Turn::Waiting { .. } => drop(stash.order.insert(number, waiting)),
            }
        }
    }

    /// Drops the trees, unfinished. A kept panic stays.
    pub(crate) fn abandon(&mut self, why: Abandoned) {
        let Some(stash) = self.0.take() else { return };
        let Stash { order, ready, panic } = *stash;
        ready.release();
        self.0 = panic.map(|panic| Box::new(Stash { panic: Some(panic), ..Stash::default() }));
        order.into_values().for_each(|turn| turn.into_tree().abandon(why));
    }

    fn stash(&mut self) -> &mut Stash<K> {
        self.0.get_or_insert_default()
    }
}

impl Adopted<Local> {
    /// What of this may leave the thread, in its order; the rest is abandoned.
    pub(crate) fn into_sendable(self) -> Adopted<Sendable> {
        let Some(stash) = self.0 else { return Adopted::none() };
        let Stash { order, ready: _, panic } = *stash;
        let mut sendable = Stash { panic, ..Stash::default() };
        for (number, turn) in order {
            let mark = turn.mark();
            match turn.into_tree() {
                AnyTree::Sendable(tree) => sendable.push(number, mark, tree),
                AnyTree::Local(tree) => tree.abandon(Abandoned::NoLocalFrame),
            }
        }
        if sendable.order.is_empty() && sendable.panic.is_none() {
            return Adopted::none();
        }
        Adopted(Some(Box::new(sendable)))
    }
}

impl<K: Kind> Turn<K> {
    fn into_tree(self) -> K::Tree {
        match self {
            Self::Running { tree, .. } | Self::Waiting { tree, .. } => tree,
        }
    }

    /// After what the tree waits for.
    const fn mark(&self) -> Mark {
        match self {
            Self::Running { .. } => Mark::LATEST,
            Self::Waiting { mark, .. } => *mark,
        }
    }
}

impl<K: Kind> Stash<K> {
    fn push(&mut self, number: Mark, mark: Mark, tree: K::Tree) {
        debug_assert!(self.order.last_key_value().is_none_or(|(last, _)| *last < number), "numbers only grow");
        if self.order.last_key_value().is_none_or(|(before, _)| *before <= mark) {
            self.start(number, tree);
        } else {
            self.order.insert(number, Turn::Waiting { mark, tree });
        }
    }

    fn start(&mut self, number: Mark, tree: K::Tree) {
        self.order.insert(number, Turn::Running { tree, seat: self.ready.seat(number) });
    }

    /// Polls one tree that was woken; gives how many were started because it ended.
    fn poll_tree(&mut self, number: Mark) -> usize {
        // A wake of a tree that has ended meanwhile is no news.
        let Some(Turn::Running { tree, seat }) = self.order.get_mut(&number) else { return 0 };
        let Poll::Ready(result) = Pin::new(tree).poll(&mut Context::from_waker(seat.unqueue())) else { return 0 };
        seat.leave();
        if let Err(panic) = result {
            self.record(panic);
        }
        self.finish(number)
    }

    /// Strikes a tree off, and starts its successor if that waited for this one last; gives how many were started.
    fn finish(&mut self, number: Mark) -> usize {
        self.order.remove(&number);
        let before = self.order.range(..number).next_back().map(|(before, _)| *before);
        let Some((&next, Turn::Waiting { mark, .. })) = self.order.range(number..).next() else { return 0 };
        if before.is_some_and(|before| before > *mark) {
            return 0;
        }
        if let Some(turn) = self.order.remove(&next) {
            let seat = self.ready.seat_first(next);
            self.order.insert(next, Turn::Running { tree: turn.into_tree(), seat });
        }
        1
    }

    fn record(&mut self, panic: Payload) {
        match self.panic {
            None => self.panic = Some(panic),
            Some(_) => std::mem::forget(panic),
        }
    }
}

impl<K: Kind> Default for Stash<K> {
    fn default() -> Self {
        Self { order: BTreeMap::new(), ready: ReadyList::new(), panic: None }
    }
}

impl<K: Kind> Default for Adopted<K> {
    fn default() -> Self {
        Self::none()
    }
}
