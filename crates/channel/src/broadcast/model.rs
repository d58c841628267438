//! Loom models of the broadcast channel: every receiver sees every value that was not overwritten, a value is read while it is there,
//! dropped once, and no wakeup is lost.

use super::{Backpressure, Receiver, TryRecvError, channel, with_policy};
use futures_sink::Sink;
use motet_prim::loom::future::block_on;
use motet_prim::loom::thread;
use motet_prim::model;
use motet_test::Stepped;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A value whose drops can be counted, on the heap, so that a read of a dropped one is seen by more than a model.
type Value = Arc<u32>;

fn values<const N: usize>() -> [Value; N] {
    core::array::from_fn(|n| Arc::new(n as u32))
}

#[test]
fn a_send_wakes_two_receivers() {
    model(|| {
        let (tx, mut first) = channel(1);
        let mut second = tx.subscribe();
        let thread = thread::spawn(move || block_on(second.recv()));
        tx.send(7).unwrap();
        assert_eq!(block_on(first.recv()), Ok(7));
        assert_eq!(thread.join().unwrap(), Ok(7));
    });
}

#[test]
fn two_readers_of_one_value_drop_it_once() {
    model(|| {
        let [value] = values();
        let (tx, mut first) = with_policy(1, Backpressure);
        let mut second = tx.subscribe();
        tx.try_send(value.clone()).unwrap();
        let thread = thread::spawn(move || drop((second.try_recv().unwrap(), second)));
        drop(first.try_recv().unwrap());
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&value), 1, "the last to see it took it out");
        drop(tx);
    });
}

#[test]
fn a_sender_overwrites_what_nobody_reads() {
    model(|| {
        let [a, b] = values();
        let (tx, mut rx) = channel(1);
        tx.send(a.clone()).unwrap();
        let sent = b.clone();
        let thread = thread::spawn(move || {
            tx.send(sent).unwrap();
            tx
        });
        let seen = rx.try_recv();
        let tx = thread.join().unwrap();
        match &seen {
            Ok(value) if **value == 0 => assert_eq!(rx.try_recv().as_deref(), Ok(&1)),
            Ok(_) => panic!("a value was missed, and not told"),
            Err(error) => {
                assert_eq!(*error, TryRecvError::Lagged(1));
                assert_eq!(rx.try_recv().as_deref(), Ok(&1));
            }
        }
        drop((seen, tx, rx));
        assert_eq!((Arc::strong_count(&a), Arc::strong_count(&b)), (1, 1));
    });
}

#[test]
fn two_readers_and_an_overwriting_sender_keep_apart() {
    model(|| {
        let [a, b] = values();
        let (tx, mut first) = channel(1);
        let mut second = tx.subscribe();
        tx.send(a.clone()).unwrap();
        let (sent, sender) = (b.clone(), tx.clone());
        let sender = thread::spawn(move || sender.send(sent).unwrap());
        let reader = thread::spawn(move || (second.try_recv(), second));
        drop(first.try_recv());
        sender.join().unwrap();
        drop(reader.join().unwrap());
        assert_eq!(Arc::strong_count(&a), 1, "it was overwritten, and nobody reads it");
        // Last, and here: loom does not see the channel's `Arc`, and would think that its drop races with what the threads did.
        drop((first, tx));
        assert_eq!((Arc::strong_count(&a), Arc::strong_count(&b)), (1, 1));
    });
}

#[test]
fn two_sends_past_a_reader_leave_the_newest_and_drop_the_others() {
    model(|| {
        let [a, b, c] = values();
        let (tx, mut rx) = channel(1);
        let other = rx.clone();
        tx.send(a.clone()).unwrap();
        let sent = [b.clone(), c.clone()];
        let thread = thread::spawn(move || {
            sent.into_iter().for_each(|value| tx.send(value).unwrap());
            tx
        });
        let seen = rx.try_recv();
        let tx = thread.join().unwrap();
        let newest =
            core::iter::repeat_with(|| rx.try_recv()).find(|seen| !matches!(seen, Err(TryRecvError::Lagged(_))));
        match newest {
            Some(Ok(value)) => assert_eq!(*value, 2),
            nothing => assert_eq!((nothing, seen.as_deref().ok()), (Some(Err(TryRecvError::Empty)), Some(&2))),
        }
        drop((seen, tx, rx, other));
        assert_eq!([a, b, c].map(|value| Arc::strong_count(&value)), [1; 3]);
    });
}

