//! The only receiver of a channel without a limit, as a stream: what it has fetched ahead is still in the channel for everybody else.

use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use motet_channel::{Receiver, Sender, TryRecvError, unbounded};
use std::rc::Rc;

/// A way to receive all that is there.
type Way = fn(&Receiver<u8>) -> Vec<u8>;

/// Values 1, 2, 3 sent; 1 received by the stream, so that 2 and 3 are ahead.
fn two_ahead() -> (Sender<u8>, Receiver<u8>) {
    let (tx, mut rx) = unbounded();
    (1..=3).for_each(|value| tx.try_send(value).unwrap());
    assert_eq!(rx.next().now_or_never(), Some(Some(1)));
    (tx, rx)
}

#[test]
fn what_is_ahead_counts_as_in_the_channel() {
    let (tx, mut rx) = two_ahead();
    assert_eq!((tx.len(), rx.len(), rx.is_empty()), (2, 2, false));
    tx.try_send(4).unwrap();
    assert_eq!((tx.len(), rx.len()), (3, 3));
    for left in [2, 1, 0] {
        assert!(rx.next().now_or_never().is_some());
        assert_eq!((tx.len(), tx.is_empty()), (left, left == 0));
    }
    assert_eq!(rx.next().now_or_never(), None);
}

#[test]
fn the_stream_gives_everything_in_order_and_then_ends() {
    let (tx, mut rx) = two_ahead();
    tx.try_send(4).unwrap();
    drop(tx);
    assert!(rx.is_closed());
    assert_eq!(block_on(rx.by_ref().collect::<Vec<_>>()), [2, 3, 4]);
    assert_eq!(block_on(rx.next()), None);
}

#[test]
fn every_other_way_to_receive_finds_what_is_ahead_first() {
    let ways: [Way; 4] = [
        |rx| std::iter::from_fn(|| rx.try_recv().ok()).collect(),
        |rx| std::iter::from_fn(|| rx.recv().now_or_never()?.ok()).collect(),
        |rx| {
            let mut all = Vec::new();
            assert_eq!(block_on(rx.recv_many(&mut all, 9)), Ok(3));
            all
        },
        |rx| rx.drain().collect(),
    ];
    for receive in ways {
        let (tx, rx) = two_ahead();
        tx.try_send(4).unwrap();
        assert_eq!(receive(&rx), [2, 3, 4]);
        assert_eq!((rx.try_recv(), tx.len()), (Err(TryRecvError::Empty), 0));
    }
}

#[test]
fn turns_of_both_kinds_keep_the_order() {
    let (tx, mut rx) = unbounded();
    let (mut sent, mut received) = (0, Vec::new());
    for turn in 0..50 {
        for _ in 0..turn % 5 {
            tx.try_send(sent).unwrap();
            sent += 1;
        }
        received.extend(rx.next().now_or_never().flatten());
        received.extend(rx.try_recv());
    }
    received.extend(rx.drain());
    assert_eq!(received, (0..sent).collect::<Vec<_>>());
}

#[test]
fn a_receiver_made_meanwhile_shares_what_is_ahead() {
    let (_tx, mut rx) = two_ahead();
    let mut other = rx.clone();
    assert_eq!(other.next().now_or_never(), Some(Some(2)));
    assert_eq!(rx.next().now_or_never(), Some(Some(3)));
    assert_eq!(other.next().now_or_never(), None);
}

#[test]
fn while_there_are_two_receivers_nobody_fetches_ahead() {
    let (tx, mut rx) = two_ahead();
    let other = rx.clone();
    tx.try_send(4).unwrap();
    assert_eq!(rx.next().now_or_never(), Some(Some(2)));
    assert_eq!(other.try_recv(), Ok(3));
    drop(other);
    assert_eq!(rx.next().now_or_never(), Some(Some(4)));
}

#[test]
fn a_receiver_that_is_revived_finds_all_that_is_in_the_channel() {
    let (tx, mut rx) = two_ahead();
    let weak = rx.downgrade();
    assert_eq!(weak.upgrade().unwrap().try_recv(), Ok(2));
    (4..=6).for_each(|value| tx.try_send(value).unwrap());
    assert_eq!(rx.next().now_or_never(), Some(Some(3)));
    assert_eq!(weak.upgrade().unwrap().try_recv(), Ok(4));
    assert_eq!(rx.next().now_or_never(), Some(Some(5)));
}

#[test]
fn the_last_receiver_drops_what_it_has_ahead() {
    let (tx, mut rx) = unbounded();
    let value = Rc::new(());
    (0..3).for_each(|_| tx.try_send(value.clone()).unwrap());
    assert!(rx.next().now_or_never().is_some());
    assert_eq!(Rc::strong_count(&value), 3);
    drop(rx);
    assert_eq!((Rc::strong_count(&value), tx.len()), (1, 0));
}

#[test]
fn a_value_that_comes_back_is_before_all_that_is_fetched() {
    let (tx, mut rx) = unbounded();
    {
        let mut recv = motet_test::Stepped::new(rx.recv());
        assert!(recv.poll().is_pending());
        (1..=3).for_each(|value| tx.try_send(value).unwrap());
    }
    assert_eq!(block_on(rx.by_ref().take(3).collect::<Vec<_>>()), [1, 2, 3]);
}

#[test]
fn a_receiver_that_goes_gives_its_value_back_before_the_other_fetches() {
    let (tx, mut rx) = unbounded();
    let mut other = rx.clone();
    assert_eq!(other.next().now_or_never(), None, "it waits in line");
    (1..=4).for_each(|value| tx.try_send(value).unwrap());
    assert_eq!(rx.next().now_or_never(), Some(Some(2)), "1 is the other's");
    drop(other);
    assert_eq!(block_on(rx.by_ref().take(3).collect::<Vec<_>>()), [1, 3, 4]);
}
