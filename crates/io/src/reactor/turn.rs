//! Whose turn it is to wait for events.
//!
//! There is one poller in the process. Whoever has it waits in the kernel, for everybody; the others wait on parkers of
//! their own. Those who may have it are the *seats*, one or more a runtime, and the *helper*, a thread for the times when no
//! seat has it. The poller is a value, so it is in one of these places:
//!
//! ```text
//!   ABSENT                      a seat parks or polls
//!     │ open         ┌─────────────────────────────────▶ INSIDE a seat ◀── that seat wakes ── OFFERED
//!     ▼              │                                         │ leave                          ▲  ▲
//!   a seat waits? ◀──┼─────────────────────────────────────────┘                                │  │
//!     │   └─ yes ────┼──────────────────────────────────────────────────────────────────────────┘  │
//!     │ no           │                                                                             │
//!     └──────────▶ FREE                                                                            │
//!                    │ no seat exists, or none came for a grace                                    │
//!                    └─────────────────────────────────▶ INSIDE the helper ── a seat waits ────────┘
//! ```
//!
//! * A seat that finds FREE enters. One that finds anything else joins the waiting seats; if the helper is inside, it nudges
//!   it out. A seat that finds ABSENT waits just so: a process that does no I/O opens no poller.
//! * `leave` offers the poller to a waiting seat that nobody has unparked. There being none, it is FREE, and the helper
//!   watches: a seat comes back within microseconds as a rule, so that to hand over at once would cost two context switches
//!   a leave. If none has come for a grace (the runtime computes, or blocks), or none exists, the helper enters. It does
//!   not look out for events meanwhile, and it sleeps without a limit while one seat stays inside.
//!
//! Where a seat is, it says in a word of its own: [`place`](super::place).
//!
//! The races to fear:
//! * *An offer to a seat that is about to return.* An offer is a WAITING → OFFERED in the seat's word, made under the lock;
//!   the seat reads its word and looks for an offer under the same lock before it returns, and hands on what it does not want.
//! * *A leave while the helper falls asleep.* It does so under the lock, and a leave that finds it asleep unparks it.
//! * *A first source while nobody looks.* With no source registered nobody needs to be inside, and the helper sleeps. Who
//!   registers one says so under the lock, and the helper is woken if the poller is FREE.
//! * *A second source while the helper cannot be started.* It is started under the lock, so that whoever comes next finds either
//!   that it runs, or that there is none, and tries by itself: no source relies on a thread that was refused.

use super::place::{Place, Return};
use motet_prim::lock::Mutex;
use motet_prim::park::{Parker, Unparker};
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

#[cfg(all(test, not(motet_loom)))]
mod tests;

/// What takes turns: epoll, or a model's stand-in.
pub(super) trait Poller: Send + Sized + 'static {
    /// Ends a wait, now or the next one; shared by everybody.
    type Nudge: Clone + Send + Sync + 'static;

    fn nudge(&self) -> Self::Nudge;
    fn call(nudge: &Self::Nudge);
    /// Starts the thread that runs [`Floor::help`] in a loop.
    fn start_helper() -> io::Result<()>;
    /// Waits for events, a nudge, or the limit.
    fn wait(&mut self, limit: Option<Duration>);
    /// Wakes whom the events of the last `wait` concern.
    fn dispatch(&mut self);
}

/// Where the poller is.
enum Turn<P: Poller> {
    Absent,
    Free(P),
    InsideSeat,
    InsideHelper,
    Offered(P, Arc<Place<P>>),
}

/// What the helper does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standby {
    NotStarted,
    /// Inside, or looks again by itself within a grace.
    Awake,
    Asleep,
}

struct State<P: Poller> {
    turn: Turn<P>,
    nudge: Option<P::Nudge>,
    /// The seats that wait on their own parkers, oldest first.
    waiting: VecDeque<Arc<Place<P>>>,
    seats: usize,
    /// Whether any source is registered.
    sources: bool,
    helper: Standby,
    /// How often anybody entered or left: the same number twice means that nobody moved in between.
    moves: u64,
}

/// What to do after unlocking.
#[must_use]
enum Order<P: Poller> {
    Nothing,
    /// An offer was made.
    LookUp(Arc<Place<P>>),
    WakeHelper,
}

