//! Signals. One test for each: a signal is the process's, and tests run beside each other.

use motet::signal::{ctrl_c, terminate};
use motet_test::Stepped;
use signal_hook::consts::{SIGINT, SIGTERM};
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

async fn output_of<F: Future>(mut stepped: Stepped<F>) -> F::Output {
    std::future::poll_fn(|cx| stepped.as_mut().poll(cx)).await
}
