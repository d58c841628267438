//! Tasks on a pool that want the same thing.

use crate::counters::{
    AsyncLock, AsyncLockSemaphore, AsyncbandLock, AsyncbandSemaphore, Door, FuturesLock, MotetLock, MotetSemaphore,
    MotetUnfairLock, MotetUnfairSemaphore, SaaLock, Three, TokioLock, TokioSemaphore, XutexLock,
};
use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

const FEW: u32 = 2;
const MANY: u32 = 1_000;
const SHORT_PASSES: u32 = 50_000;
const HELD_PASSES: u32 = 20_000;
const PASSES_OF_MANY: u32 = 40;

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

/// So many tasks pass so often, until all have.
fn contend<P: Pool, F: Future<Output = ()> + Send + 'static>(
    pool: &P,
    tasks: u32,
    task: impl Fn() -> F + Send + 'static,
) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        let tasks: Vec<_> = (0..tasks).map(|_| inside.spawn(task())).collect();
        for task in tasks {
            task.await;
        }
    });
}

fn pass_quickly<P: Pool, D: Door>(pool: &P) {
    let door = Arc::new(D::new());
    contend(pool, FEW, move || {
        let door = door.clone();
        async move {
            for _ in 0..SHORT_PASSES {
                door.pass().await;
            }
        }
    });
}

fn pass_slowly<P: Pool, D: Door>(pool: &P, tasks: u32, passes: u32) {
    let door = Arc::new(D::new());
    contend(pool, tasks, move || {
        let door = door.clone();
        async move {
            for _ in 0..passes {
                door.pass_slowly().await;
            }
        }
    });
}

fn two_hold<P: Pool, D: Door>(pool: &P) {
    pass_slowly::<P, D>(pool, FEW, HELD_PASSES);
}

fn many_hold<P: Pool, D: Door>(pool: &P) {
    pass_slowly::<P, D>(pool, MANY, PASSES_OF_MANY);
}

/// A cell, whose round is the same function over each door.
macro_rules! contest {
    ($family:ident, $pool:ident, $name:literal, $ops:expr, $round:ident, $($rival:literal: $door:ty),+ $(,)?) => {
        let name = format!("{}{}", $name, suffix($pool));
        $family.run(Cell::new(&name, $ops)$(.rival($rival, || $round::<_, $door>($pool)))+);
    };
}

/// What tells one pool's cells from the other's.
trait Suffix {
    const SUFFIX: &'static str;
}

impl Suffix for Motet {
    const SUFFIX: &'static str = "";
}

impl Suffix for Tokio {
    const SUFFIX: &'static str = "/tokio";
}

fn suffix<P: Suffix>(_: &P) -> &'static str {
    P::SUFFIX
}

pub(crate) fn cells(family: &mut Family) {
    let (motet, tokio) = (&Motet::new(), &Tokio::new());
    on(family, motet);
    contest!(family, motet, "sync/lock_2tasks_hold", FEW * HELD_PASSES, two_hold,
        "motet": MotetLock, "tokio": TokioLock, "async-lock": AsyncLock, "asyncband": AsyncbandLock,
        "futures": FuturesLock, "xutex": XutexLock, "saa": SaaLock,
    );
    on(family, tokio);
    // Not saa here, nor with a thousand tasks: now and then each of its passes takes some hundred microseconds, a round seconds.
    contest!(family, tokio, "sync/lock_2tasks_hold", FEW * HELD_PASSES, two_hold,
        "motet": MotetLock, "tokio": TokioLock, "async-lock": AsyncLock, "asyncband": AsyncbandLock,
        "futures": FuturesLock, "xutex": XutexLock,
    );
}

fn on<P: Pool + Suffix>(family: &mut Family, pool: &P) {
    contest!(family, pool, "sync/lock_2tasks", FEW * SHORT_PASSES, pass_quickly,
        "motet": MotetLock, "tokio": TokioLock, "async-lock": AsyncLock, "asyncband": AsyncbandLock,
        "futures": FuturesLock, "xutex": XutexLock, "saa": SaaLock,
    );
    contest!(family, pool, "sync/unfair_lock_2tasks", FEW * SHORT_PASSES, pass_quickly,
        "motet": MotetUnfairLock, "async-lock": AsyncLock, "futures": FuturesLock, "saa": SaaLock,
    );
    contest!(family, pool, "sync/unfair_lock_2tasks_hold", FEW * HELD_PASSES, two_hold,
        "motet": MotetUnfairLock, "async-lock": AsyncLock, "futures": FuturesLock,
    );
    contest!(family, pool, "sync/lock_1000tasks_hold", MANY * PASSES_OF_MANY, many_hold,
        "motet": MotetLock, "tokio": TokioLock, "async-lock": AsyncLock, "asyncband": AsyncbandLock,
        "futures": FuturesLock, "xutex": XutexLock,
    );
    contest!(family, pool, "sync/unfair_lock_1000tasks_hold", MANY * PASSES_OF_MANY, many_hold,
        "motet": MotetUnfairLock, "async-lock": AsyncLock, "futures": FuturesLock,
    );
    contest!(family, pool, "sync/sem3_1000tasks", MANY * PASSES_OF_MANY, many_hold,
        "motet": MotetSemaphore<Three>, "tokio": TokioSemaphore<Three>,
        "async-lock": AsyncLockSemaphore<Three>, "asyncband": AsyncbandSemaphore<Three>,
    );
    contest!(family, pool, "sync/unfair_sem3_1000tasks", MANY * PASSES_OF_MANY, many_hold,
        "motet": MotetUnfairSemaphore<Three>, "async-lock": AsyncLockSemaphore<Three>,
    );
}
