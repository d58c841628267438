//! What the options of a runtime do.

use motet::Runtime;
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);

/// How long after the deadline of a sleep of two hours the runtime would wake up for it.
fn late_wake(runtime: &Runtime) -> Duration {
    runtime.block_on(async {
        let mut sleep = pin!(motet::sleep(2 * HOUR));
        poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let next: Option<Instant> = runtime.timers().next_deadline();
        next.expect("it is armed").checked_duration_since(sleep.deadline()).expect("never early")
    })
}

#[test]
fn deadlines_are_waited_for_as_they_are() {
    let runtime = Runtime::builder().threads(1).build().expect("a runtime");
    assert_eq!(late_wake(&runtime), Duration::ZERO);
}

#[test]
fn with_a_tick_deadlines_are_waited_for_together() {
    let runtime = Runtime::builder().threads(1).timer_tick(HOUR).build().expect("a runtime");
    let late = late_wake(&runtime);
    assert!(late < HOUR);
    // Both are rounded up to a whole hour since some start, so that ten sleeps in a row would have to be armed at whole hours.
    assert!((0..10).any(|_| !late_wake(&runtime).is_zero()), "it was not rounded up");
}

#[test]
fn a_panic_that_reaches_nobody_is_told_to_the_hook() {
    let (sender, panics) = mpsc::channel();
    let hook = move |panic: &motet::TaskPanic<'_>| {
        let message = panic.payload().message().map(str::to_owned);
        sender.send((panic.name().map(str::to_owned), message)).expect("the test listens");
    };
    let runtime = Runtime::builder().threads(1).on_panic(hook).build().expect("a runtime");
    runtime.run(async { motet::task().name("printer").eager().spawn(async { panic!("out of paper") }).detach() });
    assert_eq!(panics.try_recv(), Ok((Some("printer".to_owned()), Some("out of paper".to_owned()))));
}

#[test]
fn each_worker_enters_its_context_with_the_timers_at_hand_and_leaves_it() {
    thread_local! {
        static CONTEXT: Cell<u32> = const { Cell::new(0) };
    }
    struct Context(Instant);
    impl Drop for Context {
        fn drop(&mut self) {
            assert!(motet::time::now() >= self.0);
            CONTEXT.set(CONTEXT.get() - 1);
        }
    }
    let enter = || {
        CONTEXT.set(CONTEXT.get() + 1);
        Context(motet::time::now())
    };
    let runtime = Runtime::builder().threads(1).on_enter(enter).build().expect("a runtime");
    assert_eq!(runtime.block_on(async { motet::spawn(async { CONTEXT.get() }).await.expect("no panic") }), 1);
    assert_eq!(CONTEXT.get(), 0);
}

#[test]
fn blocking_threads_are_limited_and_there_is_at_least_one() {
    let refused = Runtime::builder().blocking_threads(0).build().expect_err("no blocking threads at all");
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);

    let runtime =
        Runtime::builder().threads(1).blocking_threads(1).blocking_keep_alive(HOUR).build().expect("a runtime");
    let here = || std::thread::current().id();
    let (one, other) = runtime.run(async { motet::join((motet::to_thread(here), motet::to_thread(here))).await });
    assert_eq!(one.expect("no panic"), other.expect("no panic"), "the one thread runs both");
}

#[test]
fn a_worker_whose_hook_panics_keeps_the_timers() {
    let runtime = Runtime::builder().threads(2).on_enter(|| panic!("no context today")).build().expect("a runtime");
    let (timers, (tell, told)) = (runtime.timers().clone(), mpsc::channel());
    let arms = async move {
        let mut sleep = pin!(motet::sleep(HOUR));
        poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            tell.send(timers.next_deadline().is_some()).expect("the test listens");
            Poll::Ready(())
        })
        .await;
    };
    runtime.spawn(arms).detach();
    assert_eq!(told.recv(), Ok(true), "armed in the runtime's");
}
