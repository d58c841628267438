//! `WaitSet`: futures that stay registered from one wait to the next.

use crate::arena::{Arena, Place};
use crate::nest::{self, Siblings};
use crate::panics::{Payload, silence};
use crate::slab::{Rest, Slab};
use crate::wait::Done;
use core::fmt;
use core::mem::needs_drop;
use core::task::{Context, Poll};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many members a poll of a wait polls at most.
pub(crate) const BUDGET: usize = 256;

/// Names a member of a [`WaitSet`]; no other member of that set ever has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(crate) Place);

/// Futures to [`wait`](crate::wait()) for: those that are pending when a wait ends stay in the set, and stay registered.
///
/// For loops that take results as they come and keep, add and remove futures on the way: of tasks it is what tokio calls a `JoinSet`. A loop over the first of N costs O(1) an event,
/// where asyncio's own `wait` and `select_all` look at all N each time. asyncio: the set that `wait` takes and gives back.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{FirstCompleted, WaitSet, wait};
///
/// let mut set = WaitSet::new();
/// let fast = set.insert(futures::future::Either::Left(std::future::ready(7)));
/// let slow = set.insert(futures::future::Either::Right(std::future::pending()));
///
/// let done: Vec<_> = wait(&mut set, FirstCompleted).await.unwrap().into_iter().collect();
/// assert_eq!(done, [(fast, 7)]);
/// assert!(set.contains(slow));
/// # });
/// ```
#[doc(alias = "JoinSet")]
pub struct WaitSet<F: Future> {
    members: Arena<F>,
    slab: Slab,
    /// What each member leaves to clean up.
    siblings: Siblings,
    /// Finished, and not yet given to anybody.
    done: VecDeque<(Key, F::Output)>,
}

// Members are pinned in allocations of their own; outputs are not pinned.
impl<F: Future> Unpin for WaitSet<F> {}

