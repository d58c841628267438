//! Polls many futures of one kind and visits only those that were woken.
//!
//! ```text
//!   Few ──the 17th is pending──▶ Crowded ──next poll──▶ Many
//! ```
//!
//! - **Few**: at most [`FEW`] are pending, and registered with the task's own waker. A poll visits each of them and starts more.
//! - **Crowded**: more are pending with the task's own waker than a poll should visit. The rest is started in the same way, so that a
//!   crowd of futures which are ready at once costs what a loop costs.
//! - **Many**: one [`Slab`] holds a ready bit for each; the first poll in this state marks all that are pending, to register them anew.
//!
//! A poll of the whole ends after [`BUDGET`] polls of children: it wakes the task and lets others run. In Few and Crowded the task's waker may
//! change between two polls; therefore a poll in Few visits all, and Crowded never outlives the poll in which it began.

use crate::nest;
use crate::slab::{Rest, Slab};
use crate::slots::Slots;
use core::ops::ControlFlow;
use core::task::{Context, Poll};

/// Up to this many pending children are polled in turn: cheaper than a slab.
const FEW: usize = 16;

/// How many children a poll of the whole polls at most.
pub(crate) const BUDGET: usize = 256;

pub(crate) struct Children<F> {
    slots: Slots<F>,
    /// The first that was not yet polled.
    next: usize,
    finished: usize,
    /// How many may run at once.
    limit: usize,
    wakes: Wakes,
    /// The last poll left some that were woken for the next one.
    yielded: bool,
}

enum Wakes {
    Few(Few),
    Crowded,
    Many(Slab),
}

#[derive(Default)]
struct Few {
    children: [u32; FEW],
    len: usize,
}

impl<F: Future> Children<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = Option<F>>, limit: usize) -> Self {
        let slots = Slots::from_iter(futures);
        Self { slots, next: 0, finished: 0, limit, wakes: Wakes::Few(Few::default()), yielded: false }
    }

    /// Polls what was woken and starts what may start, and gives each output with its child's index to `each`.
    ///
    /// Ready when all have finished, or with `Break` as soon as `each` says so: then the rest is visited by the next poll, which must
    /// come without a wake.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut each: impl FnMut(usize, F::Output) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        if let Wakes::Crowded = self.wakes {
            self.wakes = Wakes::Many(Slab::new(self.len(), self.next));
        }
        let mut budget = BUDGET;
        if let Wakes::Many(slab) = &mut self.wakes {
            slab.begin(cx.waker());
        }
        // Starting comes first, or children that always wake themselves would keep the rest from it.
        if self.start(cx, &mut budget, &mut each).is_break()
            || self.poll_woken(cx, &mut budget, &mut each).is_break()
            || self.start(cx, &mut budget, &mut each).is_break()
        {
            return Poll::Ready(ControlFlow::Break(()));
        }
        if self.live() == 0 {
            return Poll::Ready(ControlFlow::Continue(()));
        }
        self.yielded = budget == 0;
        let rest = match &mut self.wakes {
            _ if budget == 0 => Rest::Busy,
            Wakes::Many(slab) => slab.rest(),
            Wakes::Few(_) | Wakes::Crowded => Rest::Armed,
        };
        if rest == Rest::Busy {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_woken(
        &mut self,
        cx: &mut Context<'_>,
        budget: &mut usize,
        each: &mut impl FnMut(usize, F::Output) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match &mut self.wakes {
            Wakes::Few(few) => few.retain(|child| {
                if *budget == 0 {
                    return ControlFlow::Continue(true);
                }
                *budget -= 1;
                let Poll::Ready(output) = poll_slot(&mut self.slots, child, cx) else {
                    return ControlFlow::Continue(true);
                };
                self.finished += 1;
                each(child, output).map_continue(|()| false)
            })?,
            Wakes::Crowded => {}
            Wakes::Many(slab) => {
                while *budget > 0 {
                    let Some(child) = slab.next() else { break };
                    if self.slots.get(child).is_none() {
                        // Woken once more after it had finished.
                        continue;
                    }
                    *budget -= 1;
                    if let Poll::Ready(output) = slab.with_waker(child, |cx| poll_slot(&mut self.slots, child, cx)) {
                        self.finished += 1;
                        each(child, output)?;
                    }
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
        each: &mut impl FnMut(usize, F::Output) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while *budget > 0 && self.next < self.slots.len() && self.next - self.finished < self.limit {
            *budget -= 1;
            let child = self.next;
            self.next += 1;
            let polled = match &mut self.wakes {
                Wakes::Many(slab) => slab.with_waker(child, |cx| poll_slot(&mut self.slots, child, cx)),
                Wakes::Few(_) | Wakes::Crowded => poll_slot(&mut self.slots, child, cx),
            };
            match polled {
                Poll::Ready(output) => {
                    self.finished += 1;
                    each(child, output)?;
                }
                Poll::Pending => self.wakes.is_pending(child),
            }
        }
        ControlFlow::Continue(())
    }
}

impl Wakes {
    /// A child that was started is pending.
    #[inline]
    fn is_pending(&mut self, child: usize) {
        if let Self::Few(few) = self {
            if !few.push(child) {
                *self = Self::Crowded;
            }
        }
    }
}

/// Polls the future in a slot, and drops it there once it is ready.
#[inline]
fn poll_slot<F: Future>(slots: &mut Slots<F>, child: usize, cx: &mut Context<'_>) -> Poll<F::Output> {
    let Some(future) = slots.get_pin(child) else { return Poll::Pending };
    let output = core::task::ready!(future.poll(cx));
    slots.clear(child);
    Poll::Ready(output)
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

    /// Visits each and keeps those for which `keep` says so, in their order; after a `Break` the rest is kept unvisited.
    fn retain(&mut self, mut keep: impl FnMut(usize) -> ControlFlow<(), bool>) -> ControlFlow<()> {
        let mut kept = 0;
        for at in 0..self.len {
            let child = self.children[at];
            match keep(child as usize) {
                ControlFlow::Continue(false) => {}
                ControlFlow::Continue(true) => {
                    self.children[kept] = child;
                    kept += 1;
                }
                ControlFlow::Break(()) => {
                    self.children.copy_within(at + 1..self.len, kept);
                    self.len -= at + 1 - kept;
                    return ControlFlow::Break(());
                }
            }
        }
        self.len = kept;
        ControlFlow::Continue(())
    }
}

impl<F> Children<F> {
    /// How many there were at the start.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Changes how many may run at once.
    ///
    /// # Panics
    ///
    /// If some run already.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        assert!(self.next == 0, "set the limit of a gather before it is polled");
        self.limit = limit;
    }

    /// Whether the last poll that was pending left some that were woken for the next one.
    pub(crate) fn has_yielded(&self) -> bool {
        self.yielded
    }

    /// How many have not finished.
    pub(crate) fn live(&self) -> usize {
        self.len() - self.finished
    }

    /// Drops what has not finished, each in a frame of its own.
    pub(crate) fn clear(&mut self) {
        if self.live() == 0 {
            return;
        }
        for child in 0..self.len() {
            if self.slots.get(child).is_some() {
                self.finished += 1;
                nest::alone(|| self.slots.clear(child));
            }
        }
    }
}

impl<F> Drop for Children<F> {
    fn drop(&mut self) {
        self.clear();
    }
}
