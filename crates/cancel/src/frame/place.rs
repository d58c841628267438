//! The current frame of this thread, by value in thread-local cells.
//!
//! ```text
//!                    enter::<Sendable>             enter::<Local>
//!   Nowhere ────────────────────────▶ Sendable ────────────────────▶ Local ──▶ …
//!      ▲ ▲   ◀──── leave, unwinding too ────   ◀──── leave ────
//!      │ └── outside(…): any frame ⇄ Nowhere
//!      └──── abandoning(…): any frame ⇄ Abandoning
//! ```
//!
//! Entering moves what the frame's owner has adopted so far into the cell, and leaves with it again; the outer frame waits on the stack
//! of `enter`. Nothing points into a stack, so code that switches stacks beneath us can at worst misplace a hand-over.
//! A `Sendable` frame does not touch the cell of the nearest `Local` one, which can therefore still take local work.
//! The cells have no destructor: guards that are dropped while thread-locals are torn down still find them.
//!
//! Nearly always there is nothing to move. So beside the place stands a mark, *laden*: a frame that enters where it is not set, with
//! nothing of its own, writes two bytes, and so does one that leaves. Who puts something into a cell sets the mark; it may stand where nothing
//! is left, but it never lacks where something is.

use super::adopted::{Adopted, Poller};
pub(crate) use super::here::Place;

use super::here::Here;
use super::kind::{Kind, Local, Sendable};
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::reason::Reason;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::task::Context;

/// Where the outcome of guards dropped in a frame comes from.
#[derive(Clone, Copy)]
pub(crate) enum Cause<'a> {
    /// They are simply dropped, as in any poll.
    Fresh,
    /// The same cause as in the outer frame.
    Inherited,
    /// They are dropped since their scope was cancelled for this reason.
    Cancelled(&'a Reason),
}

/// A value that is in the cell or, while somebody works on it, out of it.
pub(super) struct Slot<T>(Cell<ManuallyDrop<T>>);

impl<T> Slot<T> {
    const fn new(value: T) -> Self {
        Self(Cell::new(ManuallyDrop::new(value)))
    }

    fn replace(&self, value: T) -> T {
        ManuallyDrop::into_inner(self.0.replace(ManuallyDrop::new(value)))
    }
}

pub(super) struct Current {
    here: Cell<Here>,
    /// Which child of the innermost combinator is being polled, while one is: what is handed over meanwhile is marked with it (see `siblings`).
    child: Cell<usize>,
    cause: Slot<Option<Reason>>,
    sendable: Slot<Adopted<Sendable>>,
    local: Slot<Adopted<Local>>,
}

motet_prim::thread_local! {
    static CURRENT: Current = const {
        Current {
            here: Cell::new(Here::NOWHERE),
            child: Cell::new(0),
            cause: Slot::new(None),
            sendable: Slot::new(Adopted::none()),
            local: Slot::new(Adopted::none()),
        }
    };
}

/// The current frame.
#[inline]
pub(crate) fn place() -> Place {
    CURRENT.with(|current| current.here.get().place())
}

/// The reason for which what is being dropped now is dropped, if its scope was cancelled.
pub(crate) fn cause() -> Option<Reason> {
    CURRENT.with(|current| if current.here.get().is_laden() { current.peek_cause() } else { None })
}

/// The child that is being polled.
#[inline]
pub(super) fn child() -> usize {
    CURRENT.with(|current| current.child.get())
}

/// From now on this child is being polled.
#[inline]
pub(super) fn set_child(child: usize) {
    CURRENT.with(|current| current.child.set(child));
}

/// Whether one of the cells may hold something.
#[inline]
pub(super) fn is_laden() -> bool {
    CURRENT.with(|current| current.here.get().is_laden())
}

/// A kind with a cell of its own.
pub(super) trait Slotted: Kind {
    /// Its cell.
    fn slot(current: &Current) -> &Slot<Adopted<Self>>;
    /// Where a frame of this kind is inside of `outer`, with nothing in the cells.
    fn inside(outer: Here) -> Here;
}

