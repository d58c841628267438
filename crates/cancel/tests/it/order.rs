//! The order of exits: nested ones innermost first, unrelated ones at once.

use crate::scene::{Gate, Log};
use motet_cancel::frame::Nest;
use motet_cancel::{adopt, guard, scope};
use motet_test::Stepped;
use std::future::{pending, poll_fn, ready};
use std::task::Poll;

#[test]
fn nested_guards_exit_innermost_first_each_after_the_end_of_the_one_before() {
    let log = Log::new();
    let (a, b, c) = (log.guard("a"), log.guard("b"), log.guard("c"));
    let (work, handle) = scope(async move {
        let _guards = (c, b, a); // Fields drop in order: c, b, a, as locals a, b, c would.
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    let of = |name: &str| [format!("{name}: Cancelled(Reason)"), format!("{name} ended")];
    assert_eq!(log.take(), [of("c"), of("b"), of("a")].concat());
}

#[test]
fn a_guard_dropped_in_an_earlier_poll_still_exits_before_the_older_one() {
    let (log, gate, go_on) = (Log::new(), Gate::new(), Gate::new());
    let (older, newer, resume) = (log.guard("older"), log.gated("newer", &gate), go_on.clone());
    // Adopted before the guards were made: neither waits for it.
    let (work, _handle) = scope(async move {
        drop(newer);
        resume.passed().await;
        drop(older);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    go_on.open();
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["newer: Dropped"], "`older` waits for what was adopted since it was made");
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["newer ended", "older: Dropped", "older ended"]);
}

#[test]
fn an_exit_does_not_wait_for_what_was_adopted_before_its_guard_was_made() {
    let (log, never) = (Log::new(), Gate::new());
    let (before, inside) = (log.gated("before", &never), log.clone());
    let (work, handle) = scope(async move {
        drop(before);
        inside.guard("after").close().await;
        inside.say("closed");
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["after: Returned", "before: Dropped", "after ended", "closed"]);
    handle.cancel(());
    never.open();
    assert!(work.poll_until_stalled().is_ready());
}

#[test]
fn close_first_waits_for_what_was_adopted_since_the_guard_was_made() {
    let (log, gate) = (Log::new(), Gate::new());
    let (connection, transaction) = (log.guard("connection"), log.gated("transaction", &gate));
    let (work, _handle) = scope(async move {
        drop(transaction);
        connection.close().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["transaction: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["transaction ended", "connection: Returned", "connection ended"]);
}

#[test]
fn a_close_cancelled_while_it_waits_keeps_its_outcome_and_its_place() {
    let (log, gate) = (Log::new(), Gate::new());
    let (oldest, connection, transaction) =
        (log.guard("oldest"), log.guard("connection"), log.gated("transaction", &gate));
    let (work, handle) = scope(async move {
        let _oldest = oldest;
        drop(transaction);
        connection.close().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    handle.cancel("now");
    assert!(work.poll_until_stalled().is_pending());
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    let oldest = ["oldest: Cancelled(Reason(\"now\"))", "oldest ended"];
    let before = ["transaction: Dropped", "transaction ended", "connection: Returned", "connection ended"];
    assert_eq!(log.take(), [&before[..], &oldest[..]].concat());
}

#[test]
fn what_an_exit_hands_over_ends_before_the_exit_behind_it_begins() {
    let log = Log::new();
    let (outer, inside) = (log.guard("outer"), log.clone());
    let (work, _handle) = scope(async move {
        let _outer = outer;
        let _inner = guard((), async move |(), _outcome| {
            drop(inside.guard("handed over"));
            inside.say("inner ended");
        });
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    let expected = ["inner ended", "handed over: Dropped", "handed over ended", "outer: Dropped", "outer ended"];
    assert_eq!(log.take(), expected);
}

#[test]
fn siblings_in_frames_of_their_own_may_wait_for_each_other() {
    let (log, one, two) = (Log::new(), Gate::new(), Gate::new());
    let sibling = |name: &'static str, opens: &Gate, waits: &Gate| {
        let (log, opens, waits) = (log.clone(), opens.clone(), waits.clone());
        guard((), async move |(), _outcome| {
            opens.open();
            waits.passed().await;
            log.say(name);
        })
    };
    let (a, b) = (sibling("a", &one, &two), sibling("b", &two, &one));
    // What `gather` and its kin do with their children.
    let (work, _handle) = scope(async move {
        let (mut nest_a, mut nest_b) = (Nest::new(), Nest::new());
        nest_a.enter(|| drop(a));
        nest_b.enter(|| drop(b));
        poll_fn(|cx| {
            let a = nest_a.poll_drain(cx);
            let b = nest_b.poll_drain(cx);
            if a.is_ready() && b.is_ready() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.take().len(), 2);
}

#[test]
fn adopted_work_without_a_guard_runs_concurrently() {
    let (one, two) = (Gate::new(), Gate::new());
    let (work, _handle) = scope(async move {
        let (open, wait) = (one.clone(), two.clone());
        assert!(
            adopt(async move {
                wait.passed().await;
                open.open();
            })
            .is_ok()
        );
        assert!(
            adopt(async move {
                two.open();
                one.passed().await;
            })
            .is_ok()
        );
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
}

#[test]
fn the_children_of_a_foreign_join_exit_in_one_sequence() {
    let log = Log::new();
    let child = |name| {
        let log = log.clone();
        async move {
            let _guard = log.guard(name);
            pending::<()>().await;
        }
    };
    let children = futures::future::join(child("a"), child("b"));
    let (work, handle) = scope(children);
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    let of = |name: &str| [format!("{name}: Cancelled(Reason)"), format!("{name} ended")];
    assert_eq!(log.take(), [of("a"), of("b")].concat());
}

#[test]
fn ten_thousand_guards_in_a_row_are_a_flat_list() {
    let log = Log::new();
    let guards: Vec<_> = (0..10_000).map(|_| log.guard("one")).collect();
    // Alternating with plain hand-overs, which no exit but the next waits for.
    let (work, _handle) = scope(async move {
        for guard in guards {
            drop(guard);
            assert!(adopt(ready(())).is_ok());
        }
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.take().len(), 20_000);
}

#[test]
fn the_scope_yields_after_a_number_of_exits() {
    let (work, _handle) = scope(async {
        for _ in 0..1_000 {
            assert!(adopt(ready(())).is_ok());
        }
    });
    let mut work = Stepped::new(work);
    let mut polls = 1;
    while work.poll().is_pending() {
        assert!(work.is_woken(), "a yield wakes itself");
        polls += 1;
    }
    assert!(polls > 10, "{polls} polls");
}
