//! A place in the ring: one value, read by all receivers. All `unsafe` code of the broadcast channel is here.
//!
//! The states, and who may touch the value in each, are drawn in [`word`](super::word). Beside the word stands the position of the value in
//! the channel, plus one; zero where there is none. A receiver that finds the position it wants has a value to see. It is written
//! last, after the word, so that a receiver which finds it is counted there; and it is cleared before the word is unlocked, so that a
//! receiver which is late, and pins the new value, finds that it is not the one it wanted.
#![expect(unsafe_code, reason = "many receivers read one value at once, without a lock")]

use core::mem::MaybeUninit;

use super::word::{After, Look, Reading, Word};
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;

pub(super) struct Slot<T> {
    word: Word,
    /// Position plus one.
    position: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: receivers on several threads look at the value at once (`T: Sync`), and one of them may take it away (`T: Send`).
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// A read under way. Dropped, as by a panic in the clone, it is given up.
struct Reader<'a, T> {
    slot: &'a Slot<T>,
    pinned: bool,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Self {
        Self { word: Word::new(), position: AtomicU64::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The value at `position`, for a receiver that has to see it: a clone, or if that is the last one, the value itself. `None` if
    /// it is not here.
    ///
    /// `seen` runs once the value counts as seen, and is told whether a sender is to be admitted. A value that nobody needs any more is
    /// dropped after that: its `Drop` may use the channel, or panic.
    ///
    /// With `pin` the value may be overwritten at any time, and is pinned while it is read.
    #[inline]
    pub(super) fn read(&self, position: u64, pin: bool, seen: impl FnOnce(bool)) -> Option<T>
    where
        T: Clone,
    {
        let reader = self.begin_read(position, pin)?;
        if let Some(value) = reader.take_if_last() {
            reader.end(Reading::Taken, seen);
            return Some(value);
        }
        // SAFETY: the value is there, and stays: this receiver has not seen it, or has it pinned.
        let value = self.value.with(|value| unsafe { &*value.cast::<T>() }.clone());
        reader.end(Reading::Seen, seen);
        Some(value)
    }

    /// Counts the value at `position` as seen, if it is here, by a receiver that goes away. `seen` is as in `read`.
    pub(super) fn skip(&self, position: u64, pin: bool, seen: impl FnOnce(bool)) {
        let Some(reader) = self.begin_read(position, pin) else { return };
        let value = reader.take_if_last();
        reader.end(if value.is_some() { Reading::Taken } else { Reading::Seen }, seen);
        drop(value);
    }

    #[inline]
    fn begin_read(&self, position: u64, pin: bool) -> Option<Reader<'_, T>> {
        // Acquire: pairs with the Release in `write`: the value and the word are as the sender left them, or newer.
        if self.position.load(Ordering::Acquire) != position + 1 {
            return None;
        }
        let reader = Reader { slot: self, pinned: pin };
        if pin {
            let unlocked = self.word.pin();
            // Again: it may have been overwritten since. Relaxed: the pin, which found no writer, has acquired what the last one wrote.
            if !unlocked || self.position.load(Ordering::Relaxed) != position + 1 {
                return None;
            }
        }
        Some(reader)
    }

    /// Puts a value here, for so many receivers to see; gives what was here. The caller holds the channel's lock.
    ///
    /// Without the policy to overwrite, everybody must have seen what was here.
    #[inline]
    pub(super) fn write(&self, position: u64, value: T, receivers: usize) -> Option<T> {
        let before = self.word.lock();
        let place = |place: *mut MaybeUninit<T>| {
            // SAFETY: LOCKED, without pins: nobody else touches the value. FULL says that there is one, and it is overwritten below.
            let old = before.is_full().then(|| unsafe { place.cast::<T>().read() });
            // SAFETY: as above.
            unsafe { place.cast::<T>().write(value) };
            old
        };
        let old = self.value.with_mut(place);
        // Relaxed: whoever pins after the unlock has acquired it.
        self.position.store(0, Ordering::Relaxed);
        self.word.unlock_written(before, receivers);
        // Release: pairs with the Acquire in `begin_read`.
        self.position.store(position + 1, Ordering::Release);
        old
    }

    /// One receiver more has to see the value at `position`. By one that has to see it too; the caller holds the channel's lock.
    pub(super) fn add_unseen(&self, position: u64) {
        // Relaxed: written under the lock that the caller holds.
        if self.position.load(Ordering::Relaxed) == position + 1 {
            self.word.add_unseen();
        }
    }

    /// Whether everybody has seen what is here.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.word.load().unseen() == 0
    }

    /// As `is_free`; if not, whoever sees it last is told to admit a sender. The caller holds the channel's lock.
    pub(super) fn await_free(&self) -> bool {
        self.word.await_unseen()
    }

    /// The end of a read that leaves a value which nobody needs.
    #[cold]
    fn end_and_reap(&self, admit: bool, seen: impl FnOnce(bool)) {
        let value = self.reap();
        seen(admit);
        drop(value);
    }

    /// Takes out a value that nobody needs.
    #[cold]
    fn reap(&self) -> Option<T> {
        if !self.word.lock_to_reap() {
            return None;
        }
        // SAFETY: LOCKED and FULL; the unlock below says that it is empty.
        let value = self.value.with_mut(|value| unsafe { value.cast::<T>().read() });
        self.word.unlock_reaped();
        Some(value)
    }
}

impl<T> Reader<'_, T> {
    /// The value itself, if nobody else has to see it. Then the read must end by `Taken`.
    #[inline]
    fn take_if_last(&self) -> Option<T> {
        // SAFETY: one unseen is this receiver. Nobody else reads the value, and nobody writes it: it is unseen, or pinned. That it was
        // taken is said by `Taken`, and nothing can panic before.
        (self.slot.word.load().unseen() == 1)
            .then(|| self.slot.value.with_mut(|value| unsafe { value.cast::<T>().read() }))
    }

    #[inline]
    fn end(self, reading: Reading, seen: impl FnOnce(bool)) {
        let (slot, pinned) = (self.slot, self.pinned);
        core::mem::forget(self);
        let After { reap, admit } = slot.word.end_read(pinned, reading);
        if reap {
            slot.end_and_reap(admit, seen);
        } else {
            seen(admit);
        }
    }
}

impl<T> Drop for Reader<'_, T> {
    fn drop(&mut self) {
        if self.pinned && self.slot.word.end_read(true, Reading::GivenUp).reap {
            drop(self.slot.reap());
        }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        let look: Look = self.word.load();
        if look.is_full() {
            // SAFETY: FULL, and `&mut self`: nobody else is here.
            self.value.with_mut(|value| unsafe { value.cast::<T>().drop_in_place() });
        }
    }
}