impl Slotted for Sendable {
    #[inline]
    fn slot(current: &Current) -> &Slot<Adopted<Self>> {
        &current.sendable
    }

    #[inline]
    fn inside(outer: Here) -> Here {
        outer.sendable_inside()
    }
}

impl Slotted for Local {
    #[inline]
    fn slot(current: &Current) -> &Slot<Adopted<Self>> {
        &current.local
    }

    #[inline]
    fn inside(outer: Here) -> Here {
        outer.local_inside()
    }
}

impl Current {
    fn peek_cause(&self) -> Option<Reason> {
        let cause = self.cause.replace(None);
        self.cause.replace(cause.clone());
        cause
    }

    /// Sets the place, and the mark by what the cells hold.
    fn settle(&self, place: Here) {
        let cause = self.cause.replace(None);
        let laden = cause.is_some() || self.holds::<Sendable>() || self.holds::<Local>();
        self.cause.replace(cause);
        self.here.set(if laden { place.laden() } else { place.empty() });
    }

    fn holds<K: Slotted>(&self) -> bool {
        let adopted = K::slot(self).replace(Adopted::none());
        let holds = !adopted.is_none();
        K::slot(self).replace(adopted);
        holds
    }
}

/// Works on what the nearest frame of a kind holds. `work` runs no foreign code.
pub(super) fn with_nearest<K: Slotted, R>(work: impl FnOnce(&mut Adopted<K>) -> R) -> R {
    CURRENT.with(|current| {
        let mut adopted = K::slot(current).replace(Adopted::none());
        let result = work(&mut adopted);
        if !adopted.is_none() {
            current.here.set(current.here.get().laden());
        }
        let place_holder = K::slot(current).replace(adopted);
        debug_assert!(place_holder.is_none(), "`work` handed something over");
        result
    })
}

/// Runs `f` in a frame that already holds `adopted`; afterwards `adopted` is what the frame holds then.
#[inline]
pub(super) fn enter<K: Slotted, R>(adopted: &mut Adopted<K>, cause: Cause<'_>, f: impl FnOnce() -> R) -> R {
    let brings_nothing = adopted.is_none() && !matches!(cause, Cause::Cancelled(_));
    let mut leave = Leave { adopted, outer: Here::NOWHERE, displaced: ManuallyDrop::new(None) };
    CURRENT.with(|current| {
        leave.outer = current.here.get();
        if brings_nothing && !leave.outer.is_laden() {
            current.here.set(K::inside(leave.outer));
        } else {
            leave.displace(current, cause);
        }
    });
    f()
}

/// The way out of a frame, unwinding too.
struct Leave<'a, K: Slotted> {
    adopted: &'a mut Adopted<K>,
    /// Laden if there is something to bring back.
    outer: Here,
    displaced: ManuallyDrop<Option<Displaced<K>>>,
}

/// What a frame found in the cells, and waits on the stack to come back.
struct Displaced<K: Slotted> {
    cause: Option<Reason>,
    adopted: Adopted<K>,
}

impl<K: Slotted> Drop for Leave<'_, K> {
    #[inline]
    fn drop(&mut self) {
        CURRENT.with(|current| {
            if self.outer.or(current.here.get()).is_laden() {
                self.restore(current);
            } else {
                current.here.set(self.outer);
            }
        });
    }
}

impl<K: Slotted> Leave<'_, K> {
    /// Fills the cells with what the frame brings.
    #[cold]
    #[inline(never)]
    fn displace(&mut self, current: &Current, cause: Cause<'_>) {
        let outer_cause = current.cause.replace(None);
        let inner_cause = match cause {
            Cause::Fresh => None,
            Cause::Inherited => outer_cause.clone(),
            Cause::Cancelled(reason) => Some(reason.clone()),
        };
        current.cause.replace(inner_cause);
        let adopted = K::slot(current).replace(std::mem::take(self.adopted));
        current.here.set(K::inside(self.outer).laden());
        self.outer = self.outer.laden();
        *self.displaced = Some(Displaced { cause: outer_cause, adopted });
    }

    /// Takes out of the cells what the frame holds, and puts back what was there before it.
    #[cold]
    #[inline(never)]
    fn restore(&mut self, current: &Current) {
        let outer = self.displaced.take().unwrap_or(Displaced { cause: None, adopted: Adopted::none() });
        *self.adopted = K::slot(current).replace(outer.adopted);
        let cause = current.cause.replace(outer.cause);
        current.settle(self.outer);
        // A reason may be a foreign error: it goes when the cells are in order.
        drop(cause);
    }
}

