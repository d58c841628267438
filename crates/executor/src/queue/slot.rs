//! A worker's LIFO slot: the task it woke or spawned last, which runs next while its data is still in the cache.
//!
//! One word: empty, or a pointer to a task. Its owner puts in and takes out all the time, a thief takes out hardly ever. So the owner changes the word
//! without an exchange, where the system lets a thief fence for both of them ([`AsymmetricFence`]):
//!
//! ```text
//!   owner   busy := 1 ─ light fence ─ raided? ── no ──▶ load and store the word, busy := 0
//!                                        └───── yes ──▶ busy := 0, exchange the word
//!   thief   raided := 1 ─ heavy fence ─ busy? ── no ──▶ exchange the word, raided := 0
//!                                        └───── yes ──▶ raided := 0, and goes with nothing
//! ```
//!
//! The race to fear: a thief takes the task between the owner's load and its store, and both have it. Each writes its own mark *first* and looks at the other's
//! *then*, with a fence in between. So if the owner goes on without an exchange, the thief finds it busy, and if the thief goes on, the owner exchanges.
//! Where there is no such pair of fences both exchange.

use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use motet_prim::atomic::{AtomicBool, AtomicPtr, Ordering};
use motet_prim::{AsymmetricFence, CachePadded};
use std::cell::Cell;
use std::sync::Arc;

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

/// Makes a slot; `fence` is what its two ends rely on, if there is any.
pub(crate) fn slot<T: Pointer>(fence: Option<AsymmetricFence>) -> (SlotOwner<T>, SlotThief<T>) {
    let slot = Arc::new(CachePadded::new(Slot {
        word: AtomicPtr::new(ptr::null_mut()),
        is_busy: AtomicBool::new(false),
        is_raided: AtomicBool::new(false),
        fence,
        holds: PhantomData,
    }));
    (SlotOwner { slot: slot.clone(), one_thread: PhantomData }, SlotThief { slot })
}

/// The owner's end: it puts values in, each displaced by the next, and takes them out.
pub(crate) struct SlotOwner<T: Pointer> {
    slot: Arc<CachePadded<Slot<T>>>,
    /// `Send`, but not `Sync`: one thread at a time changes the word without an exchange.
    one_thread: PhantomData<Cell<()>>,
}

/// A thief's end.
pub(crate) struct SlotThief<T: Pointer> {
    slot: Arc<CachePadded<Slot<T>>>,
}

struct Slot<T: Pointer> {
    word: AtomicPtr<()>,
    /// The owner is about to change the word without an exchange.
    is_busy: AtomicBool,
    /// A thief is about.
    is_raided: AtomicBool,
    fence: Option<AsymmetricFence>,
    holds: PhantomData<T>,
}

// SAFETY: a slot only passes values on, from one thread to another.
unsafe impl<T: Pointer + Send> Send for Slot<T> {}
// SAFETY: as above: each value comes out once.
unsafe impl<T: Pointer + Send> Sync for Slot<T> {}

impl<T: Pointer> SlotOwner<T> {
    /// Puts a value in; gives back the one it displaces.
    #[inline]
    pub(crate) fn replace(&self, value: T) -> Option<T> {
        let value = value.into_pointer().as_ptr();
        if self.is_empty() {
            // Nobody else puts values in, so it stays empty. Release: publishes the value to the Acquire of whoever takes it.
            self.slot.word.store(value, Ordering::Release);
            return None;
        }
        Slot::value(self.change(value))
    }

    /// Takes the value out.
    #[inline]
    pub(crate) fn take(&self) -> Option<T> {
        if self.is_empty() { None } else { Slot::value(self.change(ptr::null_mut())) }
    }

    /// Puts `word` in for what is there, which a thief may be after.
    #[inline]
    fn change(&self, word: *mut ()) -> *mut () {
        let slot = &**self.slot;
        if let Some(fence) = slot.fence {
            slot.is_busy.store(true, Ordering::Relaxed);
            fence.light();
            // Acquire: pairs with the Release of a thief that leaves; what it took is seen to be gone.
            let is_alone = !slot.is_raided.load(Ordering::Acquire);
            let changed = is_alone.then(|| {
                let before = slot.word.load(Ordering::Relaxed);
                // Release: as in `replace`.
                slot.word.store(word, Ordering::Release);
                before
            });
            // Release: a thief that finds this finds the word as it is now.
            slot.is_busy.store(false, Ordering::Release);
            if let Some(before) = changed {
                return before;
            }
        }
        // Release: as in `replace`. Acquire: the value that comes out is this thread's own, but a model cannot know that.
        slot.word.swap(word, Ordering::AcqRel)
    }

    /// Whether there is nothing to take at this moment.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.slot.is_empty()
    }
}

