//! Polls many futures of one kind and visits only those that were woken.
//!
//! ```text
//!   Few ──the 17th is pending──▶ Many
//! ```
//!
//! - **Few**: at most [`FEW`] are pending, and registered with the task's own waker. A poll visits each of them and starts more; so a crowd of
//!   futures that are ready at once costs what a loop costs.
//! - **Many**: one [`Slab`] holds a ready bit for each; those that were pending when it was made are marked, to register them anew.
//!
//! A row of at most [`FEW`] is simply polled from end to end: a list of who is pending would cost more.
//!
//! A poll of the whole ends after [`BUDGET`] polls of children: it wakes the task and lets others run. In Few the task's waker may
//! change between two polls; therefore a poll in Few visits all.

use crate::nest::Siblings;
use crate::row::Row;
use crate::slab::{Rest, Slab};
use core::mem::needs_drop;
use core::ops::ControlFlow;
use core::task::{Context, Poll};

/// Up to this many pending children are polled in turn: cheaper than a slab.
const FEW: usize = 16;

/// How many children a poll of the whole polls at most.
pub(crate) const BUDGET: usize = 256;

pub(crate) struct Children<F: Future> {
    crowd: Crowd<F>,
    /// What each leaves to clean up.
    siblings: Siblings,
}

/// The futures, and who of them is to be polled.
struct Crowd<F: Future> {
    row: Row<F>,
    /// The first that was not yet polled.
    next: usize,
    /// How many may run at once.
    limit: usize,
    wakes: Wakes,
    /// The last poll left some that were woken for the next one.
    yielded: bool,
}

enum Wakes {
    Few(Few),
    Many(Slab),
}

#[derive(Default)]
struct Few {
    children: [u32; FEW],
    len: usize,
}

impl<F: Future> Children<F> {
    #[inline]
    pub(crate) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let wakes = Wakes::Few(Few::default());
        let crowd = Crowd { row: Row::new(futures), next: 0, limit: usize::MAX, wakes, yielded: false };
        Self { crowd, siblings: Siblings::new() }
    }

    /// Polls what was woken and starts what may start, and tells `each` of every child that has finished: its output is in the row.
    ///
    /// Ready when all have finished, or with `Break` as soon as `each` says so: then the rest is visited by the next poll, which must
    /// come without a wake.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        each: impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        let Self { crowd, siblings } = self;
        let _round = siblings.begin(needs_drop::<F>());
        if crowd.is_small() { crowd.poll_all(cx, each) } else { crowd.poll_many(cx, each) }
    }

    /// The same for whoever keeps all outputs until the end.
    #[inline]
    pub(crate) fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { crowd, siblings } = self;
        let round = siblings.begin(needs_drop::<F>());
        if crowd.is_small() {
            crowd.next = crowd.row.len();
            return if crowd.row.poll_all(&round, cx) { Poll::Ready(()) } else { Poll::Pending };
        }
        crowd.poll_many(cx, |_, _| ControlFlow::Continue(())).map(|_| ())
    }
}

impl<F: Future> Crowd<F> {
    #[inline]
    fn is_small(&self) -> bool {
        self.row.len() <= self.limit.min(FEW)
    }

    #[inline]
    fn poll_all(
        &mut self,
        cx: &mut Context<'_>,
        mut each: impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        self.next = self.row.len();
        for child in 0..self.row.len() {
            if let Some(Poll::Ready(())) = self.row.poll(child, cx) {
                if each(&mut self.row, child).is_break() {
                    return Poll::Ready(ControlFlow::Break(()));
                }
            }
        }
        if self.row.pending() == 0 { Poll::Ready(ControlFlow::Continue(())) } else { Poll::Pending }
    }

