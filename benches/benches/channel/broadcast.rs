//! Every receiver sees every value.

use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};
use std::future::Future;

/// No value is overwritten, and no sender waits: in a round each channel sends fewer.
const CAPACITY: usize = 1024;

/// What one round does.
#[derive(Clone, Copy)]
struct Shape {
    channels: u32,
    values: u32,
    receivers: u32,
}

impl Shape {
    /// How many values arrive at how many receivers in all.
    const fn arrivals(self) -> u32 {
        self.channels * self.values * self.receivers
    }
}

const TO_8: Shape = Shape { channels: 10, values: 1_000, receivers: 8 };
const TO_1000: Shape = Shape { channels: 1, values: 100, receivers: 1_000 };

/// Both cells under both pools.
pub(crate) fn cells(family: &mut Family, tokio: &Tokio, motet: &Motet) {
    family.run(contest("broadcast/1to8@tokio", tokio, TO_8));
    family.run(contest("broadcast/1to8@motet", motet, TO_8));
    family.run(contest("broadcast/1to1000@tokio", tokio, TO_1000));
    family.run(contest("broadcast/1to1000@motet", motet, TO_1000));
}

fn contest<'a, P: Pool>(name: &'a str, pool: &'a P, shape: Shape) -> Cell<'a> {
    Cell::new(name, shape.arrivals())
        .rival("motet", move || through_motet(pool, shape))
        .rival("tokio", move || through_tokio(pool, shape))
        .rival("async-broadcast", move || through_async_broadcast(pool, shape))
}

/// Receives in as many tasks, sends from one, for each channel; until all that was sent has arrived everywhere.
fn run<P: Pool, S, R>(pool: &P, shape: Shape, mut open: impl FnMut() -> (S, Vec<R>))
where
    S: Future<Output = ()> + Send + 'static,
    R: Future<Output = u32> + Send + 'static,
{
    let channels: Vec<_> = (0..shape.channels).map(|_| open()).collect();
    let inside = pool.clone();
    let arrived = pool.block_on_task(async move {
        let mut arrived = 0;
        for (sending, receiving) in channels {
            let receiving: Vec<_> = receiving.into_iter().map(|receiving| inside.spawn(receiving)).collect();
            inside.spawn_detached(sending);
            for task in receiving {
                arrived += task.await;
            }
        }
        arrived
    });
    assert_eq!(arrived, shape.arrivals());
}

fn through_motet<P: Pool>(pool: &P, shape: Shape) {
    run(pool, shape, || {
        let (tx, rx) = motet_channel::broadcast::channel(CAPACITY);
        let receiving = (1..shape.receivers).map(|_| tx.subscribe()).chain([rx]).map(|mut rx| async move {
            let mut arrived = 0;
            while rx.recv().await.is_ok() {
                arrived += 1;
            }
            arrived
        });
        let receiving = receiving.collect();
        let sending = async move { (0..shape.values).for_each(|value| tx.send(value).expect("it is received")) };
        (sending, receiving)
    });
}

fn through_tokio<P: Pool>(pool: &P, shape: Shape) {
    run(pool, shape, || {
        let (tx, rx) = tokio::sync::broadcast::channel(CAPACITY);
        let receiving = (1..shape.receivers).map(|_| tx.subscribe()).chain([rx]).map(|mut rx| async move {
            let mut arrived = 0;
            while rx.recv().await.is_ok() {
                arrived += 1;
            }
            arrived
        });
        let receiving = receiving.collect();
        let sending = async move {
            for value in 0..shape.values {
                tx.send(value).expect("it is received");
            }
        };
        (sending, receiving)
    });
}

fn through_async_broadcast<P: Pool>(pool: &P, shape: Shape) {
    run(pool, shape, || {
        let (tx, rx) = async_broadcast::broadcast(CAPACITY);
        let receiving = (1..shape.receivers).map(|_| tx.new_receiver()).chain([rx]).map(|mut rx| async move {
            let mut arrived = 0;
            while rx.recv_direct().await.is_ok() {
                arrived += 1;
            }
            arrived
        });
        let receiving = receiving.collect();
        let sending = async move {
            for value in 0..shape.values {
                tx.broadcast_direct(value).await.expect("it is received");
            }
        };
        (sending, receiving)
    });
}