impl<F: Future> WaitSet<F> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self { members: Arena::new(), slab: Slab::new(0, 0), siblings: Siblings::new(), done: VecDeque::new() }
    }

    /// Adds a future; the next wait polls it.
    pub fn insert(&mut self, future: F) -> Key {
        let place = self.members.insert(future);
        self.make_room();
        self.slab.mark(place.index as usize);
        Key(place)
    }

    /// Grows the slab: the members are marked, for they are registered with the one that goes.
    fn make_room(&mut self) {
        let (bound, capacity) = (self.members.bound(), self.slab.capacity());
        if bound > capacity {
            self.slab = Slab::new(2 * capacity.max(bound / 2), bound);
        }
    }

    /// Takes a member that has not finished out of the set.
    ///
    /// For members that are `Unpin`, as tasks and boxed futures are; [`discard`](Self::discard) is for any.
    ///
    /// ```
    /// use motet_combinators::WaitSet;
    ///
    /// let mut set = WaitSet::new();
    /// let key = set.insert(std::future::ready(7));
    /// assert!(set.remove(key).is_some());
    /// assert!(set.remove(key).is_none());
    /// ```
    pub fn remove(&mut self, key: Key) -> Option<F>
    where
        F: Unpin,
    {
        self.members.take(key.0)
    }

    /// Drops a member that has not finished; whether there was one. What it leaves to clean up goes to the frame around the call.
    pub fn discard(&mut self, key: Key) -> bool {
        self.siblings.alone(key.0.number(), || self.members.clear(key.0))
    }

    /// Drops all members, each apart from the others, and the outputs that no wait has given yet. What they leave to clean up goes to the frame
    /// around the call. tokio: `JoinSet::abort_all`.
    pub fn clear(&mut self) {
        for index in 0..self.members.bound() {
            if let Some(place) = self.members.place(index) {
                self.discard(Key(place));
            }
        }
        self.done.clear();
    }

    /// Waits for the next member that completes, and gives its output; `None` if the set is empty. tokio: `JoinSet::join_next`.
    ///
    /// [`wait`](crate::wait()) gives all that have completed at once, and knows other conditions.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::WaitSet;
    /// use std::future::ready;
    ///
    /// let mut set: WaitSet<_> = [1, 2, 3].map(ready).into_iter().collect();
    /// let mut sum = 0;
    /// while let Some((_key, n)) = set.next().await {
    ///     sum += n;
    /// }
    /// assert_eq!(sum, 6);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the members stay in the set, and so does what has completed, for the next call or wait.
    ///
    /// # Complexity
    ///
    /// O(1) an output.
    ///
    /// # Panics
    ///
    /// With the panic of a member, which is then out of the set; the others stay.
    pub async fn next(&mut self) -> Option<(Key, F::Output)> {
        core::future::poll_fn(|cx| self.poll_next_output(cx)).await
    }

    fn poll_next_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Key, F::Output)>> {
        if let Some(done) = self.done.pop_front() {
            return Poll::Ready(Some(done));
        }
        if self.members.len() == 0 {
            return Poll::Ready(None);
        }
        let round = self.poll_round(cx);
        if let Some(done) = self.done.pop_front() {
            return Poll::Ready(Some(done));
        }
        if round.is_ready() {
            self.rest(cx);
        }
        Poll::Pending
    }

    /// Whether this member is in the set and has not finished.
    #[must_use]
    pub fn contains(&self, key: Key) -> bool {
        self.members.get(key.0).is_some()
    }

    /// A member that has not finished.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&F> {
        self.members.get(key.0)
    }

    /// The members that have not finished, with their keys.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &F)> {
        self.members.iter().map(|(place, future)| (Key(place), future))
    }

    /// How many members there are: those that have not finished, and those whose output no wait has given yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len() + self.done.len()
    }

    /// Whether there is nothing to wait for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many have not finished.
    pub(crate) fn pending(&self) -> usize {
        self.members.len()
    }

    /// The outputs that nobody was given yet, but for the first so many.
    pub(crate) fn done_after(&self, seen: usize) -> impl Iterator<Item = &(Key, F::Output)> {
        self.done.range(seen..)
    }

    /// How many outputs nobody was given yet.
    pub(crate) fn done(&self) -> usize {
        self.done.len()
    }

    /// All of them. A single one leaves the vector here: a loop over the first of many allocates nothing a turn.
    pub(crate) fn take_outputs(&mut self) -> Done<F> {
        if self.done.len() == 1 {
            return Done { one: self.done.pop_front(), more: VecDeque::new() };
        }
        Done { one: None, more: core::mem::take(&mut self.done) }
    }

    /// Polls the members that were woken. Ready: all that were woken when the round began have been polled.
    ///
    /// Whoever goes to sleep after this calls [`rest`](Self::rest) first.
    pub(crate) fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.try_round(cx).unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The same, with the panic of a member as an error: that member is out of the set.
    pub(crate) fn try_round(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, Payload> {
        self.slab.begin(cx.waker());
        let Self { members, slab, siblings, done } = self;
        let round = siblings.begin(needs_drop::<F>());
        let polled = poll_woken(members, slab, done);
        drop(round);
        match polled {
            Ok(Poll::Ready(())) => Ok(Poll::Ready(())),
            Ok(Poll::Pending) => {
                cx.waker().wake_by_ref();
                Ok(Poll::Pending)
            }
            Err((key, panic)) => {
                // Nobody may poll it again; the others stay. This panic is the one to tell of, whatever its drop does.
                silence(|| {
                    self.discard(key);
                });
                Err(panic)
            }
        }
    }

    /// From now on a member's wake wakes the task.
    pub(crate) fn rest(&mut self, cx: &Context<'_>) {
        if self.slab.rest() == Rest::Busy {
            cx.waker().wake_by_ref();
        }
    }
}

/// Polls members that were woken, so many at most, until one panics. Ready: there was none left.
fn poll_woken<F: Future>(
    members: &mut Arena<F>,
    slab: &mut Slab,
    done: &mut VecDeque<(Key, F::Output)>,
) -> Result<Poll<()>, (Key, Payload)> {
    for _ in 0..BUDGET {
        let Some(index) = slab.next() else { return Ok(Poll::Ready(())) };
        let Some(place) = members.place(index) else { continue };
        let Some(member) = members.get_pin(place) else { continue };
        nest::child::<F>(place.number());
        let polled = catch_unwind(AssertUnwindSafe(|| slab.with_waker(index, |cx| member.poll(cx))));
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(output)) => {
                done.push_back((Key(place), output));
                members.clear(place);
            }
            Err(panic) => return Err((Key(place), panic)),
        }
    }
    Ok(Poll::Pending)
}

impl<F: Future> Drop for WaitSet<F> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<F: Future> Default for WaitSet<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Future> FromIterator<F> for WaitSet<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

impl<F: Future> Extend<F> for WaitSet<F> {
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.insert(future);
        }
    }
}

impl<F: Future> fmt::Debug for WaitSet<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("WaitSet");
        debug.field("pending", &self.pending()).field("done", &self.done.len()).finish_non_exhaustive()
    }
}
