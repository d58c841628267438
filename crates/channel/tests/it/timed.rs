//! Threads that have only so long, and threads that go on until there is no more.

use motet_channel::broadcast::{self, Backpressure, with_policy};
use motet_channel::{
    LifoQueue, Queue, RecvError, Shutdown, TryGetError, TryPutError, TryRecvError, TrySendError, bounded, oneshot,
    rendezvous, unbounded, watch,
};
use motet_test::Stepped;
use std::task::Poll;
use std::thread;
use std::time::Duration;

const NO_TIME: Duration = Duration::ZERO;

#[test]
fn who_has_no_time_takes_what_is_there_and_leaves_no_place_in_line() {
    let (tx, rx) = bounded(1);
    assert_eq!(rx.recv_blocking_for(NO_TIME), Err(TryRecvError::Empty));
    assert_eq!(tx.send_blocking_for(1, NO_TIME), Ok(()), "nobody waits for it any more");
    assert_eq!(tx.send_blocking_for(2, NO_TIME), Err(TrySendError::Full(2)));
    assert_eq!((rx.recv_blocking_for(NO_TIME), rx.len()), (Ok(1), 0));
    assert_eq!(tx.try_send(3), Ok(()), "no place was kept for what was given up");
    drop(tx);
    assert_eq!((rx.recv_blocking_for(NO_TIME), rx.recv_blocking_for(NO_TIME)), (Ok(3), Err(TryRecvError::Closed)));
}

#[test]
fn what_a_rendezvous_has_no_time_for_goes_on_to_nobody() {
    let (tx, rx) = rendezvous();
    assert_eq!(tx.send_blocking_for(1, NO_TIME), Err(TrySendError::Full(1)));
    assert_eq!(rx.recv_blocking_for(NO_TIME), Err(TryRecvError::Empty));
    let mut send = Stepped::new(tx.send(2));
    assert!(send.poll().is_pending());
    assert_eq!(rx.recv_blocking_for(NO_TIME), Ok(2));
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
}

#[test]
fn a_limit_beyond_the_clock_is_none() {
    let (tx, rx) = bounded(1);
    let queue = LifoQueue::bounded(1);
    let (sender, putter) = (tx.clone(), queue.clone());
    let sending = thread::spawn(move || (0..100).try_for_each(|value| sender.send_blocking_for(value, Duration::MAX)));
    let putting = thread::spawn(move || (0..100).try_for_each(|item| putter.put_blocking_for(item, Duration::MAX)));
    for value in 0..100 {
        assert_eq!(rx.recv_blocking_for(Duration::MAX), Ok(value));
        assert_eq!(queue.get_blocking_for(Duration::MAX), Ok(value));
    }
    assert!(sending.join().unwrap().is_ok() && putting.join().unwrap().is_ok());
}

#[test]
fn a_queue_that_is_shut_down_says_so_whatever_the_limit() {
    let queue = Queue::bounded(1);
    assert_eq!(
        (queue.get_blocking_for(NO_TIME), queue.put_blocking_for(1, NO_TIME)),
        (Err(TryGetError::Empty), Ok(()))
    );
    assert_eq!(queue.put_blocking_for(2, NO_TIME), Err(TryPutError::Full(2)));
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.put_blocking_for(3, Duration::MAX), Err(TryPutError::ShutDown(3)));
    assert_eq!(
        (queue.get_blocking_for(NO_TIME), queue.get_blocking_for(Duration::MAX)),
        (Ok(1), Err(TryGetError::ShutDown))
    );
}

#[test]
fn a_oneshot_is_asked_again_until_its_value_comes() {
    let (tx, mut rx) = oneshot::channel();
    assert_eq!(rx.recv_blocking_for(NO_TIME), Err(TryRecvError::Empty));
    let sending = thread::spawn(move || tx.send(7));
    assert_eq!(rx.recv_blocking_for(Duration::MAX), Ok(7));
    assert_eq!(rx.recv_blocking_for(Duration::MAX), Err(TryRecvError::Closed), "it has come");
    assert!(sending.join().unwrap().is_ok());
}

#[test]
fn a_thread_goes_on_until_the_channel_is_closed_and_empty_and_shares_with_others() {
    let (tx, rx) = bounded(2);
    let other = rx.clone();
    let summing = thread::spawn(move || other.iter_blocking().sum::<u64>());
    let sending = thread::spawn(move || (1..=1_000).try_for_each(|value| tx.send_blocking(value)));
    let sum: u64 = rx.iter_blocking().sum();
    assert!(sending.join().unwrap().is_ok());
    assert_eq!(sum + summing.join().unwrap(), 500_500);
    assert_eq!(rx.iter_blocking().next(), None);
}

