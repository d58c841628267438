//! Many messages at once: received, drained, forwarded.

use futures::{SinkExt as _, stream};
use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};
use motet_channel::{Queue, Shutdown};
use std::future::Future;

/// How many messages a round sends, unless they are drained.
const MESSAGES: u32 = 100_000;
/// The capacity of the channels, and the most that is received at once.
const CAPACITY: usize = 100;
/// How many are drained in one step, and how often in a round.
const DRAINED: u32 = 1_000;
const DRAINS: u32 = 100;

/// Every cell, under both pools where there are two tasks.
pub(crate) fn cells(family: &mut Family, tokio: &Tokio, motet: &Motet) {
    family.run(receive_many("chan/recv_many_cap100@tokio", tokio));
    family.run(receive_many("chan/recv_many_cap100@motet", motet));
    family.run(get_many("queue/get_many_cap100@tokio", tokio));
    family.run(get_many("queue/get_many_cap100@motet", motet));
    family.run(send_all("chan/send_all_cap100@tokio", tokio));
    family.run(send_all("chan/send_all_cap100@motet", motet));
    family.run(drain());
}

/// A sending and a receiving task; the latter says how many it got.
fn pair<P: Pool>(
    pool: &P,
    sending: impl Future<Output = ()> + Send + 'static,
    receiving: impl Future<Output = u32> + Send + 'static,
) {
    let inside = pool.clone();
    let received = pool.block_on_task(async move {
        let receiving = inside.spawn(receiving);
        inside.spawn_detached(sending);
        receiving.await
    });
    assert_eq!(received, MESSAGES);
}

fn receive_many<'a, P: Pool>(name: &'a str, pool: &'a P) -> Cell<'a> {
    Cell::new(name, MESSAGES)
        .rival("motet", || motet_receives_many(pool))
        .rival("tokio", || tokio_receives_many(pool))
        .rival("kanal recv + drain_into", || kanal_receives_many(pool))
        .rival("flume recv + drain", || flume_receives_many(pool))
}

fn motet_receives_many<P: Pool>(pool: &P) {
    let (tx, rx) = motet_channel::bounded(CAPACITY);
    let sending = async move {
        for value in 0..MESSAGES {
            tx.send(value).await.expect("it is received");
        }
    };
    pair(pool, sending, async move {
        let (mut received, mut batch) = (0, Vec::with_capacity(CAPACITY));
        while rx.recv_many(&mut batch, CAPACITY).await.is_ok() {
            received += batch.drain(..).len() as u32;
        }
        received
    });
}

fn tokio_receives_many<P: Pool>(pool: &P) {
    let (tx, mut rx) = tokio::sync::mpsc::channel(CAPACITY);
    let sending = async move {
        for value in 0..MESSAGES {
            tx.send(value).await.expect("it is received");
        }
    };
    pair(pool, sending, async move {
        let (mut received, mut batch) = (0, Vec::with_capacity(CAPACITY));
        while rx.recv_many(&mut batch, CAPACITY).await > 0 {
            received += batch.drain(..).len() as u32;
        }
        received
    });
}

fn kanal_receives_many<P: Pool>(pool: &P) {
    let (tx, rx) = kanal::bounded_async(CAPACITY);
    let sending = async move {
        for value in 0..MESSAGES {
            tx.send(value).await.expect("it is received");
        }
    };
    pair(pool, sending, async move {
        let (mut received, mut batch) = (0, Vec::with_capacity(CAPACITY));
        while let Ok(first) = rx.recv().await {
            batch.push(first);
            // An error says that it is closed: then the next receive says so too.
            let _ = rx.drain_into(&mut batch);
            received += batch.drain(..).len() as u32;
        }
        received
    });
}

