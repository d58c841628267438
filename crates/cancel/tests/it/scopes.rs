//! Cancelling a scope: when it takes effect, when it does not, whom it wakes.

use crate::scene::{Gate, Log};
use motet_cancel::{CancelHandle, Cancelled, Reason, Taken, checkpoint, scope};
use motet_test::Stepped;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

fn cancelled<T>(reason: impl Into<Reason>) -> Poll<Result<T, Cancelled>> {
    Poll::Ready(Err(Cancelled { reason: reason.into() }))
}

#[test]
fn an_uncancelled_scope_gives_its_output() {
    let (work, handle) = scope(ready(7));
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(7)));
    assert!(!handle.is_cancelled());
}

#[test]
fn cancelled_before_its_first_poll_the_body_never_runs_and_its_captures_are_dropped_inside() {
    let log = Log::new();
    let guard = log.guard("captured");
    let (work, handle) = scope(async move {
        let _guard = guard;
        unreachable!("cancelled before the first poll");
    });
    assert!(handle.cancel("early"));
    let mut work = Stepped::new(work);
    assert_eq!(work.poll_until_stalled(), cancelled::<()>("early"));
    assert_eq!(log.take(), ["captured: Cancelled(Reason(\"early\"))", "captured ended"]);
}

#[test]
fn a_cancel_wakes_once_and_is_read_before_the_body_is_polled() {
    let gate = Gate::new();
    let (work, handle) = scope({
        let gate = gate.clone();
        async move { gate.passed().await }
    });
    let mut work = Stepped::new(work);
    assert_eq!(work.poll(), Poll::Pending);
    assert!(handle.cancel("first"));
    assert!(handle.cancel("second"));
    assert!(handle.cancel(()));
    assert_eq!(work.wakes(), 1);
    assert_eq!(handle.cancelling(), 3);
    gate.open();
    assert_eq!(work.poll(), cancelled("first"), "what becomes ready in a later poll loses");
}

#[test]
fn a_cancel_during_the_completing_poll_loses() {
    let slot: Arc<Mutex<Option<CancelHandle>>> = Arc::default();
    let (work, handle) = scope({
        let slot = Arc::clone(&slot);
        async move { slot.lock().unwrap().take().unwrap().cancel("too late") }
    });
    *slot.lock().unwrap() = Some(handle.clone());
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(true)));
    assert!(!handle.cancel("later still"), "a finished scope cannot be cancelled");
}

#[test]
fn a_scope_that_cancels_itself_ends_at_its_next_await() {
    let slot: Arc<Mutex<Option<CancelHandle>>> = Arc::default();
    for polls_before in [0, 1, 2] {
        let (work, handle) = scope({
            let slot = Arc::clone(&slot);
            async move {
                for _ in 0..polls_before {
                    checkpoint().await;
                }
                slot.lock().unwrap().take().unwrap().cancel("from inside");
                pending::<()>().await;
            }
        });
        *slot.lock().unwrap() = Some(handle);
        assert_eq!(Stepped::new(work).poll_until_stalled(), cancelled("from inside"), "after {polls_before} polls");
    }
}

#[test]
fn uncancel_takes_requests_back_until_the_deciding_poll() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    assert_eq!(handle.uncancel(), Ok(0), "nothing to take back");
    handle.cancel("one");
    handle.cancel("two");
    assert_eq!(handle.uncancel(), Ok(1));
    assert!(handle.is_cancelled());
    assert_eq!(handle.uncancel(), Ok(0));
    assert!(!handle.is_cancelled());
    assert_eq!(work.poll(), Poll::Pending, "it was taken back");
    handle.cancel("three");
    assert!(work.is_woken(), "the first request after the count was zero wakes again");
    assert_eq!(work.poll(), cancelled("three"));
    assert_eq!(handle.uncancel(), Err(Taken));
}

#[test]
fn the_first_reason_counts_and_a_taken_back_one_does_not() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    handle.cancel("taken back");
    handle.uncancel().unwrap();
    handle.cancel("first");
    handle.cancel("second");
    assert_eq!(work.poll(), cancelled("first"));
}

#[test]
fn a_cancel_reaches_the_waker_of_the_latest_poll() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Stepped::new(work);
    assert_eq!(work.poll(), Poll::Pending);
    assert_eq!(work.poll_with_new_waker(), Poll::Pending);
    handle.cancel(());
    assert!(work.is_woken());
}

