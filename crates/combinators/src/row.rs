//! Futures side by side in one pinned allocation; each turns into its output, in its place.
//!
//! ```text
//!   Future ──ready: dropped where it is──▶ Done ──take──▶ Empty
//!      └───────────────clear─────────────────▶
//! ```
//!
//! Nothing ever moves a future. Once there are none left, the allocation is that of plain outputs, and may become the vector of them.

use crate::nest::{self, Round, Siblings};
use crate::slots::{each_pinned, pinned};
use core::mem::needs_drop;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// A row of outputs may keep the futures' allocation if that is at most so many bytes, however small the outputs are.
const SMALL_BYTES: usize = 256;

pin_project! {
    #[project = SlotProjection]
    #[project_replace = SlotReplacement]
    enum Slot<F> where F: Future {
        Future {
            #[pin]
            future: F,
        },
        Done {
            output: F::Output,
        },
        Empty,
    }
}

/// A fixed number of futures and outputs.
pub(crate) struct Row<F: Future> {
    slots: Pin<Box<[Slot<F>]>>,
    /// How many are futures.
    pending: usize,
    /// What each leaves to clean up.
    siblings: Siblings,
}

impl<F: Future> Row<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let slots: Box<[_]> = futures.into_iter().map(|future| Slot::Future { future }).collect();
        Self { pending: slots.len(), slots: Box::into_pin(slots), siblings: Siblings::new() }
    }

    /// How many there were at the start.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many have not finished.
    #[inline]
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    #[inline]
    fn slot(&mut self, index: usize) -> Pin<&mut Slot<F>> {
        pinned(self.slots.as_mut(), index)
    }

    pub(crate) fn is_pending(&self, index: usize) -> bool {
        matches!(self.slots[index], Slot::Future { .. })
    }

    /// Polls a future, between [`begin`](Self::begin) and [`end`](Self::end); once it is ready, its output is here. `None`: it was no future any more.
    #[inline]
    pub(crate) fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Option<Poll<()>> {
        let mut slot = pinned(self.slots.as_mut(), index);
        nest::child::<F>(name(&slot));
        let SlotProjection::Future { future } = slot.as_mut().project() else { return None };
        let Poll::Ready(output) = future.poll(cx) else { return Some(Poll::Pending) };
        self.pending -= 1;
        slot.set(Slot::Done { output });
        Some(Poll::Ready(()))
    }

    /// Begins a round of polls: what these leave in the frame is told apart.
    #[inline]
    pub(crate) fn begin(&mut self) -> Round {
        self.siblings.begin(needs_drop::<F>())
    }

    /// Ends a round of polls.
    #[inline]
    pub(crate) fn end(&mut self, round: Round) {
        self.siblings.end(round);
    }

    /// Polls every future; whether none is left.
    #[inline]
    pub(crate) fn poll_all(&mut self, cx: &mut Context<'_>) -> bool {
        let mut pending = 0;
        let round = self.siblings.begin(needs_drop::<F>());
        for mut slot in each_pinned(self.slots.as_mut()) {
            round.child(name(&slot));
            let SlotProjection::Future { future } = slot.as_mut().project() else { continue };
            match future.poll(cx) {
                Poll::Pending => pending += 1,
                Poll::Ready(output) => slot.set(Slot::Done { output }),
            }
        }
        self.siblings.end(round);
        self.pending = pending;
        pending == 0
    }

    /// An output that is here.
    pub(crate) fn output(&self, index: usize) -> Option<&F::Output> {
        match &self.slots[index] {
            Slot::Done { output } => Some(output),
            Slot::Future { .. } | Slot::Empty => None,
        }
    }

    /// Takes an output that is here.
    #[inline]
    pub(crate) fn take(&mut self, index: usize) -> Option<F::Output> {
        if self.is_pending(index) {
            return None;
        }
        match self.slot(index).project_replace(Slot::Empty) {
            SlotReplacement::Done { output } => Some(output),
            SlotReplacement::Future { .. } | SlotReplacement::Empty => None,
        }
    }

    /// Drops what is in a slot, where it is: a future apart from its siblings.
    pub(crate) fn clear(&mut self, index: usize) {
        let mut slot = pinned(self.slots.as_mut(), index);
        if matches!(*slot, Slot::Future { .. }) {
            self.pending -= 1;
            self.siblings.alone(name(&slot), || slot.set(Slot::Empty));
        } else {
            slot.set(Slot::Empty);
        }
    }

    /// All outputs.
    ///
    /// # Panics
    ///
    /// If one has not finished, or was taken.
    pub(crate) fn into_outputs(self) -> Vec<F::Output> {
        assert_eq!(self.pending, 0, "a future has not finished");
        let count = self.slots.len();
        // SAFETY: no slot holds a future: each that left is accounted for in `pending`. Outputs are not pinned.
        let slots = unsafe { Pin::into_inner_unchecked(self.slots) }.into_vec();
        let outputs = slots.into_iter().map(Slot::into_output);
        if size_of::<Slot<F>>() <= 2 * size_of::<F::Output>() || count * size_of::<Slot<F>>() <= SMALL_BYTES {
            // The standard library collects them where they are, if sizes and alignments permit.
            return outputs.collect();
        }
        let mut exact = Vec::with_capacity(count);
        exact.extend(outputs);
        exact
    }

    /// All futures.
    ///
    /// # Safety
    ///
    /// None was polled, nor pinned in any other way.
    ///
    /// # Panics
    ///
    /// If one was cleared.
    pub(crate) unsafe fn into_futures(self) -> impl Iterator<Item = F> {
        // SAFETY: the caller says that no pin of a future was given to anybody.
        let slots = unsafe { Pin::into_inner_unchecked(self.slots) }.into_vec();
        slots.into_iter().map(|slot| match slot {
            Slot::Future { future } => future,
            Slot::Done { .. } | Slot::Empty => panic!("a future is missing"),
        })
    }
}

/// What a child is known by: its address, since it never moves.
#[inline]
fn name<F: Future>(slot: &Slot<F>) -> usize {
    core::ptr::from_ref(slot).addr()
}

impl<F: Future> Slot<F> {
    #[inline]
    fn into_output(self) -> F::Output {
        match self {
            Self::Done { output } => output,
            Self::Future { .. } | Self::Empty => panic!("an output is missing"),
        }
    }
}

impl<F: Future> Default for Row<F> {
    fn default() -> Self {
        Self::new([])
    }
}