/// How a seat's park goes on.
pub(super) enum Entry<P> {
    Inside(P),
    Waiting,
    /// It was unparked already.
    Unparked,
}

/// The helper's next step.
enum Duty<P> {
    Drive(P),
    /// Nap for a grace, then look again.
    Watch,
    Sleep,
}

/// What the helper remembers between two steps.
pub(super) struct Hand<P> {
    /// The poller, while it is inside.
    poller: Option<P>,
    /// The moves at its last look.
    seen: Option<u64>,
}

impl<P> Hand<P> {
    pub(super) fn new() -> Self {
        Self { poller: None, seen: None }
    }
}

/// Who has the poller, and who waits for it.
pub(super) struct Floor<P: Poller> {
    state: Mutex<State<P>>,
    /// Where the helper naps and sleeps.
    parker: Parker,
    unparker: Unparker,
}

impl<P: Poller> Floor<P> {
    pub(super) fn new() -> Self {
        let parker = Parker::new();
        let state = State {
            turn: Turn::Absent,
            nudge: None,
            waiting: VecDeque::new(),
            seats: 0,
            sources: false,
            helper: Standby::NotStarted,
            moves: 0,
        };
        Self { state: Mutex::new(state), unparker: parker.unparker(), parker }
    }

    /// Puts the poller on the floor if there is none yet; a seat that waits gets it.
    pub(super) fn open(&self, open: impl FnOnce() -> io::Result<P>) -> io::Result<()> {
        let mut state = self.state.lock();
        if !matches!(state.turn, Turn::Absent) {
            return Ok(());
        }
        let poller = open()?;
        state.nudge = Some(poller.nudge());
        let order = state.leave(poller)?;
        drop(state);
        self.obey(order);
        Ok(())
    }

    /// Says whether any source is registered, as `any` finds under the lock.
    ///
    /// # Errors
    ///
    /// Somebody has to look out for events now, and the helper could not be started.
    pub(super) fn set_sources(&self, any: impl FnOnce() -> bool) -> io::Result<()> {
        let mut state = self.state.lock();
        state.sources = any();
        let order = state.call_helper()?;
        drop(state);
        self.obey(order);
        Ok(())
    }

    /// One seat more.
    pub(super) fn sit(&self) {
        self.state.lock().seats += 1;
    }

    /// One seat less. The last one leaves the poller to the helper.
    pub(super) fn stand(&self) {
        let mut state = self.state.lock();
        state.seats -= 1;
        // No thread to be had: the next source tries again, and is told.
        let mut order = state.call_helper().unwrap_or(Order::Nothing);
        if state.seats == 0 && matches!(state.turn, Turn::Free(_)) && matches!(order, Order::Nothing) {
            // It may be in the middle of a nap.
            order = Order::WakeHelper;
        }
        drop(state);
        self.obey(order);
    }

    /// A seat parks.
    pub(super) fn enter(&self, place: &Arc<Place<P>>) -> Entry<P> {
        let mut state = self.state.lock();
        if let Some(poller) = state.take() {
            state.turn = Turn::InsideSeat;
            return Entry::Inside(poller);
        }
        if !place.go_waiting() {
            drop(state);
            let _unparked = place.come_back();
            return Entry::Unparked;
        }
        state.waiting.push_back(place.clone());
        let evicted = if matches!(state.turn, Turn::InsideHelper) { state.nudge.clone() } else { None };
        drop(state);
        evicted.iter().for_each(P::call);
        Entry::Waiting
    }

    /// A seat looks in; gets the poller only if it is free.
    pub(super) fn look_in(&self) -> Option<P> {
        let mut state = self.state.lock();
        let poller = state.take()?;
        state.turn = Turn::InsideSeat;
        Some(poller)
    }

    /// A seat wakes on its own parker: how it came, and the poller if it was offered.
    pub(super) fn stop_waiting(&self, place: &Arc<Place<P>>) -> (Return, Option<P>) {
        let mut state = self.state.lock();
        let came = place.come_back();
        match std::mem::replace(&mut state.turn, Turn::Absent) {
            Turn::Offered(poller, to) if Arc::ptr_eq(&to, place) => {
                state.turn = Turn::InsideSeat;
                state.moves += 1;
                (came, Some(poller))
            }
            other => {
                state.turn = other;
                state.waiting.retain(|waiting| !Arc::ptr_eq(waiting, place));
                (came, None)
            }
        }
    }

