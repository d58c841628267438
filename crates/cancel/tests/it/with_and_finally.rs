//! `with`, `try_with`, `within` and `finally`: a body, and an exit whatever happens to it.

use crate::scene::{Connection, Gate, Log, Noted, at_every_await, note, panic_of};
use motet_cancel::{AsyncContext, Outcome, checkpoint, finally, scope, try_with, with, within};
use motet_test::Stepped;
use std::future::{pending, poll_fn};
use std::task::Poll;

fn exit(
    log: &Log,
    name: &'static str,
) -> impl FnOnce((), Outcome) -> futures::future::BoxFuture<'static, ()> + Send + 'static {
    let log = log.clone();
    move |(), outcome| Box::pin(note(log, name, outcome))
}

#[test]
fn with_gives_the_bodys_output_after_the_exit() {
    let log = Log::new();
    let mut work = Stepped::new(with((), exit(&log, "exit"), async |_unit| 7));
    assert_eq!(work.poll(), Poll::Pending);
    assert_eq!(work.poll(), Poll::Ready(7));
    assert_eq!(log.take(), ["exit: Returned", "exit ended"]);
}

#[test]
fn try_with_tells_the_exit_of_an_error() {
    let log = Log::new();
    let failed = try_with((), exit(&log, "exit"), async |_unit| Err::<(), _>("no"));
    assert_eq!(Stepped::new(failed).poll_until_stalled(), Poll::Ready(Err("no")));
    let went_well = try_with((), exit(&log, "exit"), async |_unit| Ok::<_, ()>(1));
    assert_eq!(Stepped::new(went_well).poll_until_stalled(), Poll::Ready(Ok(1)));
    assert_eq!(log.take(), ["exit: Failed", "exit ended", "exit: Returned", "exit ended"]);
}

#[test]
fn with_runs_what_its_body_handed_over_before_its_exit() {
    let (log, gate) = (Log::new(), Gate::new());
    let lost = log.gated("lost in the body", &gate);
    let mut work = Stepped::new(with((), exit(&log, "exit"), async move |_unit| drop(lost)));
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["lost in the body: Dropped"]);
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["lost in the body ended", "exit: Returned", "exit ended"]);
}

#[test]
fn a_dropped_with_hands_over_one_piece_of_work_even_where_there_is_no_order() {
    let log = Log::new();
    let inner = log.guard("inner");
    let work = with((), exit(&log, "exit"), async move |_unit| {
        let _inner = inner;
        pending::<()>().await;
    });
    let mut work = Box::pin(work);
    assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending());
    let queue = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let into = queue.clone();
    let _entered = motet_cancel::frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
    drop(work);
    assert_eq!(queue.borrow().len(), 1);
    let whole = queue.borrow_mut().pop().unwrap();
    assert!(Stepped::new(whole).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner: Dropped", "inner ended", "exit: Dropped", "exit ended"]);
}

#[test]
fn guards_inside_a_with_learn_why_the_scope_was_cancelled() {
    let log = Log::new();
    let inner = log.guard("inner");
    let (work, handle) = scope(with((), exit(&log, "exit"), async move |_unit| {
        let _inner = inner;
        pending::<()>().await;
    }));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("why");
    assert!(work.poll_until_stalled().is_ready());
    let why = "Cancelled(Reason(\"why\"))";
    assert_eq!(log.take(), [&format!("inner: {why}"), "inner ended", &format!("exit: {why}"), "exit ended"]);
}

#[test]
fn with_dropped_at_any_await_runs_its_exit_once() {
    let make = |log: Log| {
        let note = move |(), outcome| note(log, "exit", outcome);
        with((), note, async |_unit| checkpoint().await)
    };
    at_every_await(0, make, &["exit", "exit ended"]);
}

#[test]
fn finally_dropped_at_any_await_runs_its_cleanup_once() {
    let make = |log: Log| {
        finally(checkpoint(), async move {
            log.say("cleanup");
            checkpoint().await;
            log.say("cleanup ended");
        })
    };
    at_every_await(0, make, &["cleanup", "cleanup ended"]);
}