/// Whether something that the current frame adopted after `mark` is unfinished.
#[inline]
pub(super) fn is_busy_since(mark: Mark) -> bool {
    is_laden() && is_laden_since(mark)
}

#[cold]
fn is_laden_since(mark: Mark) -> bool {
    match place() {
        Place::Sendable | Place::SendableInLocal => {
            with_nearest(|adopted: &mut Adopted<Sendable>| adopted.is_busy_since(mark))
        }
        Place::Local => with_nearest(|adopted: &mut Adopted<Local>| adopted.is_busy_since(mark)),
        Place::Nowhere | Place::Abandoning(_) => false,
    }
}

/// Polls what the current frame adopted, from inside of it, and what that waits for in a local frame beyond.
pub(super) fn advance(cx: &mut Context<'_>) {
    match place() {
        Place::Sendable => advance_kind::<Sendable>(cx),
        Place::SendableInLocal => {
            advance_kind::<Sendable>(cx);
            advance_kind::<Local>(cx);
        }
        Place::Local => advance_kind::<Local>(cx),
        Place::Nowhere | Place::Abandoning(_) => {}
    }
}

fn advance_kind<K: Slotted>(cx: &mut Context<'_>) {
    /// Puts them back, unwinding too: a waker may panic.
    struct TakenOut<K: Slotted>(Adopted<K>);
    impl<K: Slotted> Drop for TakenOut<K> {
        fn drop(&mut self) {
            with_nearest(|fresh: &mut Adopted<K>| {
                self.0.absorb(std::mem::take(fresh));
                *fresh = std::mem::take(&mut self.0);
            });
        }
    }
    let mut out = TakenOut(with_nearest(|adopted: &mut Adopted<K>| std::mem::take(adopted)));
    // Ready or not: whoever waits here waits for a tree of its own.
    let _polled = K::poll_trees(&mut out.0, Poller::Inside, cx);
}

/// Runs `f` with no frame.
#[inline]
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    in_place(Here::NOWHERE, f)
}

/// Runs `f` in a frame that abandons what it is handed.
pub(crate) fn abandoning<R>(why: Abandoned, f: impl FnOnce() -> R) -> R {
    in_place(Here::abandoning(why), f)
}

/// What lies in the cells stays there, but for the cause: a frame that is entered in `f` moves it aside.
#[inline]
fn in_place<R>(place: Here, f: impl FnOnce() -> R) -> R {
    struct Leave {
        outer: Here,
        cause: ManuallyDrop<Option<Reason>>,
    }
    impl Drop for Leave {
        #[inline]
        fn drop(&mut self) {
            let inner = CURRENT.with(|current| current.here.replace(self.outer));
            if self.outer.is_laden() || inner.is_laden() {
                restore(self.cause.take());
            }
        }
    }
    #[cold]
    fn restore(cause: Option<Reason>) {
        CURRENT.with(|current| {
            current.cause.replace(cause);
            current.settle(current.here.get());
        });
    }
    let outer = CURRENT.with(|current| current.here.replace(place));
    let mut leave = Leave { outer, cause: ManuallyDrop::new(None) };
    if outer.is_laden() {
        *leave.cause = take_cause();
    }
    f()
}

/// For a place without frames, which is laden if the cells hold something.
#[cold]
fn take_cause() -> Option<Reason> {
    CURRENT.with(|current| {
        let cause = current.cause.replace(None);
        current.settle(current.here.get());
        cause
    })
}
