//! A flag that many can wait for.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: the flag, whether somebody waits, and how often it was set |
//! | `future` | waiting |

#![forbid(unsafe_code)]

mod future;
#[cfg(all(test, motet_loom))]
mod model;
mod state;

pub use future::{EventWait, EventWaitOwned};

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use future::Ticket;
use motet_prim::park::{block_on, block_on_until};
use motet_prim::{Locked, WaitList, WakeBatch};
use state::{Set, State};
use std::sync::Arc;
use std::time::Instant;

/// A flag that is set or clear, and that any number of tasks and threads can wait for; `asyncio.Event`.
///
/// Use it for what happens once, or turns on and off: "connected", "shut down", "not paused".
///
/// ```
/// use motet_sync::Event;
///
/// static READY: Event = Event::new();
///
/// let waiting = std::thread::spawn(|| READY.wait_blocking());
/// READY.set();
/// waiting.join().unwrap();
/// # motet_prim::park::block_on(async {
/// READY.wait().await;                        // still set: returns at once
/// # });
/// ```
///
/// # Fairness
///
/// `set` wakes all who wait, the oldest first.
///
/// # Complexity
///
/// `is_set`, `wait` on an event that is set, and `set` and `clear` while nobody waits are one or two atomic operations, and
/// touch no lock. `set` is O(n) in those who wait; their tasks are woken with no lock held. Waiting allocates nothing;
/// joining and leaving the line, from anywhere in it, is O(1).
pub struct Event {
    state: State,
    line: WaitList<(), Ticket>,
}

impl Event {
    motet_prim::const_fn! {
        /// An event that is clear.
        ///
        /// ```
        /// assert!(!motet_sync::Event::new().is_set());
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            Self { state: State::clear(), line: WaitList::new(()) }
        }
    }

    /// Whether it is set. What was done before the `set` is visible to whoever sees it.
    ///
    /// ```
    /// let ready = motet_sync::Event::new();
    /// ready.set();
    /// assert!(ready.is_set());
    /// ```
    #[must_use]
    #[inline]
    pub fn is_set(&self) -> bool {
        self.state.is_set()
    }

    /// Sets it, and releases all who wait: each of them completes, even if [`clear`](Self::clear) follows at once.
    ///
    /// ```
    /// let ready = motet_sync::Event::new();
    /// ready.set();
    /// ready.set();                              // once set, again is nothing
    /// assert!(ready.is_set());
    /// ```
    pub fn set(&self) {
        match self.state.set() {
            Set::Done => {}
            Set::Release => self.release(),
        }
    }

    #[cold]
    fn release(&self) {
        let mut wakes = WakeBatch::new();
        let mut line = self.line.lock();
        // Those who join while a full batch is woken found it clear again, and are not meant: they have the generation that is
        // clear now. It is asked for each of them, for it may be set, and cleared, once more meanwhile.
        line.grant_while(0, &mut wakes, |(), ticket| *ticket != self.state.generation());
        self.note_if_empty(&line);
        drop(line);
        wakes.wake_all();
    }

    /// Under the line's lock.
    fn note_if_empty(&self, line: &Locked<'_, (), Ticket>) {
        if line.is_empty(0) {
            self.state.nobody_waits();
        }
    }

    /// Clears it: who waits from now on waits for the next [`set`](Self::set).
    ///
    /// ```
    /// let ready = motet_sync::Event::new();
    /// ready.set();
    /// ready.clear();
    /// assert!(!ready.is_set());
    /// ```
    pub fn clear(&self) {
        self.state.unset();
    }

    /// Waits until it is set.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let ready = motet_sync::Event::new();
    /// ready.set();
    /// ready.wait().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// All who wait are released at once, the oldest is woken first.
    #[inline]
    pub fn wait(&self) -> EventWait<'_> {
        EventWait::new(self)
    }

    /// [`wait`](Self::wait) that keeps the event alive: for a future that is held on to, in a service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let ready = std::sync::Arc::new(motet_sync::Event::new());
    /// let wait = ready.wait_owned();
    /// std::thread::spawn(move || ready.set());
    /// wait.await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing happened.
    ///
    /// # Fairness
    ///
    /// The same line as [`wait`](Self::wait).
    pub fn wait_owned(self: &Arc<Self>) -> EventWaitOwned {
        EventWaitOwned::new(self.clone())
    }

    /// Parks this thread until it is set: for threads beside the tasks.
    ///
    /// ```
    /// let ready = motet_sync::Event::new();
    /// ready.set();
    /// ready.wait_blocking();
    /// ```
    pub fn wait_blocking(&self) {
        if !self.is_set() {
            block_on(self.wait());
        }
    }

    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`: whether it was released in time. `threading.Event.wait(timeout)`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let done = motet_sync::Event::new();
    /// assert!(!done.wait_blocking_for(Duration::from_millis(1)));
    /// done.set();
    /// assert!(done.wait_blocking_for(Duration::MAX));
    /// ```
    #[doc(alias = "wait_timeout")]
    #[must_use = "it tells whether the event was set, or the time was up"]
    pub fn wait_blocking_for(&self, limit: Duration) -> bool {
        block_on_until(pin!(self.wait()), Instant::now().checked_add(limit)).is_some()
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("is_set", &self.is_set()).finish_non_exhaustive()
    }
}
