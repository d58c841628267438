//! Signals. One test for each: a signal is the process's, and tests run beside each other.

use motet::signal::{Signal, ctrl_c, listen, terminate};
use motet_test::Stepped;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::low_level::raise;
use std::task::Poll;

#[test]
fn one_press_releases_everybody_who_waits_and_nobody_who_comes_later() {
    let (mut first, mut second, mut dropped) = (Stepped::new(ctrl_c()), Stepped::new(ctrl_c()), Stepped::new(ctrl_c()));
    assert!(first.poll().is_pending() && second.poll().is_pending() && dropped.poll().is_pending());
    drop(dropped);

    raise(SIGINT).expect("a process may signal itself");
    motet::run(async {
        let all = motet::gather([output_of(first), output_of(second)]).await;
        assert!(all.iter().all(Result::is_ok));
    });

    let mut later = Stepped::new(ctrl_c());
    assert!(matches!(later.poll(), Poll::Pending), "the press was before its time");
}

#[test]
fn a_request_to_end_is_heard() {
    let mut ends = Stepped::new(terminate());
    assert!(ends.poll().is_pending());
    raise(SIGTERM).expect("a process may signal itself");
    motet::run(output_of(ends)).expect("it came");
}

#[test]
fn a_listener_remembers_that_signals_came_while_nobody_waited_once() {
    let mut reloads = listen(Signal::Hangup).expect("it listens");
    let mut others = listen(Signal::Hangup).expect("so does another");
    drop(Stepped::new(reloads.recv())); // dropped, it takes nothing along
    for _ in 0..2 {
        raise(SIGHUP).expect("a process may signal itself");
    }
    motet::run(async {
        reloads.recv().await.expect("one has come");
        others.recv().await.expect("to everybody");
    });
    let mut again = Stepped::new(reloads.recv());
    assert!(again.poll().is_pending(), "the two were one");
    raise(SIGHUP).expect("a process may signal itself");
    motet::run(output_of(again)).expect("another has come");
}

#[test]
fn a_wait_that_is_dropped_leaves_its_signal_to_the_next() {
    let mut signals = listen(Signal::User1).expect("it listens");
    let mut dropped = Stepped::new(signals.recv());
    assert!(dropped.poll().is_pending());
    raise(SIGUSR1).expect("a process may signal itself");
    drop(dropped);
    motet::run(async { signals.recv().await }).expect("it came");
}

async fn output_of<F: Future>(mut stepped: Stepped<F>) -> F::Output {
    std::future::poll_fn(|cx| stepped.as_mut().poll(cx)).await
}
