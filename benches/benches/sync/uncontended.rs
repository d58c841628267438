//! One thread, nobody else: what the types cost where there is nothing to wait for.

use crate::counters::{
    AsyncLock, AsyncLockRead, AsyncLockSemaphore, AsyncbandLock, AsyncbandRead, AsyncbandSemaphore, Door, FuturesLock,
    MotetLock, MotetRead, MotetSemaphore, MotetUnfairLock, One, SaaLock, SaaRead, SaaSemaphore, TokioLock, TokioRead,
    TokioSemaphore, XutexLock,
};
use motet_benches::{Cell, Family};
use std::hint::black_box;

const PASSES: u32 = 200_000;

/// Passes again and again.
fn alone<D: Door>() {
    let door = D::new();
    futures::executor::block_on(async {
        for _ in 0..PASSES {
            black_box(&door).pass().await;
        }
    });
}

pub(crate) fn cells(family: &mut Family) {
    family.run(
        Cell::new("sync/lock_uncontended", PASSES)
            .rival("motet", alone::<MotetLock>)
            .rival("tokio", alone::<TokioLock>)
            .rival("async-lock", alone::<AsyncLock>)
            .rival("asyncband", alone::<AsyncbandLock>)
            .rival("futures", alone::<FuturesLock>)
            .rival("xutex", alone::<XutexLock>)
            .rival("saa", alone::<SaaLock>),
    );
    family.run(
        Cell::new("sync/unfair_lock_uncontended", PASSES)
            .rival("motet", alone::<MotetUnfairLock>)
            .rival("async-lock", alone::<AsyncLock>)
            .rival("futures", alone::<FuturesLock>)
            .rival("xutex", alone::<XutexLock>),
    );
    family.run(
        Cell::new("sync/sem_uncontended", PASSES)
            .rival("motet", alone::<MotetSemaphore<One>>)
            .rival("tokio", alone::<TokioSemaphore<One>>)
            .rival("async-lock", alone::<AsyncLockSemaphore<One>>)
            .rival("asyncband", alone::<AsyncbandSemaphore<One>>)
            .rival("saa", alone::<SaaSemaphore<One>>),
    );
    family.run(
        Cell::new("sync/rwlock_read_uncontended", PASSES)
            .rival("motet", alone::<MotetRead>)
            .rival("tokio", alone::<TokioRead>)
            .rival("async-lock", alone::<AsyncLockRead>)
            .rival("asyncband", alone::<AsyncbandRead>)
            .rival("saa", alone::<SaaRead>),
    );
}
