//! Who takes part: a timer each, in the runtime that its users run it in.

use futures::future::{Either, select};
use futures::task::SpawnExt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many workers each runtime has.
const WORKERS: usize = 2;

/// A timer and its runtime.
pub(crate) trait Contestant: Clone + Send + 'static {
    type Sleep: Future + Send + 'static;

    fn sleep(duration: Duration) -> Self::Sleep;

    /// Moves an armed sleep to that time from now.
    fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration);

    /// Whether the future ended within the limit, by the runtime's own means.
    fn timeout<F: Future<Output = ()> + Send>(limit: Duration, future: F) -> impl Future<Output = bool> + Send;

    /// Runs futures as tasks, at the same time, until all have ended.
    fn run<F: Future<Output = ()> + Send + 'static>(&self, tasks: Vec<F>);
}

#[derive(Clone)]
pub(crate) struct Motet(motet::Runtime);

#[derive(Clone)]
pub(crate) struct Tokio(Arc<tokio::runtime::Runtime>);

#[derive(Clone)]
pub(crate) struct AsyncIo(&'static smol::Executor<'static>);

#[derive(Clone)]
pub(crate) struct FuturesTimer(futures::executor::ThreadPool);

/// All of them.
pub(crate) struct Contestants {
    pub(crate) motet: Motet,
    pub(crate) tokio: Tokio,
    pub(crate) async_io: AsyncIo,
    pub(crate) futures_timer: FuturesTimer,
}

impl Contestants {
    pub(crate) fn new() -> Self {
        Self { motet: Motet::new(), tokio: Tokio::new(), async_io: AsyncIo::new(), futures_timer: FuturesTimer::new() }
    }
}

impl Motet {
    pub(crate) fn new() -> Self {
        Self(motet::Runtime::builder().threads(WORKERS).build().expect("a thread"))
    }
}

impl Tokio {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_time().build();
        Self(Arc::new(runtime.expect("two threads")))
    }
}

impl AsyncIo {
    pub(crate) fn new() -> Self {
        let executor: &'static smol::Executor<'static> = Box::leak(Box::new(smol::Executor::new()));
        for _ in 0..WORKERS {
            std::thread::spawn(|| smol::block_on(executor.run(std::future::pending::<()>())));
        }
        Self(executor)
    }
}

impl FuturesTimer {
    pub(crate) fn new() -> Self {
        Self(futures::executor::ThreadPool::builder().pool_size(WORKERS).create().expect("two threads"))
    }
}

impl Contestant for Motet {
    type Sleep = motet::time::Sleep;

    fn sleep(duration: Duration) -> Self::Sleep {
        motet::sleep(duration)
    }

    fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        sleep.reset(Instant::now() + duration);
    }

    async fn timeout<F: Future<Output = ()> + Send>(limit: Duration, future: F) -> bool {
        motet::timeout(limit, future).await.is_ok()
    }

    fn run<F: Future<Output = ()> + Send + 'static>(&self, tasks: Vec<F>) {
        self.0.block_on(async {
            let tasks: Vec<_> = tasks.into_iter().map(|task| self.0.spawn(task)).collect();
            for task in tasks {
                task.await.expect("no task panics");
            }
        });
    }
}

impl Contestant for Tokio {
    type Sleep = tokio::time::Sleep;

    fn sleep(duration: Duration) -> Self::Sleep {
        tokio::time::sleep(duration)
    }

    fn reset(sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        sleep.reset(tokio::time::Instant::now() + duration);
    }

    async fn timeout<F: Future<Output = ()> + Send>(limit: Duration, future: F) -> bool {
        tokio::time::timeout(limit, future).await.is_ok()
    }

    fn run<F: Future<Output = ()> + Send + 'static>(&self, tasks: Vec<F>) {
        let tasks: Vec<_> = tasks.into_iter().map(|task| self.0.spawn(task)).collect();
        self.0.block_on(async {
            for task in tasks {
                task.await.expect("no task panics");
            }
        });
    }
}

/// The limit of those who have none of their own, as their users write it.
async fn first(future: impl Future<Output = ()> + Send, limit: impl Future + Send) -> bool {
    matches!(select(pin!(future), pin!(limit)).await, Either::Left(..))
}

impl Contestant for AsyncIo {
    type Sleep = smol::Timer;

    fn sleep(duration: Duration) -> Self::Sleep {
        smol::Timer::after(duration)
    }

    fn reset(mut sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        sleep.set_after(duration);
    }

    async fn timeout<F: Future<Output = ()> + Send>(limit: Duration, future: F) -> bool {
        first(future, smol::Timer::after(limit)).await
    }

    fn run<F: Future<Output = ()> + Send + 'static>(&self, tasks: Vec<F>) {
        let tasks: Vec<_> = tasks.into_iter().map(|task| self.0.spawn(task)).collect();
        smol::block_on(async {
            for task in tasks {
                task.await;
            }
        });
    }
}

impl Contestant for FuturesTimer {
    type Sleep = futures_timer::Delay;

    fn sleep(duration: Duration) -> Self::Sleep {
        futures_timer::Delay::new(duration)
    }

    fn reset(mut sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        futures_timer::Delay::reset(&mut sleep, duration);
    }

    async fn timeout<F: Future<Output = ()> + Send>(limit: Duration, future: F) -> bool {
        first(future, futures_timer::Delay::new(limit)).await
    }

    fn run<F: Future<Output = ()> + Send + 'static>(&self, tasks: Vec<F>) {
        let spawn = |task| self.0.spawn_with_handle(task).expect("the pool is up");
        let tasks: Vec<_> = tasks.into_iter().map(spawn).collect();
        futures::executor::block_on(async {
            for task in tasks {
                task.await;
            }
        });
    }
}
