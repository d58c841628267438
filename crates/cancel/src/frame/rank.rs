//! Who waits for whom in a frame.
//!
//! ```text
//!   frame   x ──── y ─────────────── z          z waits for all before it, y for x;
//!                     ╰ a ─ b ╯╰ c ╯            b for a, y, x; c for y, x: not for a, b
//! ```
//!
//! What is left by [`alone`](super::alone) joins the frame around it as a *lane*: its trees wait for one another, and for what the frame itself
//! adopted before, but not for other lanes: these are the siblings' in a combinator that drops each child alone. So
//! two trees are ordered if one's lane lies within the other's. A tree without a guard waits for nothing, and is a lane by itself.
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
}

#[derive(Clone, Copy)]
pub(super) struct Lane {
    id: Mark,
    /// The number of its first tree. From there on, up to its last one, the frame's trees are all in it.
    first: Mark,
}

impl Lane {
    /// A lane that begins with the tree of this number.
    pub(super) fn new(first: Mark) -> Self {
        Self { id: Mark::next(), first }
    }
}

impl Rank {
    /// In the frame itself.
    pub(super) const fn new(mark: Mark) -> Self {
        Self { mark, lanes: Vec::new() }
    }

    /// The same in a lane around those where it is.
    pub(super) fn within(mut self, lane: Lane) -> Self {
        if self.mark != Mark::LATEST {
            self.lanes.push(lane);
        }
        self
    }
}

/// The numbers of unfinished trees by their innermost lanes. The frame's own are in [`Mark::FIRST`].
#[derive(Default)]
pub(super) struct Lanes(BTreeSet<(Mark, Mark)>);

impl Lanes {
    pub(super) fn insert(&mut self, number: Mark, rank: &Rank) {
        self.0.insert((lane_of(number, rank), number));
    }

    pub(super) fn remove(&mut self, number: Mark, rank: &Rank) {
        self.0.remove(&(lane_of(number, rank), number));
    }

    /// The nearest unfinished tree that one waits for.
    pub(super) fn blocker<T>(&self, order: &BTreeMap<Mark, T>, number: Mark, rank: &Rank) -> Option<Mark> {
        if rank.mark == Mark::LATEST {
            return None;
        }
        let within = rank.lanes.first().map_or(Mark::FIRST, |lane| lane.first);
        let nearest = order.range(within..number).next_back().map(|(before, _)| *before);
        nearest.or_else(|| self.around(rank)).filter(|before| *before > rank.mark)
    }

    /// The nearest in the lanes around the innermost one, and at last in the frame itself.
    fn around(&self, rank: &Rank) -> Option<Mark> {
        let outer = rank.lanes.iter().skip(1).map(|lane| lane.id).chain([Mark::FIRST]);
        let mut around = rank.lanes.iter().zip(outer);
        around.find_map(|(inner, outer)| {
            let before = self.0.range((outer, Mark::FIRST)..(outer, inner.first)).next_back();
            before.map(|(_, number)| *number)
        })
    }
}

fn lane_of(number: Mark, rank: &Rank) -> Mark {
    if rank.mark == Mark::LATEST { number } else { rank.lanes.first().map_or(Mark::FIRST, |lane| lane.id) }
}
