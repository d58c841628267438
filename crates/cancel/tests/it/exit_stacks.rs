//! Exit stacks: last in, first out, whatever happens.

use crate::scene::{Connection, Gate, Log, at_every_await, note, panic_of};
use motet_cancel::{AsyncContext, ExitStack, Outcome, checkpoint, scope};
use motet_test::Stepped;
use std::future::pending;

fn stack_of(log: &Log, names: &[&'static str]) -> ExitStack {
    let mut stack = ExitStack::new();
    for &name in names {
        let log = log.clone();
        stack.push(move |outcome| note(log, name, outcome));
    }
    stack
}

#[test]
fn close_runs_the_exits_last_in_first_out() {
    let log = Log::new();
    let stack = stack_of(&log, &["a", "b"]);
    assert!(Stepped::new(stack.close()).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["b: Returned", "b ended", "a: Returned", "a ended"]);
}

#[test]
fn a_dropped_stack_is_adopted() {
    let log = Log::new();
    let stack = stack_of(&log, &["a", "b"]);
    let (work, handle) = scope(async move {
        let _stack = stack;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    let why = "Cancelled(Reason)";
    assert_eq!(log.take(), [&format!("b: {why}"), "b ended", &format!("a: {why}"), "a ended"]);
}

#[test]
fn a_close_cancelled_midway_carries_on_where_it_was() {
    let log = Log::new();
    let stack = stack_of(&log, &["a", "b"]);
    let (work, handle) = scope(async move { stack.close().await });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["b: Returned", "b ended", "a: Returned", "a ended"]);
}

const INNERMOST_FIRST: [&str; 6] =
    ["transaction", "transaction ended", "statement", "statement ended", "connection", "connection ended"];

#[test]
fn a_stack_dropped_at_any_await_runs_the_exits_that_it_keeps_once() {
    let make = |log: Log| async move {
        let mut stack = ExitStack::new();
        let transaction = stack.enter(Connection(log.clone())).await;
        stack.push(move |outcome| note(log, "statement", outcome));
        checkpoint().await;
        drop(transaction);
        stack.close().await;
    };
    at_every_await(2, make, &INNERMOST_FIRST);
}

#[test]
fn exits_that_were_popped_run_once_at_whatever_await_they_are_dropped() {
    let make = |log: Log| async move {
        let mut opening = ExitStack::new();
        let transaction = opening.enter(Connection(log.clone())).await;
        opening.push(move |outcome| note(log, "statement", outcome));
        let opened = opening.pop_all();
        drop(transaction);
        opening.close().await;
        checkpoint().await;
        opened.fail().await;
    };
    at_every_await(2, make, &INNERMOST_FIRST);
}

#[test]
fn exits_that_were_popped_still_wait_for_what_was_adopted_since_their_stack_was_made() {
    let (log, gate) = (Log::new(), Gate::new());
    let mut opening = stack_of(&log, &["connection"]);
    let transaction = log.gated("transaction", &gate);
    let (work, _handle) = scope(async move {
        drop(transaction);
        opening.pop_all().close().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["transaction: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["transaction ended", "connection: Returned", "connection ended"]);
}

#[test]
fn a_panicking_exit_does_not_stop_the_others_and_the_first_panic_goes_on() {
    let log = Log::new();
    let mut stack = stack_of(&log, &["a"]);
    stack.callback(|| panic!("second"));
    stack.callback(|| panic!("first"));
    let mut close = Stepped::new(stack.close());
    assert_eq!(panic_of(|| close.poll_until_stalled()), "first");
}

#[test]
fn the_exits_below_a_panicking_one_run() {
    let log = Log::new();
    let mut stack = stack_of(&log, &["a"]);
    stack.callback(|| panic!("above"));
    let mut close = Stepped::new(stack.fail());
    assert!(close.poll().is_pending(), "`a` runs, and yields, before the panic goes on");
    assert_eq!(panic_of(|| close.poll_until_stalled()), "above");
    assert_eq!(log.take(), ["a: Failed", "a ended"]);
}

#[test]
fn what_an_exit_hands_over_ends_before_the_next_begins() {
    let log = Log::new();
    let mut stack = stack_of(&log, &["below"]);
    let inside = log.clone();
    stack.push(async move |_outcome| drop(inside.guard("handed over")));
    assert!(Stepped::new(stack.close()).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["handed over: Dropped", "handed over ended", "below: Returned", "below ended"]);
}

#[test]
fn pop_all_moves_the_exits() {
    let log = Log::new();
    let mut stack = stack_of(&log, &["a", "b"]);
    let kept = stack.pop_all();
    assert!(stack.is_empty());
    assert!(Stepped::new(stack.close()).poll().is_ready());
    assert!(log.take().is_empty());
    assert_eq!(kept.len(), 2);
    assert!(Stepped::new(kept.close()).poll_until_stalled().is_ready());
    assert_eq!(log.take().len(), 4);
}

#[test]
fn entering_keeps_the_contexts_exit() {
    struct Session(Log);
    impl AsyncContext for Session {
        type Value = u32;
        async fn enter(&mut self) -> u32 {
            7
        }
        async fn exit(self, outcome: Outcome) {
            self.0.say(format!("exit: {outcome:?}"));
        }
    }
    let log = Log::new();
    let inside = log.clone();
    let work = async move {
        let mut stack = ExitStack::new();
        assert_eq!(stack.enter(Session(inside)).await, 7);
        stack.close().await;
    };
    assert!(Stepped::new(work).poll().is_ready());
    assert_eq!(log.take(), ["exit: Returned"]);
}
