//! Waiting, without the lock, until somebody who has changed what the lock guards says so.
//!
//! ```text
//!             first poll: joins the line, then unlocks      notify (under the line's lock)
//!   Holding ──────────────────────────────────────▶ In line ──────────────────────────────▶ Notified
//!      │ dropped: unlocks                              │ dropped: leaves                      │ next poll: joins the lock's line
//!      ▼                                               ▼                                      ▼
//!    gone                                            gone                                 Relocking ──▶ the guard
//!                                                                                             │ dropped
//!   Notified or Relocking, dropped: without the lock; a notification that was for it alone    ▼
//!   goes to the next                                                                        gone
//! ```
//!
//! The race to fear is a notification between the unlock and the wait. There is none: the waiter is in line before it unlocks,
//! and whoever changes the state for it must lock first. Who in line was notified, and by which notification: `state.rs`.

#![forbid(unsafe_code)]

mod future;
mod guard;
#[cfg(all(test, motet_loom))]
mod model;
mod state;
mod timed;
mod whilst;

pub use future::{ConditionWait, ConditionWaitOwned};
pub use guard::ConditionGuard;
pub use whilst::{ConditionWaitWhile, ConditionWaitWhileOwned};

use core::fmt;
use future::{Ticket, Wait};
use motet_prim::park::block_on;
use motet_prim::{Locked, WaitList, WakeBatch};
use state::{Outcome, State};
use std::sync::Arc;
use whilst::WaitWhile;

/// Lets the holder of a [`Lock`](crate::Lock) wait until another has changed what it guards; `asyncio.Condition`.
///
/// Use it where a task needs the value to be in some state: an item in the buffer, room for one more. Change the value under
/// the lock, notify, release.
///
/// One `Condition` may serve several locks, and one lock several conditions.
///
/// ```
/// use motet_sync::{Condition, Lock};
///
/// static BUFFER: Lock<Vec<u32>> = Lock::new(Vec::new());
/// static FILLED: Condition = Condition::new();
///
/// let producer = std::thread::spawn(|| {
///     BUFFER.lock_blocking().push(7);
///     FILLED.notify(1);
/// });
/// # motet_prim::park::block_on(async {
/// let guard = BUFFER.lock().await;
/// let mut guard = FILLED.wait_while(guard, |buffer| buffer.is_empty()).await;
/// assert_eq!(guard.pop(), Some(7));
/// # });
/// # producer.join().unwrap();
/// ```
///
/// # Fairness
///
/// FIFO: notifications go to the oldest, who are woken in order. They join the lock's line in the order in which they are then polled,
/// which with several workers may be another: so one whose task is busy elsewhere holds up nobody while the lock is free.
///
/// # Complexity
///
/// To wait is O(1) and allocates nothing; to notify is O(n) in those it wakes, with no lock held.
pub struct Condition {
    line: WaitList<State, Ticket>,
}

