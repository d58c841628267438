//! Waiting until nobody is left of those who joined.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | the word: how many there are, and how often there was none |

#![forbid(unsafe_code)]

#[cfg(all(test, motet_loom))]
mod model;
mod state;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use crate::line::{Lead, Line, Look, Place};
use state::{Done, Generation, State};

/// Counts those who are at work, and lets others wait until all are done; Go's `sync.WaitGroup`.
///
/// Each who is at work holds a [`WaitMember`], and is done when that is dropped, panics and cancels included: a wait is never
/// in vain. A group may be used again and again.
///
/// ```
/// use motet_sync::WaitGroup;
/// use std::sync::Arc;
///
/// let group = Arc::new(WaitGroup::new());
/// for _ in 0..3 {
///     let member = group.add_owned();
///     std::thread::spawn(move || drop(member));
/// }
/// # motet_prim::park::block_on(async {
/// group.wait().await;
/// assert_eq!(group.members(), 0);
/// # });
/// ```
///
/// # Fairness
///
/// All who wait are released at once, the oldest is woken first.
///
/// # Complexity
///
/// To join and to be done are one atomic read-modify-write; the last to be done is O(n) in those it wakes. A wait that has to
/// wait allocates.
pub struct WaitGroup {
    state: State,
    line: Line,
}

impl WaitGroup {
    motet_prim::const_fn! {
        /// A group without members.
        ///
        /// ```
        /// assert_eq!(motet_sync::WaitGroup::new().members(), 0);
        /// ```
        #[must_use]
        pub const fn new() -> Self {
            Self { state: State::empty(), line: Line::new() }
        }
    }

    /// Adds a member, which is done when it is dropped.
    ///
    /// ```
    /// let group = motet_sync::WaitGroup::new();
    /// let member = group.add();
    /// assert_eq!(group.members(), 1);
    /// drop(member);
    /// group.wait_blocking();
    /// ```
    ///
    /// # Panics
    ///
    /// If there are 4,294,967,295 members already.
    #[track_caller]
    pub fn add(&self) -> WaitMember<'_> {
        self.join();
        WaitMember(self)
    }

    /// [`add`](Self::add) with a member that keeps the group alive and may move into another task.
    ///
    /// ```
    /// let group = std::sync::Arc::new(motet_sync::WaitGroup::new());
    /// let member = group.add_owned();
    /// std::thread::spawn(move || drop(member));
    /// group.wait_blocking();
    /// ```
    ///
    /// # Panics
    ///
    /// As [`add`](Self::add).
    #[track_caller]
    pub fn add_owned(self: &Arc<Self>) -> OwnedWaitMember {
        self.join();
        OwnedWaitMember(self.clone())
    }

    /// How many members there are. For reports: it may have changed when you read it.
    ///
    /// ```
    /// let group = motet_sync::WaitGroup::new();
    /// let (one, two) = (group.add(), group.add());
    /// assert_eq!(group.members(), 2);
    /// # drop((one, two));
    /// ```
    #[must_use]
    pub fn members(&self) -> usize {
        usize::try_from(self.state.members()).unwrap_or(usize::MAX)
    }

    /// Waits until no member is left. Once that was so it is ready, even if members are added at once.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// motet_sync::WaitGroup::new().wait().await;
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
    pub fn wait(&self) -> WaitGroupWait<'_> {
        WaitGroupWait { group: self, seen: None, place: Place::new() }
    }

    /// [`wait`](Self::wait) that keeps the group alive: for a future that is held on to, in a service or in a task.
    ///
    /// ```
    /// # motet_prim::park::block_on(async {
    /// let group = std::sync::Arc::new(motet_sync::WaitGroup::new());
    /// let (member, wait) = (group.add_owned(), group.wait_owned());
    /// std::thread::spawn(move || drop(member));
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
    pub fn wait_owned(self: &Arc<Self>) -> WaitGroupWaitOwned {
        WaitGroupWaitOwned { group: self.clone(), seen: None, place: Place::new() }
    }

    /// Parks this thread until no member is left: for threads beside the tasks.
    ///
    /// ```
    /// motet_sync::WaitGroup::new().wait_blocking();
    /// ```
    pub fn wait_blocking(&self) {
        if let Some(seen) = self.state.running() {
            Place::block(|| self.look(seen));
        }
    }

    /// [`wait_blocking`](Self::wait_blocking), but not for longer than `limit`: whether no member was left in time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let group = motet_sync::WaitGroup::new();
    /// let member = group.add();
    /// assert!(!group.wait_blocking_for(Duration::from_millis(1)));
    /// drop(member);
    /// assert!(group.wait_blocking_for(Duration::MAX));
    /// ```
    #[doc(alias = "wait_timeout")]
    #[must_use = "it tells whether all were done, or the time was up"]
    pub fn wait_blocking_for(&self, limit: Duration) -> bool {
        let deadline = Instant::now().checked_add(limit);
        self.state.running().is_none_or(|seen| Place::block_until(deadline, || self.look(seen)).is_some())
    }

    fn look(&self, seen: Generation) -> Look<&Line, ()> {
        if self.state.is_over(seen) { Look::Ready(()) } else { Look::Wait(&self.line) }
    }

    #[track_caller]
    fn join(&self) {
        assert!(self.state.add(), "a wait group has room for 4,294,967,295 members at a time");
    }

    fn done(&self) {
        match self.state.done() {
            Done::OthersAreLeft => {}
            Done::Release => self.line.notify_all(),
        }
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").field("members", &self.members()).finish_non_exhaustive()
    }
}

