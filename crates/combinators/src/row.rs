//! Futures side by side in one pinned allocation; each turns into its output, in its place.
//!
//! ```text
//!   Future ──ready: dropped where it is──▶ Done ──take──▶ Empty
//!      └───────────────clear─────────────────▶
//! ```
//!
//! Nothing ever moves a future. Once there are none left, the allocation is that of plain outputs, and may become the vector of them.

use crate::nest::{self, Round, Siblings};
use crate::panics::silence;
use crate::slots::{each_pinned, pinned};
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
}

impl<F: Future> Row<F> {
    pub(crate) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let slots: Box<[_]> = futures.into_iter().map(|future| Slot::Future { future }).collect();
        Self { pending: slots.len(), slots: Box::into_pin(slots) }
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

    /// Polls a future, in a round; once it is ready, its output is here. `None`: it was no future any more. One that panics is dropped.
    #[inline]
    pub(crate) fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Option<Poll<()>> {
        let slot = pinned(self.slots.as_mut(), index);
        let name = name(&slot);
        let mut polled = DropOnPanic { slot, pending: &mut self.pending };
        let SlotProjection::Future { future } = polled.slot.as_mut().project() else { return None };
        nest::child::<F>(name);
        let Poll::Ready(output) = future.poll(cx) else {
            core::mem::forget(polled);
            return Some(Poll::Pending);
        };
        *polled.pending -= 1;
        polled.slot.set(Slot::Done { output });
        Some(Poll::Ready(()))
    }

    /// Polls every future; whether none is left.
    #[inline]
    pub(crate) fn poll_all(&mut self, round: &Round<'_>, cx: &mut Context<'_>) -> bool {
        let mut pending = 0;
        for mut slot in each_pinned(self.slots.as_mut()) {
            round.child(name(&slot));
            let SlotProjection::Future { future } = slot.as_mut().project() else { continue };
            match future.poll(cx) {
                Poll::Pending => pending += 1,
                Poll::Ready(output) => slot.set(Slot::Done { output }),
            }
        }
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
    pub(crate) fn clear(&mut self, index: usize, siblings: &mut Siblings) {
        let mut slot = pinned(self.slots.as_mut(), index);
        if matches!(*slot, Slot::Future { .. }) {
            self.pending -= 1;
            siblings.alone(name(&slot), || slot.set(Slot::Empty));
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

/// A slot that is being polled: if the poll unwinds, nobody may poll that future again, and its siblings go on without it.
struct DropOnPanic<'a, F: Future> {
    slot: Pin<&'a mut Slot<F>>,
    pending: &'a mut usize,
}

impl<F: Future> Drop for DropOnPanic<'_, F> {
    #[inline]
    fn drop(&mut self) {
        if matches!(*self.slot, Slot::Future { .. }) {
            *self.pending -= 1;
            silence(|| self.slot.set(Slot::Empty));
        }
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
