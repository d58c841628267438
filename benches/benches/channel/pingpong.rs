//! A value there and back, on one thread.

use crate::contestants::*;
use crate::floor::{FLOOR, Slot};
use futures::future::join;
use motet_benches::{Cell, Family};
use motet_executor::LocalExecutor;
use std::future::Future;

/// How often a round goes there and back.
const ROUND_TRIPS: u32 = 50_000;

/// The cell, on tokio's current-thread runtime and on a local executor.
pub(crate) fn cells(family: &mut Family) {
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("it starts no thread");
    family.run(contest("chan/pingpong_1thread@tokio", &tokio));
    family.run(contest("chan/pingpong_1thread@motet", &LocalExecutor::new()));
}

/// What runs a future to its end on this thread.
trait Thread {
    fn run(&self, future: impl Future<Output = ()>);
}

impl Thread for tokio::runtime::Runtime {
    fn run(&self, future: impl Future<Output = ()>) {
        self.block_on(future);
    }
}

impl Thread for LocalExecutor<'_> {
    fn run(&self, future: impl Future<Output = ()>) {
        self.block_on(future);
    }
}

fn contest<'a>(name: &'static str, thread: &'a impl Thread) -> Cell<'a> {
    Cell::new(name, ROUND_TRIPS)
        .rival("motet", || ping_pong::<MotetBounded>(thread))
        .rival("kanal", || ping_pong::<KanalBounded>(thread))
        .rival("tokio", || ping_pong::<TokioBounded>(thread))
        .rival("async-channel", || ping_pong::<AsyncChannelBounded>(thread))
        .rival("asyncband", || ping_pong::<AsyncbandBounded>(thread))
        .rival("flume", || ping_pong::<FlumeBounded>(thread))
        .rival("crossfire", || ping_pong::<CrossfireOneBounded>(thread))
        .rival("tachyonix", || ping_pong::<Tachyonix>(thread))
        .rival("thingbuf", || ping_pong::<Thingbuf>(thread))
        .floor(FLOOR, || ping_pong::<Slot>(thread))
}

fn ping_pong<C: Channel>(thread: &impl Thread) {
    let (mut ping, mut pinged) = C::open(1);
    let (mut pong, mut ponged) = C::open(1);
    let there = async move {
        for value in 0..u64::from(ROUND_TRIPS) {
            C::send(&mut ping, value).await.check();
            assert_eq!(C::receive(&mut ponged).await.number(), Some(value));
        }
    };
    let back = async move {
        while let Some(value) = C::receive(&mut pinged).await.number() {
            C::send(&mut pong, value).await.check();
        }
    };
    thread.run(async {
        join(there, back).await;
    });
}
