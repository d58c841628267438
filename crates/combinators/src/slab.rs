//! Which children were woken: ready bits that wakers of the children set, and one parent that is told once.
//!
//! One allocation serves any number of children: blocks of 64, each with a word of ready bits. The waker of child `i` is the
//! address of its block plus `i % 64` (a block is aligned to 64 bytes, so the low six bits are free), its reference count the
//! `Arc`'s. Above the ready words lies one [`Parent`] word, each bit of which several blocks may share; with many blocks a level of group words lies
//! between them.
//!
//! ```text
//!   wake(i):  ready[i / 64] |= bit   ──0→1──▶   (groups[..] |= bit   ──0→1──▶)   parent |= bit   ──idle→1──▶   wake the task
//!   poll:     read the parent ──▶ swap out the groups that are set ──▶ swap out the words that are set ──▶ poll the children
//!   rest:     parent = idle, if it is what was read ──▶ look once more below the bits that were read
//! ```
//!
//! Going up, a wake stops at the first word that was not 0: whoever made it non-zero is on the way up, or the poll that will swap it
//! out is. The race to fear: a wake stops at a word which the poll has just swapped out. It cannot: the swap left 0 behind, and
//! all accesses to one word are read-modify-writes, which have one order. (A relaxed look before the `fetch_or` would break this.)
//! Going down, a poll may find a word empty whose bit above was set: it was taken out early, or the bit was for another that shares it; nothing
//! is lost.
//!
//! A poll works through what it swapped out before it looks again, over several polls if it has to: a child that always wakes
//! itself cannot starve one with a higher index.

mod parent;
mod waker;

#[cfg(all(test, motet_loom))]
mod model;

use core::task::{Context, Waker};
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::discard;
use parent::{Parent, Poller};
use std::sync::Arc;

/// How many children share a block; as many as there are bits in a word, and bytes in a block's alignment.
const BLOCK: usize = 64;

/// How many blocks may share a bit of the parent's word: to look at so many costs less than the swaps of a level of groups.
const SHARERS: usize = if cfg!(motet_loom) { 2 } else { 8 };

/// The wakes of up to 64 children. Every block has room for the words above it; only the first ones use it.
#[repr(align(64))]
struct Block {
    /// Which of these 64 children were woken.
    ready: AtomicU64,
    /// In block `g`, if there is a group level: which of the blocks `64 g ..` have ready bits.
    group: AtomicU64,
    /// In block 0: which groups (blocks, if there is no group level) have bits, modulo [`Parent::BITS`], and the waker of the task.
    /// In block 1: the spare seat for that.
    parent: Parent,
    /// Which bit of the parent's word is this block's; 0 if there is a group level.
    top: u64,
    /// Where this block lies in the slab.
    index: u32,
    /// How many blocks there are.
    count: u32,
}

/// The poller's side. There is one of it to a slab; the wakers are the other side.
pub(crate) struct Slab {
    blocks: Arc<[Block]>,
    round: Round,
    poller: Poller,
}

/// What the poller took out of the words and has not yet visited.
#[derive(Default)]
struct Round {
    /// What comes after this round: the bits of wakes since it began.
    later: u64,
    /// Bits of the parent's word.
    top: u64,
    /// The next group (block, if there is no group level) that shares the current bit of `top`; 0 if there is none.
    sharer: usize,
    /// Blocks of the group that begins with `first_block`.
    blocks: u64,
    first_block: usize,
    /// Children of the block that begins with `first_child`.
    children: u64,
    first_child: usize,
}

/// Whether the poller may rest.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The next wake of a child wakes the parent, or one is about to.
    Armed,
    /// There is more to do: poll again.
    Busy,
}

