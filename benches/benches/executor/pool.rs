//! The cells of pools with two workers.

use futures::channel::oneshot;
use motet_benches::floor::{FLOOR, Floor};
use motet_benches::floor_of_two::{FLOOR_OF_TWO, FloorOfTwo};
use motet_benches::pools::{Motet, Pool, Smol, SmolStatic, Tokio};
use motet_benches::{Cell, Family};
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

const MANY: u32 = 10_000;
const YIELDERS: u32 = 200;
const YIELDS: u32 = 1_000;
const PAIRS: u32 = 1_000;
const LINKS: u32 = 1_000;
const DEPTH: u32 = 14;

/// Runs one cell, whose round is the same function over each pool.
macro_rules! contest {
    ($family:ident, $pools:ident, $name:literal, $operations:expr, $round:ident) => {
        $family.run(
            Cell::new($name, $operations)
                .rival("motet", || $round(&$pools.0))
                .rival("tokio", || $round(&$pools.1))
                .rival("async-executor", || $round(&$pools.2))
                .rival("async-executor static", || $round(&$pools.3))
                .floor(FLOOR, || $round(&Floor))
                .floor(FLOOR_OF_TWO, || $round(&FloorOfTwo)),
        );
    };
}

/// Every cell, for every pool.
pub(crate) fn cells(family: &mut Family) {
    let pools = (Motet::new(), Tokio::new(), Smol::new(), SmolStatic::new());
    contest!(family, pools, "exec/spawn_many_10k", MANY, spawn_many);
    contest!(family, pools, "exec/inject_10k", MANY, inject);
    contest!(family, pools, "exec/spawn_join_10k", MANY, spawn_join);
    contest!(family, pools, "exec/yield_200x1000", YIELDERS * YIELDS, yields);
    contest!(family, pools, "exec/ping_pong_1k", PAIRS, ping_pong);
    contest!(family, pools, "exec/chained_1k", LINKS, chained);
    contest!(family, pools, "exec/fork_join_2^14", 1 << DEPTH, fork_join);
}

/// Counts down, and sends when it gets to zero.
struct Countdown {
    left: AtomicUsize,
    done: std::sync::Mutex<Option<oneshot::Sender<()>>>,
}

impl Countdown {
    fn from(count: u32) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (done, receiver) = oneshot::channel();
        let (left, done) = (AtomicUsize::new(count as usize), std::sync::Mutex::new(Some(done)));
        (Arc::new(Self { left, done }), receiver)
    }

    fn count(&self) {
        // AcqRel: a release sequence, so that the last one sees what all before it did.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let done = self.done.lock().expect("nobody panics here").take();
            done.expect("only the last one sends").send(()).expect("the round waits");
        }
    }
}

fn spawn_all<P: Pool>(pool: &P) -> oneshot::Receiver<()> {
    let (countdown, done) = Countdown::from(MANY);
    for _ in 0..MANY {
        let countdown = Arc::clone(&countdown);
        pool.spawn_detached(async move { countdown.count() });
    }
    done
}

fn spawn_many<P: Pool>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move { spawn_all(&inside).await.expect("every task runs") });
}

fn inject<P: Pool>(pool: &P) {
    let done = spawn_all(pool);
    pool.block_on_task(async { done.await.expect("every task runs") });
}

fn spawn_join<P: Pool>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        for _ in 0..MANY {
            inside.spawn(async {}).await;
        }
    });
}

/// Pending once, and woken at once.
#[derive(Default)]
pub(crate) struct YieldNow(bool);

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn yields<P: Pool>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        let (countdown, done) = Countdown::from(YIELDERS);
        for _ in 0..YIELDERS {
            let countdown = Arc::clone(&countdown);
            inside.spawn_detached(async move {
                for _ in 0..YIELDS {
                    YieldNow::default().await;
                }
                countdown.count();
            });
        }
        done.await.expect("every task runs");
    });
}

fn ping_pong<P: Pool>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        let (countdown, done) = Countdown::from(PAIRS);
        for _ in 0..PAIRS {
            let (countdown, pool) = (Arc::clone(&countdown), inside.clone());
            inside.spawn_detached(async move {
                let (ping, pinged) = oneshot::channel();
                let (pong, ponged) = oneshot::channel();
                pool.spawn_detached(async move {
                    pinged.await.expect("the ping comes");
                    pong.send(()).expect("somebody waits");
                });
                ping.send(()).expect("somebody waits");
                ponged.await.expect("the pong comes");
                countdown.count();
            });
        }
        done.await.expect("every pair ends");
    });
}

fn link<P: Pool>(pool: P, left: u32, done: oneshot::Sender<()>) {
    let next = pool.clone();
    pool.spawn_detached(async move {
        match left {
            0 => done.send(()).expect("the round waits"),
            left => link(next, left - 1, done),
        }
    });
}

fn chained<P: Pool>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        let (sender, done) = oneshot::channel();
        link(inside, LINKS, sender);
        done.await.expect("the last link is reached");
    });
}

fn branch<P: Pool>(pool: P, depth: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        if depth == 0 {
            return 1;
        }
        let (left, right) = (pool.spawn(branch(pool.clone(), depth - 1)), pool.spawn(branch(pool.clone(), depth - 1)));
        left.await + right.await
    })
}

fn fork_join<P: Pool>(pool: &P) {
    let leaves = pool.block_on_task(branch(pool.clone(), DEPTH - 1));
    assert_eq!(leaves, 1 << (DEPTH - 1));
}
