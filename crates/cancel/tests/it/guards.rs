//! Guards: the exit runs once, in place or handed over, and is told how the use ended.

use crate::scene::{Gate, Log, panic_of};
use motet_cancel::frame::Nest;
use motet_cancel::{checkpoint, guard, scope};
use motet_test::{End, Stepped, drop_at_every_await};
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

#[test]
fn a_closed_guard_runs_its_exit_in_place() {
    let log = Log::new();
    let guard = log.guard("exit");
    let mut close = Stepped::new(guard.close());
    assert_eq!(close.poll_until_stalled(), Poll::Ready(()));
    assert_eq!(log.take(), ["exit: Returned", "exit ended"]);
}

#[test]
fn a_failed_guard_tells_its_exit() {
    let log = Log::new();
    assert!(Stepped::new(log.guard("exit").fail()).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["exit: Failed", "exit ended"]);
}

#[test]
fn a_guard_gives_its_resource_and_takes_it_to_the_exit() {
    let (send, receive) = std::sync::mpsc::channel();
    let mut held = guard(vec![1], async move |list: Vec<i32>, _outcome| send.send(list).unwrap());
    held.push(2);
    assert_eq!(held.len(), 2);
    assert_eq!(format!("{held:?}"), "Guard([1, 2])");
    assert!(Stepped::new(held.close()).poll().is_ready());
    assert_eq!(receive.recv().unwrap(), [1, 2]);
}

#[test]
fn a_disarmed_guard_has_no_exit() {
    let (work, _handle) = scope(async { guard(7, async |_seven, _outcome| unreachable!("disarmed")).disarm() });
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(7)));
}

#[test]
fn a_dropped_guard_is_adopted_by_its_scope() {
    let log = Log::new();
    let guard = log.guard("exit");
    let inside = log.clone();
    let (work, _handle) = scope(async move {
        drop(guard);
        inside.say("body goes on");
    });
    assert_eq!(Stepped::new(work).poll_until_stalled(), Poll::Ready(Ok(())));
    assert_eq!(log.take(), ["body goes on", "exit: Dropped", "exit ended"]);
}

#[test]
fn a_panic_that_began_after_the_guard_was_made_is_its_outcome() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, _handle) = scope(async move {
        let _guard = guard;
        panic!("body");
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "body");
    assert_eq!(log.take(), ["exit: Panicked", "exit ended"]);
}

#[test]
fn a_panic_that_was_there_before_is_not() {
    struct MakesGuard(Log);
    impl Drop for MakesGuard {
        fn drop(&mut self) {
            drop(self.0.guard("made while unwinding"));
        }
    }
    let log = Log::new();
    let maker = MakesGuard(log.clone());
    let (work, _handle) = scope(async move {
        let _maker = maker;
        panic!("body");
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "body");
    assert_eq!(log.take(), ["made while unwinding: Dropped", "made while unwinding ended"]);
}

#[test]
fn a_scope_that_is_polled_inside_a_cancelled_drop_is_not_cancelled_itself() {
    struct PollsInDrop(Log);
    impl Drop for PollsInDrop {
        fn drop(&mut self) {
            let guard = self.0.guard("inner");
            let (inner, _handle) = scope(async move { drop(guard) });
            assert!(Stepped::new(inner).poll_until_stalled().is_ready());
            drop(self.0.guard("outer"));
        }
    }
    let log = Log::new();
    let polls = PollsInDrop(log.clone());
    let (work, handle) = scope(async move {
        let _polls = polls;
        pending::<()>().await;
    });
    handle.cancel("outer only");
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    let outer = ["outer: Cancelled(Reason(\"outer only\"))", "outer ended"];
    assert_eq!(log.take(), [&["inner: Dropped", "inner ended"], &outer[..]].concat());
}

#[test]
fn an_exit_is_called_in_its_own_frame_not_in_the_drop() {
    let (work, _handle) = scope(async {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            drop(guard((), |(), _outcome| -> std::future::Ready<()> { panic!("the exit's closure") }));
        }));
        assert!(caught.is_ok(), "a drop never panics");
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll()), "the exit's closure");
}

#[test]
fn a_close_that_is_dropped_midway_is_carried_to_its_end() {
    let (log, gate) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &gate);
    let (work, handle) = scope(async move { guard.close().await });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    assert_eq!(log.take(), ["exit: Returned"]);
    handle.cancel("midway");
    assert!(work.poll().is_pending());
    gate.open();
    assert!(work.poll().is_ready());
    assert_eq!(log.take(), ["exit ended"], "it went on where it was, it did not begin again");
}

#[test]
fn a_close_that_was_never_polled_hands_the_exit_over() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, _handle) = scope(async move { drop(guard.close()) });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["exit: Dropped", "exit ended"]);
}

#[test]
fn a_guard_that_is_returned_out_of_its_scope_is_armed_outside() {
    let log = Log::new();
    let made = log.guard("exit");
    let (inner, _handle) = scope(async move { made });
    let outside = log.clone();
    let (outer, _handle) = scope(async move {
        let guard = inner.await.unwrap();
        outside.say("inner ended");
        drop(guard);
    });
    assert!(Stepped::new(outer).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner ended", "exit: Dropped", "exit ended"]);
}

#[test]
fn a_forgotten_guard_and_a_forgotten_close_hold_nobody_up() {
    let (log, never) = (Log::new(), Gate::new());
    let (forgotten, closed, older) = (log.guard("forgotten"), log.gated("half closed", &never), log.guard("older"));
    let (work, _handle) = scope(async move {
        std::mem::forget(forgotten);
        let mut close = Box::pin(closed.close());
        assert!(futures::poll!(close.as_mut()).is_pending());
        std::mem::forget(close);
        drop(older);
    });
    assert_eq!(Stepped::new(work).poll_until_stalled(), Poll::Ready(Ok(())));
    assert_eq!(log.take(), ["half closed: Returned", "older: Dropped", "older ended"]);
}

#[test]
fn a_scope_dropped_at_any_await_hands_every_exit_over_once_and_in_order() {
    let report = drop_at_every_await(|| {
        let log = Log::new();
        let inside = log.clone();
        let (work, _handle) = scope(async move {
            let _outer = inside.guard("outer");
            let inner = inside.guard("inner");
            checkpoint().await;
            inner.close().await;
            checkpoint().await;
        });
        // The enclosing frame stands for whoever adopts what the dropped scope leaves.
        let nest = Rc::new(RefCell::new(Nest::new()));
        let work = InNest { nest: Rc::clone(&nest), work: Some(Box::pin(work)) };
        (work, move |end: End<_>| {
            let drain = poll_fn(|cx| nest.borrow_mut().poll_drain(cx));
            assert!(Stepped::new(drain).poll_until_stalled().is_ready());
            let said: Vec<_> =
                log.take().iter().map(|line| line.replace(": Returned", "").replace(": Dropped", "")).collect();
            let ran = ["inner", "inner ended", "outer", "outer ended"];
            assert_eq!(said, if end == (End::Dropped { polls: 0 }) { &[][..] } else { &ran[..] });
        })
    });
    assert!(report.completed && report.drops >= 4, "{report:?}");
}

/// Polls and drops a future inside a nest that outlives it.
struct InNest<F> {
    nest: Rc<RefCell<Nest>>,
    work: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for InNest<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let nest = Rc::clone(&self.nest);
        let work = self.work.as_mut().unwrap().as_mut();
        nest.borrow_mut().enter(|| work.poll(cx))
    }
}

impl<F> Drop for InNest<F> {
    fn drop(&mut self) {
        let work = self.work.take();
        self.nest.borrow_mut().enter(|| drop(work));
    }
}
