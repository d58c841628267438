//! The list of live tasks: one owner adds without a lock and without an exchange, whoever ends a task takes it off with one.
//!
//! ```text
//!            admit (owner)            close                 retire (anybody, once)
//!   hole ───────────────────▶ live ──────────▶ counted ─────────────────────▶ hole
//!     ▲                         └───────────────────────────────────────────▶  │
//!     └── the owner's own list of holes ◀── at once, if the owner retires ─────┤
//!     └── the owner's, when it has none ◀── the list of returned holes ◀───────┘ if another thread does
//! ```
//!
//! A place is one word: a pointer to a task, with a mark if a close has counted it, or a hole, which names the next one. The places
//! lie in rows that never move, each twice as long as the one before, so a reader walks them while the owner adds.
//!
//! The race to fear: a reader follows a pointer to a task that ends, and is freed, at this moment. Whoever ends a task exchanges its
//! place for a hole *first* and looks whether anybody reads *then*; a reader says that it reads *first* and looks at the places
//! *then*, all four in one order (sequentially consistent). So either the reader finds the hole, or the other finds the reader, and
//! waits for the reader's lock before it goes on and the task is freed. The same pair serves the close, which marks what it finds:
//! whoever retires a marked task learns that it was counted.
//!
//! What a row takes is kept until the roster goes: eight bytes for each task that ever lived at one time.

use core::ptr::{self, NonNull};
use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicPtr, AtomicU32, Ordering, fence};
use motet_prim::lock::Mutex;
use std::cell::Cell;
use std::sync::Arc;

#[cfg(all(test, motet_loom))]
mod model;
#[cfg(all(test, not(motet_loom)))]
mod tests;

/// Makes a list and its owner's end.
pub(super) fn roster() -> (Admitter, Arc<Roster>) {
    let roster = Arc::new(Roster {
        watched: CachePadded::new(Watched { attention: AtomicU32::new(0), reading: Mutex::new(()) }),
        rows: core::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
        returned: CachePadded::new(AtomicU32::new(NONE)),
    });
    (Admitter { roster: roster.clone(), hole: Cell::new(NONE), used: Cell::new(0) }, roster)
}

/// The list, for those who end tasks, read the list, or close it.
pub(super) struct Roster {
    /// Read at each end of a task, written seldom.
    watched: CachePadded<Watched>,
    rows: [AtomicPtr<Place>; ROWS],
    /// The newest of the holes that others than the owner made.
    returned: CachePadded<AtomicU32>,
}

struct Watched {
    /// [`READING`] and [`CLOSED`].
    attention: AtomicU32,
    /// Held by whoever reads.
    reading: Mutex<()>,
}

/// The owner's end: it moves from thread to thread with the role of the worker.
pub(super) struct Admitter {
    roster: Arc<Roster>,
    /// The newest of the owner's own holes.
    hole: Cell<u32>,
    /// So many places were ever used.
    used: Cell<u32>,
}

/// Where a task stands on the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Key(u32);

/// A task's pointer, perhaps with [`COUNTED`]; or [`HOLE`] with the link to the next one; or null, if it was never used.
type Place = AtomicPtr<()>;

const READING: u32 = 1;
const CLOSED: u32 = 1 << 1;

/// In a place: a close has counted this task.
const COUNTED: usize = 1;
/// In a place: no task, but a link.
const HOLE: usize = 1 << 1;

/// A link that leads nowhere; others are one more than the key.
const NONE: u32 = 0;

/// The length of the first row.
const FIRST: u32 = if cfg!(motet_loom) { 2 } else { 64 };
const ROWS: usize = if cfg!(motet_loom) { 4 } else { 26 };

/// What retiring a task came to.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Retired {
    /// No close has counted the task.
    Uncounted,
    /// A close has counted it: whoever keeps that count must hear of its end.
    Counted,
}

impl Key {
    /// The key of a task that is on no list.
    pub(crate) const UNLISTED: Self = Self(u32::MAX);

