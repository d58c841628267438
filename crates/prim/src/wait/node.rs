//! One place in line, as the list sees it.
//!
//! ```text
//!   IDLE ──link──▶ QUEUED ──grant──▶ GRANTED ──take──▶ IDLE
//!     ▲               │
//!     └───unlink──────┘
//! ```
//!
//! Who may touch what: in QUEUED everything but `stage` and `waker` belongs to the holder of the list's lock. In every other
//! stage it belongs to the waiter alone. The granter's last touch is the store of GRANTED, since from then on the waiter may
//! take the payload and free the node without ever asking for the lock.
//!
//! The waker is there in QUEUED, and only then. It is written by the waiter alone: under the lock, if the node is queued. The
//! granter moves it out by reading it, and leaves the place as it is. So the waiter may look at it without the lock, to see
//! whether it is polled with the same one again: at worst it looks at one that has just been moved out, and compares its
//! address only; then that very waker is woken, and the waiter looks again.

use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
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
    /// Initialised in QUEUED.
    waker: UnsafeCell<MaybeUninit<Waker>>,
    _pinned: PhantomPinned,
}

/// What the list's lock guards while the node is queued.
pub(super) struct Place<P> {
    pub(super) previous: Link<P>,
    pub(super) next: Link<P>,
    /// Empty once the waiter is done.
    pub(super) payload: Option<P>,
}

impl<P> Node<P> {
    crate::const_fn! {
        pub(super) const fn new(list: u8, payload: P) -> Self {
            let place = UnsafeCell::new(Place { previous: None, next: None, payload: Some(payload) });
            // Zeroes that nobody reads: with nothing here the compiler builds the node elsewhere, and copies it.
            let waker = UnsafeCell::new(MaybeUninit::zeroed());
            Self { stage: AtomicU8::new(IDLE), list, place, waker, _pinned: PhantomPinned }
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

    /// Puts the waker in its place.
    ///
    /// # Safety
    ///
    /// The caller is the waiter, and the node is not queued.
    pub(super) unsafe fn put_waker(&self, waker: Waker) {
        self.waker.with_mut(|place| {
            // SAFETY: nobody else comes near a node that is not queued.
            unsafe { (*place).write(waker) };
        });
    }

    /// Whether it was queued with a waker that wakes the same task.
    ///
    /// # Safety
    ///
    /// The caller is the waiter, and has not learned that the node is not queued any more.
    pub(super) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        self.waker.with(|place| {
            // SAFETY: only we write it, so it is not written now.
            let place = unsafe { &*place };
            // SAFETY: we wrote it before the node was queued. If a granter has moved it out, it is looked at as two addresses.
            unsafe { place.assume_init_ref() }.will_wake(waker)
        })
    }

    /// Puts another waker in the place of the one that is there.
    ///
    /// # Safety
    ///
    /// The caller is the waiter, the node is queued, and the caller holds the list's lock.
    pub(super) unsafe fn exchange_waker(&self, waker: Waker) -> Waker {
        self.waker.with_mut(|place| {
            // SAFETY: a granter reads it under the lock, which we hold.
            let place = unsafe { &mut *place };
            // SAFETY: queued, so it is there.
            core::mem::replace(unsafe { place.assume_init_mut() }, waker)
        })
    }

    /// Moves the waker out.
    ///
    /// # Safety
    ///
    /// The node has been queued, and is in no list any more: unlinked by the caller, who has not said so yet, or who is the
    /// waiter. It is called once for each time that the node was queued.
    pub(super) unsafe fn take_waker(&self) -> Waker {
        self.waker.with(|place| {
            // SAFETY: the waiter writes it under the lock that the caller held when it unlinked the node, or is the caller.
            let place = unsafe { &*place };
            // SAFETY: it was there while the node was queued, and nobody moves it out a second time.
            unsafe { place.assume_init_read() }
        })
    }
}
