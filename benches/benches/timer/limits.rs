//! A limit on what takes no time, and on what takes one turn.

use crate::contestants::{Contestant, Contestants};
use motet_benches::{Cell, Family};
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);
const MANY: u32 = 20_000;

/// Pending once, and woken at once.
#[derive(Default)]
struct YieldNow(bool);

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

pub(crate) fn cells(family: &mut Family, all: &Contestants) {
    family.run(
        Cell::new("timer/timeout_of_one_yield", MANY)
            .rival("motet", || limits(&all.motet, YieldNow::default))
            .rival("tokio", || limits(&all.tokio, YieldNow::default))
            .rival("async-io", || limits(&all.async_io, YieldNow::default))
            .rival("futures-timer", || limits(&all.futures_timer, YieldNow::default)),
    );
    family.run(
        Cell::new("timer/timeout_of_ready", MANY)
            .rival("motet", || limits(&all.motet, || ready(())))
            .rival("tokio", || limits(&all.tokio, || ready(())))
            .rival("async-io", || limits(&all.async_io, || ready(())))
            .rival("futures-timer", || limits(&all.futures_timer, || ready(()))),
    );
}

fn limits<C: Contestant, F: Future<Output = ()> + Send + 'static>(contestant: &C, make: fn() -> F) {
    let task = async move {
        for _ in 0..MANY {
            assert!(C::timeout(LIMIT, make()).await);
        }
    };
    contestant.run(vec![task]);
}