    fn poll_many(
        &mut self,
        cx: &mut Context<'_>,
        mut each: impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        // Those that start now are not polled again in this poll.
        let few = match &mut self.wakes {
            Wakes::Few(few) => few.len,
            Wakes::Many(slab) => {
                slab.begin(cx.waker());
                0
            }
        };
        let mut budget = BUDGET - few;
        // Starting comes first, or children that always wake themselves would keep the rest from it.
        if (self.may_start() && self.start(cx, &mut budget, &mut each).is_break())
            || (few > 0 && self.poll_few(cx, few, &mut each).is_break())
            || self.poll_woken(&mut budget, &mut each).is_break()
            || (self.may_start() && self.start(cx, &mut budget, &mut each).is_break())
        {
            return Poll::Ready(ControlFlow::Break(()));
        }
        if self.row.pending() == 0 {
            return Poll::Ready(ControlFlow::Continue(()));
        }
        self.yielded = budget == 0;
        let rest = match &mut self.wakes {
            _ if self.yielded => Rest::Busy,
            Wakes::Many(slab) => slab.rest(),
            Wakes::Few(_) => Rest::Armed,
        };
        if rest == Rest::Busy {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Polls the first so many of the few.
    fn poll_few(
        &mut self,
        cx: &mut Context<'_>,
        count: usize,
        each: &mut impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Wakes::Few(few) = &mut self.wakes else { return ControlFlow::Continue(()) };
        let mut at = 0;
        for _ in 0..count {
            let child = few.children[at] as usize;
            match self.row.poll(child, cx) {
                Some(Poll::Pending) => at += 1,
                Some(Poll::Ready(())) => {
                    few.remove(at);
                    each(&mut self.row, child)?;
                }
                // It panicked in an earlier poll.
                None => few.remove(at),
            }
        }
        ControlFlow::Continue(())
    }

    /// Polls those that were woken, if there is a slab.
    #[inline]
    fn poll_woken(
        &mut self,
        budget: &mut usize,
        each: &mut impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Wakes::Many(slab) = &mut self.wakes else { return ControlFlow::Continue(()) };
        while *budget > 0 {
            let Some(child) = slab.next() else { break };
            // `None`: woken once more after it had finished.
            if let Some(polled) = slab.with_waker(child, |cx| self.row.poll(child, cx)) {
                *budget -= 1;
                if polled.is_ready() {
                    each(&mut self.row, child)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Starts what may start.
    fn start(
        &mut self,
        cx: &mut Context<'_>,
        budget: &mut usize,
        each: &mut impl FnMut(&mut Row<F>, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while *budget > 0 && self.may_start() {
            *budget -= 1;
            let child = self.next;
            self.next += 1;
            let polled = match &self.wakes {
                Wakes::Many(slab) => slab.with_waker(child, |cx| self.row.poll(child, cx)),
                Wakes::Few(_) => self.row.poll(child, cx),
            };
            match polled {
                Some(Poll::Pending) => self.wait_for(child, cx),
                Some(Poll::Ready(())) | None => each(&mut self.row, child)?,
            }
        }
        ControlFlow::Continue(())
    }

    /// A child that was started is pending.
    #[inline]
    fn wait_for(&mut self, child: usize, cx: &Context<'_>) {
        if let Wakes::Few(few) = &mut self.wakes {
            if !few.push(child) {
                self.wakes = Wakes::Many(few.crowd(child, self.row.len(), cx));
            }
        }
    }

    #[inline]
    fn may_start(&self) -> bool {
        let not_started = self.row.len() - self.next;
        not_started > 0 && self.row.pending() - not_started < self.limit
    }
}

impl Few {
    /// Whether there was room.
    fn push(&mut self, child: usize) -> bool {
        let Some(place) = self.children.get_mut(self.len) else { return false };
        let Ok(child) = u32::try_from(child) else { return false };
        *place = child;
        self.len += 1;
        true
    }

    /// A slab for all, in which these and one more are marked.
    #[cold]
    fn crowd(&self, one_more: usize, capacity: usize, cx: &Context<'_>) -> Slab {
        let mut slab = Slab::new(capacity, 0);
        slab.begin(cx.waker());
        self.children[..self.len].iter().for_each(|&child| slab.mark(child as usize));
        slab.mark(one_more);
        slab
    }

    fn remove(&mut self, at: usize) {
        self.children.copy_within(at + 1..self.len, at);
        self.len -= 1;
    }
}

impl<F: Future> Children<F> {
    /// Changes how many may run at once.
    ///
    /// # Panics
    ///
    /// If some run already, or with the limit 0.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        assert!(limit > 0, "a gather with the limit 0 can never run anything: give at least 1");
        assert!(self.crowd.next == 0, "set the limit of a gather before it is polled");
        self.crowd.limit = limit;
    }

    /// The same with other futures, made of these.
    ///
    /// # Panics
    ///
    /// If some run already.
    pub(crate) fn map<G: Future>(mut self, wrap: impl FnMut(F) -> G) -> Children<G> {
        assert!(self.crowd.next == 0, "ask a gather to catch panics before it is polled");
        // SAFETY: `next` is 0, so none was polled: only `poll` pins futures, and it moves `next` first.
        let futures = unsafe { core::mem::take(&mut self.crowd.row).into_futures() };
        let mut children = Children::new(futures.map(wrap));
        children.crowd.limit = self.crowd.limit;
        children
    }

    /// Whether the last poll that was pending left some that were woken for the next one.
    #[cfg(feature = "timer")]
    pub(crate) fn has_yielded(&self) -> bool {
        self.crowd.yielded
    }

    /// How many have not finished.
    pub(crate) fn live(&self) -> usize {
        self.crowd.row.pending()
    }

    /// All outputs, once all have finished and none was taken.
    pub(crate) fn take_outputs(&mut self) -> Vec<F::Output> {
        core::mem::take(&mut self.crowd.row).into_outputs()
    }

    /// Drops what is left: each future apart from its siblings, and the outputs.
    pub(crate) fn clear(&mut self) {
        let Self { crowd, siblings } = self;
        (0..crowd.row.len()).for_each(|child| crowd.row.clear(child, siblings));
    }
}

impl<F: Future> Drop for Children<F> {
    fn drop(&mut self) {
        if self.live() > 0 {
            self.clear();
        }
    }
}
