//! What is known about one source: a word of five bits and a tick.
//!
//! ```text
//!   bit            set by             cleared by (for its direction)
//!   READ           event              an operation that found nothing, or a short read
//!   WRITE          event              an operation that found nothing, or a short write
//!   READ_CLOSED    event              an operation that found nothing
//!   WRITE_CLOSED   event              an operation that found nothing
//!   URGENT        event            never
//!   tick (59 bits) + 1 by each event  never
//! ```
//!
//! A bit that is set is a hint: "try". A bit that is clear is a promise: "an event will come". Whoever clears a bit
//! therefore has to know that no event came since the attempt that found nothing. The race to fear:
//!
//! ```text
//!   task                               reactor
//!   seen = load()
//!   recv() = WouldBlock
//!                                      bytes arrive; event(READ)
//!   clear(seen, READ)                  ← would bury the event, and epoll tells of an edge only once
//! ```
//!
//! Each event moves the tick, and a clear whose tick is out of date does nothing: the task tries again. The tick has 59
//! bits and does not come round in practice; a narrow one did, in other reactors, and lost wakeups.
//!
//! A read stops short at a byte that its peer sent as urgent, with more behind it that no edge will tell of. So where urgent bytes were
//! seen (URGENT), a short read says nothing. One that is not told of yet will be, by an event that comes after the clear.
//!
//! The word starts with READ and WRITE set and tick zero: the first operation tries before it waits for anything.

use motet_prim::atomic::{AtomicU64, Ordering};
use std::ops::BitOr;

const READ: u64 = 1 << 0;
const WRITE: u64 = 1 << 1;
const READ_CLOSED: u64 = 1 << 2;
const WRITE_CLOSED: u64 = 1 << 3;
const URGENT: u64 = 1 << 4;
const TICK: u64 = 1 << 5;

/// Which way an operation moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    /// Every bit that speaks of this direction.
    fn all(self) -> u64 {
        match self {
            Self::Read => READ | READ_CLOSED,
            Self::Write => WRITE | WRITE_CLOSED,
        }
    }

    /// The bit that says "bytes, or room".
    fn plain(self) -> u64 {
        match self {
            Self::Read => READ,
            Self::Write => WRITE,
        }
    }
}

/// What one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct News(u64);

impl News {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const READ: Self = Self(READ);
    pub(crate) const WRITE: Self = Self(WRITE);
    pub(crate) const READ_CLOSED: Self = Self(READ | READ_CLOSED);
    pub(crate) const WRITE_CLOSED: Self = Self(WRITE | WRITE_CLOSED);
    /// A byte beside the stream; there may be bytes before and behind it.
    pub(crate) const URGENT: Self = Self(READ | URGENT);
    /// An error is told to whichever side tries next, and stays no longer than that.
    pub(crate) const ERROR: Self = Self(READ | WRITE);

    pub(crate) fn concerns(self, direction: Direction) -> bool {
        self.0 & direction.all() != 0
    }

    /// This news if `so`, else none.
    pub(crate) fn when(self, so: bool) -> Self {
        if so { self } else { Self::NONE }
    }
}

impl BitOr for News {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The word as one task saw it before it tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl Seen {
    pub(crate) fn is_ready(self, direction: Direction) -> bool {
        self.0 & direction.all() != 0
    }

    fn is_older_than(self, now: u64) -> bool {
        self.0 / TICK != now / TICK
    }
}

/// The word itself.
#[derive(Debug)]
pub(crate) struct Readiness(AtomicU64);

impl Readiness {
    /// Ready for everything, for all one knows.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(READ | WRITE))
    }

    pub(crate) fn load(&self) -> Seen {
        // Acquire: pairs with the Release in `tell`; the attempt that follows comes after the event.
        Seen(self.0.load(Ordering::Acquire))
    }

    /// An event: sets its bits and moves the tick.
    pub(crate) fn tell(&self, news: News) {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let next = now.wrapping_add(TICK) | news.0;
            // AcqRel: Release pairs with the Acquire in `load`; Acquire with the Release in `clear`, so that the wakers
            // are looked for after the clear that this event undoes.
            match self.0.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// The direction is exhausted, said an attempt made after `seen`. Does nothing if an event came since.
    pub(crate) fn clear(&self, seen: Seen, direction: Direction) {
        self.clear_bits(seen, direction.all());
    }

    /// The bytes (or the room) are exhausted, said a short count. An end of stream, if one is known, is still to be read.
    pub(crate) fn clear_short(&self, seen: Seen, direction: Direction) {
        if direction == Direction::Write || seen.0 & URGENT == 0 {
            self.clear_bits(seen, direction.plain());
        }
    }

    fn clear_bits(&self, seen: Seen, bits: u64) {
        let mut now = seen.0;
        while !seen.is_older_than(now) {
            // Release: pairs with the Acquire in `tell`. The other direction may have changed its bits at the same tick:
            // look again.
            match self.0.compare_exchange_weak(now, now & !bits, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }
}