#[test]
fn finally_gives_the_bodys_output_after_the_cleanup() {
    let log = Log::new();
    let said = log.clone();
    let mut work = Stepped::new(finally(async { 7 }, async move { said.say("cleanup") }));
    assert_eq!(work.poll(), Poll::Ready(7));
    assert_eq!(log.take(), ["cleanup"]);
}

#[test]
fn finally_cleans_up_after_a_panic_and_after_what_the_body_left() {
    let log = Log::new();
    let (guard, said) = (log.guard("guard"), log.clone());
    let body = async move {
        let _guard = guard;
        panic!("body");
    };
    let mut work = Stepped::new(finally(body, async move { said.say("cleanup") }));
    assert_eq!(panic_of(|| work.poll_until_stalled()), "body");
    assert_eq!(log.take(), ["guard: Panicked", "guard ended", "cleanup"]);
}

struct Session(Log);

impl AsyncContext for Session {
    type Value = Vec<u8>;

    async fn enter(&mut self) -> Vec<u8> {
        self.0.say("enter");
        checkpoint().await;
        vec![1]
    }

    async fn exit(self, outcome: Outcome) {
        self.0.say(format!("exit: {outcome:?}"));
    }
}

#[test]
fn within_enters_and_exits_a_context() {
    let log = Log::new();
    let work = within(Session(log.clone()), async |list| list.len());
    assert_eq!(Stepped::new(work).poll_until_stalled(), Poll::Ready(1));
    assert_eq!(log.take(), ["enter", "exit: Returned"]);
}

#[test]
fn a_context_that_was_not_entered_is_not_exited() {
    let log = Log::new();
    let (work, _handle) = scope(within(Session(log.clone()), async |_list| ()));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    drop(work);
    assert_eq!(log.take(), ["enter"]);
}

const INNERMOST_FIRST: [&str; 4] = ["transaction", "transaction ended", "connection", "connection ended"];

#[test]
fn the_value_of_a_context_cleans_up_before_the_context_after_a_return() {
    let log = Log::new();
    let work = within(Connection(log.clone()), async |_transaction| 7);
    assert_eq!(Stepped::new(work).poll_until_stalled(), Poll::Ready(7));
    assert_eq!(log.names(), INNERMOST_FIRST);
}

#[test]
fn the_value_of_a_context_cleans_up_before_the_context_after_a_cancel_midway() {
    let log = Log::new();
    let (work, handle) = scope(within(Connection(log.clone()), async |_transaction| pending::<()>().await));
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    handle.cancel("why");
    assert!(work.poll_until_stalled().is_ready());
    let why = "Cancelled(Reason(\"why\"))";
    let innermost_first =
        [&format!("transaction: {why}"), "transaction ended", &format!("connection: {why}"), "connection ended"];
    assert_eq!(log.take(), innermost_first);
}

#[test]
fn the_value_of_a_context_cleans_up_before_the_context_after_a_drop_midway() {
    let log = Log::new();
    let mut work = Box::pin(within(Connection(log.clone()), async |_transaction| pending::<()>().await));
    let wakes = motet_test::WakeCount::new();
    assert!(wakes.poll(work.as_mut()).is_pending());
    assert!(wakes.poll(work.as_mut()).is_pending());
    let mut nest = motet_cancel::frame::Nest::new();
    nest.enter(|| drop(work));
    assert!(Stepped::new(poll_fn(|cx| nest.poll_drain(cx))).poll_until_stalled().is_ready());
    assert_eq!(log.names(), INNERMOST_FIRST);
}

#[test]
fn the_value_of_a_context_cleans_up_before_the_context_after_a_panic() {
    let log = Log::new();
    let body = async |_transaction: &mut Noted| panic!("body");
    let mut work = Stepped::new(within(Connection(log.clone()), body));
    assert_eq!(panic_of(|| work.poll_until_stalled()), "body");
    let innermost_first = ["transaction: Panicked", "transaction ended", "connection: Panicked", "connection ended"];
    assert_eq!(log.take(), innermost_first);
}

#[test]
fn within_dropped_at_any_await_exits_once_if_it_was_entered() {
    let make = |log: Log| within(Connection(log), async |_transaction: &mut Noted| checkpoint().await);
    let polls_until_entered = 2;
    at_every_await(polls_until_entered, make, &INNERMOST_FIRST);
}
