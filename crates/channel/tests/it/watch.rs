//! The latest value only.

use futures::StreamExt;
use futures::executor::block_on;
use futures::stream::FusedStream;
use motet_channel::watch::{self, RecvError, SendError};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

#[test]
fn each_receiver_is_told_of_a_change_once() {
    let (tx, mut first) = watch::channel(0);
    let mut second = first.clone();
    let mut waits = [Stepped::new(first.changed()), Stepped::new(second.changed())];
    assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
    tx.send(1).unwrap();
    assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll() == Poll::Ready(Ok(()))));
    drop(waits);
    assert!(!first.has_changed() && !second.has_changed());
    assert!(Stepped::new(first.changed()).poll().is_pending());
}

#[test]
fn values_that_were_replaced_are_not_seen() {
    let (tx, mut rx) = watch::channel(0);
    (1..=5).for_each(|value| tx.send(value).unwrap());
    assert_eq!(block_on(rx.changed()), Ok(()));
    assert_eq!(*rx.borrow(), 5);
    assert!(Stepped::new(rx.changed()).poll().is_pending());
}

#[test]
fn a_snapshot_held_for_ever_holds_up_no_sender() {
    let (tx, rx) = watch::channel(0);
    let first = rx.borrow();
    let thread = std::thread::spawn(move || {
        tx.send(1).unwrap();
        tx
    });
    let tx = thread.join().unwrap();
    let second = tx.borrow();
    tx.send(2).unwrap();
    assert_eq!((*first, *second, *rx.borrow()), (0, 1, 2));
}

#[test]
fn more_receivers_than_one_batch_of_wakes_are_all_told() {
    let (tx, rx) = watch::channel(0);
    let mut receivers = vec![rx; 100];
    let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Stepped::new(rx.changed())).collect();
    assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
    tx.send(1).unwrap();
    assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
}

#[test]
fn the_last_value_is_told_before_the_end() {
    let (tx, mut rx) = watch::channel(0);
    let other = tx.clone();
    drop(tx);
    let mut wait = Stepped::new(rx.changed());
    assert!(wait.poll().is_pending());
    other.send(1).unwrap();
    drop(other);
    assert_eq!(wait.poll(), Poll::Ready(Ok(())));
    drop(wait);
    assert!(rx.is_closed());
    assert_eq!(block_on(rx.changed()), Err(RecvError));
    assert_eq!(*rx.borrow(), 1, "it can still be borrowed");
}

#[test]
fn receivers_that_wait_are_woken_by_the_end() {
    let (tx, mut rx) = watch::channel(0);
    let mut wait = Stepped::new(rx.changed());
    assert!(wait.poll().is_pending());
    drop(tx);
    assert_eq!(wait.wakes(), 1);
    assert_eq!(wait.poll(), Poll::Ready(Err(RecvError)));
}

#[test]
fn wait_for_looks_at_the_value_as_it_is_and_then_at_changes() {
    let (tx, mut rx) = watch::channel(3);
    assert_eq!(*block_on(rx.wait_for(|value| *value == 3)).unwrap(), 3);
    let looks = Cell::new(0);
    let mut wait = Stepped::new(rx.wait_for(|value| {
        looks.set(looks.get() + 1);
        *value >= 5
    }));
    assert!(wait.poll().is_pending());
    tx.send(4).unwrap();
    assert!(wait.is_woken() && wait.poll().is_pending());
    assert_eq!(looks.get(), 2);
    tx.send(5).unwrap();
    assert!(matches!(wait.poll(), Poll::Ready(Ok(value)) if *value == 5));
    drop(wait);
    assert!(!rx.has_changed());
    drop(tx);
    assert!(block_on(rx.wait_for(|value| *value == 0)).is_err());
    assert!(block_on(rx.wait_for(|value| *value == 5)).is_ok(), "the last value is there after the end");
}

#[test]
fn a_predicate_may_use_the_channel() {
    let (tx, mut rx) = watch::channel(0);
    let mut wait = Stepped::new(rx.wait_for(|value| {
        if *value < 3 {
            tx.send(*value + 1).unwrap();
        }
        *value == 3
    }));
    assert!(matches!(wait.poll_until_stalled(), Poll::Ready(Ok(value)) if *value == 3));
}

#[test]
fn a_value_whose_drop_uses_the_channel_deadlocks_nothing() {
    struct Loud(Option<watch::Receiver<Self>>);
    impl Drop for Loud {
        fn drop(&mut self) {
            if let Some(rx) = &self.0 {
                assert!(rx.borrow().0.is_none());
            }
        }
    }
    let (tx, rx) = watch::channel(Loud(None));
    tx.send(Loud(Some(rx.clone()))).ok().unwrap();
    tx.send(Loud(None)).ok().unwrap();
}

#[test]
fn modify_is_atomic_and_a_panic_in_it_changes_nothing() {
    let (tx, rx) = watch::channel(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| tx.send_modify(|value| *value += 1)));
        }
    });
    assert_eq!(*rx.borrow(), 4000);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tx.send_modify(|value| {
            *value = 1;
            panic!("on purpose");
        });
    }));
    assert!(panic.is_err());
    assert_eq!(*rx.borrow(), 4000);
}

