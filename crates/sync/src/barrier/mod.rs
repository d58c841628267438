//! A place where so many tasks wait for each other.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the four states and their transitions |
//! | `future` | waiting |
//! | `error` | a broken barrier, and one for nobody |

#![forbid(unsafe_code)]

mod error;
mod future;
#[cfg(all(test, motet_loom))]
mod model;
mod state;

pub use error::{Broken, ZeroParties};
pub use future::{BarrierWait, BarrierWaitOwned};

use crate::line::{Line, Place};
use core::fmt;
use core::time::Duration;
use future::Entry;
use motet_prim::lock::Mutex;
use state::{Notify, State};
use std::sync::Arc;
use std::time::Instant;

/// Lets so many tasks wait until all of them are there, again and again; `asyncio.Barrier`.
///
/// Use it where tasks work in rounds, and nobody may begin the next round before all have finished this one.
///
/// ```
/// use motet_sync::Barrier;
/// use std::sync::Arc;
///
/// let round = Arc::new(Barrier::new(2).expect("two is not zero"));
/// let theirs = round.clone();
/// let other = std::thread::spawn(move || theirs.wait_blocking().unwrap().index);
/// # motet_prim::park::block_on(async {
/// let mine = round.wait().await.unwrap().index;
/// assert_eq!(mine + other.join().unwrap(), 1);     // one has 0, the other has 1
/// # });
/// ```
///
/// # Fairness
///
/// Once all are there, they are woken in the order in which they came. A round is over when each of them has been polled
/// (or dropped): until then, who comes for the next round waits at the door.
///
/// # Complexity
///
/// To wait is O(1) and allocates, but for the last to arrive; who completes a round is O(n) in those it wakes.
pub struct Barrier {
    state: Mutex<State>,
    /// Those who have arrived.
    inside: Line,
    /// Those who come while the others leave.
    door: Line,
}

/// How one left a [`Barrier`] for which all had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BarrierTurn {
    /// Its number in this round: from 0 on, in the order in which they leave; each number once.
    pub index: usize,
    /// Whether it is the one that may do what is to be done once a round: the one with the number 0.
    pub is_leader: bool,
}

impl BarrierTurn {
    const fn new(index: usize) -> Self {
        Self { index, is_leader: index == 0 }
    }
}

impl Barrier {
    motet_prim::const_fn! {
        /// A barrier for so many parties.
        ///
        /// ```
        /// use motet_sync::{Barrier, ZeroParties};
        ///
        /// assert_eq!(Barrier::new(3).map(|barrier| barrier.parties()), Ok(3));
        /// assert_eq!(Barrier::new(0).err(), Some(ZeroParties));
        ///
        /// static PAIR: Result<Barrier, ZeroParties> = Barrier::new(2);
        /// assert!(PAIR.as_ref().is_ok_and(|pair| pair.waiting() == 0));
        /// ```
        ///
        /// # Errors
        ///
        /// If there are no parties: nobody could ever get past it.
        pub const fn new(parties: usize) -> Result<Self, ZeroParties> {
            if parties == 0 {
                return Err(ZeroParties);
            }
            Ok(Self { state: Mutex::new(State::new(parties)), inside: Line::new(), door: Line::new() })
        }
    }

