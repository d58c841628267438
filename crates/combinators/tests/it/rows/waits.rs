//! Rows C12 to C26.

use super::{Tasks, yield_often};
use crate::support::gate;
use futures::StreamExt as _;
use futures::future::FutureExt as _;
use motet_combinators::{
    AllCompleted, Elapsed, EmptySet, FirstCompleted, FirstError, WaitSet, as_completed, timeout, wait,
};
use std::future::{pending, ready};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

pub(super) async fn c12_an_empty_set_is_an_error(_: Tasks) {
    let mut set: WaitSet<std::future::Ready<()>> = WaitSet::new();
    assert_eq!(wait(&mut set, FirstCompleted).await.unwrap_err(), EmptySet);
}

pub(super) async fn c13_all_completed_turns_no_error_into_its_own(_: Tasks) {
    let mut set: WaitSet<_> = [Err("no"), Ok(1)].map(ready).into_iter().collect();
    assert_eq!(wait(&mut set, AllCompleted).await.unwrap().len(), 2);
}

pub(super) async fn c14_first_completed_returns_with_one(tasks: Tasks) {
    let mut set = WaitSet::new();
    let quick = set.insert(tasks.spawn(async { 1 }).ended().boxed());
    let slow = set.insert(pending().boxed());
    let done: Vec<_> = wait(&mut set, FirstCompleted).await.unwrap().into_iter().collect();
    assert_eq!(done, [(quick, Ok(1))]);
    assert!(set.contains(slow));
}

pub(super) async fn c15_done_holds_all_that_had_finished(_: Tasks) {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..5).map(|_| gate()).unzip();
    let mut set: WaitSet<_> = futures.into_iter().collect();
    assert!(wait(&mut set, FirstCompleted).now_or_never().is_none());
    let mut gates = gates.into_iter();
    gates.by_ref().take(3).for_each(|open| open.send(()).unwrap());
    assert_eq!(wait(&mut set, FirstCompleted).await.unwrap().len(), 3);
    drop(gates);
}

pub(super) async fn c16_c17_first_error_returns_for_a_failure(tasks: Tasks) {
    let mut set = WaitSet::new();
    set.insert(pending::<Result<(), &'static str>>().boxed());
    set.insert(ready(Err("before")).boxed());
    assert_eq!(wait(&mut set, FirstError).await.unwrap().into_iter().next().unwrap().1, Err("before"));
    let late = tasks.spawn(async {
        yield_often().await;
        Err("while waiting")
    });
    set.insert(async { late.ended().await.unwrap() }.boxed());
    assert_eq!(wait(&mut set, FirstError).await.unwrap().into_iter().next().unwrap().1, Err("while waiting"));
}

pub(super) async fn c18_a_cancelled_child_is_no_failure(tasks: Tasks) {
    let jobs = [tasks.spawn(pending::<()>()), tasks.spawn(yield_often())];
    jobs[0].handle.cancel("on purpose");
    let mut set: WaitSet<_> = jobs.map(|job| job.ended()).into_iter().collect();
    assert_eq!(wait(&mut set, FirstError).await.unwrap().len(), 2, "it waited for all");
}

pub(super) async fn c19_a_timeout_neither_raises_nor_cancels(_: Tasks) {
    let (open, opened) = gate();
    let mut set: WaitSet<_> = [opened].into_iter().collect();
    assert!(wait(&mut set, AllCompleted).timeout(SOON).await.unwrap().is_empty());
    open.send(7).unwrap();
    assert_eq!(wait(&mut set, AllCompleted).await.unwrap().into_iter().next().unwrap().1, 7);
}

pub(super) async fn c20_a_dropped_wait_leaves_its_members(tasks: Tasks) {
    let (open, opened) = gate();
    let job = tasks.spawn(opened);
    let mut set: WaitSet<_> = [job.ended().boxed()].into_iter().collect();
    assert!(timeout(SOON, wait(&mut set, AllCompleted)).await.is_err());
    assert_eq!(set.len(), 1);
    open.send(7).unwrap();
    assert_eq!(wait(&mut set, AllCompleted).await.unwrap().into_iter().next().unwrap().1, Ok(7));
}

pub(super) async fn c22_c23_outputs_come_in_order_of_completion_with_their_indices(_: Tasks) {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..30).map(|_| gate()).unzip();
    let mut items = as_completed(futures);
    for (index, open) in gates.into_iter().enumerate().rev() {
        assert!(items.next().now_or_never().is_none());
        open.send(index * 2).unwrap();
        assert_eq!(items.next().await, Some((index, index * 2)));
    }
    assert_eq!(items.next().await, None);
}

pub(super) async fn c24_c25_expiry_is_an_item_and_the_children_live_on(_: Tasks) {
    let (open, opened) = gate();
    let (_never, later) = gate();
    open.send(1).unwrap();
    let mut items = as_completed([later, opened]).timeout(SOON);
    assert_eq!(items.next().await, Some(Ok((1, 1))));
    assert_eq!(items.next().await, Some(Err(Elapsed::new())));
    assert_eq!(items.next().await, None);
    assert_eq!(items.into_inner().len(), 1);
}

pub(super) async fn c26_leaving_the_loop_and_coming_back_continues(_: Tasks) {
    let mut items = as_completed((0..3).map(ready));
    assert_eq!(items.next().await, Some((0, 0)));
    yield_often().await;
    assert_eq!(items.collect::<Vec<_>>().await, [(1, 1), (2, 2)]);
}
