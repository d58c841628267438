//! A place in the ring; and beside it, where a value was overwritten while it was being read, a place more.
//!
//! A sender never waits for a reader, whose `Clone` may take its time, and may use the channel itself. It writes where the old value was; if
//! that is being read, beside it:
//!
//! ```text
//!   place: value 3, pinned ──send 7──▶ place: retired, value 3 ──next──▶ place: value 7
//!                                        └─ last reader: takes 3 out, empty ──send 11──▶ place: value 11; its neighbour: retired, empty
//! ```
//!
//! At most one place of a slot can be found by its position, and all others are retired: empty, or read by somebody who began before. So there
//! are never more places than values that were being read at once, and one. They are kept, and are freed with the ring: a reader
//! that comes late may look at any of them. Only senders under the channel's lock add one or change which is found.
#![forbid(unsafe_code)]

use super::link::Link;
use super::place::Place;

pub(super) struct Slot<T> {
    place: Place<T>,
    /// Another, as soon as one was needed.
    next: Link<Self>,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Self {
        Self { place: Place::new(), next: Link::none() }
    }

    /// [`Place::read`] of the value at `position`; `None` if it is not here.
    #[inline]
    pub(super) fn read(&self, position: u64, pin: bool, seen: impl FnOnce(bool)) -> Option<T>
    where
        T: Clone,
    {
        let place = if self.place.has(position) { &self.place } else { self.find_beside(position)? };
        place.read(position, pin, seen)
    }

    /// [`Place::skip`] of the value at `position`, if it is here.
    pub(super) fn skip(&self, position: u64, pin: bool, seen: impl FnOnce(bool)) {
        if let Some(place) = self.find(position) {
            place.skip(position, pin, seen);
        }
    }

    /// Puts a value here, for so many receivers to see; gives what it overwrites, unless that is being read. The caller holds the channel's
    /// lock.
    ///
    /// Without the policy to overwrite, everybody must have seen what is here.
    #[inline]
    pub(super) fn write(&self, position: u64, value: T, receivers: usize) -> Option<T> {
        if self.place.is_current() || self.next.get().is_none() {
            if let Some(writer) = self.place.begin_write() {
                return writer.write(position, value, receivers);
            }
        }
        self.write_beside(position, value, receivers)
    }

    /// Retires the place that is read, and writes in the first that is empty.
    #[cold]
    fn write_beside(&self, position: u64, value: T, receivers: usize) -> Option<T> {
        let old = self.places().find(|place| place.is_current()).and_then(Place::retire);
        let mut slot = self;
        let writer = loop {
            if let Some(writer) = slot.place.begin_fill() {
                break writer;
            }
            slot = slot.next.get_or_set(|| Box::new(Self::new()));
        };
        let empty = writer.write(position, value, receivers);
        debug_assert!(empty.is_none(), "a value was overwritten in an empty place");
        old
    }

    /// One receiver more has to see the value at `position`. By one that has to see it too; the caller holds the channel's lock.
    pub(super) fn add_unseen(&self, position: u64) {
        if let Some(place) = self.find(position) {
            place.add_unseen();
        }
    }

    /// Whether everybody has seen what is here, where nothing is overwritten.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.place.is_free()
    }

    /// As `is_free`; if not, whoever sees it last is told to admit a sender. The caller holds the channel's lock.
    pub(super) fn await_free(&self) -> bool {
        self.place.await_free()
    }

    fn find(&self, position: u64) -> Option<&Place<T>> {
        self.places().find(|place| place.has(position))
    }

    #[cold]
    #[inline(never)]
    fn find_beside(&self, position: u64) -> Option<&Place<T>> {
        self.next.get()?.find(position)
    }

    fn places(&self) -> impl Iterator<Item = &Place<T>> {
        core::iter::successors(Some(self), |slot| slot.next.get()).map(|slot| &slot.place)
    }
}
