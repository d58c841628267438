//! The channel without a buffer.

use futures::executor::block_on;
use futures::{SinkExt, StreamExt};
use motet_channel::{TryRecvError, TrySendError, rendezvous};
use motet_test::Stepped;
use std::task::Poll;

#[test]
fn a_send_waits_for_a_receiver() {
    let (tx, rx) = rendezvous();
    let mut send = Stepped::new(tx.send(1));
    assert!(send.poll().is_pending());
    assert_eq!((tx.len(), tx.capacity()), (0, Some(0)));
    assert_eq!(block_on(rx.recv()), Ok(1));
    assert_eq!(send.wakes(), 1);
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
}

#[test]
fn a_receiver_waits_for_a_sender() {
    let (tx, rx) = rendezvous();
    let mut recv = Stepped::new(rx.recv());
    assert!(tx.is_full());
    assert!(recv.poll().is_pending());
    assert!(!tx.is_full());
    assert_eq!(Stepped::new(tx.send(1)).poll(), Poll::Ready(Ok(())));
    assert_eq!(recv.wakes(), 1);
    assert_eq!(recv.poll(), Poll::Ready(Ok(1)));
}

#[test]
fn try_send_and_try_recv_meet_only_somebody_who_waits() {
    let (tx, rx) = rendezvous();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    assert_eq!(tx.try_send(3), Ok(()));
    assert_eq!(tx.try_send(4), Err(TrySendError::Full(4)), "one receiver waited");
    assert_eq!(recv.poll(), Poll::Ready(Ok(3)));
}

#[test]
fn a_send_dropped_before_a_receiver_came_has_sent_nothing() {
    let (tx, rx) = rendezvous();
    let mut send = Stepped::new(tx.send(1));
    assert!(send.poll().is_pending());
    drop(send);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_value_handed_to_a_receiver_that_goes_away_waits_for_the_next() {
    let (tx, rx) = rendezvous();
    let mut first = Stepped::new(rx.recv());
    assert!(first.poll().is_pending());
    tx.try_send(1).unwrap();
    drop(first);
    assert_eq!(rx.len(), 1);
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
}

#[test]
fn senders_meet_receivers_in_the_order_they_came() {
    let (tx, rx) = rendezvous();
    let mut sends: Vec<_> = (0..3).map(|i| Stepped::new(tx.send(i))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    drop(sends.remove(1));
    let mut out = Vec::new();
    assert_eq!(block_on(rx.recv_many(&mut out, 9)), Ok(2));
    assert_eq!(out, [0, 2]);
    assert!(sends.iter_mut().all(|send| send.poll() == Poll::Ready(Ok(()))));
}

#[test]
fn drain_takes_what_the_waiting_senders_offer() {
    let (tx, rx) = rendezvous();
    let mut sends: Vec<_> = (0..100).map(|i| Stepped::new(tx.send(i))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    assert_eq!(rx.drain().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    assert!(sends.iter_mut().all(|send| send.poll() == Poll::Ready(Ok(()))));
}

#[test]
fn a_permit_means_that_a_receiver_waits() {
    let (tx, rx) = rendezvous();
    let mut reserve = Stepped::new(tx.reserve());
    assert!(reserve.poll().is_pending());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    assert!(reserve.is_woken());
    let Poll::Ready(Ok(permit)) = reserve.poll() else { panic!("a receiver waits") };
    assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)), "the receiver is reserved");
    permit.send(1).unwrap();
    assert_eq!(recv.poll(), Poll::Ready(Ok(1)));
}

#[test]
fn a_permit_given_up_leaves_its_receiver_to_the_next_sender() {
    let (tx, rx) = rendezvous();
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    let permit = block_on(tx.reserve()).unwrap();
    let mut send = Stepped::new(tx.send(1));
    assert!(send.poll().is_pending());
    drop(permit);
    assert!(send.is_woken() && recv.is_woken());
    assert_eq!(recv.poll(), Poll::Ready(Ok(1)));
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
}

#[test]
fn a_permit_whose_receiver_went_away_still_sends() {
    let (tx, rx) = rendezvous();
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    let permit = block_on(tx.reserve()).unwrap();
    drop(recv);
    permit.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_sink_at_a_rendezvous_waits_for_the_receiver_first() {
    let (mut tx, mut rx) = rendezvous();
    let mut send = Stepped::new(SinkExt::send(&mut tx, 1));
    assert!(send.poll().is_pending());
    let mut next = Stepped::new(rx.next());
    assert!(next.poll().is_pending());
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
    assert_eq!(next.poll(), Poll::Ready(Some(1)));
}

#[test]
fn a_sender_without_a_value_yet_keeps_its_place_before_those_that_have_one() {
    let (tx, rx) = rendezvous();
    let (mut reserve, mut send) = (Stepped::new(tx.reserve()), Stepped::new(tx.send(2)));
    assert!(reserve.poll().is_pending() && send.poll().is_pending());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "nobody overtakes");
    assert_eq!(rx.drain().count(), 0);
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    let Poll::Ready(Ok(permit)) = reserve.poll() else { panic!("a receiver waits") };
    permit.send(1).unwrap();
    assert_eq!((recv.poll(), rx.try_recv()), (Poll::Ready(Ok(1)), Ok(2)));
}

#[test]
fn a_receiver_for_whom_a_permit_was_given_is_not_overtaken() {
    let (tx, rx) = rendezvous();
    let mut first = Stepped::new(rx.recv());
    assert!(first.poll().is_pending());
    let permit = block_on(tx.reserve()).unwrap();
    let mut send = Stepped::new(tx.send(1));
    assert!(send.poll().is_pending(), "the receiver is reserved");
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(rx.drain().count(), 0);
    // Another that waits makes room for the value; it goes to the first.
    let mut second = Stepped::new(rx.recv());
    assert!(second.poll().is_pending());
    assert!(first.is_woken() && send.is_woken() && !second.is_woken());
    assert_eq!((first.poll(), send.poll()), (Poll::Ready(Ok(1)), Poll::Ready(Ok(()))));
    permit.send(2).unwrap();
    assert_eq!(second.poll(), Poll::Ready(Ok(2)));
}

#[test]
fn a_receiver_of_many_does_not_overtake_one_for_whom_a_permit_was_given() {
    let (tx, rx) = rendezvous();
    let mut first = Stepped::new(rx.recv());
    assert!(first.poll().is_pending());
    let permit = block_on(tx.reserve()).unwrap();
    let mut sends: Vec<_> = (1..3).map(|value| Stepped::new(tx.send(value))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    let mut out = Vec::new();
    let mut many = Stepped::new(rx.recv_many(&mut out, 9));
    assert!(many.poll().is_pending());
    assert_eq!(first.poll(), Poll::Ready(Ok(1)));
    drop(permit);
    assert_eq!(many.poll(), Poll::Ready(Ok(1)));
    drop(many);
    assert_eq!(out, [2]);
    assert!(sends.iter_mut().all(|send| send.poll() == Poll::Ready(Ok(()))));
}
