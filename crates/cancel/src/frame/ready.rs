//! Which of a frame's trees were woken: each has a seat, whose waker puts its number on the list and wakes the frame's owner.
//!
//! ```text
//!            wake: pushed, the owner woken
//!   idle ────────────────────────────────▶ queued ── further wakes do nothing
//!     ▲                                      │
//!     └───────── before it is polled ────────┘
//! ```
//!
//! Anybody queues; only the owner un-queues. The race to fear is that of a wake with the poll it is for: the owner un-queues the seat *before*
//! it polls the tree, so a wake that comes later queues it again, and one that came before is seen by that poll. The owner's waker is
//! called after the lock, and taken out: between two polls the owner is woken once.

use crate::clock::Mark;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// The numbers of the trees that were woken, and the waker of the frame's owner.
#[derive(Clone)]
pub(super) struct ReadyList(Arc<Mutex<List>>);

struct List {
    queue: VecDeque<Mark>,
    owner: Option<Waker>,
}

impl ReadyList {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(List { queue: VecDeque::new(), owner: None })))
    }

    /// A seat at the end of the queue: a tree is polled once without a wake.
    pub(super) fn seat(&self, number: Mark) -> Seat {
        self.0.lock().queue.push_back(number);
        self.queued_seat(number)
    }

    /// A seat at the head of the queue: for a tree that goes on where another has just ended.
    pub(super) fn seat_first(&self, number: Mark) -> Seat {
        self.0.lock().queue.push_front(number);
        self.queued_seat(number)
    }

    fn queued_seat(&self, number: Mark) -> Seat {
        let place = Arc::new(Place { number, queued: AtomicBool::new(true), list: self.clone() });
        Seat { waker: Waker::from(Arc::clone(&place)), place }
    }

    /// Sets whom the next wake wakes. Call it before [`pop`](Self::pop).
    pub(super) fn register(&self, waker: &Waker) {
        let registered = self.0.lock().owner.as_ref().is_some_and(|owner| owner.will_wake(waker));
        if !registered {
            // Cloned and dropped outside the lock. A wake in between finds the old waker, or none; its number is popped next.
            let waker = waker.clone();
            let displaced = self.0.lock().owner.replace(waker);
            drop(displaced);
        }
    }

    /// The next number; the caller un-queues its seat.
    pub(super) fn pop(&self) -> Option<Mark> {
        self.0.lock().queue.pop_front()
    }

    /// How many numbers are on the list.
    pub(super) fn len(&self) -> usize {
        self.0.lock().queue.len()
    }

    /// The frame has ended: lets the owner's waker go, for a tree's waker may outlive the tree, and this list with it.
    pub(super) fn release(&self) {
        let owner = self.0.lock().owner.take();
        owner.into_iter().for_each(discard);
    }

    /// At the end of a poll: wakes the owner for the numbers that are left, unless their trees have done so.
    pub(super) fn yield_rest(&self) {
        let mut list = self.0.lock();
        let owner = if list.queue.is_empty() { None } else { list.owner.take() };
        drop(list);
        if let Some(owner) = owner {
            // A panic would unwind out of the frame's poll.
            Wakeup::from(owner).wake();
        }
    }
}

/// One running tree's place on the list, and the waker it is polled with.
pub(super) struct Seat {
    place: Arc<Place>,
    waker: Waker,
}

struct Place {
    number: Mark,
    queued: AtomicBool,
    list: ReadyList,
}

impl Seat {
    /// Before the tree is polled: a wake from now on queues it again. Gives the waker to poll with.
    pub(super) fn unqueue(&self) -> &Waker {
        // Acquire: what was done before a wake that found the seat queued is seen by the poll that follows. Pairs with the swap in `wake_by_ref`.
        self.place.queued.swap(false, Ordering::Acquire);
        &self.waker
    }

    /// The tree has ended: its wakers do nothing any more.
    pub(super) fn leave(&self) {
        // Relaxed: nobody waits for this tree.
        self.place.queued.store(true, Ordering::Relaxed);
    }
}

impl Wake for Place {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: pairs with the swap in `unqueue`, for the case that no number is pushed here.
        if self.queued.swap(true, Ordering::Release) {
            return;
        }
        let mut list = self.list.0.lock();
        list.queue.push_back(self.number);
        let owner = list.owner.take();
        drop(list);
        if let Some(owner) = owner {
            // Most often from within an exit, which a waker that panics must not cut short.
            Wakeup::from(owner).wake();
        }
    }
}

#[cfg(all(test, motet_loom))]
mod model;
