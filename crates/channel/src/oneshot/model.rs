//! Loom models of the oneshot: each value ends in exactly one place, and no wakeup is lost.

use super::channel;
use motet_prim::loom::future::block_on;
use motet_prim::loom::sync::Arc;
use motet_prim::loom::sync::atomic::{AtomicUsize, Ordering};
use motet_prim::loom::thread;
use motet_prim::model;
use std::task::{Context, Poll, Wake, Waker};

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Ignore;

impl Wake for Ignore {
    fn wake(self: std::sync::Arc<Self>) {}
}

fn stranger() -> Waker {
    Waker::from(std::sync::Arc::new(Ignore))
}

#[test]
fn a_sent_value_wakes_the_receiver() {
    model(|| {
        let (tx, rx) = channel();
        let sender = thread::spawn(move || tx.send(7).unwrap());
        assert_eq!(block_on(rx), Ok(7));
        sender.join().unwrap();
    });
}

#[test]
fn a_dropped_sender_wakes_the_receiver() {
    model(|| {
        let (tx, rx) = channel::<u8>();
        let sender = thread::spawn(move || drop(tx));
        assert!(block_on(rx).is_err());
        sender.join().unwrap();
    });
}

#[test]
fn a_changed_waker_is_the_one_that_is_woken() {
    model(|| {
        let (tx, mut rx) = channel();
        let sender = thread::spawn(move || tx.send(7).unwrap());
        let first = std::pin::Pin::new(&mut rx);
        let early = match std::future::Future::poll(first, &mut Context::from_waker(&stranger())) {
            Poll::Ready(value) => value,
            Poll::Pending => block_on(rx),
        };
        assert_eq!(early, Ok(7));
        sender.join().unwrap();
    });
}

#[test]
fn a_value_sent_while_the_receiver_is_dropped_is_dropped_once() {
    model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, mut rx) = channel();
        let value = Counted(drops.clone());
        let sender = thread::spawn(move || drop(tx.send(value)));
        // Registered, so that the waker is in play too.
        let _ = std::future::Future::poll(std::pin::Pin::new(&mut rx), &mut Context::from_waker(&stranger()));
        drop(rx);
        sender.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_close_that_races_with_a_send_leaves_the_value_with_one_end() {
    model(|| {
        let (tx, mut rx) = channel();
        let sender = thread::spawn(move || tx.send(7).map_err(|error| error.into_inner()));
        rx.close();
        let received = rx.try_recv();
        match sender.join().unwrap() {
            Ok(()) => assert_eq!(received, Ok(7)),
            Err(back) => {
                assert_eq!(back, 7);
                assert!(received.is_err());
            }
        }
    });
}

#[test]
fn a_dropped_receiver_wakes_the_sender_that_waits_for_it() {
    model(|| {
        let (mut tx, rx) = channel::<u8>();
        let receiver = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        receiver.join().unwrap();
        assert!(tx.send(1).is_err());
    });
}
