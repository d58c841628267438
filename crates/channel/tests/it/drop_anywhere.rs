//! Every future dropped at every await, in every flavour: each value is in one place.

use crate::channel::{Make, flavours};
use futures::StreamExt;
use motet_channel::{Queue, Receiver, Sender};
use motet_test::{End, drop_at_every_await, drop_at_every_await_between};
use std::cell::RefCell;
use std::rc::Rc;

const WATCHED: usize = 1_000;

/// A full channel, the future under test on its sending side, a receiver that takes one value after each poll.
fn sending_side<F, Fut>(make: Make, capacity: usize, send: F)
where
    F: Fn(&'static Sender<usize>) -> Fut,
    Fut: Future<Output = bool>,
{
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = make();
        (0..capacity).for_each(|i| tx.try_send(i).unwrap());
        let received = Rc::new(RefCell::new(Vec::new()));
        let other = received.clone();
        let rx2 = rx.clone();
        let step = move |_| other.borrow_mut().extend(rx2.try_recv());
        let check = move |end: End<bool>| {
            let mut all = received.take();
            let taken_from_a_waiting_send = capacity == 0 && all.contains(&WATCHED);
            all.extend(rx.drain());
            let expected = (0..capacity).collect::<Vec<_>>();
            let (before, watched) = all.split_at(capacity);
            assert_eq!(before, expected);
            match end {
                End::Completed(sent) => assert_eq!(watched, if sent { &[WATCHED][..] } else { &[] }),
                End::Dropped { .. } => assert!(watched.is_empty() || taken_from_a_waiting_send, "{watched:?}"),
            }
        };
        // Leaked, so that the future may be made outside of its owner: a few bytes a trial.
        (send(Box::leak(Box::new(tx))), step, check)
    });
    assert!(report.completed);
    assert!(report.drops >= 1);
}

#[test]
fn dropped_send_has_sent_nothing() {
    for (capacity, make) in flavours() {
        sending_side(make, capacity.unwrap_or(0), |tx| async { tx.send(WATCHED).await.is_ok() });
    }
}

#[test]
fn dropped_reserve_has_reserved_nothing() {
    for (capacity, make) in flavours() {
        if capacity == Some(0) {
            // Its receiver must wait: see `dropped_reserve_at_a_rendezvous_has_reserved_nobody`.
            continue;
        }
        sending_side(make, capacity.unwrap_or(0), |tx| async {
            match tx.reserve().await {
                Ok(permit) => permit.send(WATCHED).is_ok(),
                Err(_) => false,
            }
        });
    }
}

#[test]
fn dropped_reserve_at_a_rendezvous_has_reserved_nobody() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = motet_channel::rendezvous::<usize>();
        let (tx, rx): (&'static _, &'static Receiver<usize>) = (Box::leak(Box::new(tx)), Box::leak(Box::new(rx)));
        let recv = Rc::new(RefCell::new(motet_test::Stepped::new(rx.recv())));
        let other = recv.clone();
        let step = move |_| assert!(other.borrow_mut().poll().is_pending());
        let check = move |end: End<()>| {
            let mut recv = recv.borrow_mut();
            if end == End::Completed(()) {
                assert_eq!(recv.poll(), std::task::Poll::Ready(Ok(WATCHED)));
            } else {
                let waits = recv.poll().is_pending();
                assert_eq!(tx.try_send(7).is_ok(), waits, "the receiver is there for others");
            }
        };
        let future = async move {
            let permit = tx.reserve().await.unwrap();
            permit.send(WATCHED).unwrap();
        };
        (future, step, check)
    });
    assert!(report.completed);
}

/// An empty channel, the future under test on its receiving side, a sender that offers one value after each poll.
fn receiving_side<F, Fut>(make: Make, receive: F)
where
    F: Fn(Receiver<usize>) -> Fut,
    Fut: Future<Output = Vec<usize>>,
{
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = make();
        let rx2 = rx.clone();
        let sent = Rc::new(RefCell::new(Vec::new()));
        let other = sent.clone();
        let step = move |polls| {
            for value in [polls * 10, polls * 10 + 1] {
                if tx.try_send(value).is_ok() {
                    other.borrow_mut().push(value);
                }
            }
        };
        let check = move |end| {
            let mut all = match end {
                End::Completed(values) => values,
                End::Dropped { .. } => Vec::new(),
            };
            all.extend(rx2.drain());
            assert_eq!(all, sent.take());
        };
        (receive(rx), step, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 2);
}

#[test]
fn dropped_recv_has_taken_nothing() {
    for (_, make) in flavours() {
        receiving_side(make, |rx| async move { rx.recv().await.into_iter().collect() });
    }
}

#[test]
fn dropped_recv_many_has_taken_nothing() {
    for (_, make) in flavours() {
        receiving_side(make, |rx| async move {
            let mut out = Vec::new();
            rx.recv_many(&mut out, 2).await.unwrap();
            out
        });
    }
}

