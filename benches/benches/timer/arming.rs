//! Arming, moving and dropping.

use crate::contestants::{Contestant, Contestants};
use futures::future::poll_fn;
use motet_benches::{Cell, Family};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);
const MANY: u32 = 20_000;
const CROWD: u32 = 100_000;

pub(crate) fn cells(family: &mut Family, all: &Contestants) {
    family.run(
        Cell::new("timer/arm_cancel", MANY)
            .rival("motet", || arm_cancel(&all.motet, 1, MANY))
            .rival("tokio", || arm_cancel(&all.tokio, 1, MANY))
            .rival("async-io", || arm_cancel(&all.async_io, 1, MANY))
            .rival("futures-timer", || arm_cancel(&all.futures_timer, 1, MANY)),
    );
    family.run(
        Cell::new("timer/arm_cancel_2tasks", 2 * MANY)
            .rival("motet", || arm_cancel(&all.motet, 2, MANY))
            .rival("tokio", || arm_cancel(&all.tokio, 2, MANY))
            .rival("async-io", || arm_cancel(&all.async_io, 2, MANY))
            .rival("futures-timer", || arm_cancel(&all.futures_timer, 2, MANY)),
    );
    family.run(
        Cell::new("timer/arm_100k_drop", CROWD)
            .rival("motet", || crowd(&all.motet))
            .rival("tokio", || crowd(&all.tokio))
            .rival("async-io", || crowd(&all.async_io))
            .rival("futures-timer", || crowd(&all.futures_timer)),
    );
    family.run(
        Cell::new("timer/reset_later", MANY)
            .rival("motet", || reset_later(&all.motet))
            .rival("tokio", || reset_later(&all.tokio))
            .rival("async-io", || reset_later(&all.async_io))
            .rival("futures-timer", || reset_later(&all.futures_timer)),
    );
}

/// Polls once.
async fn arm<S: Future>(mut sleep: Pin<&mut S>) {
    let is_armed = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
    assert!(is_armed);
}

/// Arms and cancels in that many tasks at once, so many times each.
pub(crate) fn arm_cancel<C: Contestant>(contestant: &C, tasks: usize, times: u32) {
    let task = || async move {
        for _ in 0..times {
            arm(pin!(C::sleep(LONG))).await;
        }
    };
    contestant.run((0..tasks).map(|_| task()).collect());
}

fn crowd<C: Contestant>(contestant: &C) {
    let task = async {
        let mut sleeps = Vec::with_capacity(CROWD as usize);
        for i in 0..CROWD {
            // A minute, in no order.
            let spread = Duration::from_micros(u64::from(i.wrapping_mul(2_654_435_761) % 60_000_000));
            let mut sleep = Box::pin(C::sleep(LONG + spread));
            arm(sleep.as_mut()).await;
            sleeps.push(sleep);
        }
    };
    contestant.run(vec![task]);
}

fn reset_later<C: Contestant>(contestant: &C) {
    let task = async {
        let mut sleep = pin!(C::sleep(LONG));
        arm(sleep.as_mut()).await;
        for _ in 0..MANY {
            C::reset(sleep.as_mut(), LONG);
            arm(sleep.as_mut()).await;
        }
    };
    contestant.run(vec![task]);
}
