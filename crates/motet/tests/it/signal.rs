//! Ctrl-C. One test for the whole: the signal is the process's, and tests run beside each other.

use motet::signal::ctrl_c;
use motet_test::Stepped;
use signal_hook::consts::SIGINT;
use signal_hook::low_level::raise;
use std::task::Poll;

#[test]
fn one_press_releases_everybody_who_waits_and_nobody_who_comes_later() {
    let (mut first, mut second, mut dropped) = (Stepped::new(ctrl_c()), Stepped::new(ctrl_c()), Stepped::new(ctrl_c()));
    assert!(first.poll().is_pending() && second.poll().is_pending() && dropped.poll().is_pending());
    drop(dropped);

    raise(SIGINT).expect("a process may signal itself");
    motet::run(async {
        let all = motet::gather([ctrl_c_of(first), ctrl_c_of(second)]).await;
        assert!(all.iter().all(Result::is_ok));
    });

    let mut later = Stepped::new(ctrl_c());
    assert!(matches!(later.poll(), Poll::Pending), "the press was before its time");
}

async fn ctrl_c_of<F: Future>(mut stepped: Stepped<F>) -> F::Output {
    std::future::poll_fn(|cx| stepped.as_mut().poll(cx)).await
}