#[test]
fn a_sender_waits_until_both_have_seen_the_value() {
    model(|| {
        let (tx, mut first) = with_policy(1, Backpressure);
        let mut second = tx.subscribe();
        tx.try_send(1).unwrap();
        let receiver = thread::spawn(move || {
            assert_eq!(second.try_recv(), Ok(1));
            second
        });
        let other = thread::spawn(move || {
            assert_eq!(first.try_recv(), Ok(1));
            first
        });
        block_on(tx.send(2)).unwrap();
        let (mut first, mut second) = (other.join().unwrap(), receiver.join().unwrap());
        assert_eq!((first.try_recv(), second.try_recv()), (Ok(2), Ok(2)));
    });
}

#[test]
fn a_cancelled_send_passes_its_place_on() {
    model(|| {
        let (tx, mut rx) = with_policy(1, Backpressure);
        tx.try_send(1).unwrap();
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(1));
            rx
        });
        let sent = poll_once(pin!(tx.send(2))).is_ready();
        let mut rx: Receiver<i32, _> = receiver.join().unwrap();
        assert_eq!(rx.try_recv().ok(), sent.then_some(2), "a cancelled send has sent nothing");
        assert_eq!(tx.try_send(3), Ok(()), "its place is free");
    });
}

#[test]
fn a_receiver_that_goes_lets_the_sender_on() {
    model(|| {
        let [a, b] = values();
        let (tx, first) = with_policy(1, Backpressure);
        let mut second = tx.subscribe();
        tx.try_send(a.clone()).unwrap();
        let thread = thread::spawn(move || drop(first));
        assert_eq!(second.try_recv().as_deref(), Ok(&0));
        block_on(tx.send(b.clone())).unwrap();
        thread.join().unwrap();
        assert_eq!(second.try_recv().as_deref(), Ok(&1));
        assert_eq!((Arc::strong_count(&a), Arc::strong_count(&b)), (1, 1));
    });
}

#[test]
fn the_last_receiver_to_go_sends_a_waiting_sender_away() {
    model(|| {
        let (tx, rx) = with_policy(1, Backpressure);
        tx.try_send(1).unwrap();
        let thread = thread::spawn(move || drop(rx));
        assert_eq!(block_on(tx.send(2)).unwrap_err().into_inner(), 2);
        block_on(tx.closed());
        thread.join().unwrap();
    });
}

