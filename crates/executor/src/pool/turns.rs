//! When a busy worker looks at the injector and at the driver: by its count of steps, and sooner if much waits in the injector.
//!
//! A look at the injector comes first every [`SPAN`] steps. Tasks that always yield keep a worker's ring full, and what lies in the
//! injector then gets one poll in so many. So if several looks in a row find it filled, and the ring has not run dry meanwhile, the
//! span shrinks to what is fair: each task in ring and injector gets the same share of the polls, down to every other one. The
//! driver's turn is counted in steps, whatever the span.

use std::cell::Cell;

/// So many steps, then the injector comes first.
const SPAN: u32 = 64;
/// Every other step stays with the worker's own tasks, however much waits elsewhere.
const SHORTEST: u32 = 2;
/// So many looks in a row find a filled injector before the span shrinks: a burst needs no hurry.
const PATIENCE: u32 = 8;
/// So many steps, then the driver is looked at.
const DRIVER_STEPS: u32 = 128;

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

    /// The look that is due: so many tasks lie in the worker's ring, and so many in its share of the injector. Says whether the
    /// driver has its turn.
    pub(super) fn look(&self, own: usize, others: usize) -> bool {
        self.passed_over.set(if others == 0 { 0 } else { self.passed_over.get().saturating_add(1) });
        let steps = self.steps_since_driver.get() + self.span.get();
        let is_driver_due = steps >= DRIVER_STEPS;
        self.steps_since_driver.set(if is_driver_due { 0 } else { steps });
        let fair = u32::try_from(own / others.max(1) + 1).unwrap_or(SPAN).clamp(SHORTEST, SPAN);
        let span = if self.passed_over.get() < PATIENCE { SPAN } else { fair };
        self.span.set(span);
        self.left.set(span);
        is_driver_due
    }

    /// The worker's own tasks have run out: whatever is in the injector is next.
    #[inline]
    pub(super) fn ran_dry(&self) {
        self.passed_over.set(0);
    }
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
            turns.look(3, 0)
        });
        assert_eq!(drivers.count() as u32, 8 * SPAN / DRIVER_STEPS);
    }

    #[test]
    fn what_is_passed_over_again_and_again_gets_its_share() {
        let turns = Turns::new();
        for _ in 0..PATIENCE {
            assert_eq!(span(&turns), SPAN);
            turns.look(256, 1000);
        }
        assert_eq!(span(&turns), 2, "much waits there: every other step");
        turns.look(30, 10);
        assert_eq!(span(&turns), 4, "one in four tasks waits there");
        turns.ran_dry();
        turns.look(30, 10);
        assert_eq!(span(&turns), SPAN, "a ring that runs dry needs no hurry");
    }

    #[test]
    fn short_spans_do_not_call_the_driver_more_often() {
        let turns = Turns::new();
        for _ in 0..PATIENCE {
            turns.look(256, 1000);
        }
        let drivers = (0..DRIVER_STEPS).filter(|_| {
            assert_eq!(span(&turns), 2);
            turns.look(256, 1000)
        });
        assert_eq!(drivers.count(), 2);
    }
}
