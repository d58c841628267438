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

use super::adopted::Adopted;
use super::kind::{Kind, Local, Sendable};
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::reason::Reason;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::task::Context;

/// Which frame is current.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// None: hand-overs go to the reaper.
    Nowhere,
    /// One that takes `Send` work. `local_beyond`: an outer one takes local work.
    Sendable { local_beyond: bool },
    /// One that takes everything.
    Local,
    /// One that abandons everything.
    Abandoning(Abandoned),
}

/// Where the outcome of guards dropped in a frame comes from.
pub(crate) enum Cause {
    /// They are simply dropped, as in any poll.
    Fresh,
    /// The same cause as in the outer frame.
    Inherited,
    /// They are dropped since their scope was cancelled for this reason.
    Cancelled(Reason),
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
    place: Cell<Place>,
    cause: Slot<Option<Reason>>,
    sendable: Slot<Adopted<Sendable>>,
    local: Slot<Adopted<Local>>,
}

motet_prim::thread_local! {
    static CURRENT: Current = const {
        Current {
            place: Cell::new(Place::Nowhere),
            cause: Slot::new(None),
            sendable: Slot::new(Adopted::none()),
            local: Slot::new(Adopted::none()),
        }
    };
}

/// The current frame.
pub(crate) fn place() -> Place {
    CURRENT.with(|current| current.place.get())
}

/// The reason for which what is being dropped now is dropped, if its scope was cancelled.
pub(crate) fn cause() -> Option<Reason> {
    CURRENT.with(|current| {
        let cause = current.cause.replace(None);
        current.cause.replace(cause.clone());
        cause
    })
}

/// A kind with a cell of its own.
pub(super) trait Slotted: Kind {
    /// Its cell.
    fn slot(current: &Current) -> &Slot<Adopted<Self>>;
    /// What a frame of this kind is inside of `outer`.
    fn inside(outer: Place) -> Place;
}

impl Slotted for Sendable {
    fn slot(current: &Current) -> &Slot<Adopted<Self>> {
        &current.sendable
    }

    fn inside(outer: Place) -> Place {
        Place::Sendable { local_beyond: matches!(outer, Place::Local | Place::Sendable { local_beyond: true }) }
    }
}

impl Slotted for Local {
    fn slot(current: &Current) -> &Slot<Adopted<Self>> {
        &current.local
    }

    fn inside(_outer: Place) -> Place {
        Place::Local
    }
}

/// Works on what the nearest frame of a kind holds. `work` runs no foreign code.
pub(super) fn with_nearest<K: Slotted, R>(work: impl FnOnce(&mut Adopted<K>) -> R) -> R {
    CURRENT.with(|current| {
        let mut adopted = K::slot(current).replace(Adopted::none());
        let result = work(&mut adopted);
        let place_holder = K::slot(current).replace(adopted);
        debug_assert!(place_holder.is_none(), "`work` handed something over");
        result
    })
}

/// Runs `f` in a frame that already holds `adopted`; afterwards `adopted` is what the frame holds then.
pub(super) fn enter<K: Slotted, R>(adopted: &mut Adopted<K>, cause: Cause, f: impl FnOnce() -> R) -> R {
    struct Leave<'a, K: Slotted> {
        adopted: &'a mut Adopted<K>,
        outer: Outer<K>,
    }
    impl<K: Slotted> Drop for Leave<'_, K> {
        fn drop(&mut self) {
            *self.adopted = CURRENT.with(|current| self.outer.restore(current));
        }
    }
    let held = std::mem::take(adopted);
    let outer = CURRENT.with(|current| Outer::displace(current, cause, held));
    let _leave = Leave { adopted, outer };
    f()
}

/// Whether something that the current frame adopted after `mark` is unfinished.
pub(super) fn is_busy_since(mark: Mark) -> bool {
    match place() {
        Place::Sendable { .. } => with_nearest(|adopted: &mut Adopted<Sendable>| adopted.is_busy_since(mark)),
        Place::Local => with_nearest(|adopted: &mut Adopted<Local>| adopted.is_busy_since(mark)),
        Place::Nowhere | Place::Abandoning(_) => false,
    }
}

/// Polls what the current frame adopted, from inside of it.
pub(super) fn advance(cx: &mut Context<'_>) {
    match place() {
        Place::Sendable { .. } => advance_kind::<Sendable>(cx),
        Place::Local => advance_kind::<Local>(cx),
        Place::Nowhere | Place::Abandoning(_) => {}
    }
}

fn advance_kind<K: Slotted>(cx: &mut Context<'_>) {
    let mut adopted = with_nearest(|adopted: &mut Adopted<K>| std::mem::take(adopted));
    // Ready or not: whoever waits here waits for a tree of its own.
    let _polled = K::poll_trees(&mut adopted, cx);
    with_nearest(|fresh: &mut Adopted<K>| {
        adopted.absorb(std::mem::take(fresh));
        *fresh = adopted;
    });
}

/// Runs `f` with no frame.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    in_place(Place::Nowhere, f)
}

/// Runs `f` in a frame that abandons what it is handed.
pub(crate) fn abandoning<R>(why: Abandoned, f: impl FnOnce() -> R) -> R {
    in_place(Place::Abandoning(why), f)
}

fn in_place<R>(place: Place, f: impl FnOnce() -> R) -> R {
    struct Leave(Place, Option<Reason>);
    impl Drop for Leave {
        fn drop(&mut self) {
            CURRENT.with(|current| {
                current.place.set(self.0);
                current.cause.replace(self.1.take());
            });
        }
    }
    let _leave = CURRENT.with(|current| Leave(current.place.replace(place), current.cause.replace(None)));
    f()
}

/// What a frame displaced, and waits on the stack to come back.
struct Outer<K: Slotted> {
    place: Place,
    cause: Option<Reason>,
    adopted: Adopted<K>,
}

impl<K: Slotted> Outer<K> {
    fn displace(current: &Current, cause: Cause, held: Adopted<K>) -> Self {
        let place = current.place.get();
        current.place.set(K::inside(place));
        let outer_cause = current.cause.replace(None);
        let inner_cause = match cause {
            Cause::Fresh => None,
            Cause::Inherited => outer_cause.clone(),
            Cause::Cancelled(reason) => Some(reason),
        };
        current.cause.replace(inner_cause);
        Self { place, cause: outer_cause, adopted: K::slot(current).replace(held) }
    }

    /// Puts the outer frame back; gives what the frame that is left holds.
    fn restore(&mut self, current: &Current) -> Adopted<K> {
        current.place.set(self.place);
        current.cause.replace(self.cause.take());
        K::slot(current).replace(std::mem::take(&mut self.adopted))
    }
}