#[test]
fn unmodified_means_unannounced() {
    let (tx, rx) = watch::channel(0);
    assert!(!tx.send_if_modified(|_| false));
    assert!(!rx.has_changed());
}

#[test]
fn without_receivers_send_gives_the_value_back_and_replace_does_not() {
    let (tx, rx) = watch::channel(0);
    let mut closed = Stepped::new(tx.closed());
    assert!(closed.poll().is_pending());
    drop(rx);
    assert_eq!(closed.wakes(), 1);
    assert!(closed.poll().is_ready());
    assert_eq!(tx.send(1), Err(SendError(1)));
    assert_eq!(*tx.send_replace(2), 0);
    let rx = tx.subscribe();
    assert_eq!((*rx.borrow(), rx.has_changed(), tx.receiver_count()), (2, false, 1));
}

#[test]
fn a_stream_gives_the_latest_value_of_each_change_it_sees() {
    let (tx, mut rx) = watch::channel(0);
    rx.mark_changed();
    assert_eq!(*block_on(rx.next()).unwrap(), 0);
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(*block_on(rx.next()).unwrap(), 2);
    let mut next = Stepped::new(rx.next());
    assert!(next.poll().is_pending());
    drop(tx);
    assert!(matches!(next.poll(), Poll::Ready(None)));
}

#[test]
fn a_stream_left_in_line_does_not_stand_in_its_own_way() {
    let (tx, mut rx) = watch::channel(0);
    assert!(Stepped::new(rx.next()).poll().is_pending());
    tx.send(1).unwrap();
    assert_eq!(block_on(rx.changed()), Ok(()));
    assert!(Stepped::new(rx.next()).poll().is_pending(), "the change was seen");
    rx.mark_changed();
    assert_eq!(*block_on(rx.next()).unwrap(), 1);
}

#[test]
#[expect(
    clippy::await_holding_refcell_ref,
    reason = "the future is dropped, and its borrow with it, before anybody looks"
)]
fn dropped_at_any_await_changed_has_counted_nothing_as_seen() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = watch::channel(0);
        let rx = Rc::new(std::cell::RefCell::new(rx));
        let watched = rx.clone();
        let tx2 = tx.clone();
        let step = move |polls| tx2.send(polls).unwrap();
        let future = async move { watched.borrow_mut().changed().await };
        let check = move |end: End<Result<(), RecvError>>| {
            let told = matches!(end, End::Completed(_));
            let sent = !matches!(end, End::Dropped { polls: 0 });
            assert_eq!(rx.borrow().has_changed(), sent && !told);
            drop(tx);
        };
        (future, step, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 2);
}

#[test]
#[expect(
    clippy::await_holding_refcell_ref,
    reason = "the future is dropped, and its borrow with it, before anybody looks"
)]
fn dropped_at_any_await_wait_for_has_counted_nothing_as_seen() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = watch::channel(0);
        let rx = Rc::new(std::cell::RefCell::new(rx));
        let watched = rx.clone();
        let step = move |polls| tx.send(polls).unwrap();
        let future = async move { watched.borrow_mut().wait_for(|value| *value == 3).await.map(|value| *value) };
        let check = move |end: End<Result<usize, RecvError>>| match end {
            End::Completed(reached) => {
                assert_eq!(reached, Ok(3));
                assert!(!rx.borrow().has_changed());
            }
            End::Dropped { polls } => assert_eq!(rx.borrow().has_changed(), polls > 0),
        };
        (future, step, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 4);
}

#[test]
fn values_are_dropped_once_and_at_once_where_nobody_looks() {
    let value = Arc::new(());
    let (tx, rx) = watch::channel(value.clone());
    tx.send(value.clone()).unwrap();
    assert_eq!(Arc::strong_count(&value), 2, "the old one went with the send");
    let held = rx.borrow();
    tx.send(value.clone()).unwrap();
    assert_eq!(Arc::strong_count(&value), 3);
    drop(held);
    assert_eq!(Arc::strong_count(&value), 2);
    drop((tx, rx));
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn threads_see_the_last_value_however_sends_race_with_waits() {
    for _ in 0..100 {
        let (tx, rx) = watch::channel(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let mut rx = rx.clone();
                scope.spawn(move || {
                    let mut last = 0;
                    while rx.changed_blocking().is_ok() {
                        let value = *rx.borrow_and_update();
                        assert!(value > last);
                        last = value;
                    }
                    assert_eq!(last, 100);
                });
            }
            scope.spawn(move || (1..=100).for_each(|value| assert!(tx.send(value).is_ok() || tx.is_closed())));
        });
    }
}

#[test]
fn a_stream_is_over_once_the_last_change_was_seen_and_nobody_can_send() {
    let (tx, mut rx) = watch::channel(0);
    assert!(!rx.is_terminated());
    tx.send(1).unwrap();
    drop(tx);
    assert!(!rx.is_terminated(), "there is a change to see");
    assert_eq!(block_on(rx.next()).as_deref(), Some(&1));
    assert!(rx.is_terminated());
    assert!(block_on(rx.next()).is_none());
}
