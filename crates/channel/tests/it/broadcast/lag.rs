//! The policy that overwrites.

use futures::StreamExt;
use futures::executor::block_on;
use motet_channel::SendError;
use motet_channel::broadcast::{self, Lagged, RecvError, TryRecvError};
use motet_test::Stepped;
use std::sync::{Arc, Mutex};
use std::task::Poll;

#[test]
fn every_receiver_sees_every_value_in_order() {
    let (tx, first) = broadcast::channel(8);
    let mut receivers = [first.clone(), first.resubscribe(), first];
    (0..8).for_each(|value| tx.send(value).unwrap());
    for rx in &mut receivers {
        assert_eq!(rx.len(), 8);
        assert!((0..8).all(|value| rx.try_recv() == Ok(value)));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
}

#[test]
fn a_slow_receiver_is_told_how_many_it_missed_and_goes_on_with_the_oldest() {
    let (tx, mut slow) = broadcast::channel(3);
    let mut quick = slow.clone();
    for value in 0..10 {
        tx.send(value).unwrap();
        assert_eq!(quick.try_recv(), Ok(value));
    }
    assert_eq!(slow.len(), 3);
    assert_eq!(block_on(slow.recv()), Err(RecvError::Lagged(7)));
    assert_eq!(block_on(slow.recv()), Ok(7));
    tx.send(10).unwrap();
    tx.send(11).unwrap();
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(1)));
    assert_eq!((slow.try_recv(), slow.try_recv(), slow.try_recv()), (Ok(9), Ok(10), Ok(11)));
}

#[test]
fn all_who_wait_are_woken_once_by_a_send() {
    let (tx, first) = broadcast::channel(1);
    let mut receivers: Vec<_> = std::iter::repeat_with(|| first.resubscribe()).take(100).collect();
    let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Stepped::new(rx.recv())).collect();
    assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
    tx.send(1).unwrap();
    assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll() == Poll::Ready(Ok(1))));
}

#[test]
fn the_last_receiver_gets_the_value_itself() {
    struct Counted(Arc<()>);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            panic!("cloned, with one receiver left to see it");
        }
    }
    let count = Arc::new(());
    let (tx, mut rx) = broadcast::channel(2);
    drop(rx.clone());
    tx.send(Counted(count.clone())).ok().unwrap();
    assert_eq!(Arc::strong_count(&rx.try_recv().ok().unwrap().0), 2);
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn a_value_is_dropped_when_the_last_receiver_has_seen_it() {
    let value = Arc::new(());
    let (tx, mut first) = broadcast::channel(4);
    let mut second = first.clone();
    tx.send(value.clone()).unwrap();
    drop(first.try_recv().unwrap());
    assert_eq!(Arc::strong_count(&value), 2);
    drop(second.try_recv().unwrap());
    assert_eq!(Arc::strong_count(&value), 1);
    tx.send(value.clone()).unwrap();
    drop(first);
    assert_eq!(Arc::strong_count(&value), 2);
    drop(second);
    assert_eq!(Arc::strong_count(&value), 1, "those who go have seen everything");
}

#[test]
fn overwritten_and_left_values_are_dropped_once() {
    let value = Arc::new(());
    let (tx, rx) = broadcast::channel(2);
    (0..5).for_each(|_| tx.send(value.clone()).unwrap());
    assert_eq!(Arc::strong_count(&value), 3);
    drop(tx);
    assert_eq!(Arc::strong_count(&value), 3);
    drop(rx);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn without_receivers_a_send_gives_the_value_back_until_somebody_subscribes() {
    let (tx, rx) = broadcast::channel(2);
    let mut closed = Stepped::new(tx.closed());
    assert!(closed.poll().is_pending());
    drop(rx);
    assert!(closed.wakes() == 1 && closed.poll().is_ready());
    assert_eq!(tx.send(1), Err(SendError(1)));
    assert!(!tx.is_closed());
    let mut rx = tx.subscribe();
    tx.send(2).unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn after_the_last_sender_or_a_close_receivers_drain_and_then_get_the_error() {
    for by_close in [false, true] {
        let (tx, mut rx) = broadcast::channel(2);
        let mut idle = tx.subscribe();
        let mut wait = Stepped::new(idle.recv());
        assert!(wait.poll().is_pending());
        tx.send(1).unwrap();
        assert_eq!(wait.poll(), Poll::Ready(Ok(1)));
        drop(wait);
        let mut wait = Stepped::new(idle.recv());
        assert!(wait.poll().is_pending());
        let kept = by_close.then(|| tx.clone());
        if by_close {
            tx.close();
            assert_eq!(tx.send(2), Err(SendError(2)));
        }
        drop(tx);
        assert!(rx.is_closed());
        assert_eq!(wait.wakes(), 1);
        assert_eq!(wait.poll(), Poll::Ready(Err(RecvError::Closed)));
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Closed)));
        drop(kept);
    }
}

