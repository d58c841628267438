//! One place in line, as the list sees it.
//!
//! ```text
//!   IDLE ──link──▶ QUEUED ──grant──▶ GRANTED ──take──▶ IDLE
//!     ▲               │
//!     └───unlink──────┘
//! ```
//!
//! Who may touch what: in QUEUED everything but `stage` belongs to the holder of the list's lock. In every other stage
//! it belongs to the waiter alone. The granter's last touch is the store of GRANTED, since from then on the waiter may
//! take the payload and free the node without ever asking for the lock.

use core::marker::PhantomPinned;
use core::ptr::NonNull;
use core::task::Waker;

use crate::atomic::{AtomicU8, Ordering};
use crate::cell::UnsafeCell;

const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const GRANTED: u8 = 2;

/// Where a waiter stands, as far as its own thread can know: QUEUED may have ended already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    Queued,
    Granted,
}

pub(super) type Link<P> = Option<NonNull<Node<P>>>;

/// Linked into a list by its address: pinned from its first link to its drop.
pub(super) struct Node<P> {
    stage: AtomicU8,
    /// The number of its list.
    pub(super) list: u8,
    place: UnsafeCell<Place<P>>,
    _pinned: PhantomPinned,
}

/// What the list's lock guards while the node is queued.
pub(super) struct Place<P> {
    pub(super) previous: Link<P>,
    pub(super) next: Link<P>,
    pub(super) waker: Option<Waker>,
    /// Empty once the waiter is done.
    pub(super) payload: Option<P>,
}

impl<P> Node<P> {
    crate::const_fn! {
        pub(super) const fn new(list: u8, payload: P) -> Self {
            let place = Place { previous: None, next: None, waker: None, payload: Some(payload) };
            Self { stage: AtomicU8::new(IDLE), list, place: UnsafeCell::new(place), _pinned: PhantomPinned }
        }
    }

    /// As the waiter sees it.
    pub(super) fn stage(&self) -> Stage {
        // Acquire: pairs with the Release in `set_granted`; the payload is ours from here.
        match self.stage.load(Ordering::Acquire) {
            QUEUED => Stage::Queued,
            GRANTED => Stage::Granted,
            _ => Stage::Idle,
        }
    }

    /// By the waiter, under the lock, when it links the node.
    pub(super) fn set_queued(&self) {
        // Relaxed: QUEUED is read by the waiter that wrote it, and by nobody else; the list goes by its links.
        self.stage.store(QUEUED, Ordering::Relaxed);
    }

    /// By the holder of the lock, after it has unlinked the node: its last touch.
    pub(super) fn set_granted(&self) {
        // Release: pairs with the Acquire in `stage`; publishes the payload and all that the granter did before.
        self.stage.store(GRANTED, Ordering::Release);
    }

    /// By the waiter, when it has unlinked the node, or takes the payload of a grant.
    pub(super) fn set_idle(&self) {
        // Relaxed: no other thread reads it: the node is in no list.
        self.stage.store(IDLE, Ordering::Relaxed);
    }

    /// Lends the place.
    ///
    /// # Safety
    ///
    /// The caller holds the list's lock if the node is queued, and is the waiter itself otherwise; `access` does not
    /// come back for the place of the same node.
    pub(super) unsafe fn with_place<R>(&self, access: impl FnOnce(&mut Place<P>) -> R) -> R {
        self.place.with_mut(|place| {
            // SAFETY: the caller has the place to itself, see the head of this file.
            access(unsafe { &mut *place })
        })
    }
}
