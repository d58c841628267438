//! Counts what is lost when receives are cancelled: over our channel, and over kanal's.
//!
//! One sender sends a million numbered items, and each `send` returns `Ok`. Four receivers receive them; every now and then, at random, one
//! gives a receive up while it waits and starts another, as a `select!` or a timeout does. In the end each number must have
//! arrived once.
//!
//! ```text
//! cargo run --release -p motet-benches --bin kanal_loss
//! ```
#![forbid(unsafe_code)]

use futures::future::join_all;
use motet_benches::pools::{Motet, Pool};
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

const ITEMS: usize = 1_000_000;
const RECEIVERS: u64 = 4;
const CAPACITY: usize = 16;

fn main() {
    let pool = Motet::new();
    println!("{ITEMS} items are sent, each with `Ok`; receives that wait are given up at random");
    report("motet-channel", &motet(&pool));
    report("kanal", &kanal(&pool));
}

/// How often each item has arrived.
type Arrivals = Vec<u8>;

fn report(name: &str, arrivals: &Arrivals) {
    let times = |count: fn(u8) -> bool| arrivals.iter().filter(|&&arrived| count(arrived)).count();
    let (arrived, lost, twice) = (times(|n| n > 0), times(|n| n == 0), times(|n| n > 1));
    println!("{name:<14} arrived {arrived:>8}   lost {lost:>7}   twice {twice:>3}");
}

fn motet(pool: &Motet) -> Arrivals {
    let (tx, rx) = motet_channel::bounded(CAPACITY);
    let receiving = (0..RECEIVERS).map(|seed| {
        let rx = rx.clone();
        pool.spawn(async move { receive_all(seed, || rx.recv()).await })
    });
    let receiving: Vec<_> = receiving.collect();
    drop(rx);
    let sending = async move {
        for item in 0..ITEMS {
            tx.send(item).await.unwrap_or_else(refused);
        }
    };
    pool.block_on_task(run(pool.clone(), sending, receiving))
}

fn kanal(pool: &Motet) -> Arrivals {
    let (tx, rx) = kanal::bounded_async(CAPACITY);
    let receiving = (0..RECEIVERS).map(|seed| {
        let rx = rx.clone();
        pool.spawn(async move { receive_all(seed, || rx.recv()).await })
    });
    let receiving: Vec<_> = receiving.collect();
    drop(rx);
    let sending = async move {
        for item in 0..ITEMS {
            tx.send(item).await.unwrap_or_else(refused);
        }
    };
    pool.block_on_task(run(pool.clone(), sending, receiving))
}

fn refused(error: impl Display) {
    panic!("a send was refused: {error}");
}

async fn run(
    pool: Motet,
    sending: impl Future<Output = ()> + Send + 'static,
    receiving: Vec<impl Future<Output = Vec<usize>>>,
) -> Arrivals {
    let sending = pool.spawn(sending);
    let mut arrivals = vec![0; ITEMS];
    for item in join_all(receiving).await.concat() {
        arrivals[item] += 1;
    }
    sending.await;
    arrivals
}

/// Receives until the channel is closed; gives up one in four of the receives that must wait, after a moment.
async fn receive_all<F, E>(seed: u64, receive: impl Fn() -> F) -> Vec<usize>
where
    F: Future<Output = Result<usize, E>>,
{
    let mut dice = Dice(seed + 1);
    let mut received = Vec::new();
    loop {
        let patience = if dice.roll() % 4 == 0 { Some(dice.roll() % 3 + 1) } else { None };
        match unless_impatient(receive(), patience).await {
            Some(Ok(item)) => received.push(item),
            Some(Err(_closed)) => return received,
            None => {}
        }
    }
}

/// Runs a future until it has been pending that often, with a turn for the others each time.
async fn unless_impatient<F: Future>(future: F, patience: Option<u64>) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = patience;
    poll_fn(|cx| {
        // Given up before another look: what came meanwhile is in the future that is dropped.
        if left == Some(0) {
            return Poll::Ready(None);
        }
        if let Some(left) = &mut left {
            *left -= 1;
            cx.waker().wake_by_ref();
        }
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Random enough, and the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