#[test]
fn a_scope_lets_its_waker_go_when_it_ends_or_is_dropped() {
    let wakes = motet_test::WakeCount::new();
    let (work, handle) = scope(pending::<()>());
    let mut work = Box::pin(work);
    assert!(wakes.poll(work.as_mut()).is_pending());
    assert_eq!(wakes.wakers_alive(1), 1);
    drop(work);
    assert_eq!(wakes.wakers_alive(1), 0);
    assert!(!handle.cancel("gone"));
}

#[test]
fn a_second_cancel_does_not_interrupt_an_exit() {
    let (log, gate) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &gate);
    let (work, handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert_eq!(work.poll(), Poll::Pending);
    handle.cancel("first");
    assert_eq!(work.poll(), Poll::Pending);
    assert!(handle.cancel("second"), "the scope is not finished yet");
    assert!(!work.is_woken(), "and it is no news to it");
    assert_eq!(work.poll(), Poll::Pending);
    gate.open();
    assert_eq!(work.poll(), cancelled("first"));
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"first\"))", "exit ended"]);
}

#[test]
fn a_cancel_during_the_drain_does_not_take_the_output_back() {
    let (log, gate) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &gate);
    let (work, handle) = scope(async move {
        drop(guard);
        7
    });
    let mut work = Stepped::new(work);
    assert_eq!(work.poll(), Poll::Pending, "the output is held until the drain ends");
    assert!(!handle.is_finished());
    handle.cancel("late");
    assert_eq!(work.poll(), Poll::Pending);
    gate.open();
    assert_eq!(work.poll(), Poll::Ready(Ok(7)));
    assert!(handle.is_finished());
}

#[test]
fn polling_after_completion_panics_with_a_clear_message() {
    let (work, _handle) = scope(ready(()));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_ready());
    assert_eq!(crate::scene::panic_of(|| work.poll()), "polled after completion");

    let log = Log::new();
    let guard = log.guard("exit");
    let (work, _handle) = scope(async move { drop(guard) });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(crate::scene::panic_of(|| work.poll()), "polled after completion");
}

#[test]
fn a_scope_moves_between_threads_between_polls() {
    let (log, gate) = (Log::new(), Gate::new());
    let (outer, inner) = (log.gated("outer", &gate), log.guard("inner"));
    let (work, handle) = scope(async move {
        let _outer = outer;
        let _inner = inner;
        pending::<()>().await;
    });
    let (mut work, mut polled) = poll_elsewhere(Box::pin(work));
    handle.cancel("moved");
    for round in 0..8 {
        assert_eq!(polled, Poll::Pending, "in round {round}");
        (work, polled) = poll_elsewhere(work);
        if round == 4 {
            gate.open();
        }
        if polled.is_ready() {
            break;
        }
    }
    assert_eq!(polled, cancelled("moved"));
    let reason = "Cancelled(Reason(\"moved\"))";
    assert_eq!(log.take(), [&format!("inner: {reason}"), "inner ended", &format!("outer: {reason}"), "outer ended"]);
}

#[test]
fn a_forgotten_scope_harms_nobody() {
    let log = Log::new();
    let guard = log.guard("never");
    let (work, handle) = scope(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let mut work = Box::pin(work);
    assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending());
    std::mem::forget(work);
    assert!(handle.cancel("nobody listens"));
    assert!(log.take().is_empty());
    let (next, _handle) = scope(ready(1));
    assert_eq!(Stepped::new(next).poll(), Poll::Ready(Ok(1)));
}

#[test]
fn handles_on_other_threads_race_with_the_poller() {
    for _ in 0..200 {
        let (work, handle) = scope(pending::<()>());
        let threads: Vec<_> = ["a", "b"]
            .map(|reason| {
                let handle = handle.clone();
                std::thread::spawn(move || handle.cancel(reason))
            })
            .into_iter()
            .collect();
        let ended = futures::executor::block_on(work).unwrap_err();
        assert!(ended.reason == "a" || ended.reason == "b");
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

/// Polls once, on a thread of its own.
fn poll_elsewhere<F: Future<Output: Send> + Send + 'static>(mut work: Pin<Box<F>>) -> (Pin<Box<F>>, Poll<F::Output>) {
    let poll = move || {
        let polled = motet_test::WakeCount::new().poll(work.as_mut());
        (work, polled)
    };
    std::thread::spawn(poll).join().unwrap()
}

#[test]
fn a_waker_that_panics_takes_no_cancel_back() {
    let (work, handle) = scope(pending::<()>());
    let mut work = Box::pin(work);
    let waker = motet_test::waker_that_panics_when_woken();
    assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(handle.cancel("stop"), "it is said, and does not panic");
    assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
}
