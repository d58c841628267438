//! The word that the two ends of a oneshot share: bits and transitions, no data.
//!
//! Each end has three bits of its own and only ever looks at the other's:
//!
//! | bit | sender | receiver |
//! | --- | --- | --- |
//! | `SETTLED` | has sent, or was dropped without | has closed, or was dropped |
//! | `WAITING` | its waker is in its slot: it awaits `closed()` | its waker is in its slot: it awaits the value |
//! | `GONE` | will not touch the packet again | will not touch the packet again |
//!
//! and `SENT` says that the value is in the packet. It is set together with the sender's `SETTLED`, and only while the
//! receiver has not settled; so the two ends agree who owns the value: the receiver if `SENT` is set, else the sender.
//!
//! ```text
//!   sender:    open ──offer──▶ SENT + SETTLED ──┐          receiver:  open ──settle──▶ SETTLED ──leave──▶ GONE
//!                └───settle──▶ SETTLED ─────────┴─leave─▶ GONE
//! ```
//!
//! **Who owns a waker.** The first end to settle owns both: it drops its own and wakes the other's. The second finds the
//! other settled and touches neither. An end may write its slot only while its `WAITING` is clear; after it sets the bit,
//! or clears it to write a new waker, it looks at the state that the operation replaced: if the other had settled in
//! between, the waker is the other's (the bit had been set when the other settled) or still its own (it had not).
//!
//! **Who frees the packet.** Whoever sets `GONE` second. An end that has nothing to fetch from the packet sets `SETTLED`
//! and `GONE` in one step; an end that sees the other's `GONE` owns the packet without any step.
#![forbid(unsafe_code)]

use motet_prim::atomic::{AtomicU8, Ordering};

/// One of the two ends: its bits.
pub(super) trait Side {
    const SETTLED: u8;
    const WAITING: u8;
    const GONE: u8;
    /// Which of the packet's waker slots this end writes.
    const SLOT: usize;
    /// Whether a sent value is this end's.
    const RECEIVES: bool;
    type Other: Side;
}

/// Marks the sender's end.
pub(super) enum Sending {}

/// Marks the receiver's end.
pub(super) enum Receiving {}

impl Side for Sending {
    const SETTLED: u8 = 1 << 0;
    const WAITING: u8 = 1 << 1;
    const GONE: u8 = 1 << 2;
    const SLOT: usize = 0;
    const RECEIVES: bool = false;
    type Other = Receiving;
}

impl Side for Receiving {
    const SETTLED: u8 = 1 << 3;
    const WAITING: u8 = 1 << 4;
    const GONE: u8 = 1 << 5;
    const SLOT: usize = 1;
    const RECEIVES: bool = true;
    type Other = Sending;
}

const SENT: u8 = 1 << 6;

/// The state at one moment.
#[derive(Clone, Copy)]
pub(super) struct Snapshot(u8);

impl Snapshot {
    pub(super) fn is_sent(self) -> bool {
        self.0 & SENT != 0
    }

    pub(super) fn is_settled<S: Side>(self) -> bool {
        self.0 & S::SETTLED != 0
    }

    pub(super) fn is_waiting<S: Side>(self) -> bool {
        self.0 & S::WAITING != 0
    }

    pub(super) fn is_gone<S: Side>(self) -> bool {
        self.0 & S::GONE != 0
    }

    /// Whether side `S`, settling now, has nothing to fetch from the packet: no waker, and no value.
    fn can_leave<S: Side>(self) -> bool {
        let wakers_are_mine = !self.is_settled::<S::Other>();
        let wakers = self.is_waiting::<S>() || self.is_waiting::<S::Other>();
        let value = S::RECEIVES && self.is_sent();
        !(wakers_are_mine && wakers || value)
    }
}

/// What settling did.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    /// The state that was replaced.
    pub(super) before: Snapshot,
    /// Whether the end has left the packet in the same step.
    pub(super) left: bool,
}

impl Settled {
    /// Whether side `S`, by settling, has become the last to know of the packet.
    pub(super) fn is_last<S: Side>(self) -> bool {
        self.left && self.before.is_gone::<S::Other>()
    }
}

/// The receiver has settled: the value stays with the sender.
pub(super) struct Refused;

pub(super) struct State(AtomicU8);

impl State {
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    pub(super) fn load(&self) -> Snapshot {
        // Acquire: pairs with the Release half of every transition; what the other end wrote before it is visible.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// The sender, whose value is in the packet, hands it over and leaves, if nobody has waited yet: most often so. Whether it was so.
    #[inline]
    pub(super) fn offer_first(&self) -> bool {
        self.replace::<Sending>(Snapshot(0), SENT, true).is_ok()
    }

    /// The sender, whose value is in the packet, hands it over; and leaves, if nobody's waker is to be fetched.
    pub(super) fn offer(&self) -> Result<Settled, Refused> {
        let mut now = self.load();
        loop {
            if now.is_settled::<Receiving>() {
                return Err(Refused);
            }
            let left = now.can_leave::<Sending>();
            match self.replace::<Sending>(now, SENT, left) {
                Ok(()) => return Ok(Settled { before: now, left }),
                Err(newer) => now = newer,
            }
        }
    }

    /// `S` is through: it sends or receives no more. With `leave`, it leaves too if there is nothing to fetch.
    pub(super) fn settle<S: Side>(&self, leave: bool) -> Settled {
        let mut now = self.load();
        loop {
            debug_assert!(!now.is_settled::<S>(), "an end settles once");
            let left = leave && now.can_leave::<S>();
            match self.replace::<S>(now, 0, left) {
                Ok(()) => return Settled { before: now, left },
                Err(newer) => now = newer,
            }
        }
    }

    #[inline]
    fn replace<S: Side>(&self, now: Snapshot, more: u8, leave: bool) -> Result<(), Snapshot> {
        let next = now.0 | S::SETTLED | more | if leave { S::GONE } else { 0 };
        // Release: publishes the value and my last accesses to the Acquire of the other end's transitions and loads.
        // Acquire, both ways: I may go on to fetch the other's waker, or free the packet.
        self.0.compare_exchange(now.0, next, Ordering::AcqRel, Ordering::Acquire).map(drop).map_err(Snapshot)
    }

    /// `S` will not touch the packet again. Whether it was the last.
    pub(super) fn leave<S: Side>(&self) -> bool {
        // Release: my accesses come before the other end frees the packet. Acquire: its accesses come before I do.
        let before = Snapshot(self.0.fetch_or(S::GONE, Ordering::AcqRel));
        debug_assert!(!before.is_gone::<S>(), "an end leaves once");
        before.is_gone::<S::Other>()
    }

    /// `S` has written its waker.
    pub(super) fn publish_waker<S: Side>(&self) -> Snapshot {
        // Release: publishes the waker to the Acquire of the other end's settling. Acquire: it may have settled, and sent.
        Snapshot(self.0.fetch_or(S::WAITING, Ordering::AcqRel))
    }

    /// `S` wants its waker back.
    pub(super) fn withdraw_waker<S: Side>(&self) -> Snapshot {
        // Relaxed: it publishes nothing, and whoever goes on to the value loads the state again.
        Snapshot(self.0.fetch_and(!S::WAITING, Ordering::Relaxed))
    }
}