fn flume_receives_many<P: Pool>(pool: &P) {
    let (tx, rx) = flume::bounded(CAPACITY);
    let sending = async move {
        for value in 0..MESSAGES {
            tx.send_async(value).await.expect("it is received");
        }
    };
    pair(pool, sending, async move {
        let (mut received, mut batch) = (0, Vec::with_capacity(CAPACITY));
        while let Ok(first) = rx.recv_async().await {
            batch.push(first);
            batch.extend(rx.drain());
            received += batch.drain(..).len() as u32;
        }
        received
    });
}

fn get_many<'a, P: Pool>(name: &'a str, pool: &'a P) -> Cell<'a> {
    Cell::new(name, MESSAGES)
        .rival("motet", || motet_gets_many(pool))
        .rival("tokio recv_many", || tokio_receives_many(pool))
        .rival("kanal recv + drain_into", || kanal_receives_many(pool))
}

fn motet_gets_many<P: Pool>(pool: &P) {
    let queue = Queue::bounded(CAPACITY);
    let producer = queue.clone();
    let sending = async move {
        for value in 0..MESSAGES {
            producer.put(value).await.expect("it is got");
        }
        producer.shutdown(Shutdown::Drain);
    };
    pair(pool, sending, async move {
        let (mut received, mut batch) = (0, Vec::with_capacity(CAPACITY));
        while queue.get_many(&mut batch, CAPACITY).await.is_ok() {
            received += batch.drain(..).len() as u32;
        }
        received
    });
}

fn send_all<'a, P: Pool>(name: &'a str, pool: &'a P) -> Cell<'a> {
    Cell::new(name, MESSAGES)
        .rival("motet", || motet_sends_all(pool))
        .rival("futures", || futures_sends_all(pool))
        .rival("flume", || flume_sends_all(pool))
}

fn motet_sends_all<P: Pool>(pool: &P) {
    let (mut tx, rx) = motet_channel::bounded(CAPACITY);
    let sending = async move { tx.send_all(&mut stream::iter((0..MESSAGES).map(Ok))).await.expect("it is received") };
    pair(pool, sending, async move {
        let mut received = 0;
        while rx.recv().await.is_ok() {
            received += 1;
        }
        received
    });
}

fn futures_sends_all<P: Pool>(pool: &P) {
    let (mut tx, mut rx) = futures::channel::mpsc::channel(CAPACITY);
    let sending = async move { tx.send_all(&mut stream::iter((0..MESSAGES).map(Ok))).await.expect("it is received") };
    pair(pool, sending, async move {
        let mut received = 0;
        while rx.recv().await.is_ok() {
            received += 1;
        }
        received
    });
}

fn flume_sends_all<P: Pool>(pool: &P) {
    let (tx, rx) = flume::bounded(CAPACITY);
    let mut tx = tx.into_sink();
    let sending = async move { tx.send_all(&mut stream::iter((0..MESSAGES).map(Ok))).await.expect("it is received") };
    pair(pool, sending, async move {
        let mut received = 0;
        while rx.recv_async().await.is_ok() {
            received += 1;
        }
        received
    });
}

/// A thousand sent and then taken in one step, by one thread without an executor.
fn drain() -> Cell<'static> {
    Cell::new("chan/drain_1000", DRAINED * DRAINS)
        .rival("motet", || {
            let (tx, rx) = motet_channel::unbounded();
            drains(|value| tx.try_send(value).is_ok(), || rx.drain().count());
        })
        .rival("kanal", || {
            let (tx, rx) = kanal::unbounded();
            let mut batch = Vec::new();
            drains(
                |value| tx.send(value).is_ok(),
                || {
                    let drained = rx.drain_into(&mut batch).unwrap_or(0);
                    batch.clear();
                    drained
                },
            );
        })
        .rival("flume", || {
            let (tx, rx) = flume::unbounded();
            drains(|value| tx.send(value).is_ok(), || rx.drain().count());
        })
}

fn drains(mut send: impl FnMut(u32) -> bool, mut drain: impl FnMut() -> usize) {
    for _ in 0..DRAINS {
        assert!((0..DRAINED).all(&mut send));
        assert_eq!(drain(), DRAINED as usize);
    }
}
