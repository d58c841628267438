//! Loom models of queues and channels: an item is in one place, whoever goes away meanwhile, and no wakeup is lost.

use crate::{Queue, ShutDown, Shutdown, bounded, rendezvous};
use futures_sink::Sink;
use motet_prim::loom::future::block_on;
use motet_prim::loom::thread;
use motet_prim::model;
use motet_test::Stepped;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls once, with a waker that wakes nobody.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_put_wakes_a_get() {
    model(|| {
        let queue = Queue::bounded(1);
        let putter = queue.clone();
        let thread = thread::spawn(move || block_on(putter.put(7)).unwrap());
        assert_eq!(block_on(queue.get()), Ok(7));
        thread.join().unwrap();
    });
}

#[test]
fn a_get_makes_room_for_a_put_that_waits() {
    model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let putter = queue.clone();
        let thread = thread::spawn(move || block_on(putter.put(2)).unwrap());
        assert_eq!(block_on(queue.get()), Ok(1));
        assert_eq!(block_on(queue.get()), Ok(2));
        thread.join().unwrap();
    });
}

#[test]
fn a_put_against_a_cancelled_get_loses_nothing() {
    model(|| {
        let queue = Queue::bounded(1);
        let putter = queue.clone();
        let thread = thread::spawn(move || block_on(putter.put(7)).unwrap());
        // Dropped at the end of the line, while the put may be handing it the item.
        let early = poll_once(pin!(queue.get()));
        let got = match early {
            Poll::Ready(item) => item,
            Poll::Pending => block_on(queue.get()),
        };
        assert_eq!(got, Ok(7));
        thread.join().unwrap();
    });
}

#[test]
fn a_cancelled_get_passes_its_item_to_the_next_getter() {
    model(|| {
        let queue = Queue::unbounded();
        let other = queue.clone();
        let getter = thread::spawn(move || block_on(other.get()));
        {
            let mut get = pin!(queue.get());
            assert!(poll_once(get.as_mut()).is_pending());
            queue.try_put(7).unwrap();
        }
        assert_eq!(getter.join().unwrap(), Ok(7));
    });
}

#[test]
fn a_get_against_a_cancelled_put_passes_the_place_on() {
    model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let getter = queue.clone();
        let thread = thread::spawn(move || getter.try_get());
        let put = poll_once(pin!(queue.put(2)));
        assert_eq!(thread.join().unwrap(), Ok(1));
        let left = queue.try_get().ok();
        assert_eq!(left, put.is_ready().then_some(2), "a cancelled put has put nothing");
        assert_eq!(queue.try_put(3), Ok(()), "its place is free");
    });
}

#[test]
fn a_close_against_a_send_leaves_the_value_with_one_side() {
    model(|| {
        let (tx, rx) = bounded(1);
        let sender = thread::spawn(move || tx.try_send(7).map_err(|error| error.into_inner()));
        rx.close();
        let received = rx.try_recv();
        match sender.join().unwrap() {
            // Sent before the close.
            Ok(()) => assert_eq!(received, Ok(7)),
            Err(back) => {
                assert_eq!(back, 7);
                assert!(received.is_err());
            }
        }
    });
}

#[test]
fn the_last_sender_to_go_wakes_the_receiver() {
    model(|| {
        let (tx, rx) = bounded::<u8>(1);
        let other = tx.clone();
        let thread = thread::spawn(move || drop(other));
        drop(tx);
        assert!(block_on(rx.recv()).is_err());
        thread.join().unwrap();
    });
}

#[test]
fn a_shutdown_wakes_putter_and_getter() {
    model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let putter = queue.clone();
        let thread = thread::spawn(move || block_on(putter.put(2)));
        queue.shutdown(Shutdown::Drain);
        let put = thread.join().unwrap();
        assert_eq!(block_on(queue.get()), Ok(1));
        assert_eq!(block_on(queue.get()).is_ok(), put.is_ok());
    });
}