impl<T: Pointer> SlotThief<T> {
    /// Whether a theft takes no longer than it must; if not, [`make_ready`](Self::make_ready) waits for the system first, or the theft does.
    pub(crate) fn is_ready(&self) -> bool {
        self.slot.fence.is_none_or(AsymmetricFence::is_registered)
    }

    /// See [`AsymmetricFence::register`].
    pub(crate) fn make_ready(&self) {
        self.slot.fence.into_iter().for_each(AsymmetricFence::register);
    }

    /// Takes the value out, unless the owner is just about to, or another thief. Not cheap: see [`AsymmetricFence::heavy`].
    pub(crate) fn steal(&self) -> Option<T> {
        let slot = &**self.slot;
        // Acquire: pairs with the Release of the thief before.
        if slot.is_raided.swap(true, Ordering::Acquire) {
            return None;
        }
        let may_take = slot.fence.is_none_or(|fence| {
            // Acquire: pairs with the Release of an owner that has finished.
            fence.heavy() && !slot.is_busy.load(Ordering::Acquire)
        });
        // Acquire: pairs with the Release of whoever put the value in.
        let word = if may_take { slot.word.swap(ptr::null_mut(), Ordering::Acquire) } else { ptr::null_mut() };
        // Release: pairs with the Acquire in `change`.
        slot.is_raided.store(false, Ordering::Release);
        Slot::value(word)
    }

    /// Whether there is nothing to take at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.slot.is_empty()
    }
}

impl<T: Pointer> Slot<T> {
    #[inline]
    fn is_empty(&self) -> bool {
        self.word.load(Ordering::Relaxed).is_null()
    }

    #[inline]
    fn value(word: *mut ()) -> Option<T> {
        // SAFETY: every pointer in `word` comes from `into_pointer`, and comes out of it once; see the head of this file.
        NonNull::new(word).map(|pointer| unsafe { T::from_pointer(pointer) })
    }
}

impl<T: Pointer> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(Self::value(self.word.load(Ordering::Acquire)));
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
    use super::slot;
    use motet_prim::AsymmetricFence;
    use motet_prim::atomic::{AtomicBool, Ordering};
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn the_newest_value_displaces_the_one_before() {
        for fence in [None, AsymmetricFence::of_this_system()] {
            let (owner, thief) = slot(fence);
            assert!(owner.replace(Box::new(1)).is_none());
            assert_eq!(owner.replace(Box::new(2)), Some(Box::new(1)));
            assert_eq!(owner.take(), Some(Box::new(2)));
            assert!(owner.take().is_none() && thief.is_empty());
        }
    }

    #[test]
    fn a_thief_takes_what_is_there() {
        for fence in [None, AsymmetricFence::of_this_system()] {
            let (owner, thief) = slot(fence);
            assert!(thief.steal().is_none());
            assert!(owner.replace(Box::new(1)).is_none());
            assert_eq!(thief.steal(), Some(Box::new(1)));
            assert!(owner.take().is_none());
            assert!(owner.replace(Box::new(2)).is_none());
        }
    }

    #[test]
    fn what_the_owner_and_a_thief_take_at_one_time_comes_out_once() {
        const VALUES: u64 = 1_000_000;
        let (owner, thief) = slot(AsymmetricFence::of_this_system());
        let (is_over, start) = (AtomicBool::new(false), Barrier::new(2));
        let (taken, stolen) = thread::scope(|scope| {
            let thief = scope.spawn(|| {
                start.wait();
                let mut stolen = 0;
                while !is_over.load(Ordering::Relaxed) {
                    stolen += thief.steal().map_or(0, |value: Box<u64>| *value);
                }
                stolen
            });
            start.wait();
            let taken: u64 = (0..VALUES)
                .map(|value| {
                    let displaced = owner.replace(Box::new(value));
                    // Now and then the next one displaces it.
                    let taken = if value % 3 == 0 { None } else { owner.take() };
                    displaced.into_iter().chain(taken).map(|value| *value).sum::<u64>()
                })
                .sum();
            is_over.store(true, Ordering::Relaxed);
            (taken + owner.take().map_or(0, |value| *value), thief.join().expect("it does not panic"))
        });
        assert_eq!(taken + stolen, VALUES * (VALUES - 1) / 2, "{stolen} stolen");
    }

    #[test]
    fn what_is_left_is_dropped_with_the_slot() {
        let value = std::sync::Arc::new(());
        let (owner, thief) = slot(AsymmetricFence::of_this_system());
        assert!(owner.replace(Box::new(value.clone())).is_none());
        drop(owner);
        assert_eq!(std::sync::Arc::strong_count(&value), 2);
        drop(thief);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    }
}
