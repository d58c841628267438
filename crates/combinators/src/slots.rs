//! Futures side by side in one pinned allocation.
//!
//! A slot is `Some` from the start until its future is dropped in place; nothing ever moves one. The one thing that the standard library
//! lacks for this is the step from a pinned slice to a pinned element; it is here and nowhere else.

use core::pin::Pin;

/// A pinned slice's element, pinned.
pub(crate) fn pinned<T>(slice: Pin<&mut [T]>, index: usize) -> Pin<&mut T> {
    // SAFETY: an element of a slice is structurally pinned: it lies inside the slice and moves only if the slice does; nobody gets
    // the slice unpinned, as only this function looks into it.
    unsafe { slice.map_unchecked_mut(|slice| &mut slice[index]) }
}

/// A pinned slice's elements, each pinned.
pub(crate) fn each_pinned<T>(slice: Pin<&mut [T]>) -> impl Iterator<Item = Pin<&mut T>> {
    // SAFETY: nothing is moved out of what this lends: only the line below has it, and pins each element again.
    let slice = unsafe { slice.get_unchecked_mut() };
    // SAFETY: as for `pinned`.
    slice.iter_mut().map(|element| unsafe { Pin::new_unchecked(element) })
}

/// A fixed number of places for futures.
pub(crate) struct Slots<F> {
    slots: Pin<Box<[Option<F>]>>,
}

impl<F> Slots<F> {
    /// The future at this place, if it has not finished.
    pub(crate) fn get(&self, index: usize) -> Option<&F> {
        self.slots[index].as_ref()
    }

    /// The future at this place, for a poll.
    #[inline]
    pub(crate) fn get_pin(&mut self, index: usize) -> Option<Pin<&mut F>> {
        pinned(self.slots.as_mut(), index).as_pin_mut()
    }

    /// Puts a future into an empty place.
    pub(crate) fn fill(&mut self, index: usize, future: F) {
        debug_assert!(self.slots[index].is_none(), "a future is dropped by another that takes its place");
        pinned(self.slots.as_mut(), index).set(Some(future));
    }

    /// Drops what is at this place, where it is.
    #[inline]
    pub(crate) fn clear(&mut self, index: usize) {
        pinned(self.slots.as_mut(), index).set(None);
    }
}

impl<F: Unpin> Slots<F> {
    /// Takes the future from its place.
    pub(crate) fn take(&mut self, index: usize) -> Option<F> {
        pinned(self.slots.as_mut(), index).get_mut().take()
    }
}

impl<F> FromIterator<Option<F>> for Slots<F> {
    fn from_iter<I: IntoIterator<Item = Option<F>>>(futures: I) -> Self {
        Self { slots: Box::into_pin(futures.into_iter().collect()) }
    }
}
