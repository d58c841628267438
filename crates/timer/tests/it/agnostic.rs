//! The same sleeps under tokio, smol and a bare `block_on`: what is under test here is that real time works anywhere.

use futures::StreamExt;
use futures::future::{Either, join_all, select};
use motet_timer::{Timer, Timers, interval, sleep, sleep_until};
use std::future::pending;
use std::pin::pin;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// What each executor runs.
async fn program() {
    short_sleeps_are_not_early().await;
    many_at_once_are_not_early().await;
    ticks_are_a_period_apart().await;
    a_limit_ends_what_never_ends().await;
    a_limit_can_start_over().await;
    a_runtime_of_its_own_may_go().await;
}

async fn short_sleeps_are_not_early() {
    for micros in [1, 50, 300, 1_000, 3_000] {
        let duration = Duration::from_micros(micros);
        let start = Instant::now();
        sleep(duration).await;
        assert!(start.elapsed() >= duration, "{micros} µs");
    }
    let deadline = Instant::now() + 2 * MS;
    sleep_until(deadline).await;
    assert!(Instant::now() >= deadline);
}

async fn many_at_once_are_not_early() {
    let start = Instant::now();
    let sleeps = (0..200u32).map(|i| async move {
        let deadline = start + MS + Duration::from_micros(37) * (i * 7 % 200);
        sleep_until(deadline).await;
        assert!(Instant::now() >= deadline);
    });
    join_all(sleeps).await;
}

async fn ticks_are_a_period_apart() {
    let start = Instant::now();
    let ticks: Vec<_> = interval(MS).take(4).collect().await;
    assert!(start.elapsed() >= 3 * MS);
    assert!(ticks.windows(2).all(|pair| pair[1] - pair[0] == MS));
}

async fn a_limit_ends_what_never_ends() {
    let limit = pin!(sleep(2 * MS));
    assert!(matches!(select(pin!(pending::<()>()), limit).await, Either::Right(..)));
}

async fn a_limit_can_start_over() {
    let mut limit = pin!(sleep(2 * MS));
    let _either = select(limit.as_mut(), pin!(sleep(MS))).await;
    let deadline = Instant::now() + 3 * MS;
    limit.as_mut().reset(deadline);
    limit.await;
    assert!(Instant::now() >= deadline);
}

async fn a_runtime_of_its_own_may_go() {
    let timers = Timers::new();
    let start = Instant::now();
    let mut orphan = pin!(timers.sleep(3 * MS));
    // Nobody drives those timers; on a busy machine the orphan may be late enough to be ready by itself.
    let _either = select(orphan.as_mut(), pin!(sleep(MS))).await;
    drop(timers);
    orphan.await;
    assert!(start.elapsed() >= 3 * MS);
}

#[test]
fn under_block_on_of_futures() {
    futures::executor::block_on(program());
}

#[test]
fn under_block_on_of_ours() {
    motet_prim::park::block_on(program());
}

#[test]
fn under_smol() {
    smol::block_on(smol::spawn(program()));
}

#[test]
fn under_tokio_on_one_thread() {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(program());
}

#[test]
fn under_tokio_on_two_workers() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(program())).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn under_all_of_them_at_once() {
    let threads = [
        std::thread::spawn(|| futures::executor::block_on(program())),
        std::thread::spawn(|| smol::block_on(program())),
        std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(program());
        }),
    ];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
