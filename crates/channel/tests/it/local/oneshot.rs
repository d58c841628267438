//! What a local oneshot does.

use futures::executor::block_on;
use motet_channel::local::oneshot::{RecvError, SendError, TryRecvError, channel};
use motet_test::Stepped;
use std::rc::Rc;
use std::task::Poll;

#[test]
fn the_value_arrives_before_and_after_the_wait() {
    let (tx, rx) = channel();
    tx.send(1).unwrap();
    assert_eq!(block_on(rx), Ok(1));
    let (tx, rx) = channel();
    let mut wait = Stepped::new(rx);
    assert!(wait.poll().is_pending());
    tx.send(2).unwrap();
    assert_eq!((wait.wakes(), wait.poll()), (1, Poll::Ready(Ok(2))));
}

#[test]
fn a_sender_that_goes_wakes_the_receiver() {
    let (tx, rx) = channel::<u8>();
    let mut wait = Stepped::new(rx);
    assert!(wait.poll().is_pending());
    drop(tx);
    assert_eq!((wait.wakes(), wait.poll()), (1, Poll::Ready(Err(RecvError))));
    assert_eq!(wait.poll(), Poll::Ready(Err(RecvError)));
}

#[test]
fn a_receiver_that_goes_or_closes_wakes_who_waits_for_that_and_refuses_the_value() {
    for by_close in [false, true] {
        let (mut tx, mut rx) = channel();
        let mut wait = Stepped::new(tx.closed());
        assert!(wait.poll().is_pending());
        let kept = if by_close {
            rx.close();
            Some(rx)
        } else {
            drop(rx);
            None
        };
        assert_eq!((wait.wakes(), wait.poll()), (1, Poll::Ready(())));
        drop(wait);
        assert_eq!(tx.send(1), Err(SendError(1)));
        assert_eq!(kept.map(|mut rx| rx.try_recv()).unwrap_or(Err(TryRecvError::Closed)), Err(TryRecvError::Closed));
    }
}

#[test]
fn a_value_sent_before_the_close_is_there() {
    let (tx, mut rx) = channel();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    tx.send(1).unwrap();
    rx.close();
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Closed)));
}

#[test]
fn a_value_is_dropped_with_the_receiver() {
    let value = Rc::new(());
    let (tx, rx) = channel();
    tx.send(value.clone()).unwrap();
    drop(rx);
    assert_eq!(Rc::strong_count(&value), 1);
}
