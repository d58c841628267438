//! Puts one thread to sleep until another, or a waker, unparks it; and runs one future that way, with no executor.
//!
//! ```text
//!            park                    unpark
//!   EMPTY ──────────▶ PARKED ──────────────────▶ NOTIFIED
//!     ▲ │                                         ▲  │
//!     │ └──────────────── unpark ─────────────────┘  │
//!     └───────────── park returns at once ───────────┘
//! ```
//!
//! Only the parker moves to EMPTY and PARKED; anybody moves to NOTIFIED. The race to fear: an `unpark` that sees PARKED
//! before the parker is really inside the condition variable. The parker sets PARKED under the lock, and the unparker
//! passes through the lock before it notifies, so it cannot notify between the two.

use core::fmt;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::time::{Duration, Instant};

use crate::atomic::{AtomicU32, Ordering};
use crate::lock::{Condvar, Mutex};

#[cfg(all(test, motet_loom))]
mod model;

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;

/// The sleeping side: one thread at a time parks here.
///
/// ```
/// use motet_prim::park::Parker;
///
/// let parker = Parker::new();
/// let unparker = parker.unparker();
/// std::thread::spawn(move || unparker.unpark());
/// parker.park();
/// ```
///
/// # Panics
///
/// If a thread parks while another does.
#[derive(Debug)]
pub struct Parker {
    place: Arc<Place>,
}

/// The waking side: unparks its parker now or, if it is not parked, at its next `park`. Many calls count as one.
#[derive(Clone)]
pub struct Unparker {
    place: Arc<Place>,
}

struct Place {
    state: AtomicU32,
    lock: Mutex<()>,
    unparked: Condvar,
}

impl Parker {
    /// A parker that nobody has unparked yet.
    #[must_use]
    pub fn new() -> Self {
        Self { place: Arc::new(Place { state: AtomicU32::new(EMPTY), lock: Mutex::new(()), unparked: Condvar::new() }) }
    }

    /// A handle that ends a `park` of this parker from anywhere.
    #[must_use]
    pub fn unparker(&self) -> Unparker {
        Unparker { place: self.place.clone() }
    }

    /// A waker that unparks this parker.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::from(self.place.clone())
    }

    /// Sleeps until unparked; returns at once if that has happened since the last `park`.
    pub fn park(&self) {
        self.place.park(None);
    }

    /// Sleeps until unparked or for `limit`; whether it was unparked.
    #[expect(clippy::must_use_candidate, reason = "parking is an effect; its result may be of no interest")]
    pub fn park_for(&self, limit: Duration) -> bool {
        // A limit beyond what the clock can say is none.
        self.place.park(Instant::now().checked_add(limit))
    }

    /// Sleeps until unparked or until `deadline`; whether it was unparked.
    #[expect(clippy::must_use_candidate, reason = "parking is an effect; its result may be of no interest")]
    pub fn park_until(&self, deadline: Instant) -> bool {
        self.place.park(Some(deadline))
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}

impl Unparker {
    /// Ends the `park` under way, or the next one.
    pub fn unpark(&self) {
        self.place.unpark();
    }

    /// Whether both unpark the same parker.
    #[must_use]
    pub fn will_unpark(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.place, &other.place)
    }
}

impl From<Unparker> for Waker {
    fn from(unparker: Unparker) -> Self {
        Self::from(unparker.place)
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparker").finish_non_exhaustive()
    }
}

impl Place {
    /// Takes a notification that is there already.
    fn take_notification(&self) -> bool {
        // Acquire: what the unparker did before its Release in `unpark` is visible to whoever was parked here.
        self.state.compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn park(&self, deadline: Option<Instant>) -> bool {
        if self.take_notification() {
            return true;
        }
        let mut guard = self.lock.lock();
        // Relaxed: nothing is published; the lock orders it against the unparker's passage. On failure `swap` acquires.
        let announced = self.state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed);
        if let Err(state) = announced {
            assert!(state != PARKED, "a thread parks here already: make a `Parker` for each");
            // Acquire: pairs with the Release in `unpark`.
            return self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED;
        }
        loop {
            let timed_out = match deadline {
                None => {
                    self.unparked.wait(&mut guard);
                    false
                }
                Some(deadline) => self.unparked.wait_until(&mut guard, deadline).timed_out(),
            };
            if timed_out {
                // Acquire: an unpark may have come in with the deadline; it counts.
                return self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED;
            }
            if self.take_notification() {
                return true;
            }
            // Woken without a notification: the condition variable may do that, unless somebody else has taken it.
            let state = self.state.load(Ordering::Relaxed);
            assert!(state != EMPTY, "another thread parks here: make a `Parker` for each");
        }
    }

