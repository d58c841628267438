//! A place for one value, read by all receivers.
//!
//! The states, and who may touch the value in each, are drawn in [`word`](super::word). Beside the word stands the position of the value in
//! the channel, plus one; zero where there is none. A receiver that finds the position it wants has a value to see. It is written
//! last, after the word, so that a receiver which finds it is counted there; and it is cleared before the word is unlocked, so that a
//! receiver which is late, and pins the new value, finds that it is not the one it wanted. A place whose value was overwritten while it was
//! being read, which is to say by a value in another place, is *retired*: its position is cleared, and the last reader takes the value out.
#![expect(unsafe_code, reason = "many receivers read one value at once, without a lock")]

use core::mem::MaybeUninit;

use super::word::{After, Look, Reading, Word};
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::cell::UnsafeCell;

pub(super) struct Place<T> {
    word: Word,
    /// Position plus one.
    position: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: receivers on several threads look at the value at once (`T: Sync`), and one of them may take it away (`T: Send`).
unsafe impl<T: Send + Sync> Sync for Place<T> {}

/// A place that is locked for a value, which must be written.
#[must_use]
pub(super) struct Writer<'a, T> {
    place: &'a Place<T>,
    before: Look,
}

/// A read under way. Dropped, as by a panic in the clone, it is given up.
struct Reader<'a, T> {
    place: &'a Place<T>,
    pinned: bool,
}

impl<T> Place<T> {
    pub(super) fn new() -> Self {
        Self { word: Word::new(), position: AtomicU64::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The value at `position`, which was here a moment ago, for a receiver that has to see it: a clone, or if that is the last one, the
    /// value itself. `None` if it is not here any more.
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

    /// Counts the value at `position` as seen, if it is here still, by a receiver that goes away. `seen` is as in `read`.
    pub(super) fn skip(&self, position: u64, pin: bool, seen: impl FnOnce(bool)) {
        let Some(reader) = self.begin_read(position, pin) else { return };
        let value = reader.take_if_last();
        reader.end(if value.is_some() { Reading::Taken } else { Reading::Seen }, seen);
        drop(value);
    }

    /// Begins a read of the value at `position`, which was here a moment ago.
    #[inline]
    fn begin_read(&self, position: u64, pin: bool) -> Option<Reader<'_, T>> {
        let reader = Reader { place: self, pinned: pin };
        if pin {
            let unlocked = self.word.pin();
            // Again: it may have been overwritten since. Relaxed: the pin, which found no writer, has acquired what the last one wrote.
            if !unlocked || self.position.load(Ordering::Relaxed) != position + 1 {
                return None;
            }
        }
        Some(reader)
    }

    /// Whether the value at `position` is here.
    #[inline]
    pub(super) fn has(&self, position: u64) -> bool {
        // Acquire: pairs with the Release in `write`: the value and the word are as the sender left them, or newer.
        self.position.load(Ordering::Acquire) == position + 1
    }

    /// Whether a value is here that receivers can find. The caller holds the channel's lock.
    #[inline]
    pub(super) fn is_current(&self) -> bool {
        // Relaxed: written under the lock that the caller holds.
        self.position.load(Ordering::Relaxed) != 0
    }

    /// The place, for a value over the one that is here; `None` if that is being read. The caller holds the channel's lock.
    ///
    /// Without the policy to overwrite, everybody must have seen what is here.
    #[inline]
    pub(super) fn begin_write(&self) -> Option<Writer<'_, T>> {
        self.word.lock().map(|before| Writer { place: self, before })
    }

    /// The place, if there is no value in it. The caller holds the channel's lock.
    pub(super) fn begin_fill(&self) -> Option<Writer<'_, T>> {
        self.word.lock_if_empty().map(|before| Writer { place: self, before })
    }

    /// The value here is overwritten by one in another place. Gives it, unless it is being read: then the last reader takes it out. The
    /// caller holds the channel's lock.
    pub(super) fn retire(&self) -> Option<T> {
        // Relaxed: whoever pins after the next step has acquired it, and reads nothing.
        self.position.store(0, Ordering::Relaxed);
        self.word.retire();
        self.reap()
    }

    /// One receiver more has to see the value that is here. By one that has to see it too; the caller holds the channel's lock.
    pub(super) fn add_unseen(&self) {
        self.word.add_unseen();
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

impl<T> Writer<'_, T> {
    /// Puts a value here, for so many receivers to see; gives what was here.
    #[inline]
    pub(super) fn write(self, position: u64, value: T, receivers: usize) -> Option<T> {
        let Self { place, before } = self;
        let exchange = |place: *mut MaybeUninit<T>| {
            // SAFETY: LOCKED, without pins: nobody else touches the value. FULL says that there is one, and it is overwritten below.
            let old = before.is_full().then(|| unsafe { place.cast::<T>().read() });
            // SAFETY: as above.
            unsafe { place.cast::<T>().write(value) };
            old
        };
        let old = place.value.with_mut(exchange);
        // Relaxed: whoever pins after the unlock has acquired it.
        place.position.store(0, Ordering::Relaxed);
        place.word.unlock_written(before, receivers);
        // Release: pairs with the Acquire in `has`.
        place.position.store(position + 1, Ordering::Release);
        old
    }
}

impl<T> Reader<'_, T> {
    /// The value itself, if nobody else has to see it. Then the read must end by `Taken`.
    #[inline]
    fn take_if_last(&self) -> Option<T> {
        // SAFETY: one unseen is this receiver. Nobody else reads the value, and nobody writes it: it is unseen, or pinned. That it was
        // taken is said by `Taken`, and nothing can panic before.
        (self.place.word.load().unseen() == 1)
            .then(|| self.place.value.with_mut(|value| unsafe { value.cast::<T>().read() }))
    }

    #[inline]
    fn end(self, reading: Reading, seen: impl FnOnce(bool)) {
        let (place, pinned) = (self.place, self.pinned);
        core::mem::forget(self);
        let After { reap, admit } = place.word.end_read(pinned, reading);
        if reap {
            place.end_and_reap(admit, seen);
        } else {
            seen(admit);
        }
    }
}

impl<T> Drop for Reader<'_, T> {
    fn drop(&mut self) {
        if self.pinned && self.place.word.end_read(true, Reading::GivenUp).reap {
            drop(self.place.reap());
        }
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        let look: Look = self.word.load();
        if look.is_full() {
            // SAFETY: FULL, and `&mut self`: nobody else is here.
            self.value.with_mut(|value| unsafe { value.cast::<T>().drop_in_place() });
        }
    }
}
