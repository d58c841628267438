//! A notification for one, stored if nobody waits for it; or for all who wait.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: the stored permit, whether somebody waits, the generation |
//! | `future` | waiting |

#![forbid(unsafe_code)]

mod future;
#[cfg(all(test, motet_loom))]
mod model;
mod state;

pub use future::{Notified, NotifiedOwned};

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use future::{Outcome, Ticket};
use motet_prim::park::{block_on, block_on_until};
use motet_prim::{Locked, WaitList, WakeBatch, Wakeup};
use state::{Generation, State};
use std::sync::Arc;
use std::time::Instant;

/// Tells one task, or all who wait, to look again; tokio's `Notify`.
///
/// Use it beside a state of your own: change the state, notify; the other side waits for the notification and looks at the
/// state. A notification that comes before the wait is not lost: one is stored.
///
/// ```
/// use motet_sync::{Lock, Notify};
///
/// static INBOX: Lock<Vec<u32>> = Lock::new(Vec::new());
/// static ARRIVED: Notify = Notify::new();
///
/// let sender = std::thread::spawn(|| {
///     INBOX.lock_blocking().push(7);
///     ARRIVED.notify_one();
/// });
/// # motet_prim::park::block_on(async {
/// let letter = loop {
///     if let Some(letter) = INBOX.lock().await.pop() {
///         break letter;
///     }
///     ARRIVED.notified().await;
/// };
/// assert_eq!(letter, 7);
/// # });
/// # sender.join().unwrap();
/// ```
///
/// # Fairness
///
/// FIFO: `notify_one` is for the oldest waiter, and nobody who comes later takes it away.
///
/// # Complexity
///
/// With nobody waiting, both ways to notify are one atomic read-modify-write. Waiting allocates nothing; joining and leaving
/// the line, from anywhere in it, is O(1).
pub struct Notify {
    state: State,
    line: WaitList<(), Ticket>,
}

