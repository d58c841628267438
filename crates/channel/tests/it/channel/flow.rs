//! Sending and receiving.

use super::flavours;
use futures::executor::block_on;
use futures::{SinkExt, StreamExt, join};
use motet_channel::{SendError, TryRecvError, TrySendError, bounded, unbounded};
use motet_test::Stepped;
use std::task::Poll;

#[test]
fn every_flavour_carries_values_in_order() {
    for (capacity, make) in flavours() {
        let (tx, rx) = make();
        assert_eq!((tx.capacity(), rx.capacity()), (capacity, capacity));
        let send = async move {
            for i in 0..300 {
                tx.send(i).await.unwrap();
            }
        };
        let receive = async {
            for i in 0..300 {
                assert_eq!(rx.recv().await, Ok(i));
            }
            assert!(rx.recv().await.is_err());
        };
        block_on(async { join!(send, receive) });
    }
}

#[test]
fn every_flavour_carries_values_between_threads_that_block() {
    for (_, make) in flavours() {
        let (tx, rx) = make();
        let sum: usize = std::thread::scope(|scope| {
            for part in 0..2 {
                let tx = tx.clone();
                scope.spawn(move || (0..500).for_each(|i| tx.send_blocking(part * 500 + i).unwrap()));
            }
            drop(tx);
            let receivers: Vec<_> = (0..2)
                .map(|_| {
                    let rx = rx.clone();
                    scope.spawn(move || std::iter::from_fn(|| rx.recv_blocking().ok()).sum::<usize>())
                })
                .collect();
            receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum()
        });
        assert_eq!(sum, (0..1000).sum());
    }
}

