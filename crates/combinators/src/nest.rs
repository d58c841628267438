//! Frames of our own: what children hand over as they are polled or dropped, told apart by child.

use core::mem::needs_drop;
use motet_cancel::frame::{self, Polls};

pub(crate) use motet_cancel::frame::{Nest, alone};

/// What the children of a combinator leave, each beside the others'.
///
/// Nothing is done for children of which none needs a drop. Such a child holds nothing from one poll to the next: what it leaves, it has made in that
/// very poll, and that waits for nothing that a sibling left before.
pub(crate) struct Siblings(frame::Siblings);

/// A poll of the combinator: dropped, it ends.
#[must_use = "dropped, it ends the poll"]
pub(crate) struct Round<'a>(Option<Polls<'a>>);

impl Siblings {
    pub(crate) const fn new() -> Self {
        Self(frame::Siblings::new())
    }

    /// Begins a poll of children of which one at least needs a drop, or none does.
    #[inline]
    pub(crate) fn begin(&mut self, needs_drop: bool) -> Round<'_> {
        Round(needs_drop.then(|| self.0.begin()))
    }

    /// Runs what drops a child.
    #[inline]
    pub(crate) fn alone<R>(&mut self, child: usize, drop: impl FnOnce() -> R) -> R {
        self.0.alone(child, drop)
    }
}

impl Round<'_> {
    /// From now on this child is polled.
    #[inline]
    pub(crate) fn child(&self, child: usize) {
        if self.0.is_some() {
            frame::Siblings::child(child);
        }
    }
}

/// From now on this child is polled, one of many of its kind.
#[inline]
pub(crate) fn child<F>(child: usize) {
    if needs_drop::<F>() {
        frame::Siblings::child(child);
    }
}