impl Notify {
    motet_prim::const_fn! {
        /// A `Notify` with nothing stored.
        ///
        /// ```
        /// static ARRIVED: motet_sync::Notify = motet_sync::Notify::new();
        /// # let _ = &ARRIVED;
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            Self { state: State::idle(), line: WaitList::new(()) }
        }
    }

    /// Notifies the oldest who waits; if nobody does, the next [`notified`](Self::notified) returns at once. Notifications
    /// that nobody waits for do not add up: one is stored.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let arrived = motet_sync::Notify::new();
    /// arrived.notify_one();
    /// arrived.notified().await;
    /// # });
    /// ```
    pub fn notify_one(&self) {
        match self.state.notify_one() {
            state::Notified::Done => {}
            state::Notified::Waiters => self.notify_oldest(),
        }
    }

    #[cold]
    fn notify_oldest(&self) {
        let mut line = self.line.lock();
        let mut oldest = self.grant_oldest(&mut line);
        if oldest.is_none() && !line.is_empty(0) {
            oldest = self.grant_behind_released(&mut line);
        }
        self.note_if_empty(&line);
        if oldest.is_none() {
            // The waiter that we saw has left, or was released before; under the lock nobody queues, so the permit is stored.
            let stored = self.state.notify_one();
            debug_assert_eq!(stored, state::Notified::Done, "somebody queued without the lock");
        }
        drop(line);
        if let Some(wakeup) = oldest {
            wakeup.wake();
        }
    }

    /// Under the line's lock: a notification for the oldest, unless that is released, or nobody waits.
    fn grant_oldest(&self, line: &mut Locked<'_, (), Ticket>) -> Option<Wakeup> {
        line.grant_front_if(0, |(), ticket| {
            let granted = !self.is_released(ticket);
            if granted {
                ticket.outcome = Outcome::One;
            }
            granted
        })
    }

    /// A `notify_all` wakes a batch at a time, without the lock. Whoever comes to the line meanwhile does it for those who are left, so
    /// that none of them takes another's notification.
    #[cold]
    fn grant_behind_released(&self, line: &mut Locked<'_, (), Ticket>) -> Option<Wakeup> {
        let mut wakes = WakeBatch::new();
        loop {
            self.grant_released(line, &mut wakes);
            line.flush(&mut wakes);
            // Without the lock meanwhile: all may have been notified once more.
            let oldest = self.grant_oldest(line);
            if oldest.is_some() || line.is_empty(0) {
                return oldest;
            }
        }
    }

    /// Under the line's lock: grants to those in front who are released.
    fn grant_released(&self, line: &mut Locked<'_, (), Ticket>, wakes: &mut WakeBatch) {
        line.grant_while(0, wakes, |(), ticket| {
            let granted = self.is_released(ticket);
            if granted {
                ticket.outcome = Outcome::All;
            }
            granted
        });
    }

    /// Whether all were notified since it began. Asked for each of them: who joins while a batch is woken is not meant, unless all are
    /// notified once more.
    fn is_released(&self, ticket: &Ticket) -> bool {
        ticket.since != self.generation()
    }

    /// Notifies all who wait: each [`notified`](Self::notified) that was called before this, polled or not. Stores nothing.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let arrived = motet_sync::Notify::new();
    /// let (one, two) = (arrived.notified(), arrived.notified());
    /// arrived.notify_all();
    /// one.await;
    /// two.await;
    /// # });
    /// ```
    pub fn notify_all(&self) {
        match self.state.notify_all() {
            state::Notified::Done => {}
            state::Notified::Waiters => self.release(),
        }
    }

    #[cold]
    fn release(&self) {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        self.state.begin_generation();
        self.grant_released(&mut line, &mut wakes);
        self.note_if_empty(&line);
        drop(line);
        wakes.wake_all();
    }

    /// Waits for a notification: one that is stored, the next [`notify_one`](Self::notify_one) that is for it, or any
    /// [`notify_all`](Self::notify_all) from now on, even before the first poll.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let arrived = motet_sync::Notify::new();
    /// let notified = arrived.notified();          // look at the state after this, and nothing is missed
    /// arrived.notify_all();
    /// notified.await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; a `notify_one` that was for it goes to the next, or is stored.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on.
    pub fn notified(&self) -> Notified<'_> {
        Notified::new(self)
    }

    /// [`notified`](Self::notified) that keeps the `Notify` alive: for a future that is held on to, in a service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let arrived = std::sync::Arc::new(motet_sync::Notify::new());
    /// let notified = arrived.notified_owned();
    /// std::thread::spawn(move || arrived.notify_one());
    /// notified.await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As [`notified`](Self::notified).
    ///
    /// # Fairness
    ///
    /// The same line as [`notified`](Self::notified).
    pub fn notified_owned(self: &Arc<Self>) -> NotifiedOwned {
        NotifiedOwned::new(self.clone())
    }

    /// Parks this thread until a notification comes: for threads beside the tasks. Both wait in one line.
    ///
    /// ```
    /// let arrived = motet_sync::Notify::new();
    /// arrived.notify_one();
    /// arrived.notified_blocking();
    /// ```
    pub fn notified_blocking(&self) {
        block_on(self.notified());
    }

    /// [`notified_blocking`](Self::notified_blocking), but not for longer than `limit`: whether a notification came in time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let arrived = motet_sync::Notify::new();
    /// assert!(!arrived.notified_blocking_for(Duration::from_millis(1)));
    /// arrived.notify_one();
    /// assert!(arrived.notified_blocking_for(Duration::MAX));
    /// ```
    #[doc(alias = "wait_timeout")]
    #[must_use = "it tells whether a notification came, or the time was up"]
    pub fn notified_blocking_for(&self, limit: Duration) -> bool {
        block_on_until(pin!(self.notified()), Instant::now().checked_add(limit)).is_some()
    }

    /// Under the line's lock.
    fn note_if_empty(&self, line: &Locked<'_, (), Ticket>) {
        if line.is_empty(0) {
            self.state.nobody_waits();
        }
    }

    fn generation(&self) -> Generation {
        self.state.generation()
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}