#[test]
fn a_full_channel_says_so_and_gives_the_value_back() {
    let (tx, rx) = bounded(1);
    assert!(tx.is_empty() && !tx.is_full());
    tx.try_send("a").unwrap();
    assert_eq!((tx.len(), rx.len(), tx.is_full(), rx.is_full()), (1, 1, true, true));
    assert_eq!(tx.try_send("b"), Err(TrySendError::Full("b")));
    assert_eq!(rx.try_recv(), Ok("a"));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn recv_many_takes_what_is_there_in_one_wake() {
    let (tx, rx) = bounded(10);
    let mut out = Vec::new();
    let mut recv = Stepped::new(rx.recv_many(&mut out, 4));
    assert!(recv.poll().is_pending());
    (0..6).for_each(|i| tx.try_send(i).unwrap());
    assert_eq!(recv.wakes(), 1);
    assert_eq!(recv.poll(), Poll::Ready(Ok(4)));
    drop(recv);
    drop(tx);
    assert_eq!(block_on(rx.recv_many(&mut out, 4)), Ok(2));
    assert!(block_on(rx.recv_many(&mut out, 4)).is_err());
    assert_eq!(out, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn recv_many_of_none_is_ready_at_once_also_when_closed() {
    let (tx, rx) = unbounded();
    tx.try_send(1).unwrap();
    drop(tx);
    assert_eq!(block_on(rx.recv_many(&mut Vec::new(), 0)), Ok(0));
}

#[test]
fn drain_takes_all_and_wakes_all_senders_there_is_room_for() {
    let (tx, rx) = bounded(40);
    (0..40).for_each(|i| tx.try_send(i).unwrap());
    let mut sends: Vec<_> = (40..100).map(|i| Stepped::new(tx.send(i))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    assert_eq!(rx.drain().collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    assert_eq!(sends.iter().map(Stepped::wakes).sum::<usize>(), 40);
    assert!(sends.iter_mut().take(40).all(|send| send.poll() == Poll::Ready(Ok(()))));
    assert_eq!(rx.drain().len(), 40);
}

#[test]
fn a_value_that_came_back_is_drained_first() {
    let (tx, rx) = unbounded();
    let mut recv = Stepped::new(rx.recv());
    assert!(recv.poll().is_pending());
    (1..=3).for_each(|i| tx.try_send(i).unwrap());
    drop(recv);
    assert_eq!(rx.drain().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_permit_sends_without_waiting_or_gives_its_place_up() {
    let (tx, rx) = bounded(1);
    let permit = block_on(tx.reserve()).unwrap();
    assert!(tx.is_full());
    permit.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    drop(block_on(tx.reserve()).unwrap());
    assert!(!tx.is_full());
    let permit = block_on(tx.reserve()).unwrap();
    rx.close();
    assert_eq!(permit.send(2), Err(SendError(2)));
    assert!(block_on(tx.reserve()).is_err());
}

#[test]
fn a_send_that_is_given_up_gives_its_value_back() {
    for (capacity, make) in flavours() {
        let Some(capacity) = capacity else { continue };
        let (tx, rx) = make();
        (0..capacity).for_each(|i| tx.try_send(i).unwrap());
        let mut waiting = Stepped::new(tx.send(77));
        let mut behind = Stepped::new(tx.send(88));
        assert!(waiting.poll().is_pending());
        assert!(behind.poll().is_pending());
        assert_eq!(waiting.as_mut().take_back(), Some(77));
        assert_eq!(waiting.as_mut().take_back(), None);
        if capacity > 0 {
            assert_eq!(rx.try_recv(), Ok(0));
            assert!(behind.is_woken());
            let mut granted = behind;
            assert_eq!(granted.as_mut().take_back(), Some(88));
            assert_eq!(tx.try_send(99), Ok(()), "its place is free");
        } else {
            assert_eq!(rx.try_recv(), Ok(88));
            assert_eq!(behind.as_mut().take_back(), None, "it has been sent");
        }
    }
    let (tx, _rx) = unbounded();
    let mut never_polled = Stepped::new(tx.send(1));
    assert_eq!(never_polled.as_mut().take_back(), Some(1));
    let mut sent = Stepped::new(tx.send(2));
    assert_eq!(sent.poll(), Poll::Ready(Ok(())));
    assert_eq!(sent.as_mut().take_back(), None);
}

#[test]
fn sink_and_stream_make_a_pipeline_in_every_flavour() {
    for (_, make) in flavours() {
        let (tx, rx) = make();
        let (doubled, out) = make();
        let feed = futures::stream::iter(0..50).map(Ok).forward(tx);
        let double = rx.map(|i| Ok(i * 2)).forward(doubled);
        let (fed, piped, sum) = block_on(async { join!(feed, double, out.fold(0, |sum, i| async move { sum + i })) });
        assert_eq!((fed.is_ok(), piped.is_ok(), sum), (true, true, 49 * 50));
    }
}

#[test]
fn a_sink_that_closes_counts_as_a_sender_that_is_gone() {
    let (mut tx, rx) = bounded::<u8>(1);
    let mut other = tx.clone();
    assert_eq!(rx.sender_count(), 2);
    block_on(SinkExt::close(&mut tx)).unwrap();
    block_on(SinkExt::close(&mut tx)).unwrap();
    drop(tx);
    assert_eq!((rx.sender_count(), rx.is_closed()), (1, false));
    block_on(SinkExt::close(&mut other)).unwrap();
    assert!(rx.is_closed());
    assert!(block_on(SinkExt::send(&mut other, 1)).is_err());
}

#[test]
fn a_dropped_sink_gives_up_the_place_it_reserved() {
    let (mut tx, _rx) = bounded(1);
    let other = tx.clone();
    block_on(std::future::poll_fn(|cx| tx.poll_ready_unpin(cx))).unwrap();
    assert_eq!(other.try_send(1), Err(TrySendError::Full(1)));
    drop(tx);
    assert_eq!(other.try_send(1), Ok(()));
}

#[test]
fn a_place_that_a_sink_has_announced_is_for_its_start_send_and_for_no_other_send() {
    let (mut tx, rx) = bounded(1);
    block_on(std::future::poll_fn(|cx| tx.poll_ready_unpin(cx))).unwrap();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    assert!(Stepped::new(tx.send(1)).poll().is_pending());
    tx.start_send_unpin(2).unwrap();
    assert_eq!((rx.try_recv(), tx.try_send(3), rx.try_recv()), (Ok(2), Ok(()), Ok(3)));
}

#[test]
#[should_panic(expected = "poll_ready")]
fn start_send_without_poll_ready_panics() {
    let (mut tx, _rx) = bounded(1);
    let _ = tx.start_send_unpin(1);
}

#[test]
#[should_panic(expected = "use `rendezvous()`")]
fn a_bounded_channel_of_capacity_zero_is_refused_with_advice() {
    let _ = bounded::<u8>(0);
}

#[test]
fn what_a_stream_was_handed_after_its_wait_was_given_up_is_received_by_any_other_way_and_in_order() {
    for receive in [0, 1, 2, 3] {
        let (tx, mut rx) = bounded(4);
        assert!(Stepped::new(rx.next()).poll().is_pending());
        (1..=2).for_each(|i| tx.try_send(i).unwrap());
        let mut many = Vec::new();
        let got = match receive {
            0 => [(); 2].map(|()| rx.try_recv().unwrap()).to_vec(),
            1 => [(); 2].map(|()| block_on(rx.recv()).unwrap()).to_vec(),
            2 => rx.drain().collect(),
            _ => {
                assert_eq!(block_on(rx.recv_many(&mut many, 9)), Ok(2));
                many
            }
        };
        assert_eq!(got, [1, 2], "way {receive}");
    }
}

#[test]
fn a_receiver_that_goes_on_otherwise_leaves_its_streams_place_and_what_came_there_to_the_next() {
    let (tx, mut rx) = bounded(4);
    let other = rx.clone();
    assert!(Stepped::new(rx.next()).poll().is_pending());
    let mut second = Stepped::new(other.recv());
    assert!(second.poll().is_pending());
    tx.try_send(1).unwrap();
    assert!(!second.is_woken(), "it is the stream's");
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "whose turn is over");
    assert!(second.is_woken());
    assert_eq!(second.poll(), Poll::Ready(Ok(1)));
    let mut again = Stepped::new(rx.next());
    assert!(again.poll().is_pending());
    tx.try_send(2).unwrap();
    assert_eq!(again.poll(), Poll::Ready(Some(2)));
}

#[test]
fn a_sink_whose_wait_was_given_up_does_not_stand_in_its_senders_way() {
    let (mut tx, rx) = bounded(1);
    tx.try_send(1).unwrap();
    assert!(Stepped::new(SinkExt::send(&mut tx, 2)).poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(tx.try_send(3), Ok(()), "the place that was reserved for the sink");
    assert_eq!(rx.try_recv(), Ok(3));
}

#[test]
fn a_clone_of_a_sender_whose_sink_was_closed_does_not_count_either() {
    let (mut tx, _rx) = bounded::<u8>(1);
    let weak = tx.downgrade();
    block_on(SinkExt::close(&mut tx)).unwrap();
    let clone = tx.clone();
    assert!(weak.upgrade().is_none(), "a side that has gone stays gone");
    assert_eq!(clone.sender_count(), 0);
}
