//! Every future of the broadcast channel dropped at every await, with a close in between.

use motet_channel::broadcast::{Backpressure, Lag, Policy, Receiver, Sender, with_policy};
use motet_test::{End, drop_at_every_await_between};
use std::cell::RefCell;
use std::rc::Rc;

const WATCHED: usize = 1_000;
const CAPACITIES: [usize; 3] = [1, 2, 100];

/// What the other side does after which poll.
const TURNS: [Option<usize>; 4] = [None, Some(1), Some(2), Some(3)];

/// A full channel, the future under test on its sending side; two receivers take one value after each poll; and after one of
/// them the channel closes.
fn sending_side<F, Fut>(capacity: usize, close_at: Option<usize>, send: F)
where
    F: Fn(Sender<usize, Backpressure>) -> Fut,
    Fut: Future<Output = bool>,
{
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = with_policy(capacity, Backpressure);
        (0..capacity).for_each(|value| tx.try_send(value).unwrap());
        let others = Rc::new(RefCell::new(Some(Others { slow: rx.clone(), rx, received: Vec::new() })));
        let (shared, closer) = (others.clone(), tx.clone());
        let step = move |polls| {
            if let Some(others) = &mut *shared.borrow_mut() {
                others.received.extend(others.rx.try_recv());
                let _ = others.slow.try_recv();
            }
            if close_at == Some(polls) {
                closer.close();
            }
        };
        let probe = tx.clone();
        let check = move |end: End<bool>| {
            let Others { mut rx, slow, received: mut all } = others.take().unwrap();
            drop(slow);
            all.extend(std::iter::from_fn(|| rx.try_recv().ok()));
            let (before, watched) = all.split_at(capacity);
            assert_eq!(before, (0..capacity).collect::<Vec<_>>());
            let sent = matches!(end, End::Completed(true));
            assert_eq!(watched, if sent { &[WATCHED][..] } else { &[] });
            // No place is kept: with the slow receiver gone as well there is room for all.
            assert!(probe.is_closed() || (0..capacity).all(|value| probe.try_send(value).is_ok()));
        };
        (send(tx), step, check)
    });
    assert!(report.completed);
    assert!(report.drops >= 2);
}

/// The receivers, and what the first of them has received.
struct Others {
    rx: Receiver<usize, Backpressure>,
    slow: Receiver<usize, Backpressure>,
    received: Vec<usize>,
}

#[test]
fn dropped_send_has_sent_nothing_and_keeps_no_place() {
    for capacity in CAPACITIES {
        for close_at in TURNS {
            sending_side(capacity, close_at, |tx| async move { tx.send(WATCHED).await.is_ok() });
        }
    }
}

#[test]
fn dropped_reserve_has_reserved_nothing() {
    for capacity in CAPACITIES {
        for close_at in TURNS {
            sending_side(capacity, close_at, |tx| async move {
                match tx.reserve().await {
                    Ok(permit) => permit.send(WATCHED).is_ok(),
                    Err(_) => false,
                }
            });
        }
    }
}

#[test]
fn dropped_sink_has_sent_nothing_and_keeps_no_place() {
    for capacity in CAPACITIES {
        for close_at in TURNS {
            sending_side(capacity, close_at, |tx| async move {
                let mut sink = tx.sink();
                futures::SinkExt::send(&mut sink, WATCHED).await.is_ok()
            });
        }
    }
}

/// An empty channel, the future under test on its receiving side; after each poll one value is sent, or the channel closed.
fn receiving_side<P, F, Fut>(
    policy: impl Fn() -> P,
    try_send: impl Fn(&Sender<usize, P>, usize),
    close_at: Option<usize>,
    recv: F,
) where
    P: Policy + 'static,
    F: Fn(Receiver<usize, P>) -> Fut,
    Fut: Future<Output = Vec<usize>>,
{
    for capacity in CAPACITIES {
        let report = drop_at_every_await_between(|| {
            let (tx, rx) = with_policy(capacity, policy());
            let mut twin = rx.clone();
            let sent = Rc::new(RefCell::new(0));
            let (count, try_send) = (sent.clone(), &try_send);
            let step = move |polls| {
                if close_at == Some(polls) {
                    tx.close();
                } else {
                    try_send(&tx, polls);
                    *count.borrow_mut() += 1;
                }
            };
            let check = move |end: End<Vec<usize>>| {
                if let End::Completed(values) = end {
                    assert_eq!(values, (1..=values.len()).collect::<Vec<_>>());
                }
                let seen_by_twin = std::iter::from_fn(|| twin.try_recv().ok()).count();
                assert_eq!(seen_by_twin, sent.take(), "whatever happens to one receiver, the other sees all");
            };
            (recv(rx), step, check)
        });
        assert!(report.completed);
        assert_eq!(report.drops, 2);
    }
}

#[test]
fn dropped_recv_has_received_nothing() {
    for close_at in [None, Some(1)] {
        let recv = |mut rx: Receiver<usize, Lag>| async move { rx.recv().await.into_iter().collect() };
        receiving_side(|| Lag, |tx, value| tx.send(value).unwrap(), close_at, recv);
        let recv = |mut rx: Receiver<usize, Backpressure>| async move { rx.recv().await.into_iter().collect() };
        receiving_side(|| Backpressure, |tx, value| tx.try_send(value).unwrap(), close_at, recv);
    }
}

#[test]
fn dropped_stream_has_received_nothing() {
    for close_at in [None, Some(1)] {
        let recv = |mut rx: Receiver<usize, Backpressure>| async move {
            futures::StreamExt::next(&mut rx).await.into_iter().collect()
        };
        receiving_side(|| Backpressure, |tx, value| tx.try_send(value).unwrap(), close_at, recv);
    }
}

#[test]
#[expect(
    clippy::await_holding_refcell_ref,
    reason = "the future is dropped, and its borrow with it, before anybody looks"
)]
fn a_recv_dropped_at_any_await_leaves_the_value_to_the_next() {
    for capacity in CAPACITIES {
        let report = drop_at_every_await_between(|| {
            let (tx, rx) = with_policy(capacity, Backpressure);
            let rx = Rc::new(RefCell::new(rx));
            let other = rx.clone();
            let future = async move { other.borrow_mut().recv().await };
            let step = move |polls| tx.try_send(polls).unwrap();
            let check = move |end| {
                let left = rx.borrow_mut().try_recv().ok();
                assert_eq!(left, (end == End::Dropped { polls: 1 }).then_some(1));
            };
            (future, step, check)
        });
        assert!(report.completed);
    }
}

#[test]
fn dropped_closed_changes_nothing() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = with_policy::<u8, _>(1, Backpressure);
        let probe = tx.clone();
        let mut rx = Some(rx);
        let step = move |_| drop(rx.take());
        let check = move |end| assert_eq!(probe.receiver_count() == 1, end == End::Dropped { polls: 0 });
        (async move { tx.closed().await }, step, check)
    });
    assert!(report.completed);
}
