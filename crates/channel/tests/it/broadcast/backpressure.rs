//! The policy that waits.

use futures::executor::block_on;
use futures::{SinkExt, StreamExt};
use motet_channel::broadcast::{Backpressure, Receiver, Sender, with_policy};
use motet_channel::{RecvError, SendError, TryRecvError, TrySendError};
use motet_test::{Stepped, WakeCount};
use std::task::Poll;

fn channel<T>(capacity: usize) -> (Sender<T, Backpressure>, Receiver<T, Backpressure>) {
    with_policy(capacity, Backpressure)
}

#[test]
fn a_full_channel_waits_for_the_slowest() {
    let (tx, mut quick) = channel(2);
    let mut slow = quick.clone();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    let mut send = Stepped::new(tx.send(3));
    assert!(send.poll().is_pending());
    assert_eq!((quick.try_recv(), quick.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(send.wakes(), 0);
    assert_eq!(slow.try_recv(), Ok(1));
    assert_eq!(send.wakes(), 1);
    assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)), "the place is reserved");
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
    assert_eq!((slow.try_recv(), slow.try_recv(), quick.try_recv()), (Ok(2), Ok(3), Ok(3)));
    assert_eq!(quick.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn senders_are_admitted_in_the_order_they_came_as_places_come_free() {
    let (tx, mut rx) = channel(2);
    (0..2).for_each(|value| tx.try_send(value).unwrap());
    let mut sends: Vec<_> = (2..52).map(|value| Stepped::new(tx.send(value))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    drop(sends.remove(1));
    let mut received = Vec::new();
    for turn in 0..51 {
        received.push(rx.try_recv().unwrap());
        if let Some(send) = sends.get_mut(turn) {
            assert_eq!((send.wakes(), send.poll()), (1, Poll::Ready(Ok(()))));
        }
    }
    assert_eq!(received, (0..52).filter(|value| *value != 3).collect::<Vec<_>>());
}

#[test]
fn a_receiver_that_goes_makes_room() {
    let (tx, rx) = channel(1);
    let mut other = rx.clone();
    tx.try_send(1).unwrap();
    assert_eq!(other.try_recv(), Ok(1));
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    drop(rx);
    assert_eq!((send.wakes(), send.poll()), (1, Poll::Ready(Ok(()))));
    assert_eq!(other.try_recv(), Ok(2));
}

#[test]
fn the_last_receiver_to_go_and_a_close_give_waiting_senders_their_values_back() {
    for by_close in [false, true] {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut sends: Vec<_> = (1..70).map(|value| (value, Stepped::new(tx.send(value)))).collect();
        assert!(sends.iter_mut().all(|(_, send)| send.poll().is_pending()));
        let kept = if by_close {
            tx.close();
            Some(rx)
        } else {
            drop(rx);
            None
        };
        for (value, send) in &mut sends {
            assert_eq!((send.wakes(), send.poll()), (1, Poll::Ready(Err(SendError(*value)))));
        }
        assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)));
        if let Some(mut rx) = kept {
            assert_eq!((block_on(rx.recv()), block_on(rx.recv())), (Ok(0), Err(RecvError)));
        }
    }
}

#[test]
fn permits_keep_places_and_give_them_up() {
    let (tx, mut rx) = channel(2);
    let first = block_on(tx.reserve()).unwrap();
    let second = block_on(tx.reserve()).unwrap();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    let mut waiting = Stepped::new(tx.send(7));
    assert!(waiting.poll().is_pending());
    // All places are reserved: whoever is done with one admits.
    first.send(5).unwrap();
    assert!(!waiting.is_woken());
    assert_eq!(rx.try_recv(), Ok(5));
    assert!(waiting.is_woken());
    drop(second);
    assert_eq!(waiting.poll(), Poll::Ready(Ok(())));
    assert_eq!(tx.try_send(8), Ok(()));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(7), Ok(8)));
    let permit = block_on(tx.reserve()).unwrap();
    tx.close();
    assert_eq!(permit.send(9), Err(SendError(9)));
    assert!(block_on(tx.reserve()).is_err());
}

#[test]
fn a_granted_send_that_is_dropped_passes_its_place_on() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let mut first = Stepped::new(tx.send(1));
    let mut second = Stepped::new(tx.send(2));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    drop(first);
    assert_eq!((second.wakes(), second.poll()), (1, Poll::Ready(Ok(()))));
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn a_late_receiver_does_not_hold_up_what_came_before_it() {
    let (tx, mut rx) = channel(1);
    tx.try_send(1).unwrap();
    let mut late = tx.subscribe();
    assert_eq!(rx.try_recv(), Ok(1));
    tx.try_send(2).unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(late.try_recv(), Ok(2));
    assert_eq!(tx.try_send(3), Ok(()));
}

