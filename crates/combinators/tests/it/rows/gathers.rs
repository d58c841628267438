//! Rows C1 to C11.

use super::{Tasks, yield_often};
use crate::support::{Log, gate};
use futures::future::FutureExt as _;
use motet_cancel::scope;
use motet_combinators::{gather, join, try_gather};
use std::future::{pending, ready};

pub(super) async fn c1_results_come_in_input_order(tasks: Tasks) {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..40).map(|_| gate()).unzip();
    let opener = tasks.spawn(async move {
        for (n, open) in gates.into_iter().enumerate().rev() {
            yield_often().await;
            open.send(n).unwrap();
        }
    });
    assert!(gather(futures).await.into_iter().eq(0..40));
    opener.ended().await.unwrap();
}

pub(super) async fn c2_the_first_error_comes_once_the_siblings_are_cleaned_up(_: Tasks) {
    let log = Log::default();
    let sibling = log.hang::<Result<(), &'static str>>("sibling");
    let fails = async {
        yield_often().await;
        Err("no")
    };
    assert_eq!(try_gather([sibling.boxed(), fails.boxed()]).await, Err("no"));
    assert!(log.has("sibling ends"));
}

pub(super) async fn c3_collected_errors_keep_their_places(_: Tasks) {
    let all = gather((0..20).map(async |n| {
        yield_often().await;
        if n % 3 == 0 { Err(n) } else { Ok(n) }
    }));
    assert!(all.await.into_iter().eq((0..20).map(|n| if n % 3 == 0 { Err(n) } else { Ok(n) })));
}

pub(super) async fn c4_c5_a_cancelled_child_is_an_error_of_its_own(tasks: Tasks) {
    let (one, two) = (tasks.spawn(pending::<u32>()), tasks.spawn(ready(2)));
    one.handle.cancel("only this one");
    let results = gather([one.ended(), two.ended()]).await;
    assert_eq!(results[0].as_ref().unwrap_err().reason, "only this one");
    assert_eq!(results[1], Ok(2));
}

pub(super) async fn c6_c7_cancelling_the_gather_cancels_every_child_and_keeps_the_reason(tasks: Tasks) {
    let log = Log::default();
    let children: Vec<_> = ["a", "b", "c"].into_iter().map(|name| log.hang::<Result<(), ()>>(name)).collect();
    let all = tasks.spawn(gather(children));
    yield_often().await;
    all.handle.cancel("stop");
    assert_eq!(all.ended().await.unwrap_err().reason, "stop");
    assert!(["a ends", "b ends", "c ends"].into_iter().all(|end| log.has(end)));
}

pub(super) async fn c8_cancelling_after_the_end_changes_nothing(_: Tasks) {
    let (all, handle) = scope(gather([ready(1), ready(2)]));
    assert_eq!(all.await, Ok(vec![1, 2]));
    assert!(!handle.cancel("too late"));
}

pub(super) async fn c10_nothing_gives_nothing(_: Tasks) {
    assert_eq!(gather([] as [std::future::Ready<u8>; 0]).now_or_never(), Some(vec![]));
}

pub(super) async fn c11_later_errors_are_dropped_quietly(_: Tasks) {
    let all = try_gather((0..5).map(async |n| {
        yield_often().await;
        Err::<(), _>(n)
    }));
    let (failed, ()) = join((all.wait_all(), yield_often())).await;
    assert_eq!(failed, Err(0));
}
