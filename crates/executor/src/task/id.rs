//! Numbers for tasks, without a counter that every spawn fights for.

use core::fmt;
use motet_prim::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

/// A number that no other task of this process has.
///
/// Numbers say nothing about the order of spawns: each thread takes a block of them at a time. They begin anew after 2⁴⁸ tasks.
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::new();
/// let (a, b) = (executor.spawn(async {}), executor.spawn(async {}));
/// assert_ne!(a.id(), b.id());
/// # a.detach();
/// # b.detach();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

/// How many numbers a thread takes from the common counter at once.
const BLOCK: u64 = 1 << 10;

/// So many numbers there are.
const LIMIT: u64 = 1 << 48;

motet_prim::thread_local! {
    /// The next number of this thread's block; at a multiple of the block's size it is used up.
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

impl TaskId {
    /// A number that was not given before.
    pub(crate) fn next() -> Self {
        let next = NEXT.try_with(|next| {
            let id = if next.get() % BLOCK == 0 { take_block() } else { next.get() };
            next.set(id + 1);
            id
        });
        // A thread that is being torn down takes a block for one task.
        Self(next.unwrap_or_else(|_| take_block()))
    }
}

motet_prim::global! {
    static BLOCKS: AtomicU64 = AtomicU64::new(0);
}

/// The first number of a fresh block; never a multiple of the block's size, and never zero.
fn take_block() -> u64 {
    // Relaxed: only that each block is taken once counts.
    BLOCKS.fetch_add(1, Ordering::Relaxed) % (LIMIT / BLOCK) * BLOCK + 1
}

/// A number in the six bytes that a task's record has for it.
#[derive(Clone, Copy)]
pub(super) struct PackedId([u16; 3]);

impl TaskId {
    /// For a record.
    #[expect(clippy::cast_possible_truncation, reason = "numbers have 48 bits")]
    pub(super) fn pack(self) -> PackedId {
        PackedId([self.0 as u16, (self.0 >> 16) as u16, (self.0 >> 32) as u16])
    }
}

impl PackedId {
    /// The number.
    pub(super) fn unpack(self) -> TaskId {
        let [low, middle, high] = self.0.map(u64::from);
        TaskId(high << 32 | middle << 16 | low)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