#[test]
fn who_has_no_time_for_a_broadcast_sends_nothing_and_misses_nothing() {
    let (tx, mut rx) = with_policy(1, Backpressure);
    assert_eq!(rx.recv_blocking_for(NO_TIME), Err(TryRecvError::Empty));
    assert_eq!(tx.send_blocking_for(1, NO_TIME), Ok(()));
    assert_eq!(tx.send_blocking_for(2, NO_TIME), Err(TrySendError::Full(2)));
    assert_eq!(rx.recv_blocking_for(NO_TIME), Ok(1));
    assert_eq!(tx.try_send(3), Ok(()), "no place was kept for what was given up");
    let sending = thread::spawn(move || (4..100).try_for_each(|value| tx.send_blocking_for(value, Duration::MAX)));
    assert!((3..100).all(|value| rx.recv_blocking_for(Duration::MAX) == Ok(value)));
    assert!(sending.join().unwrap().is_ok());
    assert_eq!(rx.recv_blocking_for(Duration::MAX), Err(TryRecvError::Closed));
    let (tx, rx) = with_policy(1, Backpressure);
    drop(rx);
    assert_eq!(tx.send_blocking_for(1, Duration::MAX), Err(TrySendError::Closed(1)));
}

#[test]
fn who_lags_behind_a_broadcast_is_told_so_whatever_the_limit() {
    let (tx, mut rx) = broadcast::channel(1);
    assert_eq!(rx.recv_blocking_for(NO_TIME), Err(broadcast::TryRecvError::Empty));
    (1..=3).for_each(|value| tx.send(value).unwrap());
    assert_eq!(rx.recv_blocking_for(Duration::MAX), Err(broadcast::TryRecvError::Lagged(2)));
    assert_eq!(rx.recv_blocking_for(NO_TIME), Ok(3));
}

#[test]
fn a_watch_that_nobody_changes_in_time_is_asked_again() {
    let (tx, mut rx) = watch::channel(0);
    assert!(rx.changed_blocking_for(NO_TIME).is_none());
    assert!(rx.wait_for_blocking_for(|value| *value == 100, NO_TIME).is_none());
    let sending = thread::spawn(move || (1..=100).for_each(|value| tx.send(value).unwrap()));
    assert_eq!(rx.changed_blocking_for(Duration::MAX), Some(Ok(())));
    let reached = rx.wait_for_blocking_for(|value| *value == 100, Duration::MAX);
    assert_eq!(reached.map(|reached| reached.map(|value| *value)), Some(Ok(100)));
    sending.join().unwrap();
    assert_eq!(rx.changed_blocking_for(Duration::MAX), Some(Err(RecvError)));
}

#[test]
fn a_place_that_was_not_had_in_time_and_a_job_are_the_next_ones() {
    let queue = Queue::bounded(1);
    let slot = queue.reserve_blocking_for(NO_TIME).unwrap();
    assert_eq!(queue.reserve_blocking_for(NO_TIME).err(), Some(TryPutError::Full(())));
    let mut put = Stepped::new(queue.put(2));
    assert!(put.poll().is_pending() && queue.take_blocking_for(NO_TIME).is_err());
    slot.put(1).unwrap();
    let job = queue.take_blocking_for(NO_TIME).unwrap();
    assert_eq!((*job, put.poll()), (1, Poll::Ready(Ok(()))));
    assert!(!queue.join_blocking_for(NO_TIME));
    drop((job, queue.take_blocking_for(Duration::MAX)));
    assert!(queue.join_blocking_for(NO_TIME));
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.reserve_blocking_for(Duration::MAX).err(), Some(TryPutError::ShutDown(())));
    assert_eq!(queue.take_blocking_for(Duration::MAX).err(), Some(TryGetError::ShutDown));
    let ((tx, rx), (sender, receiver)) = (bounded::<u8>(1), with_policy::<u8, _>(1, Backpressure));
    let places = (tx.reserve_blocking_for(NO_TIME).unwrap(), sender.reserve_blocking_for(NO_TIME).unwrap());
    assert_eq!(tx.reserve_blocking_for(NO_TIME).err(), Some(TrySendError::Full(())));
    assert_eq!(sender.reserve_blocking_for(NO_TIME).err(), Some(TrySendError::Full(())));
    drop((places, rx, receiver));
    assert_eq!(tx.reserve_blocking_for(Duration::MAX).err(), Some(TrySendError::Closed(())));
    assert_eq!(sender.reserve_blocking_for(Duration::MAX).err(), Some(TrySendError::Closed(())));
}

#[test]
fn however_often_the_time_is_up_each_value_is_received_once() {
    const LITTLE_TIME: Duration = Duration::from_micros(1);
    for (tx, rx) in [bounded(1), bounded(4), rendezvous(), unbounded()] {
        let mut received: Vec<_> = thread::scope(|scope| {
            let receiving = [(); 2].map(|()| {
                let rx = rx.clone();
                scope.spawn(move || {
                    let next = || loop {
                        match rx.recv_blocking_for(LITTLE_TIME) {
                            Err(TryRecvError::Empty) => {}
                            received => return received.ok(),
                        }
                    };
                    std::iter::from_fn(next).collect::<Vec<_>>()
                })
            });
            for first in 0..2 {
                let tx = tx.clone();
                scope.spawn(move || {
                    for mut value in (first..2_000).step_by(2) {
                        while let Err(late) = tx.send_blocking_for(value, LITTLE_TIME) {
                            value = late.into_inner();
                        }
                    }
                });
            }
            drop((tx, rx));
            receiving.into_iter().flat_map(|receiving| receiving.join().unwrap()).collect()
        });
        received.sort_unstable();
        assert!(received.into_iter().eq(0..2_000));
    }
}
