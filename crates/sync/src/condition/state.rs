//! Who in line was notified, and is to be woken.
//!
//! ```text
//!   the line, oldest first:   [ all were notified: an older generation ]  [ owed: notified one by one ]  [ the others ]
//! ```
//!
//! Whoever notifies says here, in one step, whom it means, and then wakes them a batch at a time. Between two batches the line's lock is
//! free, and others may join, leave or notify: they find here what is under way, and finish it before they begin. So nobody is
//! notified twice while another goes without, and who joins meanwhile is not meant.
//!
//! - A generation ends with each `notify_all`; those who joined in an older one are released.
//! - `owed` counts those of this generation who were notified. It is more than zero only while nobody of an older one is in line.
//!   One of them who leaves passes its notification on: the count stays, as long as there are so many.

#[derive(Debug)]
pub(super) struct State {
    generation: u64,
    /// How many are in line.
    waiting: usize,
    /// How many of them were notified, and not granted yet.
    owed: usize,
    /// Whether some who were notified may be in line.
    under_way: bool,
}

/// How often all had been notified when a waiter joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Generation(u64);

/// What a waiter was told. Of the size of a generation, so that a waiter that carries both is built where it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Outcome {
    Waiting,
    /// The notification is for it alone.
    One,
    /// All were notified.
    All,
}

impl State {
    pub(super) const fn empty() -> Self {
        Self { generation: 0, waiting: 0, owed: 0, under_way: false }
    }

    /// By a waiter that queues.
    pub(super) fn join(&mut self) -> Generation {
        self.waiting += 1;
        Generation(self.generation)
    }

    /// By a waiter that leaves without a grant.
    pub(super) fn leave(&mut self) {
        self.waiting -= 1;
        self.owed = self.owed.min(self.waiting);
    }

    /// Means all who wait.
    pub(super) fn notify_all(&mut self) {
        self.generation += 1;
        self.owed = 0;
        self.under_way = true;
    }

    /// Means the oldest. Whom others have meant is granted already.
    pub(super) fn notify(&mut self, count: usize) {
        debug_assert_eq!(self.owed, 0, "a notification began before another had ended");
        self.owed = count.min(self.waiting);
        self.under_way = true;
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// The oldest waiter was told nothing, or nobody waits.
    pub(super) fn done(&mut self) {
        debug_assert_eq!(self.owed, 0, "one who was notified was left in line");
        self.under_way = false;
    }

    /// Says what the oldest waiter is told, which joined in `joined`. If that is anything, it leaves the line.
    pub(super) fn grant(&mut self, joined: Generation) -> Outcome {
        let outcome = match joined {
            Generation(joined) if joined != self.generation => Outcome::All,
            _ if self.owed > 0 => Outcome::One,
            _ => return Outcome::Waiting,
        };
        self.owed -= usize::from(outcome == Outcome::One);
        self.waiting -= 1;
        outcome
    }
}
