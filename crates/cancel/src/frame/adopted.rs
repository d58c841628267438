//! What a frame has adopted: trees in the order in which they were handed over, most of them running at once.
//!
//! ```text
//!   push(mark, tree) ──▶ due? ──yes──▶ Running ──ready──▶ gone; is the next one due now?
//!                          └────no───▶ Waiting ──due──▶ Running
//! ```
//!
//! A tree with mark `m` waits for every unfinished tree that was adopted after `m` and before itself: that is how a guard's exit waits
//! for what was adopted since the guard was made. (Not for those that a sibling left: see `rank`.) It *follows* the nearest of them;
//! when that ends, it follows the next, or is due. So a row of ten thousand guards is a flat list, not a recursion.
//!
//! Whose sibling left a tree is known a little later than the tree: the combinators around its child say so as their polls end, the innermost
//! one first ([`Adopted::claim`]). Until the frame's owner polls the trees ([`Poller::Owner`]), when all of them have, a tree waits for every one
//! before it: too long at worst, never too short.
//!
//! Only the owner of the frame touches this. Each running tree has a waker of its own (see `ready`), so a poll costs what was woken, however
//! many trees there are.

use super::kind::{AnyTree, Kind, Local, Sendable, Tree};
use super::place;
use super::rank::{Lane, Lanes, Rank};
use super::ready::{ReadyList, Seat};
use super::run::Run;
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::panic::Payload;
use futures_util::future::LocalBoxFuture;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many trees one poll of the scope may poll before it yields to its executor.
pub(super) const TREES_PER_POLL: usize = 32;

/// What a frame holds: nothing, as a rule, and then one null pointer.
pub(crate) struct Adopted<K: Kind>(Option<Box<Stash<K>>>);

/// Who polls the trees of a frame.
#[derive(Clone, Copy)]
pub(crate) enum Poller {
    /// Its owner: the combinators in its body have claimed what their children left.
    Owner,
    /// A part of its body, in whose poll that may be to come.
    Inside,
}

struct Stash<K: Kind> {
    /// Every unfinished tree, in the order of adoption.
    order: BTreeMap<Mark, Turn<K>>,
    lanes: Lanes,
    ready: ReadyList,
    /// Whether some tree may have begun.
    polled: bool,
    /// The first panic of an exit, or of whatever else the frame's owner ran.
    panic: Option<Payload>,
    /// Those that wait, and whose lanes have become known since: see [`Adopted::claim`].
    unsettled: Vec<Mark>,
}

