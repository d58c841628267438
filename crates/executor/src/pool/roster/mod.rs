//! The list of live tasks: one owner adds without a lock and without an exchange, whoever ends a task takes it off with one.
//!
//! ```text
//!            admit (owner)            close                 retire (anybody, once)
//!   hole ───────────────────▶ live ──────────▶ counted ─────────────────────▶ hole
//!     ▲                         └───────────────────────────────────────────▶  │
//!     └── the owner's own list of holes ◀── at once, if the owner retires ─────┤
//!     └── the owner's, when it has none ◀── what others returned ◀─────────────┘ if another thread does, with the task's memory (`remains.rs`)
//! ```
//!
//! A place is one word: a pointer to a task, with a mark if a close has counted it, or a hole, which names the next one, or keeps a reference on the
//! task that was there last. The places lie in rows that never move, each twice as long as the one before, so a reader walks them while the owner adds.
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
use motet_prim::atomic::{AtomicPtr, AtomicU32, Ordering, fence, fence_after_exchange};
use motet_prim::lock::Mutex;
use remains::Returned;
use std::sync::Arc;

mod admitter;
#[cfg(all(test, motet_loom))]
mod model;
mod remains;
#[cfg(all(test, not(motet_loom)))]
mod tests;

pub(super) use admitter::Admitter;
pub(crate) use remains::{Listed, Remains};

/// Makes a list and its owner's end.
pub(super) fn roster<T: Listed>() -> (Admitter<T>, Arc<Roster<T>>) {
    let roster = Arc::new(Roster {
        watched: CachePadded::new(Watched { attention: AtomicU32::new(0), reading: Mutex::new(()) }),
        rows: core::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
        returned: CachePadded::new(Returned::new()),
        holes: AtomicU32::new(NONE),
    });
    (Admitter::new(roster.clone()), roster)
}

/// The list, for those who end tasks, read the list, or close it.
pub(super) struct Roster<T: Listed> {
    /// Read at each end of a task, written seldom.
    watched: CachePadded<Watched>,
    rows: [AtomicPtr<Place>; ROWS],
    /// Tasks that others than the owner ended, and their places.
    returned: CachePadded<Returned<T>>,
    /// The newest of the holes that others than the owner made while there was none.
    holes: AtomicU32,
}

struct Watched {
    /// [`READING`] and [`CLOSED`].
    attention: AtomicU32,
    /// Held by whoever reads.
    reading: Mutex<()>,
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

impl<T: Listed> Roster<T> {
    /// Takes a task off the list, on any other thread than the owner's; its place is to be given back, with or without its memory.
    ///
    /// Once this has returned nobody follows the pointer any more, but whoever counted himself in before. It is a full fence.
    pub(super) fn retire(&self, key: Key) -> (T, Retired) {
        self.clear(key)
    }