    /// A seat gives the poller back.
    pub(super) fn leave(&self, poller: P) {
        let mut state = self.state.lock();
        // No thread to be had: this seat comes back, and its next leave tries again.
        let order = state.leave(poller).unwrap_or(Order::Nothing);
        drop(state);
        self.obey(order);
    }

    /// One step of the helper. `nap` sleeps for a grace, or until the parker is unparked.
    pub(super) fn help(&self, hand: &mut Hand<P>, nap: impl FnOnce(&Parker)) {
        match hand.poller.take() {
            Some(poller) => hand.poller = self.drive(poller),
            None => match self.duty(&mut hand.seen) {
                Duty::Drive(poller) => hand.poller = Some(poller),
                Duty::Watch => nap(&self.parker),
                Duty::Sleep => self.parker.park(),
            },
        }
    }

    fn duty(&self, seen: &mut Option<u64>) -> Duty<P> {
        let mut state = self.state.lock();
        let nobody_moved = seen.replace(state.moves) == Some(state.moves);
        let duty = match &state.turn {
            Turn::Free(_) if state.sources && (nobody_moved || state.seats == 0) => {
                state.take().map_or(Duty::Watch, Duty::Drive)
            }
            Turn::Free(_) if state.sources => Duty::Watch,
            Turn::InsideSeat | Turn::Offered(..) if !nobody_moved => Duty::Watch,
            _ => Duty::Sleep,
        };
        match duty {
            Duty::Drive(_) => state.turn = Turn::InsideHelper,
            Duty::Watch => {}
            Duty::Sleep => state.helper = Standby::Asleep,
        }
        duty
    }

    /// The helper waits for one batch of events; gives the poller back unless a seat wants it.
    fn drive(&self, mut poller: P) -> Option<P> {
        poller.wait(None);
        // A waker that panics has said so on standard error; the sockets of others must go on.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| poller.dispatch())) {
            // Its drop may panic as well, and end this thread: leave it.
            std::mem::forget(panic);
        }
        let mut state = self.state.lock();
        match state.offer(poller) {
            Ok(order) => {
                state.moves += 1;
                drop(state);
                self.obey(order);
                None
            }
            Err(poller) => Some(poller),
        }
    }

    fn obey(&self, order: Order<P>) {
        match order {
            Order::Nothing => {}
            Order::LookUp(place) => place.look_up(),
            Order::WakeHelper => self.unparker.unpark(),
        }
    }
}

impl<P: Poller> State<P> {
    /// The poller, if it is free; the caller says at once who has it.
    fn take(&mut self) -> Option<P> {
        match std::mem::replace(&mut self.turn, Turn::Absent) {
            Turn::Free(poller) => {
                self.moves += 1;
                Some(poller)
            }
            other => {
                self.turn = other;
                None
            }
        }
    }

    fn leave(&mut self, poller: P) -> io::Result<Order<P>> {
        self.moves += 1;
        self.offer(poller).or_else(|poller| {
            self.turn = Turn::Free(poller);
            self.call_helper()
        })
    }

    /// Offers the poller to the oldest waiting seat that nobody has unparked.
    fn offer(&mut self, poller: P) -> Result<Order<P>, P> {
        let Some(index) = self.waiting.iter().position(|place| place.offer()) else { return Err(poller) };
        let Some(place) = self.waiting.remove(index) else { return Err(poller) };
        self.turn = Turn::Offered(poller, place.clone());
        Ok(Order::LookUp(place))
    }

    /// Makes sure that the helper watches a poller that is free, if there is anything to look out for.
    ///
    /// # Errors
    ///
    /// There is neither a seat nor a helper, which the system refuses to start.
    fn call_helper(&mut self) -> io::Result<Order<P>> {
        if !self.sources || !matches!(self.turn, Turn::Free(_)) {
            return Ok(Order::Nothing);
        }
        let order = match self.helper {
            Standby::NotStarted => match P::start_helper() {
                Ok(()) => Order::Nothing,
                // A seat looks out when it comes back, and its next leave tries again.
                Err(_) if self.seats > 0 => return Ok(Order::Nothing),
                Err(refused) => return Err(refused),
            },
            Standby::Asleep => Order::WakeHelper,
            Standby::Awake => Order::Nothing,
        };
        self.helper = Standby::Awake;
        Ok(order)
    }
}
