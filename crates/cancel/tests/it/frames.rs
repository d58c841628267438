//! Frames inside frames, of both kinds, laden and empty, re-entered, hidden by `outside`: each holds what was handed to it and nothing else.

use motet_cancel::frame::{self, LocalNest, Nest, enter_reaper, outside};
use motet_cancel::{adopt, adopt_local};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Who was handed what.
#[derive(Clone, Default)]
struct Ran(Arc<Mutex<Vec<u32>>>);

impl Ran {
    fn hand_over(&self, number: u32) {
        let ran = self.clone();
        assert!(adopt(async move { ran.0.lock().unwrap().push(number) }).is_ok());
    }

    fn hand_over_local(&self, number: u32) {
        let (ran, local) = (self.clone(), Rc::new(()));
        let work = async move {
            ran.0.lock().unwrap().push(number);
            drop(local);
        };
        assert!(adopt_local(work).is_ok());
    }

    fn take_sorted(&self) -> Vec<u32> {
        let mut ran = std::mem::take(&mut *self.0.lock().unwrap());
        ran.sort_unstable();
        ran
    }
}

/// A frame of either kind.
enum Either {
    Sendable(Nest),
    Local(LocalNest),
}

impl Either {
    fn enter(&mut self, f: impl FnOnce()) {
        match self {
            Self::Sendable(nest) => nest.enter(f),
            Self::Local(nest) => nest.enter(f),
        }
    }

    fn drain(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        // A poll ends after a number of trees.
        while match self {
            Self::Sendable(nest) => nest.poll_drain(&mut cx),
            Self::Local(nest) => nest.poll_drain(&mut cx),
        } == Poll::Pending
        {}
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Nowhere,
    Sendable,
    Local,
}

/// Walks at random through frames; `expected` is what the current one must hold at its end.
struct Walk {
    seed: u64,
    next: u32,
    ran: Ran,
    reaped: Vec<u32>,
}

impl Walk {
    fn roll(&mut self, sides: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % sides
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn go(&mut self, place: Place, depth: u32, expected: &mut Vec<u32>) {
        for _ in 0..self.roll(5) {
            assert_eq!(frame::is_open(), place != Place::Nowhere);
            match self.roll(6) {
                0 | 1 => {
                    let number = self.number();
                    self.ran.hand_over(number);
                    if place == Place::Nowhere { &mut self.reaped } else { &mut *expected }.push(number);
                }
                2 if place == Place::Local => {
                    let number = self.number();
                    self.ran.hand_over_local(number);
                    expected.push(number);
                }
                3 if depth > 0 => outside(|| self.go(Place::Nowhere, depth - 1, &mut Vec::new())),
                _ if depth > 0 => self.go_inside(depth - 1),
                _ => {}
            }
        }
    }

    /// A frame, entered a few times, drained at its end; some of the visits end in a panic.
    fn go_inside(&mut self, depth: u32) {
        let (mut nest, place) = if self.roll(2) == 0 {
            (Either::Sendable(Nest::new()), Place::Sendable)
        } else {
            (Either::Local(LocalNest::new()), Place::Local)
        };
        let mut expected = Vec::new();
        for _ in 0..=self.roll(2) {
            let unwinds = self.roll(4) == 0;
            let visit = catch_unwind(AssertUnwindSafe(|| {
                nest.enter(|| {
                    self.go(place, depth, &mut expected);
                    if unwinds {
                        std::panic::resume_unwind(Box::new("on the way out"));
                    }
                });
            }));
            assert_eq!(visit.is_err(), unwinds);
            if self.roll(2) == 0 {
                nest.drain();
                assert_eq!(self.ran.take_sorted(), std::mem::take(&mut expected));
            }
        }
        nest.drain();
        assert_eq!(self.ran.take_sorted(), expected);
    }
}

#[test]
fn each_frame_holds_what_was_handed_to_it_and_nothing_else() {
    for seed in 0..2_000 {
        let queue = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&queue);
        let _entered = enter_reaper(move |work| into.borrow_mut().push(work));
        let mut walk = Walk { seed, next: 0, ran: Ran::default(), reaped: Vec::new() };
        walk.go(Place::Nowhere, 5, &mut Vec::new());
        assert!(!frame::is_open());
        assert!(walk.ran.take_sorted().is_empty(), "seed {seed}");
        for work in queue.borrow_mut().drain(..) {
            futures::executor::block_on(work);
        }
        assert_eq!(walk.ran.take_sorted(), walk.reaped, "seed {seed}");
    }
}

#[test]
fn an_empty_frame_between_two_laden_ones_mixes_nothing() {
    let ran = Ran::default();
    let (mut outer, mut between, mut inner) = (Nest::new(), LocalNest::new(), Nest::new());
    outer.enter(|| {
        ran.hand_over(1);
        between.enter(|| inner.enter(|| ran.hand_over(2)));
        ran.hand_over(3);
    });
    assert!(between.is_empty());
    Either::Sendable(inner).drain();
    assert_eq!(ran.take_sorted(), [2]);
    Either::Sendable(outer).drain();
    assert_eq!(ran.take_sorted(), [1, 3]);
}