struct Turn<K: Kind> {
    rank: Rank,
    /// Lanes around may still be missing in the rank: until they are known, it waits for all.
    settled: bool,
    tree: K::Tree,
    /// `None`: it waits.
    seat: Option<Seat>,
    /// Those that wait for this one, and then perhaps for earlier ones.
    followers: Vec<Mark>,
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
        self.push_of(place::child(), mark, tree);
    }

    /// The same of a tree that this child of a combinator left.
    pub(super) fn push_of(&mut self, child: usize, mark: Mark, tree: K::Tree) {
        self.stash().push(Mark::next(), Rank::new(mark, child), tree);
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

    /// The number of the last tree that was adopted, of those that are unfinished.
    pub(super) fn last(&self) -> Option<Mark> {
        self.0.as_ref()?.order.last_key_value().map(|(last, _)| *last)
    }

    /// What was adopted after `seen` was left by children of a combinator: puts into its child's lane what each of them left. The combinator itself
    /// is polled by `outer`.
    pub(super) fn claim(&mut self, seen: Mark, siblings: Mark, outer: usize) {
        if let Some(stash) = &mut self.0 {
            stash.enter_lanes(Bound::Excluded(seen), |rank| rank.enter_marked(siblings, outer));
        }
    }

    /// Polls the trees that run and were woken, so many at most, and takes them off the budget; ready when none is left.
    pub(super) fn poll_within(&mut self, poller: Poller, budget: &mut usize, cx: &mut Context<'_>) -> Poll<()> {
        let Some(stash) = &mut self.0 else { return Poll::Ready(()) };
        if let Poller::Owner = poller {
            stash.settle();
        }
        stash.polled = true;
        stash.ready.register(cx.waker());
        // A tree that wakes itself while it is polled yields: it is not among these, but for the next poll.
        let mut left = stash.ready.len();
        while left > 0 && *budget > 0 {
            let Some(number) = stash.ready.pop() else { break };
            *budget -= 1;
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
        let Stash { order, panic, .. } = *other;
        if let Some(panic) = panic {
            self.record(panic);
        }
        let stash = self.stash();
        for (number, turn) in order {
            stash.push(number, turn.rank, turn.tree);
        }
    }

    /// Takes over what another frame collected, in a lane. Gives it back if some of it may have begun, for that cannot wait any more.
    pub(super) fn take_in(&mut self, other: Self, lane: Lane) -> Result<(), Self> {
        let Some(left) = other.0 else { return Ok(()) };
        let Some((&first, _)) = left.order.first_key_value() else { return Err(Self(Some(left))) };
        // Since the other adopted its first, this one must have adopted nothing.
        if left.polled || left.panic.is_some() || self.is_busy_since(first) {
            return Err(Self(Some(left)));
        }
        let stash = self.stash();
        for (number, turn) in left.order {
            stash.push(number, turn.rank, turn.tree);
        }
        // Strictly after all that was there, at first: the lanes around this one are not known yet.
        stash.enter_lanes(Bound::Included(first), |rank| rank.enter(lane));
        Ok(())
    }

    /// Drops the trees, unfinished. A kept panic stays.
    pub(crate) fn abandon(&mut self, why: Abandoned) {
        let Some(stash) = self.0.take() else { return };
        let Stash { order, ready, panic, .. } = *stash;
        ready.release();
        self.0 = panic.map(|panic| Box::new(Stash { panic: Some(panic), ..Stash::default() }));
        for turn in order.into_values() {
            if turn.rank.is_wait() { turn.tree.abandon_untold(why) } else { turn.tree.abandon(why) }
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
        let Stash { order, panic, polled, .. } = *stash;
        let mut sendable = Stash { panic, polled, ..Stash::default() };
        for (number, turn) in order {
            match turn.tree {
                AnyTree::Sendable(tree) => sendable.push(number, turn.rank, tree),
                AnyTree::Local(tree) => {
                    let rest = tree.into_sendable_rest();
                    if !rest.is_none() {
                        sendable.push(number, turn.rank, Run::remaining(rest));
                    }
                }
            }
        }
        if sendable.order.is_empty() && sendable.panic.is_none() {
            return Adopted::none();
        }
        Adopted(Some(Box::new(sendable)))
    }
}

impl Run<LocalBoxFuture<'static, ()>, Local> {
    /// What may leave the thread of all that the tree has adopted; the tree itself, and the rest, is abandoned.
    pub(super) fn into_sendable_rest(mut self) -> Adopted<Sendable> {
        let sendable = self.take_adopted().into_sendable();
        self.abandon(Abandoned::NoLocalFrame);
        sendable
    }
}

impl<K: Kind> Stash<K> {
    fn push(&mut self, number: Mark, rank: Rank, tree: K::Tree) {
        debug_assert!(self.order.last_key_value().is_none_or(|(last, _)| *last < number), "numbers only grow");
        let blocker = rank.strict_blocker(&self.order, number);
        let seat = if blocker.is_none() { Some(self.ready.seat(number)) } else { None };
        self.follow(blocker, number);
        self.lanes.insert(number, &rank);
        let settled = rank.is_in_frame();
        if !settled && seat.is_none() {
            self.unsettled.push(number);
        }
        self.order.insert(number, Turn { rank, settled, tree, seat, followers: Vec::new() });
    }

    fn enter_lanes(&mut self, first: Bound<Mark>, enter: impl Fn(&mut Rank)) {
        for (number, turn) in self.order.range_mut((first, Bound::Unbounded)) {
            self.lanes.remove(*number, &turn.rank);
            enter(&mut turn.rank);
            self.lanes.insert(*number, &turn.rank);
            if turn.seat.is_none() && std::mem::replace(&mut turn.settled, false) {
                self.unsettled.push(*number);
            }
        }
    }

    /// All lanes are known: lets those begin that wait for nobody in theirs.
    fn settle(&mut self) {
        for number in std::mem::take(&mut self.unsettled) {
            if let Some(turn) = self.order.get_mut(&number) {
                turn.settled = true;
                self.advance(number, ReadyList::seat);
            }
        }
    }

    fn follow(&mut self, blocker: Option<Mark>, number: Mark) {
        if let Some(before) = blocker.and_then(|before| self.order.get_mut(&before)) {
            before.followers.push(number);
        }
    }

    /// Polls one tree that was woken; gives how many were started because it ended.
    fn poll_tree(&mut self, number: Mark) -> usize {
        // A wake of a tree that has ended meanwhile is no news.
        let Some(Turn { tree, seat: Some(seat), .. }) = self.order.get_mut(&number) else { return 0 };
        let Poll::Ready(result) = Pin::new(tree).poll(&mut Context::from_waker(seat.unqueue())) else { return 0 };
        seat.leave();
        if let Err(panic) = result {
            self.record(panic);
        }
        self.finish(number)
    }

    /// Strikes a tree off, and starts those that waited for this one last; gives how many were started.
    fn finish(&mut self, number: Mark) -> usize {
        let Some(Turn { rank, mut followers, .. }) = self.order.remove(&number) else { return 0 };
        self.lanes.remove(number, &rank);
        // The last one first: each that starts goes to the head of the list.
        followers.sort_unstable();
        followers.dedup();
        followers.into_iter().rev().filter(|follower| self.advance(*follower, ReadyList::seat_first)).count()
    }

    /// Starts a tree if it is due; else lets it follow the next.
    fn advance(&mut self, number: Mark, seat: fn(&ReadyList, Mark) -> Seat) -> bool {
        // It may follow two, and have begun after one of them.
        let Some(turn) = self.order.get(&number).filter(|turn| turn.seat.is_none()) else { return false };
        let blocker = if turn.settled {
            self.lanes.blocker(&self.order, number, &turn.rank)
        } else {
            turn.rank.strict_blocker(&self.order, number)
        };
        self.follow(blocker, number);
        let Some(turn) = self.order.get_mut(&number).filter(|_| blocker.is_none()) else { return false };
        turn.seat = Some(seat(&self.ready, number));
        true
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
        Self {
            order: BTreeMap::new(),
            lanes: Lanes::default(),
            ready: ReadyList::new(),
            polled: false,
            panic: None,
            unsettled: Vec::new(),
        }
    }
}

impl<K: Kind> Default for Adopted<K> {
    fn default() -> Self {
        Self::none()
    }
}