impl Condition {
    motet_prim::const_fn! {
        /// A condition that nobody waits for.
        ///
        /// ```
        /// static FILLED: motet_sync::Condition = motet_sync::Condition::new();
        /// # FILLED.notify_all();
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            Self { line: WaitList::new(State::empty()) }
        }
    }

    /// Releases the lock, waits for a notification, and locks again; `Condition.wait()`.
    ///
    /// The guard is a [`LockGuard`](crate::LockGuard), or an [`OwnedLockGuard`](crate::OwnedLockGuard), which keeps the lock alive meanwhile.
    ///
    /// The lock is held until the first poll. When it is back, look at the value again: a notification may have been meant
    /// for a state that has passed. [`wait_while`](Self::wait_while) does that.
    ///
    /// ```
    /// # use motet_sync::{Condition, Lock};
    /// # static READY: Lock<bool> = Lock::new(false);
    /// # static CHANGED: Condition = Condition::new();
    /// # let other = std::thread::spawn(|| {
    /// #     *READY.lock_blocking() = true;
    /// #     CHANGED.notify_all();
    /// # });
    /// # motet_prim::park::block_on(async {
    /// let mut ready = READY.lock().await;
    /// while !*ready {
    ///     ready = CHANGED.wait(ready).await;
    /// }
    /// assert!(*ready);
    /// # });
    /// # other.join().unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses the lock: it consumed the guard, and dropped at any time it leaves you without it, under a timeout too: lock
    /// again. A notification that was for it goes to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on.
    #[track_caller]
    pub fn wait<G: ConditionGuard>(&self, guard: G) -> ConditionWait<'_, G> {
        ConditionWait { wait: Wait::new(self, guard) }
    }

    /// Waits as long as `predicate` holds for the value; `Condition.wait_for()`, the other way round. Returns at once if it does
    /// not hold now.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// use motet_sync::{Condition, Lock};
    ///
    /// let (count, changed) = (Lock::new(1), Condition::new());
    /// let count = changed.wait_while(count.lock().await, |count| *count == 0).await;
    /// assert_eq!(*count, 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, like [`wait`](Self::wait).
    ///
    /// # Fairness
    ///
    /// FIFO at each notification; one that finds the predicate true still goes to the end of the line.
    #[track_caller]
    pub fn wait_while<G, P>(&self, guard: G, predicate: P) -> ConditionWaitWhile<'_, G, P>
    where
        G: ConditionGuard,
        P: FnMut(&mut G::Target) -> bool,
    {
        ConditionWaitWhile { waits: WaitWhile::new(self, guard, predicate) }
    }

    /// [`wait`](Self::wait) that keeps the condition alive, and with an owned guard the lock: for a future that is held on to, in a service
    /// or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// use motet_sync::{Condition, Lock};
    /// use std::sync::Arc;
    ///
    /// let (ready, changed) = (Arc::new(Lock::new(false)), Arc::new(Condition::new()));
    /// let wait = changed.wait_owned(ready.lock_owned().await);
    /// std::thread::spawn(move || {
    ///     *ready.lock_blocking() = true;        // once the wait has begun, and so unlocked
    ///     changed.notify(1);
    /// });
    /// assert!(*wait.await);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, like [`wait`](Self::wait).
    ///
    /// # Fairness
    ///
    /// The same line as [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_owned<G: ConditionGuard>(self: &Arc<Self>, guard: G) -> ConditionWaitOwned<G> {
        ConditionWaitOwned { wait: Wait::new(self.clone(), guard) }
    }

    /// [`wait_while`](Self::wait_while) that keeps the condition alive, like [`wait_owned`](Self::wait_owned).
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// use motet_sync::{Condition, Lock};
    /// use std::sync::Arc;
    ///
    /// let (count, changed) = (Arc::new(Lock::new(1)), Arc::new(Condition::new()));
    /// let count = changed.wait_while_owned(count.lock_owned().await, |count| *count == 0).await;
    /// assert_eq!(*count, 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, like [`wait`](Self::wait).
    ///
    /// # Fairness
    ///
    /// As [`wait_while`](Self::wait_while).
    #[track_caller]
    pub fn wait_while_owned<G, P>(self: &Arc<Self>, guard: G, predicate: P) -> ConditionWaitWhileOwned<G, P>
    where
        G: ConditionGuard,
        P: FnMut(&mut G::Target) -> bool,
    {
        ConditionWaitWhileOwned { waits: WaitWhile::new(self.clone(), guard, predicate) }
    }

    /// [`wait`](Self::wait) that parks this thread: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// use motet_sync::{Condition, Lock};
    ///
    /// static READY: Lock<bool> = Lock::new(false);
    /// static CHANGED: Condition = Condition::new();
    ///
    /// let ready = READY.lock_blocking();
    /// let other = std::thread::spawn(|| {
    ///     *READY.lock_blocking() = true;
    ///     CHANGED.notify(1);
    /// });
    /// assert!(*CHANGED.wait_blocking(ready));
    /// # other.join().unwrap();
    /// ```
    #[track_caller]
    pub fn wait_blocking<G: ConditionGuard>(&self, guard: G) -> G {
        block_on(self.wait(guard))
    }

    /// [`wait_while`](Self::wait_while) that parks this thread: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// use motet_sync::{Condition, Lock};
    ///
    /// static BUFFER: Lock<Vec<u32>> = Lock::new(Vec::new());
    /// static FILLED: Condition = Condition::new();
    ///
    /// let producer = std::thread::spawn(|| {
    ///     BUFFER.lock_blocking().push(7);
    ///     FILLED.notify(1);
    /// });
    /// let mut buffer = FILLED.wait_while_blocking(BUFFER.lock_blocking(), |buffer| buffer.is_empty());
    /// assert_eq!(buffer.pop(), Some(7));
    /// # producer.join().unwrap();
    /// ```
    #[track_caller]
    pub fn wait_while_blocking<G, P>(&self, guard: G, predicate: P) -> G
    where
        G: ConditionGuard,
        P: FnMut(&mut G::Target) -> bool,
    {
        block_on(self.wait_while(guard, predicate))
    }

    /// Wakes the `count` oldest who wait, or all if they are fewer; `Condition.notify(n)`.
    ///
    /// Change the value under its lock before. The lock need not be held any more, though with it held the order of those who
    /// are woken, and of those who come meanwhile, is plain to see.
    ///
    /// ```
    /// motet_sync::Condition::new().notify(1);      // nobody waits: nothing is stored
    /// ```
    pub fn notify(&self, count: usize) {
        self.release(|line| line.notify(count));
    }

    /// Wakes all who wait.
    ///
    /// ```
    /// motet_sync::Condition::new().notify_all();
    /// ```
    pub fn notify_all(&self) {
        self.release(State::notify_all);
    }

    fn release(&self, notify: impl FnOnce(&mut State)) {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        if line.is_under_way() {
            // First what others have begun.
            Self::grant(&mut line, &mut wakes);
        }
        notify(&mut line);
        Self::grant(&mut line, &mut wakes);
        drop(line);
        wakes.wake_all();
    }

    /// Under the line's lock: grants to the oldest, as long as they were notified.
    fn grant(line: &mut Locked<'_, State, Ticket>, wakes: &mut WakeBatch) {
        line.grant_while(0, wakes, |state, ticket| {
            ticket.outcome = state.grant(ticket.joined);
            ticket.outcome != Outcome::Waiting
        });
        line.done();
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}