    /// For a word in the task's record.
    pub(crate) fn to_bits(self) -> u32 {
        self.0
    }

    /// What `to_bits` gave.
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Its row, and the place in it.
    fn split(self) -> (usize, usize) {
        let row = (self.0 / FIRST + 1).ilog2();
        (row as usize, (self.0 - FIRST * ((1 << row) - 1)) as usize)
    }
}

fn length(row: usize) -> usize {
    (FIRST as usize) << row
}

fn hole(next: u32) -> *mut () {
    ptr::without_provenance_mut((next as usize) << 2 | HOLE)
}

fn task(place: *mut ()) -> Option<NonNull<()>> {
    if place.addr() & HOLE != 0 { None } else { NonNull::new(place.map_addr(|word| word & !COUNTED)) }
}

/// Loom takes sequentially consistent accesses for weaker ones, and fences for what they are.
fn fence_for_loom() {
    if cfg!(motet_loom) {
        fence(Ordering::SeqCst);
    }
}

impl Admitter {
    pub(super) fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// A free place, for [`put`](Self::put).
    pub(super) fn vacancy(&self) -> Key {
        if self.hole.get() == NONE {
            return self.fresh();
        }
        let key = Key(self.hole.get() - 1);
        // Relaxed: a hole of the owner's list is the owner's; those of others came with the Acquire in `fresh`.
        let link = self.roster.place(key).load(Ordering::Relaxed).addr() >> 2;
        #[expect(clippy::cast_possible_truncation, reason = "`hole` made it of as many bits")]
        self.hole.set(link as u32);
        key
    }

    /// Makes use of what others gave back, or of a place that was never used.
    #[cold]
    fn fresh(&self) -> Key {
        // Acquire: pairs with the Release in `give_back`; the links are visible.
        let returned = self.roster.returned.swap(NONE, Ordering::Acquire);
        if returned != NONE {
            self.hole.set(returned);
            return self.vacancy();
        }
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
    pub(super) fn put(&self, key: Key, task: NonNull<()>) {
        // Release: a reader that finds the task finds it whole.
        self.roster.place(key).store(task.as_ptr(), Ordering::Release);
    }

    /// The same for a task that is counted from the start.
    pub(super) fn put_counted(&self, key: Key, task: NonNull<()>) {
        // Release: as above.
        self.roster.place(key).store(task.as_ptr().map_addr(|word| word | COUNTED), Ordering::Release);
    }

    /// Takes a task off the list, on the owner's thread.
    ///
    /// Once this has returned nobody follows the pointer any more, but whoever counted himself in before.
    pub(super) fn retire(&self, key: Key) -> (NonNull<()>, Retired) {
        let retired = self.roster.clear(key);
        // Relaxed: the owner's own.
        self.roster.place(key).store(hole(self.hole.get()), Ordering::Relaxed);
        self.hole.set(key.0 + 1);
        retired
    }
}

impl Roster {
    /// Takes a task off the list, on any other thread.
    pub(super) fn retire(&self, key: Key) -> (NonNull<()>, Retired) {
        let retired = self.clear(key);
        self.give_back(key);
        retired
    }

    fn clear(&self, key: Key) -> (NonNull<()>, Retired) {
        // SeqCst: before the look below; see the head of this file. AcqRel in it: the task's end is visible to whoever finds the hole.
        let place = self.place(key).swap(hole(NONE), Ordering::SeqCst);
        let Some(task) = task(place) else { unreachable!("a task retires once") };
        fence_for_loom();
        if self.watched.attention.load(Ordering::SeqCst) == 0 {
            return (task, Retired::Uncounted);
        }
        (task, self.wait_for_readers(place))
    }

    #[cold]
    fn wait_for_readers(&self, place: *mut ()) -> Retired {
        drop(self.watched.reading.lock());
        if place.addr() & COUNTED == 0 { Retired::Uncounted } else { Retired::Counted }
    }

