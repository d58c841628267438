//! Loom models of the watch channel: no change is missed, and the two ends learn of each other's end.

use super::{Receiver, channel};
use motet_prim::loom::future::block_on;
use motet_prim::loom::thread;
use motet_prim::model;
use motet_test::Stepped;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_send_wakes_who_waits_for_a_change() {
    model(|| {
        let (tx, mut rx) = channel(0);
        let thread = thread::spawn(move || {
            tx.send_replace(1);
            tx
        });
        block_on(rx.changed()).unwrap();
        assert_eq!(*rx.borrow(), 1);
        let _tx = thread.join().unwrap();
    });
}

#[test]
fn the_last_of_two_sends_is_seen_and_then_the_end() {
    model(|| {
        let (tx, mut rx) = channel(0);
        let thread = thread::spawn(move || {
            tx.send_replace(1);
            tx.send_replace(2);
        });
        let mut last = 0;
        while block_on(rx.changed()).is_ok() {
            let value = *rx.borrow_and_update();
            assert!(value > last, "a change was told twice, or backwards");
            last = value;
        }
        assert_eq!(last, 2, "the last value was missed");
        thread.join().unwrap();
    });
}

#[test]
fn a_cancelled_wait_leaves_the_change_to_the_next() {
    model(|| {
        let (tx, mut rx) = channel(0);
        let thread = thread::spawn(move || {
            tx.send_replace(1);
            tx
        });
        if poll_once(pin!(rx.changed())).is_pending() {
            block_on(rx.changed()).unwrap();
        }
        assert_eq!(*rx.borrow(), 1);
        assert!(!rx.has_changed());
        let _tx = thread.join().unwrap();
    });
}

#[test]
fn two_senders_that_modify_lose_no_change() {
    model(|| {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let thread = thread::spawn(move || other.send_modify(|value| *value += 1));
        tx.send_modify(|value| *value += 1);
        thread.join().unwrap();
        assert_eq!(*rx.borrow(), 2);
    });
}

#[test]
fn a_snapshot_stays_as_it_is_while_a_send_replaces_the_value() {
    model(|| {
        let (tx, rx) = channel(0);
        let thread = thread::spawn(move || {
            let seen = rx.borrow();
            (*seen, rx)
        });
        tx.send_replace(1);
        let (seen, rx): (i32, Receiver<i32>) = thread.join().unwrap();
        assert!(seen == 0 || seen == 1);
        assert_eq!(*rx.borrow(), 1);
    });
}

#[test]
fn the_last_receiver_to_go_wakes_who_waits_for_that() {
    model(|| {
        let (tx, rx) = channel(0);
        let other = rx.clone();
        let thread = thread::spawn(move || drop(other));
        drop(rx);
        block_on(tx.closed());
        assert!(tx.is_closed());
        thread.join().unwrap();
    });
}

#[test]
fn whoever_subscribes_and_then_waits_for_nobody_to_watch_waits_for_that_one() {
    model(|| {
        let (tx, rx) = channel(0);
        let thread = thread::spawn(move || drop(rx));
        let late = tx.subscribe();
        let mut closed = Box::pin(tx.closed());
        assert!(poll_once(closed.as_mut()).is_pending());
        thread.join().unwrap();
        assert!(poll_once(closed.as_mut()).is_pending(), "somebody watches");
        drop(late);
        assert!(poll_once(closed.as_mut()).is_ready());
    });
}

#[test]
fn three_who_wait_for_a_change_are_told_though_another_comes_in_the_midst() {
    model(|| {
        let (tx, rx) = channel(0);
        let mut receivers = [rx.clone(), rx.clone(), rx];
        let mut changes = receivers.each_mut().map(|receiver| Stepped::new(receiver.changed()));
        assert!(changes.iter_mut().all(|changed| changed.poll().is_pending()));
        let other = tx.clone();
        let sending = thread::spawn(move || other.send(1).unwrap());
        let mut late = tx.subscribe();
        let mut later = Stepped::new(late.changed());
        let seen = later.poll();
        sending.join().unwrap();
        // It has seen the first, or is told of the second, if not of the first.
        tx.send(2).unwrap();
        assert!(seen.is_ready() || (later.wakes() == 1 && later.poll().is_ready()));
        assert!(changes.iter_mut().all(|changed| changed.wakes() == 1 && changed.poll() == Poll::Ready(Ok(()))));
    });
}