    fn unpark(&self) {
        // Release: pairs with the Acquire of whoever takes the notification.
        if self.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            // The parker holds the lock from PARKED until it is inside the condition variable: wait for that.
            drop(self.lock.lock());
            self.unparked.notify_one();
        }
    }
}

impl Wake for Place {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.load(Ordering::Relaxed);
        f.debug_struct("Place").field("parked", &(state == PARKED)).field("notified", &(state == NOTIFIED)).finish()
    }
}

/// Runs a future on this thread, which sleeps between polls. No executor, no allocation after a thread's first call.
///
/// For blocking kinds of async operations (`lock_blocking`, `recv_blocking`). Calls may nest: an inner call sleeps in a
/// place of its own.
///
/// ```
/// assert_eq!(motet_prim::park::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let seat = seat::take();
    let mut cx = Context::from_waker(&seat.waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => {
                seat::give_back(seat);
                return output;
            }
            Poll::Pending => seat.parker.park(),
        }
    }
}

/// [`block_on`] for as long as there is time: `None` if the future is not ready by the deadline. Without one it waits for ever.
///
/// The future is only lent, so that the caller can take back what is in it. It is polled once more at the deadline: what came in with that counts.
///
/// ```
/// use std::time::Instant;
///
/// let mut never = std::pin::pin!(std::future::pending::<()>());
/// assert!(motet_prim::park::block_on_until(never.as_mut(), Some(Instant::now())).is_none());
/// ```
#[must_use = "`None`: the future was not ready in time"]
pub fn block_on_until<F: Future + ?Sized>(mut future: Pin<&mut F>, deadline: Option<Instant>) -> Option<F::Output> {
    let seat = seat::take();
    let mut cx = Context::from_waker(&seat.waker);
    let mut in_time = true;
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            break Some(output);
        }
        if !in_time {
            break None;
        }
        // A future that is woken again and again has no more time than others.
        in_time = seat.parker.place.park(deadline) && deadline.is_none_or(|deadline| Instant::now() < deadline);
    };
    seat::give_back(seat);
    output
}

/// A parker and its waker, kept by each thread for its next `block_on`.
mod seat {
    use super::{Parker, Waker};

    pub(super) struct Seat {
        pub(super) parker: Parker,
        pub(super) waker: Waker,
    }

    impl Seat {
        fn new() -> Self {
            let parker = Parker::new();
            let waker = parker.waker();
            Self { parker, waker }
        }
    }

    #[cfg(not(motet_loom))]
    crate::thread_local! {
        static SPARE: core::cell::Cell<Option<Seat>> = const { core::cell::Cell::new(None) };
    }

    /// The thread's spare seat; a new one for its first call and for nested calls.
    #[cfg(not(motet_loom))]
    pub(super) fn take() -> Seat {
        let spare = SPARE.try_with(core::cell::Cell::take).ok().flatten();
        spare.unwrap_or_else(Seat::new)
    }

    /// Keeps the seat, with whatever stale notification it has: that costs the next call one spurious poll.
    #[cfg(not(motet_loom))]
    pub(super) fn give_back(seat: Seat) {
        // A thread that is being torn down has nothing to keep it in.
        let _ = SPARE.try_with(|spare| spare.set(Some(seat)));
    }

    /// A model starts each run from nothing.
    #[cfg(motet_loom)]
    pub(super) fn take() -> Seat {
        Seat::new()
    }

    #[cfg(motet_loom)]
    pub(super) fn give_back(_: Seat) {}
}