#[test]
fn a_rendezvous_hands_over_or_gives_back() {
    model(|| {
        let (tx, rx) = rendezvous();
        let sender = thread::spawn(move || block_on(tx.send(7)));
        let early = poll_once(pin!(rx.recv()));
        let received = match early {
            Poll::Ready(value) => value,
            Poll::Pending => block_on(rx.recv()),
        };
        assert_eq!(received, Ok(7));
        assert_eq!(sender.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_weak_sender_revives_a_channel_that_is_open_or_none() {
    model(|| {
        let (tx, rx) = bounded(1);
        let weak = tx.downgrade();
        let thread = thread::spawn(move || drop(tx));
        if let Some(revived) = weak.upgrade() {
            assert_eq!(revived.try_send(7), Ok(()));
            drop(revived);
            assert_eq!(block_on(rx.recv()), Ok(7));
        }
        assert!(block_on(rx.recv()).is_err());
        thread.join().unwrap();
    });
}

#[test]
fn two_getters_and_a_cancelled_third_share_two_items() {
    model(|| {
        let queue = Queue::bounded(1);
        let (getter, putter) = (queue.clone(), queue.clone());
        let putter = thread::spawn(move || {
            block_on(putter.put(1)).unwrap();
            block_on(putter.put(2)).unwrap();
        });
        let getter = thread::spawn(move || block_on(getter.get()).unwrap());
        let early = poll_once(pin!(queue.get()));
        let mine = match early {
            Poll::Ready(item) => item.unwrap(),
            Poll::Pending => block_on(queue.get()).unwrap(),
        };
        assert_eq!(getter.join().unwrap() + mine, 3);
        putter.join().unwrap();
    });
}

#[test]
fn a_send_taken_back_against_a_receiver_is_with_one_of_them() {
    model(|| {
        let (tx, rx) = rendezvous();
        // Gives its end back, so that the channel stays open.
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let mut send = pin!(tx.send(7));
        let sent = poll_once(send.as_mut()).is_ready();
        let back = send.take_back();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received.is_ok(), back.is_none());
        assert!(!sent, "nobody waited to receive");
    });
}

#[test]
fn a_cancelled_get_against_an_immediate_shutdown_leaves_nothing_undone() {
    model(|| {
        let queue = Queue::bounded(1);
        let closer = queue.clone();
        let thread = thread::spawn(move || {
            closer.try_put(7).unwrap();
            closer.shutdown(Shutdown::Immediate);
        });
        // Dropped at the end of the line: the item may be in the queue, with this getter, or gone.
        if let Poll::Ready(Ok(_)) = poll_once(pin!(queue.get())) {
            queue.task_done().unwrap();
        }
        thread.join().unwrap();
        assert!(queue.try_get().is_err());
        block_on(queue.join());
    });
}

#[test]
fn a_receiver_that_comes_as_a_place_is_given_up_does_not_overtake_the_first() {
    model(|| {
        let (tx, rx) = rendezvous();
        let mut first = pending(rx.recv());
        let mut sink = Box::pin(tx.clone());
        assert!(sink.as_mut().poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
        let mut send = pending(tx.send(1));
        let giving_up = thread::spawn(move || drop(sink));
        let mut second = pending(rx.recv());
        giving_up.join().unwrap();
        assert_eq!((first.wakes(), first.poll()), (1, Poll::Ready(Ok(1))));
        assert_eq!((send.wakes(), send.poll()), (1, Poll::Ready(Ok(()))));
        assert!(!second.is_woken());
        assert_eq!((tx.try_send(2), second.poll()), (Ok(()), Poll::Ready(Ok(2))));
    });
}

// Three waiters are more than a batch of wakes holds in a model: so the lock is free in the midst of these, and others come.

pub(super) fn pending<F: Future<Output: core::fmt::Debug>>(future: F) -> Stepped<F> {
    let mut future = Stepped::new(future);
    assert!(future.poll().is_pending());
    future
}

#[test]
fn nobody_overtakes_three_putters_that_are_admitted_together() {
    model(|| {
        let queue = Queue::bounded(3);
        (0..3).for_each(|item| queue.try_put(item).unwrap());
        let mut puts = [3, 4, 5].map(|item| pending(queue.put(item)));
        let (getter, barger) = (queue.clone(), queue.clone());
        let getting = thread::spawn(move || {
            let mut got = Vec::new();
            assert_eq!(poll_once(pin!(getter.get_many(&mut got, 3))), Poll::Ready(Ok(3)));
            assert_eq!(got, [0, 1, 2]);
        });
        let barging = thread::spawn(move || assert!(barger.try_put(9).unwrap_err().is_full()));
        getting.join().unwrap();
        barging.join().unwrap();
        assert!(puts.iter_mut().all(|put| put.wakes() == 1 && put.poll() == Poll::Ready(Ok(()))));
        assert_eq!([(); 4].map(|()| queue.try_get().ok()), [Some(3), Some(4), Some(5), None]);
    });
}

#[test]
fn a_putter_that_leaves_while_three_are_admitted_leaves_its_place_to_the_next() {
    model(|| {
        let queue = Queue::bounded(3);
        (0..3).for_each(|item| queue.try_put(item).unwrap());
        let mut puts: Vec<_> = (3..7).map(|item| pending(queue.put(item))).collect();
        let getter = queue.clone();
        let getting =
            thread::spawn(move || assert_eq!(poll_once(pin!(getter.get_many(&mut Vec::new(), 3))), Poll::Ready(Ok(3))));
        drop(puts.remove(1));
        getting.join().unwrap();
        assert!(puts.iter_mut().all(|put| put.wakes() == 1 && put.poll() == Poll::Ready(Ok(()))));
        assert_eq!([(); 4].map(|()| queue.try_get().ok()), [Some(3), Some(5), Some(6), None]);
    });
}

#[test]
fn a_shutdown_that_sends_three_getters_away_leaves_an_item_with_one_side() {
    model(|| {
        let queue = Queue::unbounded();
        let mut gets = [(); 3].map(|()| pending(queue.get()));
        let (closer, putter) = (queue.clone(), queue.clone());
        let closing = thread::spawn(move || closer.shutdown(Shutdown::Drain));
        let putting = thread::spawn(move || putter.try_put(1).is_ok());
        closing.join().unwrap();
        let put = putting.join().unwrap();
        let got = gets.iter_mut().map(|get| (get.wakes(), get.poll()));
        let got: Vec<_> = got.inspect(|(wakes, _)| assert_eq!(*wakes, 1)).map(|(_, polled)| polled).collect();
        assert_eq!(got[0], Poll::Ready(if put { Ok(1) } else { Err(ShutDown) }));
        assert!(got[1..].iter().all(|got| *got == Poll::Ready(Err(ShutDown))));
        assert!(queue.is_empty());
    });
}

#[test]
fn who_joins_while_three_are_let_go_waits_for_what_was_put_since() {
    model(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let mut joins = [(); 3].map(|()| pending(queue.join()));
        let (worker, other) = (queue.clone(), queue.clone());
        let working = thread::spawn(move || worker.task_done().unwrap());
        let putting = thread::spawn(move || {
            other.try_put(2).unwrap();
            let mut join = pin!(other.join());
            assert!(poll_once(join.as_mut()).is_pending());
            thread::yield_now();
            assert!(poll_once(join).is_pending());
        });
        working.join().unwrap();
        putting.join().unwrap();
        queue.task_done().unwrap();
        assert!(joins.iter_mut().all(|join| join.wakes() == 1 && join.poll().is_ready()));
    });
}

#[test]
fn a_put_taken_back_against_a_get_leaves_its_place_to_the_next() {
    model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let [mut first, mut second] = [2, 3].map(|item| pending(queue.put(item)));
        let getter = queue.clone();
        let getting = thread::spawn(move || assert_eq!(getter.try_get(), Ok(1)));
        assert_eq!(first.as_mut().take_back(), Some(2));
        getting.join().unwrap();
        assert_eq!((second.wakes(), second.poll()), (1, Poll::Ready(Ok(()))));
        assert_eq!((queue.try_get(), queue.is_empty()), (Ok(3), true));
    });
}
