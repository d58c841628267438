//! A worker's LIFO slot: the task it woke or spawned last, which runs next while its data is still in the cache.
//!
//! One word: empty, or a pointer to a task. Everybody who wants the task exchanges the word for empty, so that owner and
//! thief cannot both have it.

use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use motet_prim::atomic::{AtomicPtr, Ordering};

/// A value that is one pointer.
///
/// # Safety
///
/// `from_pointer` gives back the very value that `into_pointer` took.
pub(crate) unsafe trait Pointer: Sized {
    /// Gives up the value for its pointer.
    fn into_pointer(self) -> NonNull<()>;

    /// Makes the value again.
    ///
    /// # Safety
    ///
    /// The pointer comes from `into_pointer`, and this is its only use.
    unsafe fn from_pointer(pointer: NonNull<()>) -> Self;
}

/// Room for one value, displaced by the next.
pub(crate) struct Slot<T: Pointer> {
    word: AtomicPtr<()>,
    holds: PhantomData<T>,
}

// SAFETY: a slot only passes values on, from one thread to another.
unsafe impl<T: Pointer + Send> Send for Slot<T> {}
// SAFETY: as above: each value comes out once.
unsafe impl<T: Pointer + Send> Sync for Slot<T> {}

impl<T: Pointer> Slot<T> {
    /// An empty slot.
    pub(crate) fn new() -> Self {
        Self { word: AtomicPtr::new(ptr::null_mut()), holds: PhantomData }
    }

    /// Puts a value in; gives back the one it displaces.
    ///
    /// One thread puts values in, the slot's owner. So where it finds the slot empty, it stays empty: a plain store does.
    pub(crate) fn replace(&self, value: T) -> Option<T> {
        let value = value.into_pointer().as_ptr();
        if self.word.load(Ordering::Relaxed).is_null() {
            // Release: publishes the value to the Acquire of whoever takes it.
            self.word.store(value, Ordering::Release);
            return None;
        }
        // Release: as above. Acquire: the value that comes out is this thread's own, but a model cannot know that.
        Self::value(self.word.swap(value, Ordering::AcqRel))
    }

    /// Takes the value out.
    pub(crate) fn take(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        // Acquire: pairs with the Release in `replace`.
        Self::value(self.word.swap(ptr::null_mut(), Ordering::Acquire))
    }

    /// Whether there is nothing to take at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.word.load(Ordering::Relaxed).is_null()
    }

    fn value(word: *mut ()) -> Option<T> {
        // SAFETY: every pointer in `word` comes from `into_pointer`, and a swap hands it to one caller only.
        NonNull::new(word).map(|pointer| unsafe { T::from_pointer(pointer) })
    }
}

impl<T: Pointer> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

// SAFETY: a box is its pointer.
#[cfg(test)]
unsafe impl<T> Pointer for Box<T> {
    fn into_pointer(self) -> NonNull<()> {
        NonNull::from(Self::leak(self)).cast()
    }

    unsafe fn from_pointer(pointer: NonNull<()>) -> Self {
        // SAFETY: the caller promises that the pointer is a leaked box's.
        unsafe { Self::from_raw(pointer.cast().as_ptr()) }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::Slot;

    #[test]
    fn the_newest_value_displaces_the_one_before() {
        let slot = Slot::new();
        assert!(slot.replace(Box::new(1)).is_none());
        assert_eq!(slot.replace(Box::new(2)), Some(Box::new(1)));
        assert_eq!(slot.take(), Some(Box::new(2)));
        assert!(slot.take().is_none());
    }
}
