//! `wait`: for the members of a set, until a condition is met.

use crate::wait_set::{Key, WaitSet};
use crate::when::When;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::{VecDeque, vec_deque};
use std::iter::Chain;
use std::option;

/// Waits until the condition is met, or all members have completed; gives what has completed and leaves the rest in the set.
///
/// For futures that outlive the wait: take what is there, look around, wait again. A member's error is an output like any other.
/// [`timeout`](Wait::timeout) limits the wait and cancels nothing. asyncio: `wait(tasks, return_when=...)`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{AllCompleted, EmptySet, WaitSet, wait};
/// use std::future::ready;
///
/// let mut set: WaitSet<_> = [1, 2, 3].map(ready).into_iter().collect();
/// let done = wait(&mut set, AllCompleted).await.unwrap();
/// assert_eq!(done.into_iter().map(|(_, n)| n).sum::<i32>(), 6);
/// assert_eq!(wait(&mut set, AllCompleted).await.unwrap_err(), EmptySet);
/// # });
/// ```
///
/// # Cancel safety
///
/// Cancel safe: the members stay in the set, and so does what has completed, for the next wait.
///
/// # Complexity
///
/// O(1) an event: only members that were woken are polled, over all waits.
///
/// # Errors
///
/// [`EmptySet`]: nothing could ever be done.
///
/// # Panics
///
/// With the panic of a member, which is then out of the set; the others stay.
pub fn wait<F: Future, W: When<F::Output>>(set: &mut WaitSet<F>, when: W) -> Wait<'_, F, W> {
    Wait { set, when, seen: 0, last_polls: None }
}

/// The future of [`wait`].
#[must_use = "futures do nothing unless polled"]
pub struct Wait<'a, F: Future, W> {
    set: &'a mut WaitSet<F>,
    when: W,
    /// How many of the outputs in the set the condition has seen.
    seen: usize,
    /// Once the condition holds: how many more polls may collect what had completed by then.
    last_polls: Option<usize>,
}

/// What a poll of a wait came to.
enum Step<T> {
    Decided(T),
    /// Members that were woken are left for the next poll, which is on its way.
    Yielded,
    /// All that were woken have been polled.
    Resting,
}

// Nothing in it is pinned: the members are, elsewhere.
impl<F: Future, W> Unpin for Wait<'_, F, W> {}

impl<'a, F: Future, W: When<F::Output>> Wait<'a, F, W> {
    /// Returns after `limit` at the latest, with what has completed by then, be it nothing.
    ///
    /// Neither an error nor a cancellation: the members stay in the set and go on when they are waited for again. The time runs from the
    /// first poll.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::{AllCompleted, WaitSet, wait};
    /// use std::{future::pending, time::Duration};
    ///
    /// let mut set: WaitSet<_> = [pending::<()>()].into_iter().collect();
    /// let done = wait(&mut set, AllCompleted).timeout(Duration::ZERO).await.unwrap();
    /// assert!(done.is_empty());
    /// assert_eq!(set.len(), 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`wait`].
    ///
    /// # Errors
    ///
    /// [`EmptySet`]: nothing could ever be done.
    #[cfg(feature = "timer")]
    pub fn timeout(self, limit: std::time::Duration) -> WaitTimeout<'a, F, W> {
        WaitTimeout { wait: self, limit: crate::timeout::after(limit), last_polls: None }
    }

    /// One poll.
    fn step(&mut self, cx: &mut Context<'_>) -> Step<Result<Done<F>, EmptySet>> {
        if self.set.is_empty() {
            return Step::Decided(Err(EmptySet));
        }
        let round = self.set.poll_round(cx);
        for (_, output) in self.set.done_after(self.seen) {
            if self.when.is_met(output) && self.last_polls.is_none() {
                self.last_polls = Some(self.polls_of_all());
            }
        }
        self.seen = self.set.done();
        if round.is_pending() && self.may_go_on() {
            return Step::Yielded;
        }
        if self.last_polls.is_some() || self.set.pending() == 0 {
            return Step::Decided(Ok(self.take()));
        }
        self.set.rest(cx);
        Step::Resting
    }

    /// Not once the condition holds and every member had its turn after that: members that always wake themselves would go on for ever.
    fn may_go_on(&mut self) -> bool {
        match &mut self.last_polls {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    /// So many polls of this give each member one.
    fn polls_of_all(&self) -> usize {
        self.set.pending().div_ceil(crate::wait_set::BUDGET)
    }

    /// All that has completed.
    fn take(&mut self) -> Done<F> {
        (self.seen, self.last_polls) = (0, None);
        self.set.take_outputs()
    }
}

impl<F: Future, W: When<F::Output>> Future for Wait<'_, F, W> {
    type Output = Result<Done<F>, EmptySet>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut().step(cx) {
            Step::Decided(done) => Poll::Ready(done),
            Step::Yielded | Step::Resting => Poll::Pending,
        }
    }
}

#[cfg(feature = "timer")]
pin_project_lite::pin_project! {
    /// The future of [`Wait::timeout`].
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitTimeout<'a, F, W> where F: Future {
        wait: Wait<'a, F, W>,
        #[pin]
        limit: crate::timeout::AfterPolled,
        // Once the time is up: how many more polls may collect what had completed by then.
        last_polls: Option<usize>,
    }
}

#[cfg(feature = "timer")]
impl<F: Future, W: When<F::Output>> Future for WaitTimeout<'_, F, W> {
    type Output = Result<Done<F>, EmptySet>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let step = this.wait.step(cx);
        if let Step::Decided(done) = step {
            return Poll::Ready(done);
        }
        let left = match this.last_polls {
            Some(left) => left,
            None => {
                core::task::ready!(this.limit.poll(cx));
                this.last_polls.insert(this.wait.polls_of_all())
            }
        };
        if matches!(step, Step::Yielded) && *left > 0 {
            *left -= 1;
            return Poll::Pending;
        }
        Poll::Ready(Ok(this.wait.take()))
    }
}

/// What has completed: each output with the key of its member, in the order of completion.
pub struct Done<F: Future> {
    /// The only one, which needs no vector.
    pub(crate) one: Option<(Key, F::Output)>,
    pub(crate) more: VecDeque<(Key, F::Output)>,
}

impl<F: Future> Done<F> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none, as after a timeout.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The outputs by reference.
    pub fn iter(&self) -> impl Iterator<Item = &(Key, F::Output)> {
        self.one.iter().chain(&self.more)
    }
}

impl<F: Future> IntoIterator for Done<F> {
    type Item = (Key, F::Output);
    type IntoIter = Chain<option::IntoIter<Self::Item>, vec_deque::IntoIter<Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        self.one.into_iter().chain(self.more)
    }
}

impl<F: Future<Output: fmt::Debug>> fmt::Debug for Done<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A wait for an empty set would never end: insert a future first, or look at `is_empty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptySet;

impl fmt::Display for EmptySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the set is empty: insert a future before waiting")
    }
}

impl std::error::Error for EmptySet {}

impl<F: Future, W> fmt::Debug for Wait<'_, F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("set", &self.set).finish_non_exhaustive()
    }
}

#[cfg(feature = "timer")]
impl<F: Future, W> fmt::Debug for WaitTimeout<'_, F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitTimeout").field("wait", &self.wait).finish_non_exhaustive()
    }
}
