//! The end of a channel: the last of either side, `close`, weak ends.

use super::flavours;
use futures::StreamExt;
use futures::executor::block_on;
use motet_channel::{RecvError, SendError, TryRecvError, TrySendError, bounded, rendezvous, unbounded};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::sync::Arc;
use std::task::Poll;

#[test]
fn when_the_last_sender_goes_receivers_drain_and_then_get_the_error() {
    let (tx, rx) = bounded(2);
    let other = tx.clone();
    tx.try_send(1).unwrap();
    drop(tx);
    other.try_send(2).unwrap();
    drop(other);
    assert!(rx.is_closed());
    assert_eq!(block_on(rx.recv()), Ok(1));
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(block_on(rx.recv()), Err(RecvError));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn receivers_that_wait_are_woken_when_the_last_sender_goes() {
    for (_, make) in flavours() {
        let (tx, rx) = make();
        let mut waits: Vec<_> = (0..70).map(|_| Stepped::new(rx.recv())).collect();
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        drop(tx);
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll() == Poll::Ready(Err(RecvError))));
    }
}

#[test]
fn senders_that_wait_get_their_values_back_when_the_channel_closes() {
    for (capacity, make) in flavours() {
        let Some(capacity) = capacity else { continue };
        let (tx, rx) = make();
        (0..capacity).for_each(|i| tx.try_send(i).unwrap());
        let mut sends: Vec<_> = (0..70).map(|i| (i, Stepped::new(tx.send(i)))).collect();
        assert!(sends.iter_mut().all(|(_, send)| send.poll().is_pending()));
        drop(rx);
        for (i, send) in &mut sends {
            assert_eq!(send.wakes(), 1);
            assert_eq!(send.poll(), Poll::Ready(Err(SendError(*i))));
        }
        assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    }
}

#[test]
fn when_the_last_receiver_goes_what_is_in_the_channel_is_dropped() {
    let value = Arc::new(());
    let (tx, rx) = unbounded();
    let other = rx.clone();
    (0..3).for_each(|_| tx.try_send(value.clone()).unwrap());
    drop(rx);
    assert_eq!(Arc::strong_count(&value), 4);
    drop(other);
    assert_eq!(Arc::strong_count(&value), 1);
    assert!(tx.is_closed() && tx.is_empty());
}

#[test]
fn a_value_on_its_way_to_a_stream_is_dropped_with_the_last_receiver() {
    let value = Arc::new(());
    let (tx, mut rx) = unbounded();
    let mut next = Stepped::new(rx.next());
    assert!(next.poll().is_pending());
    tx.try_send(value.clone()).unwrap();
    drop(next);
    drop(rx);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn close_from_either_side_ends_sending_and_lets_receivers_drain() {
    for from_sender in [false, true] {
        let (tx, rx) = bounded(1);
        tx.try_send(1).unwrap();
        let mut send = Stepped::new(tx.send(2));
        assert!(send.poll().is_pending());
        if from_sender {
            tx.close();
        } else {
            rx.close();
        }
        assert_eq!(send.poll(), Poll::Ready(Err(SendError(2))));
        assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Closed)));
    }
}

#[test]
fn a_value_handed_to_a_receiver_before_the_close_is_its() {
    for (_, make) in flavours() {
        let (tx, rx) = make();
        let mut recv = Stepped::new(rx.recv());
        assert!(recv.poll().is_pending());
        tx.try_send(1).unwrap();
        drop(tx);
        assert_eq!(recv.poll(), Poll::Ready(Ok(1)));
    }
}

#[test]
fn weak_ends_keep_nothing_open_and_revive_only_what_lives() {
    let (tx, rx) = unbounded();
    let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
    let revived = weak_tx.upgrade().unwrap();
    assert!(revived.same_channel(&tx));
    drop(tx);
    revived.try_send(1).unwrap();
    assert_eq!(weak_rx.upgrade().unwrap().try_recv(), Ok(1));
    drop(revived);
    assert!(rx.is_closed());
    assert!(weak_tx.clone().upgrade().is_none());
    assert!(rx.same_channel(&weak_rx.upgrade().unwrap()));
    drop(rx);
    assert!(weak_rx.clone().upgrade().is_none());
}

#[test]
fn ends_are_counted() {
    let (tx, rx) = unbounded::<u8>();
    let (tx2, rx2) = (tx.clone(), rx.clone());
    assert_eq!((tx.sender_count(), rx.receiver_count()), (2, 2));
    drop((tx2, rx2));
    assert_eq!((rx.sender_count(), tx.receiver_count()), (1, 1));
}

#[test]
fn a_stream_ends_once_the_channel_is_closed_and_empty() {
    let (tx, mut rx) = bounded(1);
    tx.try_send(1).unwrap();
    let mut stream_of_two = rx.clone();
    drop(tx);
    assert_eq!(block_on(rx.next()), Some(1));
    assert_eq!(block_on(rx.next()), None);
    assert_eq!(block_on(stream_of_two.next()), None);
    assert!(futures::stream::FusedStream::is_terminated(&rx));
}

#[test]
fn closing_while_others_send_and_receive_loses_no_value() {
    for (_, make) in flavours() {
        for round in 0..50 {
            let (tx, rx) = make();
            let late = rx.clone();
            let (sent, received) = std::thread::scope(|scope| {
                let sender = scope.spawn(move || {
                    let sent = (0..).take_while(|i| tx.send_blocking(*i).is_ok()).count();
                    // Keeps the channel's other side busy until the close.
                    sent
                });
                let receiver = scope.spawn(move || std::iter::from_fn(|| rx.recv_blocking().ok()).count());
                (0..round).for_each(|_| std::thread::yield_now());
                late.close();
                (sender.join().unwrap(), receiver.join().unwrap())
            });
            assert_eq!(sent, received + late.drain().count());
        }
    }
}

#[test]
fn a_sender_hears_of_the_close_whoever_closes() {
    for how in 0..3 {
        let (tx, rx) = bounded::<u8>(1);
        let other = tx.clone();
        let mut waits: Vec<_> = (0..40).map(|_| Stepped::new(tx.closed())).collect();
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        other.try_send(1).unwrap();
        drop(rx.clone());
        let dropped = waits.pop();
        drop(dropped);
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending() && !wait.is_woken()));
        let mut rx = Some(rx);
        match how {
            0 => drop(rx.take()),
            1 => rx.as_ref().unwrap().close(),
            _ => other.close(),
        }
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
        assert!(Stepped::new(tx.closed()).poll().is_ready(), "closed already");
    }
}

#[test]
fn a_dropped_wait_for_the_close_changes_nothing() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = bounded(1);
        let mut rx = Some(rx);
        let probe = tx.clone();
        let step = move |_| drop(rx.take());
        let check = move |end| assert_eq!(probe.try_send(1).is_ok(), end == End::Dropped { polls: 0 });
        (async move { tx.closed().await }, step, check)
    });
    assert!(report.completed);
}

#[test]
fn a_place_is_reserved_without_a_wait_if_there_is_one() {
    let (tx, rx) = bounded(1);
    let permit = tx.try_reserve().unwrap();
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    drop(permit);
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()), "it is the sender's");
    assert!(send.poll().is_ready());
    drop(rx);
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Closed(()));
    let (tx, rx) = rendezvous();
    assert!(tx.try_reserve().is_err());
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    tx.try_reserve().unwrap().send(1).unwrap();
    assert_eq!(recv.poll(), Poll::Ready(Ok(1)));
}