    /// Waits until all parties are here; `Barrier.wait()`.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let alone = motet_sync::Barrier::new(1).unwrap();
    /// let turn = alone.wait().await.unwrap();
    /// assert!(turn.is_leader && turn.index == 0);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped while the others are awaited, it is counted out, and the barrier waits for one more. Dropped when
    /// all had come, it has left with them.
    ///
    /// # Fairness
    ///
    /// As the [barrier](Self#fairness): woken in the order of arrival, numbered in the order of leaving.
    ///
    /// # Errors
    ///
    /// [`Broken`], if the barrier is [reset](Self::reset) while this waits, or [aborted](Self::abort).
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait::new(self)
    }

    /// [`wait`](Self::wait) that keeps the barrier alive: for a future that is held on to, in a service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let pair = std::sync::Arc::new(motet_sync::Barrier::new(2).unwrap());
    /// let wait = pair.wait_owned();
    /// let other = std::thread::spawn(move || pair.wait_blocking().unwrap().index);
    /// assert_eq!(wait.await.unwrap().index + other.join().unwrap(), 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, like [`wait`](Self::wait).
    ///
    /// # Fairness
    ///
    /// The same line as [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn wait_owned(self: &Arc<Self>) -> BarrierWaitOwned {
        BarrierWaitOwned::new(self.clone())
    }

    /// Parks this thread until all parties are here: for threads beside the tasks. Both are parties alike.
    ///
    /// ```
    /// let alone = motet_sync::Barrier::new(1).unwrap();
    /// assert!(alone.wait_blocking().is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn wait_blocking(&self) -> Result<BarrierTurn, Broken> {
        let mut entry = Entry::of(self);
        Place::block(|| entry.advance().through(|spot| self.line(spot)))
    }

    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`.
    ///
    /// `None` if not all came in time: then it is counted out, and the barrier waits for one more. That does not break the barrier, as it does
    /// one of Python's `threading`: [`abort`](Self::abort) does.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pair = motet_sync::Barrier::new(2).unwrap();
    /// assert_eq!(pair.wait_blocking_for(Duration::from_millis(1)), None);
    /// assert_eq!((pair.waiting(), pair.is_broken()), (0, false));
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    #[doc(alias = "wait_timeout")]
    #[must_use = "it tells whether all came, or the time was up"]
    pub fn wait_blocking_for(&self, limit: Duration) -> Option<Result<BarrierTurn, Broken>> {
        let mut entry = Entry::of(self);
        let deadline = Instant::now().checked_add(limit);
        let through = Place::block_until(deadline, || entry.advance().through(|spot| self.line(spot)));
        through.or_else(|| entry.give_up())
    }

    /// Sends all who wait away with [`Broken`], and mends a broken barrier: it is empty again, and ready for the next round.
    /// With nobody inside, it only mends.
    ///
    /// ```
    /// let barrier = motet_sync::Barrier::new(2).unwrap();
    /// barrier.abort();
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// ```
    pub fn reset(&self) {
        let notify = self.state.lock().reset();
        self.notify(notify);
    }

    /// Breaks the barrier: all who wait, and all who come, get [`Broken`], until a [`reset`](Self::reset).
    ///
    /// For a party that finds that it will never come.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let barrier = motet_sync::Barrier::new(2).unwrap();
    /// barrier.abort();
    /// assert_eq!(barrier.wait().await, Err(motet_sync::Broken));
    /// # });
    /// ```
    pub fn abort(&self) {
        let notify = self.state.lock().abort();
        self.notify(notify);
    }

    /// For how many parties it is.
    ///
    /// ```
    /// assert_eq!(motet_sync::Barrier::new(3).unwrap().parties(), 3);
    /// ```
    #[must_use]
    pub fn parties(&self) -> usize {
        self.state.lock().parties()
    }

    /// How many parties are waiting for the others; `Barrier.n_waiting`. For reports: it may have changed when you read it.
    ///
    /// ```
    /// assert_eq!(motet_sync::Barrier::new(2).unwrap().waiting(), 0);
    /// ```
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.lock().waiting()
    }

    /// Whether it was aborted, and not reset since.
    ///
    /// ```
    /// let barrier = motet_sync::Barrier::new(3).unwrap();
    /// barrier.abort();
    /// assert!(barrier.is_broken());
    /// ```
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state.lock().is_broken()
    }

    /// With the lock released.
    fn notify(&self, notify: Notify) {
        if notify.inside {
            self.inside.notify_all();
        }
        if notify.door {
            self.door.notify_all();
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("state", &*self.state.lock()).finish_non_exhaustive()
    }
}
