//! Flavours in which every receiver sees every value: broadcast, under both policies.

use super::{Random, SEEDS, THREADS, assert_each_once, poll_a_little, values};
use futures::executor::block_on;
use motet_channel::broadcast::{Backpressure, Lag, Receiver, RecvError, Sender, with_policy};
use std::pin::pin;
use std::task::Poll;

/// Reserves, again and again until it has a place, and sends.
fn send_restlessly(tx: &Sender<Box<usize>, Backpressure>, value: usize, random: &mut Random) {
    while random.one_in(2) {
        if let Poll::Ready(permit) = poll_a_little(pin!(tx.reserve()), random) {
            let permit = permit.unwrap();
            if random.one_in(2) {
                permit.send(Box::new(value)).unwrap();
                return;
            }
        }
    }
    block_on(tx.send(Box::new(value))).unwrap();
}

fn receive_restlessly(mut rx: Receiver<Box<usize>, Backpressure>, mut random: Random) -> Vec<usize> {
    let mut received = Vec::new();
    loop {
        let early = if random.one_in(2) { poll_a_little(pin!(rx.recv()), &mut random) } else { Poll::Pending };
        let value = match early {
            Poll::Ready(value) => value,
            Poll::Pending => block_on(rx.recv()),
        };
        match value {
            Ok(value) => received.push(*value),
            Err(_) => return received,
        }
        // Another comes, sees what this one has still to see, and goes on in its place.
        if random.one_in(50) {
            rx = rx.clone();
        }
    }
}

#[test]
fn with_backpressure_every_receiver_sees_each_value_once() {
    let each = values() / THREADS;
    for (seed, capacity) in (0..SEEDS).zip([1, 2, 100].into_iter().cycle()) {
        let (tx, first) = with_policy(capacity, Backpressure);
        std::thread::scope(|scope| {
            let receivers: Vec<_> = (0..THREADS)
                .map(|i| {
                    let rx = first.clone();
                    scope.spawn(move || receive_restlessly(rx, Random::new(seed, i)))
                })
                .collect();
            drop(first);
            for part in 0..THREADS {
                let tx = tx.clone();
                scope.spawn(move || {
                    let mut random = Random::new(seed, THREADS + part);
                    (part * each..(part + 1) * each).for_each(|value| send_restlessly(&tx, value, &mut random));
                });
            }
            drop(tx);
            for receiver in receivers {
                assert_each_once(receiver.join().unwrap(), each * THREADS, "broadcast");
            }
        });
    }
}

#[test]
fn a_receiver_that_lags_sees_each_value_or_is_told_that_it_missed_it() {
    for (seed, capacity) in (0..SEEDS).zip([1, 2, 100].into_iter().cycle()) {
        let (tx, first) = with_policy::<Box<usize>, _>(capacity, Lag);
        std::thread::scope(|scope| {
            for i in 0..THREADS {
                let mut rx = first.clone();
                scope.spawn(move || {
                    let (mut next, mut random) = (0, Random::new(seed, i));
                    loop {
                        let early =
                            if random.one_in(2) { poll_a_little(pin!(rx.recv()), &mut random) } else { Poll::Pending };
                        let value = match early {
                            Poll::Ready(value) => value,
                            Poll::Pending => block_on(rx.recv()),
                        };
                        match value {
                            Ok(value) => {
                                assert_eq!(*value, next);
                                next += 1;
                            }
                            Err(RecvError::Lagged(missed)) => next += missed as usize,
                            Err(RecvError::Closed) => break,
                        }
                    }
                    assert_eq!(next, values(), "values were neither seen nor told");
                });
            }
            drop(first);
            (0..values()).for_each(|value| assert!(tx.send(Box::new(value)).is_ok()));
            drop(tx);
        });
    }
}