#[test]
fn dropped_stream_has_taken_nothing() {
    for (_, make) in flavours() {
        receiving_side(make, |mut rx| async move { futures::StreamExt::next(&mut rx).await.into_iter().collect() });
    }
}

#[test]
fn both_sides_dropped_together_at_any_await_lose_nothing() {
    for (capacity, make) in flavours() {
        drop_at_every_await(|| {
            let (tx, rx) = make();
            let left = rx.clone();
            let (sent, got) = (Rc::new(RefCell::new(0)), Rc::new(RefCell::new(Vec::new())));
            let (sent2, got2) = (sent.clone(), got.clone());
            let send = async move {
                for i in 0..20 {
                    tx.send(i).await.unwrap();
                    *sent2.borrow_mut() += 1;
                }
            };
            let receive = async move {
                while let Ok(value) = rx.recv().await {
                    got2.borrow_mut().push(value);
                    // Let the other side run, so that there are more awaits to be dropped at.
                    futures::pending!();
                    if value == 19 {
                        break;
                    }
                }
            };
            // Wakes itself: the pause above is no wait.
            let mut both = Box::pin(async { futures::join!(send, receive) });
            let program = std::future::poll_fn(move |cx| {
                cx.waker().wake_by_ref();
                both.as_mut().poll(cx).map(drop)
            });
            let check = move |end: End<()>| {
                let mut all = got.take();
                all.extend(left.drain());
                assert_eq!(all, (0..all.len()).collect::<Vec<_>>());
                let unseen = all.len() - *sent.borrow();
                assert!(unseen == 0 || (capacity == Some(0) && unseen == 1), "{unseen} values more than were sent");
                if end == End::Completed(()) {
                    assert_eq!(all.len(), 20);
                }
            };
            (program, check)
        });
    }
}

#[test]
fn dropped_take_and_join_change_nothing() {
    let report = drop_at_every_await_between(|| {
        let queue = Queue::bounded(1);
        let (worker, putter) = (queue.clone(), queue.clone());
        let step = move |polls| {
            let _ = putter.try_put(polls);
        };
        let future = async move {
            let job = worker.take().await.unwrap();
            let mut join = Box::pin(worker.join());
            assert!(futures::poll!(join.as_mut()).is_pending());
            drop(job);
            join.await;
        };
        let check = move |end| {
            let left = queue.len();
            (0..left).for_each(|_| queue.task_done().unwrap());
            assert!(queue.task_done().is_err(), "what was not taken is unfinished, and nothing else");
            assert_eq!(left == 0, end != End::Dropped { polls: 1 });
        };
        (future, step, check)
    });
    assert!(report.completed);
}

#[test]
fn dropped_put_has_put_nothing() {
    let report = drop_at_every_await_between(|| {
        let queue = Queue::bounded(1);
        queue.try_put(0).unwrap();
        let (putter, getter) = (queue.clone(), queue.clone());
        let step = move |_| assert_eq!(getter.try_get(), Ok(0));
        let check = move |end: End<bool>| {
            let left: Vec<_> = std::iter::from_fn(|| queue.try_get().ok()).collect();
            let expected: &[usize] = match end {
                End::Completed(_) => &[1],
                End::Dropped { polls: 0 } => &[0],
                End::Dropped { .. } => &[],
            };
            assert_eq!(left, expected);
            assert_eq!(queue.try_put(2), Ok(()), "no place is kept");
        };
        (async move { putter.put(1).await.is_ok() }, step, check)
    });
    assert!(report.completed);
    assert_eq!(report.drops, 2);
}

/// Pending once, and woken for it.
async fn yield_once() {
    let mut waited = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[test]
fn dropped_next_of_the_only_receiver_leaves_what_it_has_not_given_in_the_channel() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = motet_channel::unbounded();
        let (rx, received) = (Rc::new(RefCell::new(rx)), Rc::new(RefCell::new(Vec::new())));
        let (stream, log) = (rx.clone(), received.clone());
        let future = async move {
            for turn in 0..4 {
                let value = std::future::poll_fn(|cx| stream.borrow_mut().poll_next_unpin(cx)).await;
                log.borrow_mut().extend(value);
                if turn % 2 == 0 {
                    yield_once().await;
                }
            }
        };
        // Three at a time, so that the stream has some ahead.
        let sent = Rc::new(RefCell::new(0..0));
        let sends = sent.clone();
        let step = move |_| {
            let mut sent = sends.borrow_mut();
            (0..3).for_each(|i| tx.try_send(sent.end + i).unwrap());
            sent.end += 3;
        };
        let check = move |_: End<()>| {
            received.borrow_mut().extend(rx.borrow().drain());
            assert!(received.take().into_iter().eq(sent.take()));
        };
        (future, step, check)
    });
    assert!(report.completed);
    assert!(report.drops >= 2);
}