    fn give_back(&self, key: Key) {
        let place = self.place(key);
        let mut newest = self.returned.load(Ordering::Relaxed);
        loop {
            place.store(hole(newest), Ordering::Relaxed);
            // Release: pairs with the Acquire in `fresh`. The owner takes the whole list at once, so a link that is met again is right.
            match self.returned.compare_exchange_weak(newest, key.0 + 1, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => newest = changed,
            }
        }
    }

    /// Shows each task that is live at this moment to `see`, which may count a reference on it: it is not freed meanwhile.
    pub(super) fn read(&self, mut see: impl FnMut(NonNull<()>)) {
        let reading = self.watched.reading.lock();
        self.begin_to_read(READING);
        self.places().filter_map(|place| task(place.load(Ordering::SeqCst))).for_each(&mut see);
        self.end_to_read();
        drop(reading);
    }

    /// Closes the list, and shows each task that is live and not counted yet: it is counted if `count` (called before) is not taken
    /// back by `uncount`. To be called again by an owner that may have added tasks without having seen the close.
    pub(super) fn close(&self, count: impl Fn(), uncount: impl Fn(), mut see: impl FnMut(NonNull<()>)) {
        let reading = self.watched.reading.lock();
        self.begin_to_read(READING | CLOSED);
        for place in self.places() {
            let seen = place.load(Ordering::SeqCst);
            let Some(task) = task(seen).filter(|_| seen.addr() & COUNTED == 0) else { continue };
            // Before the mark: who retires a marked task takes the count down.
            count();
            let marked = seen.map_addr(|word| word | COUNTED);
            match place.compare_exchange(seen, marked, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => see(task),
                // It has ended, and its place is a hole, or the owner has put the next one in, who has seen the close or looks again.
                Err(_) => uncount(),
            }
        }
        self.end_to_read();
        drop(reading);
    }

    /// Under the lock.
    fn begin_to_read(&self, attention: u32) {
        // SeqCst: before the looks at the places; see the head of this file.
        self.watched.attention.fetch_or(attention, Ordering::SeqCst);
        fence_for_loom();
    }

    /// Under the lock.
    fn end_to_read(&self) {
        // Release: who retires a task and finds no reader sees all that this one did to the task (its load is an Acquire, too).
        self.watched.attention.fetch_and(!READING, Ordering::Release);
    }

    /// Whether [`close`](Self::close) was called; an owner on whom nobody waits may learn it late.
    pub(super) fn is_closed(&self) -> bool {
        self.watched.attention.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// How many tasks are live at this moment.
    pub(super) fn len(&self) -> usize {
        // Relaxed: a picture.
        self.places().filter(|place| task(place.load(Ordering::Relaxed)).is_some()).count()
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        (0..ROWS).map_while(|row| self.row(row)).flatten()
    }

    fn row(&self, row: usize) -> Option<&[Place]> {
        // Acquire: pairs with the Release in `fresh`.
        let places = self.rows[row].load(Ordering::Acquire);
        // SAFETY: `fresh` made a row of this length, which stays until the roster goes.
        (!places.is_null()).then(|| unsafe { core::slice::from_raw_parts(places, length(row)) })
    }

    fn place(&self, key: Key) -> &Place {
        let (row, place) = key.split();
        // Acquire: as in `row`; free of charge where it matters.
        let places = self.rows[row].load(Ordering::Acquire);
        debug_assert!(!places.is_null() && place < length(row), "a key comes from `vacancy`");
        // SAFETY: a key names a place within a row that exists.
        let place = unsafe { places.add(place) };
        // SAFETY: as above; the row stays until the roster goes.
        unsafe { &*place }
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        for (row, places) in self.rows.iter().enumerate() {
            let places = places.load(Ordering::Acquire);
            if !places.is_null() {
                let places = ptr::slice_from_raw_parts_mut(places, length(row));
                // SAFETY: `fresh` made it of a box of this length, and nobody has the roster any more.
                drop(unsafe { Box::from_raw(places) });
            }
        }
    }
}
