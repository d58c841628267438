//! The oneshot.

use futures::executor::block_on;
use motet_channel::oneshot::{self, RecvError, SendError, TryRecvError};
use motet_test::{End, Stepped, WakeCount, drop_at_every_await_between};
use std::sync::Arc;
use std::task::Poll;

#[test]
fn a_value_sent_first_is_there_at_once() {
    let (tx, rx) = oneshot::channel();
    tx.send(1).unwrap();
    let mut rx = Stepped::new(rx);
    assert_eq!(rx.poll(), Poll::Ready(Ok(1)));
    assert_eq!(rx.wakes(), 0);
    assert_eq!(rx.poll(), Poll::Ready(Err(RecvError)), "the answer has been given");
}

#[test]
fn a_send_wakes_the_receiver_once() {
    let (tx, rx) = oneshot::channel();
    let mut rx = Stepped::new(rx);
    assert!(rx.poll().is_pending());
    assert!(rx.poll().is_pending());
    tx.send(1).unwrap();
    assert_eq!(rx.wakes(), 1);
    assert_eq!(rx.poll(), Poll::Ready(Ok(1)));
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let (tx, rx) = oneshot::channel();
    let (old, new) = (WakeCount::new(), WakeCount::new());
    let mut rx = rx;
    assert!(old.poll(std::pin::Pin::new(&mut rx)).is_pending());
    assert!(new.poll(std::pin::Pin::new(&mut rx)).is_pending());
    assert_eq!(old.wakers_alive(1), 0);
    tx.send(1).unwrap();
    assert_eq!((old.count(), new.count()), (0, 1));
}

#[test]
fn a_dropped_sender_wakes_the_receiver_with_an_error() {
    let (tx, rx) = oneshot::channel::<u8>();
    let mut rx = Stepped::new(rx);
    assert!(rx.poll().is_pending());
    drop(tx);
    assert_eq!(rx.wakes(), 1);
    assert_eq!(rx.poll(), Poll::Ready(Err(RecvError)));
}

#[test]
fn a_send_to_nobody_gives_the_value_back() {
    let (tx, rx) = oneshot::channel();
    assert!(!tx.is_closed());
    drop(rx);
    assert!(tx.is_closed());
    assert_eq!(tx.send("back"), Err(SendError("back")));
}

#[test]
fn closed_wakes_when_the_receiver_goes_or_closes() {
    for close in [false, true] {
        let (mut tx, mut rx) = oneshot::channel::<u8>();
        let mut closed = Stepped::new(tx.closed());
        assert!(closed.poll().is_pending());
        if close {
            rx.close();
        } else {
            drop(rx);
        }
        assert_eq!(closed.wakes(), 1);
        assert_eq!(closed.poll(), Poll::Ready(()));
        drop(closed);
        assert!(tx.send(1).is_err());
    }
}

#[test]
fn a_dropped_closed_keeps_no_waker_and_the_sender_still_sends() {
    let (mut tx, rx) = oneshot::channel();
    let wakes = WakeCount::new();
    assert!(wakes.poll(std::pin::pin!(tx.closed())).is_pending());
    assert_eq!(wakes.wakers_alive(1), 0);
    assert!(wakes.poll(std::pin::pin!(tx.closed())).is_pending());
    tx.send(1).unwrap();
    assert_eq!(block_on(rx), Ok(1));
    assert_eq!((wakes.count(), wakes.wakers_alive(1)), (0, 0));
}

#[test]
fn both_waiting_each_end_is_woken_by_the_others_end_only() {
    let (mut tx, mut rx) = oneshot::channel();
    let (tx_wakes, rx_wakes) = (WakeCount::new(), WakeCount::new());
    let waker = tx_wakes.waker();
    assert!(tx.poll_closed(&mut std::task::Context::from_waker(&waker)).is_pending());
    assert!(rx_wakes.poll(std::pin::Pin::new(&mut rx)).is_pending());
    tx.send(1).unwrap();
    assert_eq!((tx_wakes.count(), rx_wakes.count()), (0, 1));
    assert_eq!(rx.try_recv(), Ok(1));
    drop(waker);
    assert_eq!((tx_wakes.wakers_alive(1), rx_wakes.wakers_alive(1)), (0, 0));
}

#[test]
fn close_keeps_a_value_that_was_sent_before() {
    let (tx, mut rx) = oneshot::channel();
    tx.send(1).unwrap();
    rx.close();
    rx.close();
    assert_eq!(block_on(rx), Ok(1));
}

#[test]
fn a_closed_receiver_that_waited_ends_and_keeps_no_waker() {
    let (tx, mut rx) = oneshot::channel::<u8>();
    let wakes = WakeCount::new();
    assert!(wakes.poll(std::pin::Pin::new(&mut rx)).is_pending());
    rx.close();
    assert_eq!(wakes.wakers_alive(1), 0);
    assert_eq!(wakes.poll(std::pin::Pin::new(&mut rx)), Poll::Ready(Err(RecvError)));
    assert!(tx.send(1).is_err());
}

#[test]
fn try_recv_tells_empty_from_closed() {
    let (tx, mut rx) = oneshot::channel::<u8>();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert!(!rx.is_closed());
    drop(tx);
    assert!(rx.is_closed());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_value_is_dropped_once_wherever_it_ends() {
    let value = Arc::new(());
    for drop_receiver_first in [false, true] {
        let (tx, rx) = oneshot::channel();
        if drop_receiver_first {
            drop(rx);
            let _ = tx.send(value.clone());
        } else {
            tx.send(value.clone()).unwrap();
            drop(rx);
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }
}

#[test]
fn dropped_at_any_await_it_loses_no_value() {
    let report = drop_at_every_await_between(|| {
        let value = Arc::new(());
        let (tx, rx) = oneshot::channel();
        let mut tx = Some((tx, value.clone()));
        let send = move |_| {
            if let Some((tx, value)) = tx.take() {
                tx.send(value).unwrap();
            }
        };
        let check = move |end: End<Result<Arc<()>, RecvError>>| {
            let unsent = usize::from(end == End::Dropped { polls: 0 });
            drop(end);
            assert_eq!(Arc::strong_count(&value), 1 + unsent);
        };
        (rx, send, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 2);
}

#[test]
fn threads_receive_by_blocking() {
    for i in 0..200 {
        let (tx, rx) = oneshot::channel();
        let thread = std::thread::spawn(move || tx.send(i));
        assert_eq!(rx.recv_blocking(), Ok(i));
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn ends_dropped_by_two_threads_at_once_free_everything_once() {
    let value = Arc::new(());
    for i in 0..500 {
        let (tx, mut rx) = oneshot::channel();
        let value = value.clone();
        std::thread::scope(|scope| {
            scope.spawn(move || if i % 2 == 0 { drop(tx.send(value)) } else { drop(tx) });
            scope.spawn(move || {
                let _ = WakeCount::new().poll(std::pin::Pin::new(&mut rx));
                drop(rx);
            });
        });
    }
    assert_eq!(Arc::strong_count(&value), 1);
}
