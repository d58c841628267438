//! The order of exits that are left alone: after what the frame around adopted, beside those of siblings. And of those that a nest leaves.

use crate::scene::{Gate, Log, Noted, lock};
use motet_cancel::frame::{LocalNest, Nest, alone};
use motet_cancel::{guard, scope, scope_local};
use motet_test::Stepped;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

#[test]
fn a_guard_dropped_alone_exits_after_what_was_left_around_it_since_it_was_made() {
    let (log, gate) = (Log::new(), Gate::new());
    let (outer, inner) = (log.guard("outer"), log.gated("inner", &gate));
    let (work, _handle) = scope(async move {
        drop(inner);
        alone(|| drop(outer));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Dropped"], "`outer` waits for what was adopted since it was made");
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn guards_dropped_alone_wait_for_the_same_exit_and_not_for_one_another() {
    let (log, gate, never) = (Log::new(), Gate::new(), Gate::new());
    let (a, b) = (log.gated("a", &never), log.gated("b", &never));
    let (c, left) = (log.gated("c", &never), log.gated("left", &gate));
    let (work, _handle) = scope(async move {
        drop(left);
        alone(|| drop(a));
        alone(|| {
            alone(|| drop(b));
            alone(|| drop(c));
        });
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["left: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    let mut begun = log.take();
    begun.sort();
    assert_eq!(begun, ["a: Dropped", "b: Dropped", "c: Dropped", "left ended"]);
}

#[test]
fn a_guard_dropped_alone_does_not_wait_for_a_sibling_that_was_dropped_earlier() {
    let (log, never, go_on) = (Log::new(), Gate::new(), Gate::new());
    let (a, b, resume) = (log.gated("a", &never), log.guard("b"), go_on.clone());
    let (work, _handle) = scope(async move {
        alone(|| drop(a));
        resume.passed().await;
        alone(|| drop(b));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    go_on.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["a: Dropped", "b: Dropped", "b ended"]);
}

#[test]
fn of_those_left_alone_each_exit_waits_for_what_is_younger_than_its_own_guard_and_for_no_more() {
    let (log, gate) = (Log::new(), Gate::new());
    let (older, left, inside) = (log.guard("older"), log.gated("left", &gate), log.clone());
    let (work, _handle) = scope(async move {
        drop(left);
        let younger = inside.guard("younger");
        alone(|| {
            drop(younger);
            drop(older);
        });
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["left: Dropped", "younger: Dropped", "younger ended"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["left ended", "older: Dropped", "older ended"]);
}

#[test]
fn a_guard_around_siblings_exits_after_all_that_they_left() {
    let (log, one, two) = (Log::new(), Gate::new(), Gate::new());
    let (outer, a, b) = (log.guard("outer"), log.gated("a", &one), log.gated("b", &two));
    let (work, _handle) = scope(async move {
        alone(|| drop(a));
        alone(|| drop(b));
        drop(outer);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    two.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["a: Dropped", "b: Dropped", "b ended"]);
    one.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["a ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn in_a_local_frame_what_is_left_alone_keeps_the_order_too() {
    let (log, gate) = (Log::new(), Gate::new());
    let (outer, inner) = (log.guard("outer"), log.gated("inner", &gate));
    let (work, _handle) = scope_local(async move {
        drop(inner);
        alone(|| drop(outer));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn what_a_dropped_nest_leaves_waits_for_nothing_around_it() {
    let (log, never) = (Log::new(), Gate::new());
    let (inside, around) = (log.guard("inside"), log.gated("around", &never));
    let (work, _handle) = scope(async move {
        drop(around);
        Nest::new().enter(|| drop(inside));
    });
    assert!(Stepped::new(work).poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["around: Dropped", "inside: Dropped", "inside ended"]);
}

#[test]
fn an_exit_that_has_begun_in_a_nest_does_not_stop_when_the_nest_is_dropped() {
    let (log, never, gate) = (Log::new(), Gate::new(), Gate::new());
    let (begun, left) = (log.gated("begun", &gate), log.gated("left", &never));
    let (work, _handle) = scope(async move {
        let mut nest = Nest::new();
        nest.enter(|| drop(begun));
        poll_fn(|cx| {
            assert!(nest.poll_drain(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(left);
        drop(nest);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["begun: Dropped", "left: Dropped", "begun ended"]);
}

#[test]
fn ten_thousand_siblings_behind_ten_thousand_exits_all_exit() {
    const COUNT: usize = 10_000;
    let (log, gate) = (Log::new(), Gate::new());
    let guards: Vec<_> = (0..COUNT).map(|_| log.guard("sibling")).collect();
    let left: Vec<_> = (0..COUNT).map(|_| log.clone()).collect();
    let opened = gate.clone();
    let (work, _handle) = scope(async move {
        drop(guard((), async move |(), _outcome| opened.passed().await));
        for log in left {
            drop(guard((), async move |(), _outcome| log.say("left")));
        }
        guards.into_iter().for_each(|guard| alone(|| drop(guard)));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), vec!["left"; COUNT]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take().len(), 2 * COUNT);
}

/// Drops a guard with its last clone.
struct LastWaker(Mutex<Option<Noted>>);

impl Wake for LastWaker {
    fn wake(self: Arc<Self>) {}
}

impl Drop for LastWaker {
    fn drop(&mut self) {
        drop(lock(&self.0).take());
    }
}

#[test]
fn a_guard_that_is_dropped_while_the_exits_are_polled_waits_for_those_it_is_older_than() {
    let (log, gate) = (Log::new(), Gate::new());
    let (outer, inner) = (log.guard("outer"), log.gated("inner", &gate));
    let mut nest = LocalNest::new();
    nest.enter(|| drop(inner));
    let waker = Waker::from(Arc::new(LastWaker(Mutex::new(Some(outer)))));
    assert!(nest.poll_drain(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    let mut drained = Stepped::new(poll_fn(|cx| nest.poll_drain(cx)));
    assert!(drained.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Dropped"]);
    gate.open();
    assert!(drained.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner ended", "outer: Dropped", "outer ended"]);
}
