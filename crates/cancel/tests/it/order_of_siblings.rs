//! The order of exits that are left alone: after what the frame around adopted, beside those of siblings. And of those that a nest leaves.

use crate::scene::{Gate, Log, Noted, lock};
use motet_cancel::frame::{LocalNest, Nest, Siblings, alone};
use motet_cancel::{checkpoint, guard, scope, scope_local};
use motet_test::Stepped;
use std::future::{Future, poll_fn};
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

/// Guards with names, each behind a gate: dropped one after another as the children of a combinator, or of two within one another.
fn dropped_by_children(
    log: &Log,
    children: &[(&'static str, &Gate, usize)],
) -> impl Future<Output = ()> + Send + use<> {
    let guards: Vec<_> = children.iter().map(|(name, gate, child)| (log.gated(name, gate), *child)).collect();
    async move {
        let mut siblings = Siblings::new();
        for (guard, child) in guards.into_iter().rev() {
            let polls = siblings.begin();
            Siblings::child(child);
            drop(guard);
            drop(polls);
            checkpoint().await;
        }
    }
}

#[test]
fn what_one_child_leaves_over_many_polls_exits_in_order_and_beside_its_siblings() {
    let (log, never, gate) = (Log::new(), Gate::new(), Gate::new());
    // Dropped from the last to the first, as inner guards before outer ones.
    let work = dropped_by_children(
        &log,
        &[("outer 1", &gate, 1), ("outer 2", &gate, 2), ("inner 1", &never, 1), ("inner 2", &gate, 2)],
    );
    let (work, _handle) = scope(work);
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner 2: Dropped", "inner 1: Dropped"], "the outer ones wait for their own child's");
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner 2 ended", "outer 2: Dropped", "outer 2 ended"]);
    never.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner 1 ended", "outer 1: Dropped", "outer 1 ended"]);
}

#[test]
fn in_a_local_frame_children_exit_beside_each_other_too() {
    let (log, never, gate) = (Log::new(), Gate::new(), Gate::new());
    let work = dropped_by_children(&log, &[("b", &gate, 2), ("a", &never, 1)]);
    let (work, _handle) = scope_local(work);
    assert!(Stepped::new(work).poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["a: Dropped", "b: Dropped"]);
}

#[test]
fn a_guard_around_a_combinator_exits_after_all_that_its_children_left_as_they_were_polled() {
    let (log, gate) = (Log::new(), Gate::new());
    let outer = log.guard("outer");
    let children = dropped_by_children(&log, &[("b", &gate, 2), ("a", &gate, 1)]);
    let (work, _handle) = scope(async move {
        children.await;
        drop(outer);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["a: Dropped", "b: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["a ended", "b ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn combinators_within_one_another_keep_the_order_of_the_outer_child() {
    let (log, gate, never) = (Log::new(), Gate::new(), Gate::new());
    // All of one child of an outer combinator: it leaves `first` by itself, then an inner combinator's children drop what is older.
    let (older, other) = (log.guard("older"), log.guard("other"));
    let sibling = log.gated("sibling", &never);
    let first = log.gated("first", &gate);
    let (work, _handle) = scope(async move {
        let (mut outer, mut inner) = (Siblings::new(), Siblings::new());
        let polls = outer.begin();
        Siblings::child(1);
        drop(sibling);
        Siblings::child(2);
        drop(first);
        drop(polls);
        checkpoint().await;
        let polls = outer.begin();
        Siblings::child(2);
        let inner_polls = inner.begin();
        Siblings::child(1);
        drop(older);
        drop(inner_polls);
        // Dropped alone by the inner one, while the outer one's claim is still to come.
        inner.alone(2, || drop(other));
        drop(polls);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["sibling: Dropped", "first: Dropped"], "both wait for what their outer child left");
    gate.open();
    assert!(work.poll_until_stalled().is_pending(), "the sibling never ends");
    let mut rest = log.take();
    rest.sort();
    assert_eq!(rest, ["first ended", "older ended", "older: Dropped", "other ended", "other: Dropped"]);
}

#[test]
fn a_child_that_is_dropped_alone_exits_after_what_it_left_as_it_was_polled() {
    let (log, never, gate) = (Log::new(), Gate::new(), Gate::new());
    let (of_one, of_two) = (log.guard("of one"), log.guard("of two"));
    let (left_by_one, left_by_two) = (log.gated("left by one", &gate), log.gated("left by two", &never));
    let (work, _handle) = scope(async move {
        let mut siblings = Siblings::new();
        let polls = siblings.begin();
        Siblings::child(1);
        drop(left_by_one);
        Siblings::child(2);
        drop(left_by_two);
        drop(polls);
        checkpoint().await;
        siblings.alone(1, || drop(of_one));
        siblings.alone(2, || drop(of_two));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["left by one: Dropped", "left by two: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["left by one ended", "of one: Dropped", "of one ended"]);
}

#[test]
fn children_that_close_their_guards_may_wait_for_what_a_sibling_left() {
    let (log, gate) = (Log::new(), Gate::new());
    let opened = gate.clone();
    // Made before the other's exit is adopted; what comes after its close is what that exit waits for.
    let closes = log.guard("closed");
    let waits = log.gated("waits", &gate);
    let (work, _handle) = scope(async move {
        let mut siblings = Siblings::new();
        let mut close = std::pin::pin!(async move {
            closes.close().await;
            opened.open();
        });
        let polls = siblings.begin();
        Siblings::child(1);
        drop(waits);
        drop(polls);
        poll_fn(|cx| {
            let polls = siblings.begin();
            Siblings::child(2);
            let polled = close.as_mut().poll(cx);
            drop(polls);
            polled
        })
        .await;
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["waits: Dropped", "closed: Returned", "closed ended", "waits ended"]);
}

#[test]
fn a_close_that_moves_the_exits_on_in_a_childs_poll_starts_none_whose_outer_lanes_are_not_known() {
    let (log, gate) = (Log::new(), Gate::new());
    let (older, closes, first) = (log.guard("older"), log.guard("closed"), log.gated("first", &gate));
    let (work, _handle) = scope(async move {
        let (mut outer, mut inner) = (Siblings::new(), Siblings::new());
        let polls = outer.begin();
        Siblings::child(1);
        drop(first);
        drop(polls);
        let mut close = std::pin::pin!(closes.close());
        let mut older = Some(older);
        poll_fn(|cx| {
            let polls = outer.begin();
            Siblings::child(1);
            let mut poll = |child, poll: &mut dyn FnMut() -> Poll<()>| {
                let polls = inner.begin();
                Siblings::child(child);
                let polled = poll();
                drop(polls);
                polled
            };
            let _dropped = poll(1, &mut || {
                drop(older.take());
                Poll::Ready(())
            });
            let polled = poll(2, &mut || close.as_mut().poll(cx));
            drop(polls);
            polled
        })
        .await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["first: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take().len(), 5);
}