impl Slab {
    /// A slab for `children` children, of which the first `marked` count as woken.
    ///
    /// # Panics
    ///
    /// With more than 2³⁸ children.
    pub(crate) fn new(children: usize, marked: usize) -> Self {
        let count = children.div_ceil(BLOCK).max(2);
        let known = u32::try_from(count).expect("a slab has room for 2^38 children");
        let marked_blocks = marked.div_ceil(BLOCK);
        let grouped = is_grouped(count);
        let blocks = (0..known).map(|index| {
            let at = index as usize;
            Block {
                ready: AtomicU64::new(ones(marked.saturating_sub(at * BLOCK))),
                group: AtomicU64::new(if grouped { ones(marked_blocks.saturating_sub(at * BLOCK)) } else { 0 }),
                parent: Parent::new(),
                top: if grouped { 0 } else { 1 << (at % Parent::BITS) },
                index,
                count: known,
            }
        });
        let tops = if grouped { marked_blocks.div_ceil(BLOCK) } else { marked_blocks };
        let round = Round { top: ones(tops.min(Parent::BITS)), ..Round::default() };
        Self { blocks: blocks.collect(), round, poller: Poller::default() }
    }

    /// How many children have room.
    pub(crate) fn capacity(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    /// Begins a poll: from now to [`rest`](Self::rest), wakes leave the task alone.
    #[inline]
    pub(crate) fn begin(&mut self, task: &Waker) {
        let parent = &self.blocks[0].parent;
        self.round.later |= parent.look(&mut self.poller);
        if !parent.knows(&mut self.poller, task) {
            parent.take_seat(&self.blocks[1].parent, &mut self.poller, task);
        }
    }

    /// Ends a poll. Without it (an item was found) the slab stays as in a poll: the task must come back by itself.
    #[inline]
    pub(crate) fn rest(&mut self) -> Rest {
        if !self.round.is_over() {
            return Rest::Busy;
        }
        let Some(left) = self.blocks[0].parent.rest(&mut self.poller) else { return Rest::Busy };
        match set_below(left, &self.blocks) {
            0 => Rest::Armed,
            missed => self.resume(missed),
        }
    }

    /// Below bits that the poll had left, wakes have set more: they come next.
    #[cold]
    fn resume(&mut self, missed: u64) -> Rest {
        let (bits, rest) = self.blocks[0].parent.resume(&mut self.poller);
        self.round.later = bits | missed;
        rest
    }

    /// Marks a child as woken, without a word to the parent; between [`begin`](Self::begin) and [`rest`](Self::rest), or before the
    /// first poll.
    pub(crate) fn mark(&mut self, child: usize) {
        if let Some(top) = self.blocks[child / BLOCK].set_ready(child % BLOCK, &self.blocks) {
            self.round.later |= top;
        }
    }

    /// A child that was woken, each once a round.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        self.round.next(&self.blocks)
    }

    /// Polls with the waker of this child.
    #[inline]
    pub(crate) fn with_waker<R>(&self, child: usize, poll: impl FnOnce(&mut Context<'_>) -> R) -> R {
        waker::lend(&self.blocks, child, |waker| poll(&mut Context::from_waker(waker)))
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // Wakers of children may live on for long; the task is not theirs to keep.
        let tasks = self.blocks[0].parent.close(&self.blocks[1].parent, &mut self.poller);
        tasks.into_iter().flatten().for_each(discard);
    }
}

impl Block {
    /// Sets a ready bit and what lies above, up to but without the parent's word; the parent's bit if that is to be set as well.
    fn set_ready(&self, bit: usize, blocks: &[Self]) -> Option<u64> {
        // Release: what happened before the wake is visible to the child's poll, which swaps this word out with Acquire.
        if self.ready.fetch_or(1 << bit, Ordering::Release) != 0 {
            return None;
        }
        if self.top != 0 {
            return Some(self.top);
        }
        let at = self.index as usize;
        let group = at / BLOCK;
        // Release: the ready bit is visible to whoever swaps out this bit with Acquire.
        if blocks[group].group.fetch_or(1 << (at % BLOCK), Ordering::Release) != 0 {
            return None;
        }
        Some(1 << (group % Parent::BITS))
    }