#[test]
fn a_sink_waits_for_room_and_gives_up_its_place_when_it_goes() {
    let (tx, mut rx) = channel(1);
    let (mut sink, mut idle) = (tx.sink(), tx.sink());
    assert_eq!(tx.sender_count(), 3);
    let mut ready = Stepped::new(idle.feed(5));
    assert_eq!(ready.poll(), Poll::Ready(Ok(())));
    drop(ready);
    let mut send = Stepped::new(sink.send(6));
    assert!(send.poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(5));
    assert_eq!((send.wakes(), send.poll()), (1, Poll::Ready(Ok(()))));
    drop(send);
    assert_eq!(rx.try_recv(), Ok(6));
    // A place that was announced, and never used.
    assert!(Stepped::new(std::future::poll_fn(|cx| idle.poll_ready_unpin(cx))).poll().is_ready());
    assert!(tx.try_send(7).unwrap_err().is_full());
    drop(idle);
    tx.try_send(7).unwrap();
    drop(tx);
    block_on(sink.close()).unwrap();
    assert_eq!(block_on(rx.by_ref().collect::<Vec<_>>()), [7]);
}

#[test]
fn under_threads_each_receiver_sees_everything_in_each_senders_order() {
    const EACH: usize = 5_000;
    for capacity in [1, 2, 64] {
        let (tx, first) = channel::<Box<(usize, usize)>>(capacity);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let mut rx = first.clone();
                scope.spawn(move || {
                    let mut next = [0; 2];
                    while let Ok(value) = rx.recv_blocking() {
                        let (sender, number) = *value;
                        assert_eq!(number, next[sender]);
                        next[sender] += 1;
                    }
                    assert_eq!(next, [EACH; 2]);
                });
            }
            drop(first);
            for sender in 0..2 {
                let tx = tx.clone();
                scope.spawn(move || {
                    (0..EACH).for_each(|number| tx.send_blocking(Box::new((sender, number))).unwrap());
                });
            }
            drop(tx);
        });
    }
}

#[test]
fn receivers_that_come_and_go_under_threads_stop_nobody() {
    let (tx, mut rx) = channel(2);
    std::thread::scope(|scope| {
        let subscriber = tx.clone();
        let guests = scope.spawn(move || {
            for turn in 0..2_000 {
                let mut guest = subscriber.subscribe();
                let twin = guest.clone();
                if turn % 2 == 0 {
                    let _ = guest.try_recv();
                }
                drop(twin);
            }
        });
        let sender = scope.spawn(move || (0..10_000).for_each(|value| tx.send_blocking(Box::new(value)).unwrap()));
        assert!((0..10_000).all(|value| rx.recv_blocking() == Ok(Box::new(value))));
        sender.join().unwrap();
        guests.join().unwrap();
    });
    assert_eq!(rx.recv_blocking(), Err(RecvError));
}

#[test]
fn a_send_that_is_taken_back_gives_up_its_place_and_its_turn() {
    let (tx, mut rx) = with_policy(1, Backpressure);
    tx.try_send(0).unwrap();
    let mut sends = [1, 2, 3].map(|value| Box::pin(tx.send(value)));
    let wakes = WakeCount::new();
    assert!(sends.iter_mut().all(|send| wakes.poll(send.as_mut()).is_pending()));
    assert_eq!(sends[1].as_mut().take_back(), Some(2));
    assert_eq!((rx.try_recv(), wakes.take()), (Ok(0), 1));
    // Admitted already: its place is for the next.
    assert_eq!((sends[0].as_mut().take_back(), wakes.take()), (Some(1), 1));
    assert!(wakes.poll(sends[2].as_mut()).is_ready());
    assert_eq!((sends[2].as_mut().take_back(), rx.try_recv()), (None, Ok(3)));
}

#[test]
fn a_place_is_reserved_at_once_if_there_is_one_and_nobody_waits() {
    let (tx, mut rx) = with_policy(2, Backpressure);
    tx.try_send(0).unwrap();
    let permit = tx.try_reserve().unwrap();
    assert!(tx.try_reserve().unwrap_err().is_full());
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(tx.try_reserve().unwrap_err().is_full(), "it is the sender's");
    permit.send(1).unwrap();
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
    assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(1), Ok(2)]);
    drop(rx);
    assert!(tx.try_reserve().unwrap_err().is_closed());
    assert!(tx.reserve_blocking().is_err());
}
