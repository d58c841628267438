//! Who waits for whom in a frame.
//!
//! ```text
//!   frame   x ──── y ─────────────────────── z      z waits for all before it, y for x;
//!   lane 1         ╰── a ────── c ──╯               a for y, x; c for a, y, x: not for b
//!   lane 2                ╰─ b ─────╯               b for y, x: not for a
//! ```
//!
//! What the children of a combinator leave is in a *lane* for each child: its trees wait for one another, and for what the frame itself adopted
//! before, but not for the siblings'. Lanes lie within one another as combinators do. So two trees are ordered if one's lane lies within the
//! other's. What [`alone`](super::alone) leaves is a lane that ends with the call. A tree without a guard waits for nothing, and only its own lane and those
//! around wait for it.
//!
//! All that in the end only as far back as the tree's mark: see `adopted`.

use crate::clock::Mark;
use std::collections::{BTreeMap, BTreeSet};

/// Where a tree stands in the order of its frame, besides its number.
pub(super) struct Rank {
    /// It waits for what was adopted after this.
    mark: Mark,
    /// In which lanes it is, the innermost first.
    lanes: Vec<Lane>,
    /// Which child was being polled as it was left, of the next combinator around those lanes, if there is one.
    child: usize,
}

/// What one child of a combinator leaves in a frame: the combinator's number, and which of its children.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lane {
    siblings: Mark,
    child: usize,
}

impl Lane {
    /// The frame itself.
    const FRAME: Self = Self::of(Mark::FIRST, 0);

    pub(super) const fn of(siblings: Mark, child: usize) -> Self {
        Self { siblings, child }
    }

    /// A lane that no other call uses.
    pub(super) fn new() -> Self {
        Self::of(Mark::next(), 0)
    }
}

impl Rank {
    /// In the frame itself.
    pub(super) const fn new(mark: Mark, child: usize) -> Self {
        Self { mark, lanes: Vec::new(), child }
    }

    /// The child that it was marked with left it: puts that child's lane around those where it is. That combinator as a whole is polled by `outer`.
    pub(super) fn enter_marked(&mut self, siblings: Mark, outer: usize) {
        self.enter(Lane::of(siblings, self.child));
        self.child = outer;
    }

    /// Whether it is in no lane.
    pub(super) fn is_in_frame(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Whether the tree only waits: nobody is to hear if it is abandoned.
    pub(super) fn is_wait(&self) -> bool {
        self.mark == Mark::WAIT
    }

    /// Puts a lane around those where it is.
    pub(super) fn enter(&mut self, lane: Lane) {
        self.lanes.push(lane);
    }

    /// The nearest unfinished tree that one waits for if it waits for all of the frame's, whatever their lanes.
    pub(super) fn strict_blocker<T>(&self, order: &BTreeMap<Mark, T>, number: Mark) -> Option<Mark> {
        order.range(..number).next_back().map(|(before, _)| *before).filter(|before| *before > self.mark)
    }
}

/// The numbers of unfinished trees by their lanes.
#[derive(Default)]
pub(super) struct Lanes {
    /// By the innermost one. Without those that wait for nothing: who is further within does not wait for them.
    own: BTreeSet<(Lane, Mark)>,
    /// By each of them, but for the frame itself, which has them all.
    under: BTreeSet<(Lane, Mark)>,
}

impl Lanes {
    pub(super) fn insert(&mut self, number: Mark, rank: &Rank) {
        if !rank.mark.is_latest() {
            self.own.insert((innermost(rank), number));
        }
        self.under.extend(rank.lanes.iter().map(|lane| (*lane, number)));
    }

    pub(super) fn remove(&mut self, number: Mark, rank: &Rank) {
        if !rank.mark.is_latest() {
            self.own.remove(&(innermost(rank), number));
        }
        for lane in &rank.lanes {
            self.under.remove(&(*lane, number));
        }
    }

    /// The nearest unfinished tree that one waits for.
    pub(super) fn blocker<T>(&self, order: &BTreeMap<Mark, T>, number: Mark, rank: &Rank) -> Option<Mark> {
        let Some((inner, around)) = rank.lanes.split_first() else { return rank.strict_blocker(order, number) };
        let around = around.iter().chain([&Lane::FRAME]).map(|lane| nearest(&self.own, *lane, number));
        let blocker = around.fold(nearest(&self.under, *inner, number), Option::max);
        blocker.filter(|before| *before > rank.mark)
    }
}

fn innermost(rank: &Rank) -> Lane {
    rank.lanes.first().copied().unwrap_or(Lane::FRAME)
}

/// The last one in a lane before this.
fn nearest(lanes: &BTreeSet<(Lane, Mark)>, lane: Lane, number: Mark) -> Option<Mark> {
    lanes.range((lane, Mark::FIRST)..(lane, number)).next_back().map(|(_, before)| *before)
}