    fn clear(&self, key: Key) -> (T, Retired) {
        // SeqCst: before the look below; see the head of this file. AcqRel in it: the task's end is visible to whoever finds the hole.
        let place = self.place(key).swap(hole(NONE), Ordering::SeqCst);
        let Some(task) = task(place) else { unreachable!("a task retires once") };
        // SAFETY: `put` put it there.
        let task = unsafe { T::from_address(task) };
        fence_after_exchange();
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

    /// Whether somebody is awake who owns the list, and so looks after what is [left](Self::leave) to him; may be a moment old.
    pub(super) fn has_heir(&self) -> bool {
        self.returned.has_heir()
    }

    /// An owner is there, or there is none for a while.
    pub(super) fn set_heir(&self, has_heir: bool) {
        self.returned.set_heir(has_heir);
    }

    /// Gives back the place of a retired task, with a reference on the task that the owner drops.
    ///
    /// # Safety
    ///
    /// `key` is the task's, and was retired; `reference` is one on the task, to be [released](Listed::release).
    pub(super) unsafe fn leave(&self, key: Key, task: T, reference: NonNull<()>) {
        debug_assert_eq!(reference.addr().get() & (COUNTED | HOLE), 0, "references are pointers to whole words");
        // Relaxed: the owner comes by the Acquire in `take_all`; for readers it is a hole as before.
        self.place(key).store(reference.as_ptr().map_addr(|word| word | HOLE), Ordering::Relaxed);
        self.returned.push(task);
        if !self.returned.has_heir() {
            self.free_returned();
        }
    }

    /// There is no owner, or he rests: what was left to him is freed here, and the places given back.
    #[cold]
    fn free_returned(&self) {
        let mut next = self.returned.take_all();
        while let Some(task) = next {
            let (key, remains, following) = self.take_over(task);
            next = following;
            self.give_back(key);
            drop(remains);
        }
    }

    /// The place of a returned task, the reference on it, and the task that was returned before it; for whoever took all, once for each.
    fn take_over(&self, task: T) -> (Key, Remains<T>, Option<T>) {
        // SAFETY: the reference keeps the memory.
        let key = unsafe { task.key() };
        // SAFETY: as above.
        let link = unsafe { task.link() };
        // Relaxed: all this came with the Acquire in `take_all`.
        // SAFETY: `push` put it there.
        let next = NonNull::new(link.load(Ordering::Relaxed)).map(|next| unsafe { T::from_address(next) });
        let reference = self.place(key).load(Ordering::Relaxed).map_addr(|word| word & !HOLE);
        let reference = NonNull::new(reference).expect("`leave` put it there");
        // SAFETY: `leave` put it there, and it is taken here.
        (key, unsafe { Remains::new(task, reference) }, next)
    }

    /// Gives back the place of a retired task, whose memory is looked after already.
    pub(super) fn give_back(&self, key: Key) {
        let place = self.place(key);
        let mut newest = self.holes.load(Ordering::Relaxed);
        loop {
            place.store(hole(newest), Ordering::Relaxed);
            // Release: pairs with the Acquire in `Admitter::fresh`. The owner takes the whole list at once, so a link that is met again is right.
            match self.holes.compare_exchange_weak(newest, key.0 + 1, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => newest = changed,
            }
        }
    }

    /// Shows each task that is live at this moment to `see`, which may count a reference on it: it is not freed meanwhile.
    pub(super) fn read(&self, mut see: impl FnMut(T)) {
        let reading = self.watched.reading.lock();
        self.begin_to_read(READING);
        let live = self.places().filter_map(|place| task(place.load(Ordering::SeqCst)));
        // SAFETY: `put` put it there.
        live.for_each(|task| see(unsafe { T::from_address(task) }));
        self.end_to_read();
        drop(reading);
    }

    /// Closes the list, and shows each task that is live and not counted yet: it is counted if `count` (called before) is not taken
    /// back by `uncount`. To be called again by an owner that may have added tasks without having seen the close.
    pub(super) fn close(&self, count: impl Fn(), uncount: impl Fn(), mut see: impl FnMut(T)) {
        let reading = self.watched.reading.lock();
        self.begin_to_read(READING | CLOSED);
        for place in self.places() {
            let seen = place.load(Ordering::SeqCst);
            let Some(task) = task(seen).filter(|_| seen.addr() & COUNTED == 0) else { continue };
            // Before the mark: who retires a marked task takes the count down.
            count();
            let marked = seen.map_addr(|word| word | COUNTED);
            match place.compare_exchange(seen, marked, Ordering::SeqCst, Ordering::Relaxed) {
                // SAFETY: `put` put it there.
                Ok(_) => see(unsafe { T::from_address(task) }),
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
        // Acquire: pairs with the Release in `Admitter::unused`.
        let places = self.rows[row].load(Ordering::Acquire);
        // SAFETY: `Admitter::unused` made a row of this length, which stays until the roster goes.
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

impl<T: Listed> Drop for Roster<T> {
    fn drop(&mut self) {
        // The owner's end is gone, and has dropped what there was then.
        self.free_returned();
        for (row, places) in self.rows.iter().enumerate() {
            let places = places.load(Ordering::Acquire);
            if !places.is_null() {
                let places = ptr::slice_from_raw_parts_mut(places, length(row));
                // SAFETY: `Admitter::unused` made it of a box of this length, and nobody has the roster any more.
                drop(unsafe { Box::from_raw(places) });
            }
        }
    }
}
