//! Waits of threads that have only so long.

use core::future::poll_fn;
use core::pin::pin;
use core::time::Duration;
use motet_prim::park::{block_on, block_on_until};
use std::time::Instant;

use super::future::Wait;
use super::{Condition, ConditionGuard};

impl Condition {
    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`: the guard, and whether it was notified in time.
    /// `threading.Condition.wait(timeout)`.
    ///
    /// The limit is for the notification. The lock is waited for as long as it takes: without it there were nothing to return.
    ///
    /// ```
    /// use motet_sync::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// let (ready, changed) = (Lock::new(false), Condition::new());
    /// let (ready, is_notified) = changed.wait_blocking_for(ready.lock_blocking(), Duration::from_millis(1));
    /// assert!(!*ready && !is_notified);
    /// ```
    #[doc(alias = "wait_timeout")]
    #[must_use = "it holds the lock, and tells whether a notification came, or the time was up"]
    #[track_caller]
    pub fn wait_blocking_for<G: ConditionGuard>(&self, guard: G, limit: Duration) -> (G, bool) {
        self.wait_until(guard, Instant::now().checked_add(limit))
    }

    /// [`wait_while_blocking`](Self::wait_while_blocking), but not for longer than `limit`: the guard, and whether the predicate holds no
    /// more. `threading.Condition.wait_for(predicate, timeout)`, the other way round.
    ///
    /// When the time is up it looks once more. The lock is waited for as long as it takes.
    ///
    /// ```
    /// use motet_sync::{Condition, Lock};
    /// use std::time::Duration;
    ///
    /// static BUFFER: Lock<Vec<u32>> = Lock::new(Vec::new());
    /// static FILLED: Condition = Condition::new();
    ///
    /// let producer = std::thread::spawn(|| {
    ///     BUFFER.lock_blocking().push(7);
    ///     FILLED.notify(1);
    /// });
    /// let limit = Duration::from_secs(60);
    /// let (mut buffer, is_filled) = FILLED.wait_while_blocking_for(BUFFER.lock_blocking(), |buffer| buffer.is_empty(), limit);
    /// assert_eq!((is_filled, buffer.pop()), (true, Some(7)));
    /// # producer.join().unwrap();
    /// ```
    #[doc(alias = "wait_timeout_while")]
    #[must_use = "it holds the lock, and tells whether what it waited for is there, or the time was up"]
    #[track_caller]
    pub fn wait_while_blocking_for<G, P>(&self, mut guard: G, mut predicate: P, limit: Duration) -> (G, bool)
    where
        G: ConditionGuard,
        P: FnMut(&mut G::Target) -> bool,
    {
        let deadline = Instant::now().checked_add(limit);
        let mut has_time = true;
        while predicate(&mut guard) {
            if !has_time {
                return (guard, false);
            }
            (guard, has_time) = self.wait_until(guard, deadline);
        }
        (guard, true)
    }

    #[track_caller]
    fn wait_until<G: ConditionGuard>(&self, guard: G, deadline: Option<Instant>) -> (G, bool) {
        let mut wait = pin!(Wait::new(self, guard));
        let notified = pin!(poll_fn(|cx| wait.as_mut().poll_notified(cx)));
        let is_notified = block_on_until(notified, deadline).is_some() || wait.as_mut().give_up();
        (block_on(wait), is_notified)
    }
}