#[test]
fn a_close_against_a_receiver_that_goes_to_wait_wakes_it() {
    model(|| {
        let (tx, mut rx) = channel(1);
        let thread = thread::spawn(move || {
            tx.send(1).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert!(block_on(rx.recv()).is_err());
        thread.join().unwrap();
    });
}

#[test]
fn a_clone_made_while_the_other_receiver_reads_sees_the_same() {
    model(|| {
        let [value] = values();
        let (tx, rx) = with_policy(1, Backpressure);
        let mut other = tx.subscribe();
        tx.try_send(value.clone()).unwrap();
        let thread = thread::spawn(move || drop((other.try_recv().unwrap(), other)));
        let mut clone = rx.clone();
        drop(rx);
        assert_eq!(clone.try_recv().as_deref(), Ok(&0));
        thread.join().unwrap();
        assert_eq!(Arc::strong_count(&value), 1);
        drop(tx);
    });
}

#[test]
fn three_senders_that_are_sent_away_are_refused_or_served_whoever_subscribes_in_the_midst() {
    model(|| {
        let (tx, rx) = with_policy(1, Backpressure);
        let mut sink = Box::pin(tx.sink());
        assert!(sink.as_mut().poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
        let mut sends = [1, 2, 3].map(|value| Stepped::new(tx.send(value)));
        assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
        let leaving = thread::spawn(move || drop(rx));
        let subscriber = tx.clone();
        let subscribing = thread::spawn(move || {
            // If nobody receives, the place is given up, and for whoever is left in line.
            let _refused = sink.as_mut().start_send(0);
            subscriber.subscribe()
        });
        leaving.join().unwrap();
        let mut late = subscribing.join().unwrap();
        // In order: served one after the other, or refused.
        let mut sent = Vec::new();
        for (value, mut send) in (1..).zip(sends) {
            assert_eq!(send.wakes(), 1);
            match send.poll() {
                Poll::Ready(Ok(())) => {
                    assert_eq!(late.try_recv(), Ok(value));
                    sent.push(value);
                }
                Poll::Ready(Err(refused)) => assert_eq!((refused.into_inner(), sent.len()), (value, 0)),
                Poll::Pending => panic!("sender {value} is left in line"),
            }
        }
        assert_eq!(late.try_recv(), Err(crate::TryRecvError::Empty));
    });
}

#[test]
fn a_send_wakes_three_receivers_and_not_the_one_that_has_seen_it() {
    model(|| {
        let (tx, rx) = channel(2);
        let mut receivers = [rx.clone(), rx.clone(), rx];
        let mut receives = receivers.each_mut().map(|receiver| Stepped::new(receiver.recv()));
        assert!(receives.iter_mut().all(|receive| receive.poll().is_pending()));
        let (sender, subscriber) = (tx.clone(), tx.clone());
        let sending = thread::spawn(move || sender.send(1).unwrap());
        let subscribing = thread::spawn(move || {
            let mut late = subscriber.subscribe();
            let mut received = Stepped::new(async move { late.recv().await });
            (received.poll(), received)
        });
        sending.join().unwrap();
        let (early, mut late) = subscribing.join().unwrap();
        assert!(matches!(early, Poll::Pending | Poll::Ready(Ok(1))));
        assert!(!late.is_woken() || late.poll() == Poll::Ready(Ok(1)), "woken for what it has seen");
        assert!(receives.iter_mut().all(|receive| receive.wakes() == 1 && receive.poll() == Poll::Ready(Ok(1))));
    });
}

#[test]
fn a_value_that_is_found_without_the_lock_is_there() {
    model(|| {
        let (tx, mut first) = with_policy(1, Backpressure);
        let second = tx.subscribe();
        let sender = thread::spawn(move || {
            tx.try_send(7).unwrap();
            tx
        });
        // Nobody wakes it: where it finds the value at once, nothing but the place orders the two. It clones, for there is another to see it. On a
        // thread of its own: the search begins with the send all done.
        let receiver = thread::spawn(move || (first.try_recv(), first));
        let tx = sender.join().unwrap();
        let (received, mut first) = receiver.join().unwrap();
        assert!(received == Ok(7) || first.try_recv() == Ok(7));
        drop((first, second, tx));
    });
}

#[test]
fn a_cancelled_send_leaves_its_turn_to_the_next() {
    model(|| {
        let (tx, mut rx) = with_policy(1, Backpressure);
        tx.try_send(1).unwrap();
        let mut sends = [2, 3].map(|value| Stepped::new(tx.send(value)));
        assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let [cancelled, mut next] = sends;
        drop(cancelled);
        let (received, mut rx) = receiver.join().unwrap();
        assert_eq!((received, next.wakes(), next.poll()), (Ok(1), 1, Poll::Ready(Ok(()))));
        assert_eq!(rx.try_recv(), Ok(3));
    });
}

#[test]
fn nobody_overtakes_a_sender_whose_place_comes_free() {
    model(|| {
        let (tx, mut rx) = with_policy(1, Backpressure);
        tx.try_send(1).unwrap();
        let mut send = Stepped::new(tx.send(2));
        assert!(send.poll().is_pending());
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let barger = tx.clone();
        let barging = thread::spawn(move || assert!(barger.try_send(9).is_err() && barger.try_reserve().is_err()));
        barging.join().unwrap();
        let (received, mut rx) = receiver.join().unwrap();
        assert_eq!((received, send.wakes(), send.poll()), (Ok(1), 1, Poll::Ready(Ok(()))));
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

#[test]
fn a_close_sends_away_who_waits_to_send_and_who_comes() {
    model(|| {
        let (tx, rx) = with_policy(1, Backpressure);
        tx.try_send(1).unwrap();
        let (closer, other) = (tx.clone(), tx.clone());
        let closing = thread::spawn(move || closer.close());
        let sending = thread::spawn(move || block_on(other.send(2)).unwrap_err().into_inner());
        assert_eq!(block_on(tx.send(3)).unwrap_err().into_inner(), 3);
        assert_eq!(sending.join().unwrap(), 2);
        closing.join().unwrap();
        drop((tx, rx));
    });
}

#[test]
fn who_waits_for_the_last_receiver_to_go_is_told() {
    model(|| {
        let (tx, rx) = channel::<u8>(1);
        let other = rx.clone();
        let thread = thread::spawn(move || drop(other));
        let mut closed = Stepped::new(tx.closed());
        assert!(closed.poll().is_pending());
        drop(rx);
        thread.join().unwrap();
        assert_eq!((closed.wakes(), closed.poll()), (1, Poll::Ready(())));
    });
}
