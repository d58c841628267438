//! Loom models of the stream that fetches ahead: each value is received once, in order, whoever else receives meanwhile.

use crate::{Receiver, unbounded};
use futures_core::Stream;
use motet_prim::loom::future::block_on;
use motet_prim::loom::thread;
use motet_prim::model;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn next(receiver: &mut Receiver<u8>) -> Option<u8> {
    block_on(poll_fn(|cx| Pin::new(&mut *receiver).poll_next(cx)))
}

fn poll_next(receiver: &mut Receiver<u8>) -> Poll<Option<u8>> {
    Pin::new(receiver).poll_next(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_stream_gets_all_that_is_sent_meanwhile_and_then_the_end() {
    model(|| {
        let (tx, mut rx) = unbounded();
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || {
            tx.try_send(2).unwrap();
            tx.try_send(3).unwrap();
            assert!(tx.len() <= 3);
        });
        for value in 1..=3 {
            assert_eq!(next(&mut rx), Some(value));
        }
        assert_eq!(next(&mut rx), None);
        sender.join().unwrap();
    });
}

#[test]
fn two_threads_that_share_a_receiver_both_find_what_it_has_ahead() {
    model(|| {
        let (tx, mut rx) = unbounded();
        (1..=3).for_each(|value| tx.try_send(value).unwrap());
        assert_eq!(poll_next(&mut rx), Poll::Ready(Some(1)));
        let rx = Arc::new(rx);
        let other = rx.clone();
        let thread = thread::spawn(move || other.try_recv());
        let counting = thread::spawn(move || {
            assert!(tx.len() <= 2, "what is given back counts once");
            tx
        });
        let mine = rx.try_recv();
        let _tx = counting.join().unwrap();
        let others = thread.join().unwrap();
        assert_eq!(mine.unwrap() + others.unwrap(), 5, "neither found it empty");
    });
}

#[test]
fn a_clone_made_with_values_ahead_and_its_origin_share_them() {
    model(|| {
        let (tx, mut rx) = unbounded();
        (1..=3).for_each(|value| tx.try_send(value).unwrap());
        assert_eq!(poll_next(&mut rx), Poll::Ready(Some(1)));
        let mut other = rx.clone();
        let thread = thread::spawn(move || next(&mut other));
        let mine = next(&mut rx);
        let others = thread.join().unwrap();
        assert_eq!(mine.unwrap() + others.unwrap(), 5);
        assert_eq!(tx.len(), 0);
    });
}

#[test]
fn a_receiver_that_goes_hands_its_value_on_before_the_other_is_the_only_one() {
    model(|| {
        let (tx, mut rx) = unbounded();
        let mut other = rx.clone();
        assert_eq!(poll_next(&mut other), Poll::Pending);
        (1..=3).for_each(|value| tx.try_send(value).unwrap());
        let thread = thread::spawn(move || drop(other));
        let Poll::Ready(Some(first)) = poll_next(&mut rx) else { panic!("two values are nobody else's") };
        thread.join().unwrap();
        let mut received: Vec<_> = std::iter::from_fn(|| rx.try_recv().ok()).collect();
        assert!(received.is_sorted(), "what came back is before what is younger");
        received.push(first);
        received.sort_unstable();
        assert_eq!(received, [1, 2, 3]);
    });
}

#[test]
fn a_stream_hides_nothing_from_a_receiver_that_comes_from_a_weak_one_though_it_was_the_only_one_meanwhile() {
    model(|| {
        let (tx, mut rx) = unbounded();
        let other = rx.clone();
        (1..=3).for_each(|value| tx.try_send(value).unwrap());
        let thread = thread::spawn(move || {
            let weak = other.downgrade();
            drop(other);
            let revived = weak.upgrade().expect("a receiver is there");
            revived.try_recv()
        });
        let Poll::Ready(Some(mine)) = poll_next(&mut rx) else { panic!("two values are nobody else's") };
        let theirs = thread.join().unwrap().expect("two values are not the stream's");
        assert_eq!((mine.min(theirs), mine.max(theirs)), (1, 2));
        assert_eq!((rx.try_recv().ok(), rx.try_recv().ok()), (Some(3), None));
        assert!(tx.is_empty());
    });
}