    /// The wake of a child.
    fn wake(&self, bit: usize, blocks: &[Self]) {
        if let Some(top) = self.set_ready(bit, blocks) {
            blocks[0].parent.wake(top, || &blocks[1].parent);
        }
    }
}

impl Round {
    #[inline]
    fn is_over(&self) -> bool {
        self.children | self.blocks | self.top | self.later | self.sharer as u64 == 0
    }

    #[inline]
    fn next(&mut self, blocks: &[Block]) -> Option<usize> {
        if self.children == 0 && (self.is_over() || !self.next_children(blocks)) {
            return None;
        }
        Some(self.first_child + take_lowest(&mut self.children))
    }

    /// Takes a word of children out; whether there was one.
    fn next_children(&mut self, blocks: &[Block]) -> bool {
        let grouped = is_grouped(blocks.len());
        loop {
            let at = if grouped {
                let Some(at) = self.next_of_group(blocks) else { return false };
                at
            } else {
                if self.ends() {
                    return false;
                }
                self.next_sharer(blocks.len())
            };
            let ready = &blocks[at].ready;
            // Relaxed: only whoever set a bit of this round is due, and what came with that bit is visible.
            if ready.load(Ordering::Relaxed) != 0 {
                self.first_child = at * BLOCK;
                // Acquire: pairs with the Release in `set_ready`, of this wake and of those that stopped at it.
                self.children = ready.swap(0, Ordering::Acquire);
                return true;
            }
        }
    }

    fn next_of_group(&mut self, blocks: &[Block]) -> Option<usize> {
        while self.blocks == 0 {
            if self.ends() {
                return None;
            }
            let group = self.next_sharer(blocks.len().div_ceil(BLOCK));
            self.first_block = group * BLOCK;
            // Acquire: pairs with the Release in `set_ready`.
            self.blocks = blocks[group].group.swap(0, Ordering::Acquire);
        }
        Some(self.first_block + take_lowest(&mut self.blocks))
    }

    /// Whether no bit of the parent's word is left, nor of what comes after this round.
    #[inline]
    fn ends(&self) -> bool {
        self.sharer as u64 | self.top | self.later == 0
    }

    /// What the bits of the parent's word stand for: groups, or blocks.
    #[inline]
    fn next_sharer(&mut self, count: usize) -> usize {
        let mut sharer = self.sharer;
        if sharer == 0 {
            if self.top == 0 {
                self.top = core::mem::take(&mut self.later);
            }
            sharer = take_lowest(&mut self.top);
        }
        let next = sharer + Parent::BITS;
        self.sharer = if next < count { next } else { 0 };
        sharer
    }
}

/// Those of the parent's bits below which a word is set.
#[inline]
fn set_below(mut bits: u64, blocks: &[Block]) -> u64 {
    let grouped = is_grouped(blocks.len());
    // Groups lie in the first blocks.
    let blocks = if grouped { &blocks[..blocks.len().div_ceil(BLOCK)] } else { blocks };
    let mut set = 0;
    while bits != 0 {
        let bit = bits & bits.wrapping_neg();
        let mut at = take_lowest(&mut bits);
        while let Some(block) = blocks.get(at) {
            let word = if grouped { &block.group } else { &block.ready };
            // Relaxed: only wakes that are ordered before the rest are to be seen.
            if word.load(Ordering::Relaxed) != 0 {
                set |= bit;
            }
            at += Parent::BITS;
        }
    }
    set
}

/// Whether that many blocks need a level of groups below the parent's word.
fn is_grouped(blocks: usize) -> bool {
    blocks > Parent::BITS * SHARERS
}

/// The lowest `count` bits, at most all 64.
fn ones(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

fn take_lowest(word: &mut u64) -> usize {
    let lowest = word.trailing_zeros();
    *word &= *word - 1;
    lowest as usize
}

#[cfg(all(test, not(motet_loom)))]
mod tests;
