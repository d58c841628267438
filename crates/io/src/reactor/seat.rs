//! A runtime's place to park: in the kernel when it is this seat's turn, on a parker of its own otherwise.

use super::epoll::Epoll;
use super::floor;
use super::place::{Place, Return};
use super::turn::{Entry, Floor, Poller};
use motet_prim::park::Parker;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// A runtime's place at the process-wide reactor.
///
/// For authors of runtimes: an idle thread parks here instead of on a condition variable, and then also sees to the sockets,
/// of its own runtime and of everybody else in the process. Any number of seats may exist. One of them at a time waits in
/// the kernel; the others wait on parkers of their own, and so does every seat of a process in which no socket was ever
/// opened: no epoll instance exists there.
///
/// Without a seat sockets work too: then a helper thread waits for them. It also stands in for a seat whose runtime stays
/// away for more than ten milliseconds, in one long poll for example, until that seat parks again.
///
/// ```
/// use motet_io::Seat;
/// use std::time::Duration;
///
/// let mut seat = Seat::new();
/// let unparker = seat.unparker();
/// std::thread::spawn(move || unparker.wake());
/// seat.park(None);                                  // until the wake
/// seat.park(Some(Duration::from_micros(50)));       // or a limit
/// ```
pub struct Seat {
    chair: Chair<Epoll, &'static Floor<Epoll>>,
}

impl Seat {
    /// A new seat. Opens nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { chair: Chair::new(floor()) }
    }

    /// Waits until unparked, for an event, or for `limit` (none: for ever), and wakes the tasks that the events concern.
    ///
    /// It may also return for no reason. An unpark since the last park ends it at once.
    ///
    /// # Panics
    ///
    /// With what the waker of a task panics with, once all others have been woken.
    pub fn park(&mut self, limit: Option<Duration>) {
        self.chair.park(limit);
    }

    /// Looks for events without waiting, and wakes the tasks that they concern; does nothing while another seat waits for them.
    ///
    /// Call it every so many polls of a runtime that never gets idle.
    ///
    /// # Panics
    ///
    /// With what the waker of a task panics with, once all others have been woken.
    pub fn poll(&mut self) {
        self.chair.poll();
    }

    /// A waker that ends a [`park`](Self::park) of this seat, the one under way or the next.
    ///
    /// It may be called from anywhere and any number of times. It costs a system call only if the seat is parked.
    #[must_use]
    pub fn unparker(&self) -> Waker {
        Waker::from(self.chair.place.clone())
    }
}

impl Default for Seat {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").finish_non_exhaustive()
    }
}

/// A seat on some floor: the process's, or a model's.
pub(super) struct Chair<P: Poller, F: Deref<Target = Floor<P>>> {
    floor: F,
    pub(super) place: Arc<Place<P>>,
    parker: Parker,
}

impl<P: Poller, F: Deref<Target = Floor<P>>> Chair<P, F> {
    pub(super) fn new(floor: F) -> Self {
        floor.sit();
        let parker = Parker::new();
        Self { place: Arc::new(Place::new(parker.unparker())), floor, parker }
    }

    pub(super) fn park(&mut self, limit: Option<Duration>) {
        if self.place.is_unparked() {
            // Using it up is all: the poller stays with whoever has it.
            let _unparked = self.place.come_back();
            return;
        }
        match self.floor.enter(&self.place) {
            Entry::Unparked => {}
            Entry::Inside(poller) => self.inside(poller, limit),
            Entry::Waiting => self.wait(limit),
        }
    }

    pub(super) fn poll(&mut self) {
        if let Some(poller) = self.floor.look_in() {
            let mut turn = MyTurn { floor: &self.floor, poller: Some(poller) };
            turn.wait(Some(Duration::ZERO));
            turn.dispatch();
        }
    }

    /// Waits in the kernel, for one batch of events.
    fn inside(&self, poller: P, limit: Option<Duration>) {
        let mut turn = MyTurn { floor: &self.floor, poller: Some(poller) };
        if turn.poller.as_ref().is_some_and(|poller| self.place.go_inside(poller)) {
            turn.wait(limit);
            // Awake before the dispatch: a task that it wakes may unpark this very seat, and must not pay for a nudge.
            let _unparked = self.place.come_back();
            turn.dispatch();
        }
        // This park ends here, and with it every unpark that has come so far.
        let _unparked = self.place.come_back();
    }

    /// Waits on the own parker, until unparked or until the poller is offered.
    fn wait(&self, limit: Option<Duration>) {
        // A limit beyond what the clock can say is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        while self.place.is_waiting() {
            match deadline {
                None => self.parker.park(),
                Some(deadline) if self.parker.park_until(deadline) => {}
                Some(_) => break,
            }
        }
        match self.floor.stop_waiting(&self.place) {
            (_, None) => {}
            (Return::Unparked, Some(poller)) => self.floor.leave(poller),
            (Return::Other, Some(poller)) => {
                let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                self.inside(poller, left);
            }
        }
    }
}

impl<P: Poller, F: Deref<Target = Floor<P>>> Drop for Chair<P, F> {
    fn drop(&mut self) {
        self.floor.stand();
    }
}

/// Gives the poller back, also when a waker panics.
struct MyTurn<'a, P: Poller> {
    floor: &'a Floor<P>,
    poller: Option<P>,
}

impl<P: Poller> MyTurn<'_, P> {
    fn wait(&mut self, limit: Option<Duration>) {
        self.poller.iter_mut().for_each(|poller| poller.wait(limit));
    }

    fn dispatch(&mut self) {
        self.poller.iter_mut().for_each(P::dispatch);
    }
}

impl<P: Poller> Drop for MyTurn<'_, P> {
    fn drop(&mut self) {
        if let Some(poller) = self.poller.take() {
            self.floor.leave(poller);
        }
    }
}