#[test]
fn a_stream_tells_of_gaps_and_ends() {
    let (tx, mut rx) = broadcast::channel(2);
    (0..3).for_each(|value| tx.send(value).unwrap());
    let late = rx.resubscribe();
    drop(tx);
    let all: Vec<_> = block_on(rx.by_ref().collect());
    assert_eq!(all, [Err(Lagged(1)), Ok(1), Ok(2)]);
    assert!(futures::stream::FusedStream::is_terminated(&rx));
    assert_eq!(block_on(late.count()), 0);
}

#[test]
fn a_stream_left_in_line_does_not_stand_in_its_own_way() {
    let (tx, mut rx) = broadcast::channel(2);
    assert!(Stepped::new(rx.next()).poll().is_pending());
    tx.send(1).unwrap();
    assert_eq!(block_on(rx.recv()), Ok(1));
    assert!(Stepped::new(rx.next()).poll().is_pending());
    tx.send(2).unwrap();
    assert_eq!(block_on(rx.next()), Some(Ok(2)));
}

#[test]
fn a_clone_that_panics_leaves_the_value_unseen() {
    #[derive(Debug)]
    struct Fussy(Arc<Mutex<bool>>);
    impl Clone for Fussy {
        fn clone(&self) -> Self {
            let calm = *self.0.lock().unwrap();
            assert!(calm, "on purpose");
            Self(self.0.clone())
        }
    }
    let calm = Arc::new(Mutex::new(false));
    let (tx, mut rx) = broadcast::channel(1);
    let other = rx.clone();
    tx.send(Fussy(calm.clone())).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rx.try_recv()));
    assert!(caught.is_err());
    *calm.lock().unwrap() = true;
    assert!(rx.try_recv().is_ok());
    tx.send(Fussy(calm.clone())).unwrap();
    drop((tx, rx, other));
    assert_eq!(Arc::strong_count(&calm), 1);
}

#[test]
fn a_weak_sender_keeps_nothing_open() {
    let (tx, mut rx) = broadcast::channel(1);
    let weak = tx.downgrade();
    weak.upgrade().unwrap().send(1).unwrap();
    drop(tx);
    assert!(weak.clone().upgrade().is_none());
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(TryRecvError::Closed)));
}

#[test]
fn under_threads_each_receiver_sees_what_it_is_not_told_it_missed() {
    const VALUES: u64 = 20_000;
    for capacity in [1, 2, 64] {
        let (tx, first) = broadcast::channel::<Box<u64>>(capacity);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let mut rx = first.clone();
                scope.spawn(move || {
                    let mut next = 0;
                    loop {
                        match rx.recv_blocking() {
                            Ok(value) => {
                                assert_eq!(*value, next, "capacity {capacity}");
                                next += 1;
                            }
                            Err(RecvError::Lagged(missed)) => next += missed,
                            Err(RecvError::Closed) => break,
                        }
                    }
                    assert_eq!(next, VALUES);
                });
            }
            drop(first);
            scope.spawn(move || {
                for value in 0..VALUES {
                    // On the heap: a read of what is overwritten meanwhile would be seen.
                    if tx.send(Box::new(value)).is_err() {
                        break;
                    }
                }
            });
        });
    }
}
