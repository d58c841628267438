//! Wakes that are due.

use crate::gate::{Enter, Gate};
use motet_prim::{WakeBatch, Wakeup};
use motet_test::Stepped;
use std::sync::Arc;

type Waiting = Stepped<Enter<Arc<Gate>>>;

fn due(count: usize) -> (Vec<Waiting>, Vec<Wakeup>) {
    let gate = Gate::with(0);
    let mut waiting: Vec<_> = (0..count).map(|_| Stepped::new(gate.enter_owned(0, 1))).collect();
    assert!(waiting.iter_mut().all(|enter| enter.poll().is_pending()));
    let grant = |_| gate.locked().grant_front(0, |_, pass| pass.granted = true).expect("somebody waits");
    let wakeups = (0..count).map(grant).collect();
    (waiting, wakeups)
}

#[test]
fn a_batch_wakes_each_once_and_is_empty_then() {
    let (waiting, wakeups) = due(WakeBatch::CAPACITY);
    let mut batch = WakeBatch::new();
    wakeups.into_iter().for_each(|wakeup| batch.push(wakeup));
    assert!(batch.is_full());
    assert!(waiting.iter().all(|enter| enter.wakes() == 0));
    batch.wake_all();
    assert!(batch.is_empty());
    batch.wake_all();
    drop(batch);
    assert!(waiting.iter().all(|enter| enter.wakes() == 1));
}

#[test]
fn a_dropped_batch_wakes_too() {
    let (waiting, wakeups) = due(3);
    let mut batch = WakeBatch::new();
    wakeups.into_iter().for_each(|wakeup| batch.push(wakeup));
    drop(batch);
    assert!(waiting.iter().all(|enter| enter.wakes() == 1));
}

#[test]
fn a_dropped_wakeup_wakes_too() {
    let (waiting, wakeups) = due(1);
    drop(wakeups);
    assert_eq!(waiting[0].wakes(), 1);
}

#[test]
#[should_panic(expected = "index out of bounds")]
fn a_push_into_a_full_batch_is_a_panic() {
    let (_waiting, wakeups) = due(WakeBatch::CAPACITY + 1);
    let mut batch = WakeBatch::new();
    wakeups.into_iter().for_each(|wakeup| batch.push(wakeup));
}
