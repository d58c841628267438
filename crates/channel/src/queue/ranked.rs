//! A rank for what has no order of its own.

use core::cmp::Ordering;

/// An item with a priority, ordered by the priority alone: for a [`PriorityQueue`](crate::PriorityQueue) of items that
/// have no order.
///
/// asyncio's docs propose a tuple or a `@dataclass(order=True)` for this.
///
/// ```
/// use motet_channel::{PriorityQueue, Ranked};
///
/// let queue = PriorityQueue::unbounded();
/// for (priority, item) in [(2, "tidy up"), (1, "cook"), (1, "eat")] {
///     queue.try_put(Ranked::new(priority, item)).unwrap();
/// }
/// let order: Vec<_> = std::iter::from_fn(|| queue.try_get().ok()).map(|ranked| ranked.item).collect();
/// assert_eq!(order, ["cook", "eat", "tidy up"]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Ranked<P, T> {
    /// The smallest comes first; `core::cmp::Reverse` turns that round.
    pub priority: P,
    /// What is ranked; it takes no part in comparisons.
    pub item: T,
}

impl<P, T> Ranked<P, T> {
    /// Ranks an item.
    pub const fn new(priority: P, item: T) -> Self {
        Self { priority, item }
    }
}

impl<P: PartialEq, T> PartialEq for Ranked<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.priority == other.priority
    }
}

impl<P: Eq, T> Eq for Ranked<P, T> {}

impl<P: PartialOrd, T> PartialOrd for Ranked<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.priority.partial_cmp(&other.priority)
    }
}

impl<P: Ord, T> Ord for Ranked<P, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}