/// A member of a [`WaitGroup`]: done when it is dropped; made by [`WaitGroup::add`].
#[must_use = "dropped at once, it is done at once; `let _member = …` keeps it"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct WaitMember<'a>(&'a WaitGroup);

impl Drop for WaitMember<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

/// A member of a [`WaitGroup`] that keeps the group alive; made by [`WaitGroup::add_owned`].
#[must_use = "dropped at once, it is done at once; `let _member = …` keeps it"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct OwnedWaitMember(Arc<WaitGroup>);

impl Drop for OwnedWaitMember {
    fn drop(&mut self) {
        self.0.done();
    }
}

/// Waits until no member of a [`WaitGroup`] is left; made by [`WaitGroup::wait`].
///
/// # Cancel safety
///
/// Cancel safe, see [`WaitGroup::wait`].
///
/// # Fairness
///
/// All who wait are released at once, the oldest is woken first.
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitGroupWait<'a> {
    group: &'a WaitGroup,
    /// What it waits for the end of, from the first poll on.
    seen: Option<Generation>,
    place: Place<&'a Line>,
}

impl Future for WaitGroupWait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let group = self.group;
        if self.seen.is_none() {
            self.seen = group.state.running();
        }
        match self.seen {
            None => Poll::Ready(()),
            Some(seen) => self.place.poll(cx, || group.look(seen)),
        }
    }
}

impl fmt::Debug for WaitGroupWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroupWait").field("place", &self.place).finish()
    }
}

impl Lead for Arc<WaitGroup> {
    fn line(&self) -> &Line {
        &self.line
    }
}

/// Waits through an `Arc` until no member of a [`WaitGroup`] is left; made by [`WaitGroup::wait_owned`].
///
/// # Cancel safety
///
/// Cancel safe, see [`WaitGroup::wait`].
///
/// # Fairness
///
/// The same line as that of [`WaitGroupWait`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitGroupWaitOwned {
    group: Arc<WaitGroup>,
    /// What it waits for the end of, from the first poll on.
    seen: Option<Generation>,
    place: Place<Arc<WaitGroup>>,
}

impl Future for WaitGroupWaitOwned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { group, seen, place } = &mut *self;
        if seen.is_none() {
            *seen = group.state.running();
        }
        match *seen {
            None => Poll::Ready(()),
            Some(seen) => place.poll(cx, || group.look(seen).through(|_| group.clone())),
        }
    }
}

impl fmt::Debug for WaitGroupWaitOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroupWaitOwned").field("place", &self.place).finish()
    }
}
