//! Panics: the cleanup comes first, then the first panic goes on.

use crate::scene::{Gate, Log, panic_of};
use motet_cancel::frame::Nest;
use motet_cancel::{guard, scope, with};
use motet_test::Stepped;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// Panics when dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any(self.0);
    }
}

fn failing_exit(
    message: &'static str,
) -> motet_cancel::Guard<(), impl FnOnce((), motet_cancel::Outcome) -> std::future::Ready<()>> {
    guard((), move |(), _outcome| -> std::future::Ready<()> { std::panic::panic_any(message) })
}

#[test]
fn a_panicking_body_is_cleaned_up_before_its_panic_goes_on() {
    let (log, gate) = (Log::new(), Gate::new());
    let guard = log.gated("exit", &gate);
    let (work, handle) = scope(async move {
        let _guard = guard;
        panic!("body");
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending(), "the exit runs first");
    gate.open();
    assert_eq!(panic_of(|| work.poll()), "body");
    assert_eq!(log.take(), ["exit: Panicked", "exit ended"]);
    assert!(!handle.cancel("over"), "a panicked scope has finished");
}

#[test]
fn a_panic_in_an_exit_does_not_stop_the_other_exits() {
    let log = Log::new();
    let (outer, inner) = (log.guard("outer"), log.guard("inner"));
    let (work, handle) = scope(async move {
        let _outer = outer;
        let _failing = failing_exit("exit");
        let _inner = inner;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("the panic wins over this");
    assert_eq!(panic_of(|| work.poll_until_stalled()), "exit");
    let said: Vec<_> = log.take();
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!((said[1].as_str(), said[3].as_str()), ("inner ended", "outer ended"));
}

#[test]
fn of_two_panicking_exits_the_first_wins() {
    let (work, _handle) = scope(async {
        let _second = failing_exit("second");
        let _first = failing_exit("first");
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "first");
}

#[test]
fn a_panicking_body_wins_over_its_panicking_exits_and_drops() {
    let (work, _handle) = scope(async {
        let _exit = failing_exit("exit");
        panic!("body");
    });
    assert_eq!(panic_of(|| Stepped::new(work).poll_until_stalled()), "body");
}

#[test]
fn a_panic_in_the_drop_of_a_cancelled_body_goes_on_after_the_cleanup() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, handle) = scope(async move {
        let _guard = guard;
        let _bomb = Bomb("drop");
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert_eq!(panic_of(|| work.poll_until_stalled()), "drop");
    assert_eq!(log.take().len(), 2);
}

#[test]
fn dropping_a_scope_whose_body_panics_in_its_drop_does_not_panic() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (work, _handle) = scope(async move {
        let _guard = guard;
        let _bomb = Bomb("drop");
        pending::<()>().await;
    });
    let mut nest = Nest::new();
    let mut work = Box::pin(work);
    assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending());
    nest.enter(|| drop(work));
    let mut drain = Stepped::new(poll_fn(|cx| nest.poll_drain(cx)));
    assert_eq!(panic_of(|| drain.poll_until_stalled()), "drop", "whoever adopts the rest hears of it");
    assert_eq!(log.take().len(), 2);
}

#[test]
fn a_panicking_exit_ends_the_body_it_runs_beside() {
    let log = Log::new();
    let guard = log.guard("held");
    let (work, _handle) = scope(async move {
        let _guard = guard;
        drop(failing_exit("beside"));
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "beside");
    assert_eq!(log.take(), ["held: Dropped", "held ended"]);
}

#[test]
fn a_panicking_exit_takes_the_held_output_with_it() {
    let (send, dropped) = std::sync::mpsc::channel();
    struct Output(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Output {
        fn drop(&mut self) {
            self.0.send("output dropped").unwrap();
            panic!("swallowed: it is not the first");
        }
    }
    let output = Output(send);
    let (work, _handle) = scope(async move {
        drop(failing_exit("exit"));
        output
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "exit");
    assert_eq!(dropped.try_recv(), Ok("output dropped"));
}

#[test]
fn a_panic_in_an_awaited_close_is_the_bodys() {
    let log = Log::new();
    let outer = log.guard("outer");
    let (work, _handle) = scope(async move {
        let _outer = outer;
        failing_exit("close").close().await;
    });
    assert_eq!(panic_of(|| Stepped::new(work).poll_until_stalled()), "close");
    assert_eq!(log.take(), ["outer: Panicked", "outer ended"]);
}

#[test]
fn ten_thousand_panicking_exits_are_one_panic() {
    let (work, _handle) = scope(async {
        for _ in 0..10_000 {
            drop(guard((), |(), _outcome| -> std::future::Ready<()> { std::panic::resume_unwind(Box::new("quiet")) }));
        }
    });
    assert_eq!(panic_of(|| Stepped::new(work).poll_until_stalled()), "quiet");
}

#[test]
fn a_payload_that_panics_in_its_drop_is_forgotten() {
    let (work, _handle) = scope(async {
        let _second = guard((), |(), _outcome| -> std::future::Ready<()> { std::panic::panic_any(Bomb("payload")) });
        let _first = failing_exit("first");
    });
    assert_eq!(panic_of(|| Stepped::new(work).poll_until_stalled()), "first");
}

#[test]
fn with_runs_its_exit_before_the_bodys_panic_goes_on() {
    let (send, outcomes) = std::sync::mpsc::channel();
    let work = with((), async move |(), outcome| send.send(outcome).unwrap(), async |_unit| -> () { panic!("body") });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "body");
    assert_eq!(outcomes.try_recv(), Ok(motet_cancel::Outcome::Panicked));
}

/// A waker that panics when it wakes.
struct Grumpy;

impl Wake for Grumpy {
    fn wake(self: Arc<Self>) {
        panic!("do not wake me");
    }
}

#[test]
fn a_waker_that_panics_cuts_no_exit_short() {
    let (log, mut nest) = (Log::new(), Nest::new());
    nest.enter(|| drop(log.guard("exit")));
    let waker = Waker::from(Arc::new(Grumpy));
    let mut cx = Context::from_waker(&waker);
    while nest.poll_drain(&mut cx).is_pending() {}
    assert_eq!(log.take(), ["exit: Dropped", "exit ended"]);
}
