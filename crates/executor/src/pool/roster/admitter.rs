//! The owner's end of the list: it admits without a lock, and frees what others returned.

use super::remains::{Listed, Remains};
use super::{COUNTED, Key, NONE, Place, ROWS, Retired, Roster, hole, length};
use core::ptr;
use motet_prim::atomic::Ordering;
use std::cell::Cell;
use std::sync::Arc;

/// So many returned tasks are freed in one go.
const SWEEP: usize = 64;

/// The owner's end: it moves from thread to thread with the role of the worker.
pub(in super::super) struct Admitter<T: Listed> {
    roster: Arc<Roster<T>>,
    /// The newest of the owner's own holes.
    hole: Cell<u32>,
    /// So many places were ever used.
    used: Cell<u32>,
    /// The newest of the returned tasks that the owner took and has not dropped yet.
    heirloom: Cell<Option<T>>,
}

impl<T: Listed> Admitter<T> {
    pub(super) fn new(roster: Arc<Roster<T>>) -> Self {
        Self { roster, hole: Cell::new(NONE), used: Cell::new(0), heirloom: Cell::new(None) }
    }

    pub(in super::super) fn roster(&self) -> &Arc<Roster<T>> {
        &self.roster
    }

    /// A free place, for [`put`](Self::put), and what is left of the task that had it last, to be dropped.
    #[inline]
    pub(in super::super) fn vacancy(&self) -> (Key, Option<Remains<T>>) {
        if let Some((key, remains)) = self.inherit() {
            return (key, Some(remains));
        }
        match self.own_hole() {
            Some(key) => (key, None),
            None => self.fresh(),
        }
    }

    /// A place with what is left of a task, out of those that were taken.
    #[inline]
    fn inherit(&self) -> Option<(Key, Remains<T>)> {
        let (key, remains, next) = self.roster.take_over(self.heirloom.get()?);
        self.heirloom.set(next);
        Some((key, remains))
    }

    /// Whether there is anything to [sweep](Self::sweep).
    pub(in super::super) fn has_remains(&self) -> bool {
        self.heirloom.get().is_some() || !self.roster.returned.is_empty()
    }

    /// Frees what others returned, a bounded number at a time; says whether there was anything. Drops references on tasks.
    pub(in super::super) fn sweep(&self) -> bool {
        if !self.has_remains() {
            return false;
        }
        (0..SWEEP).map_while(|_| self.inherit_or_take()).for_each(|(key, remains)| {
            self.add_hole(key);
            drop(remains);
        });
        true
    }

    /// As [`sweep`](Self::sweep), for an owner under a lock: gives what is to be dropped without it.
    pub(in super::super) fn swept(&self) -> Vec<Remains<T>> {
        let take = |(key, remains)| {
            self.add_hole(key);
            remains
        };
        (0..SWEEP).map_while(|_| self.inherit_or_take()).map(take).collect()
    }

    #[cold]
    fn inherit_or_take(&self) -> Option<(Key, Remains<T>)> {
        self.inherit().or_else(|| {
            self.heirloom.set(self.roster.returned.take_all());
            self.inherit()
        })
    }

    #[inline]
    fn own_hole(&self) -> Option<Key> {
        let key = Key(self.hole.get().checked_sub(1)?);
        // Relaxed: a hole of the owner's list is the owner's; those of others came with the Acquire in `fresh`.
        let link = self.roster.place(key).load(Ordering::Relaxed).addr() >> 2;
        #[expect(clippy::cast_possible_truncation, reason = "`hole` made it of as many bits")]
        self.hole.set(link as u32);
        Some(key)
    }

    fn add_hole(&self, key: Key) {
        // Relaxed: the owner's own.
        self.roster.place(key).store(hole(self.hole.get()), Ordering::Relaxed);
        self.hole.set(key.0 + 1);
    }

    /// Makes use of what others gave back, or of a place that was never used.
    #[cold]
    fn fresh(&self) -> (Key, Option<Remains<T>>) {
        if let Some((key, remains)) = self.inherit_or_take() {
            return (key, Some(remains));
        }
        // Acquire: pairs with the Release in `give_back`; the links are visible.
        self.hole.set(self.roster.holes.swap(NONE, Ordering::Acquire));
        let key = self.own_hole().unwrap_or_else(|| self.unused());
        (key, None)
    }

    fn unused(&self) -> Key {
        let key = Key(self.used.get());
        let (row, place) = key.split();
        assert!(row < ROWS, "no machine has room for so many tasks");
        if place == 0 {
            let places: Box<[Place]> = (0..length(row)).map(|_| Place::new(ptr::null_mut())).collect();
            // Release: pairs with the Acquire in `row`; the places are empty before anybody sees them.
            self.roster.rows[row].store(Box::into_raw(places).cast(), Ordering::Release);
        }
        self.used.set(self.used.get() + 1);
        key
    }

    /// Puts a task into a place that `vacancy` gave.
    pub(in super::super) fn put(&self, key: Key, task: T) {
        // Release: a reader that finds the task finds it whole.
        self.roster.place(key).store(task.address().as_ptr(), Ordering::Release);
    }

    /// The same for a task that is counted from the start.
    pub(in super::super) fn put_counted(&self, key: Key, task: T) {
        // Release: as above.
        self.roster.place(key).store(task.address().as_ptr().map_addr(|word| word | COUNTED), Ordering::Release);
    }

    /// Takes a task off the list, on the owner's thread.
    ///
    /// Once this has returned nobody follows the pointer any more, but whoever counted himself in before. It is a full fence.
    pub(in super::super) fn retire(&self, key: Key) -> (T, Retired) {
        let retired = self.roster.clear(key);
        self.add_hole(key);
        retired
    }
}

impl<T: Listed> Drop for Admitter<T> {
    fn drop(&mut self) {
        while self.sweep() {}
    }
}
