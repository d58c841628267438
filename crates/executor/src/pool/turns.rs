//! When a busy worker looks at the injector and at the driver: by its count of steps, and sooner if much waits in the injector.
//!
//! A look at the injector comes first every [`SPAN`] steps, and takes one task. Tasks that always yield keep a worker's ring full, and what lies in
//! the injector then gets one poll in so many. So if several looks in a row find it filled, and the ring has not run dry meanwhile, the worker
//! *rotates*: after each pass through its ring it changes the oldest tasks for its share of the injector, up to half a ring, so that the tasks in
//! ring and injector are polled in turn. The driver's turn is counted in steps, whatever the span.
//!
//! What to fear: that the oldest are changed before their turn. They would come back in the same places, to be changed again, for ever. So a pass
//! is over when the ring's front has gone past all of them, however many steps it took; until then a look takes one task.

use std::cell::Cell;

/// So many steps, then the injector comes first.
const SPAN: u32 = 64;
/// So many looks in a row find a filled injector before the worker rotates: a burst needs no hurry.
const PATIENCE: u32 = 8;
/// So many steps, then the driver is looked at.
const DRIVER_STEPS: u32 = 128;

/// What is due at a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    /// The driver has its turn.
    pub(super) driver: bool,
    /// The ring changes tasks with the injector; else the injector gives one.
    pub(super) rotates: bool,
}

/// One worker's turns.
pub(super) struct Turns {
    /// Steps until the next look.
    left: Cell<u32>,
    span: Cell<u32>,
    steps_since_driver: Cell<u32>,
    /// Looks in a row that found the injector filled.
    passed_over: Cell<u32>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            left: Cell::new(SPAN),
            span: Cell::new(SPAN),
            steps_since_driver: Cell::new(0),
            passed_over: Cell::new(0),
        }
    }

    /// Counts a step; says whether a look is due.
    #[inline]
    pub(super) fn step(&self) -> bool {
        let left = self.left.get() - 1;
        self.left.set(left);
        left == 0
    }

    /// The look that is due; `others`: the injector is filled; `left`: so many in the ring have not had their turn since the last rotation.
    pub(super) fn look(&self, others: bool, left: usize) -> Look {
        self.passed_over.set(if others { self.passed_over.get().saturating_add(1) } else { 0 });
        let steps = self.steps_since_driver.get() + self.span.get();
        let driver = steps >= DRIVER_STEPS;
        self.steps_since_driver.set(if driver { 0 } else { steps });
        let is_impatient = self.passed_over.get() >= PATIENCE;
        self.set_span(if is_impatient { steps_through(left).min(SPAN) } else { SPAN });
        Look { driver, rotates: is_impatient && left == 0 }
    }

    /// After a rotation: the next one follows when each of so many tasks had its turn.
    pub(super) fn next_pass(&self, tasks: usize) {
        self.set_span(steps_through(tasks));
    }

    fn set_span(&self, span: u32) {
        self.span.set(span);
        self.left.set(span);
    }

    /// The worker's own tasks have run out: whatever is in the injector is next.
    #[inline]
    pub(super) fn ran_dry(&self) {
        self.passed_over.set(0);
    }
}

/// Until the look after so many tasks, which takes a step itself.
fn steps_through(tasks: usize) -> u32 {
    u32::try_from(tasks).map_or(DRIVER_STEPS, |tasks| tasks.min(DRIVER_STEPS)) + 1
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{DRIVER_STEPS, PATIENCE, SPAN, Turns};

    /// Steps until the next look.
    fn span(turns: &Turns) -> u32 {
        (1..).find(|_| turns.step()).expect("a look is due some time")
    }

    #[test]
    fn the_injector_has_a_turn_every_span_and_the_driver_every_other() {
        let turns = Turns::new();
        let drivers = (0..8).filter(|_| {
            assert_eq!(span(&turns), SPAN);
            turns.look(false, 0).driver
        });
        assert_eq!(drivers.count() as u32, 8 * SPAN / DRIVER_STEPS);
    }

    #[test]
    fn what_is_passed_over_again_and_again_gets_its_share() {
        let turns = Turns::new();
        for _ in 1..PATIENCE {
            assert_eq!(span(&turns), SPAN);
            assert!(!turns.look(true, 0).rotates);
        }
        assert_eq!(span(&turns), SPAN);
        assert!(!turns.look(true, 7).rotates, "some have not had their turn");
        assert_eq!(span(&turns), 8);
        assert!(turns.look(true, 0).rotates);
        turns.next_pass(30);
        assert_eq!(span(&turns), 31, "each of the ring's had its turn");
        turns.ran_dry();
        assert!(!turns.look(true, 0).rotates, "a ring that runs dry needs no hurry");
        assert_eq!(span(&turns), SPAN);
    }

    #[test]
    fn short_passes_do_not_call_the_driver_more_often() {
        let turns = Turns::new();
        (0..PATIENCE).for_each(|_| assert_eq!((span(&turns), turns.look(true, 0)).0, SPAN));
        let drivers = (0..DRIVER_STEPS).filter(|_| {
            turns.next_pass(1);
            assert_eq!(span(&turns), 2);
            turns.look(true, 0).driver
        });
        assert_eq!(drivers.count(), 2);
    }
}
