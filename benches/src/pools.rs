//! The executors of the contest behind one trait, so that each runs the very same code.
//!
//! Each handle is a static reference: the cells are about executors, and a count of handles that two workers write is none of theirs.

use async_executor::{Executor as SmolExecutor, StaticExecutor};
use motet_executor::Executor;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// How many workers each pool has.
pub const WORKERS: usize = 2;

/// A pool of workers.
pub trait Pool: Clone + Send + Sync + 'static {
    /// A spawned task, to be awaited.
    type Task<T: Send + 'static>: Future<Output = T> + Send;

    /// Spawns a task.
    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Spawns a task that nobody awaits.
    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static);

    /// Runs a future as a task, and blocks this thread until it ends.
    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// Motet's pool: one thread, and the caller of `block_on`.
#[derive(Clone)]
pub struct Motet(&'static Executor);

/// tokio's multi-thread runtime.
#[derive(Clone)]
pub struct Tokio(&'static tokio::runtime::Runtime);

/// smol's executor, run by two threads.
#[derive(Clone)]
pub struct Smol(&'static SmolExecutor<'static>);

/// The same with its static queue.
#[derive(Clone)]
pub struct SmolStatic;

static STATIC: StaticExecutor = StaticExecutor::new();

/// Awaits a task that may have panicked: none of the contest does.
pub struct Unwrapped<T>(T);

impl<T, E: std::fmt::Debug, F: Future<Output = Result<T, E>> + Unpin> Future for Unwrapped<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(|result| result.expect("no task of the contest panics"))
    }
}

impl Motet {
    /// A pool of [`WORKERS`], whose threads end with the process.
    ///
    /// # Panics
    ///
    /// Here and below, if the system starts no thread.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::leak(Box::new(Executor::builder().threads(WORKERS).build().expect("a thread"))))
    }
}

impl Pool for Motet {
    type Task<T: Send + 'static> = Unwrapped<motet_executor::Task<T>>;

    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Unwrapped(self.0.spawn(future))
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future).detach();
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.block_on(async { self.spawn(future).await })
    }
}

impl Tokio {
    /// A pool of [`WORKERS`], whose threads end with the process.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "said once, above")]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
        Self(Box::leak(Box::new(runtime.expect("two threads"))))
    }
}

impl Pool for Tokio {
    type Task<T: Send + 'static> = Unwrapped<tokio::task::JoinHandle<T>>;

    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Unwrapped(self.0.spawn(future))
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.block_on(async { self.spawn(future).await })
    }
}

impl Smol {
    /// A pool of [`WORKERS`], whose threads end with the process.
    #[must_use]
    pub fn new() -> Self {
        let executor: &'static SmolExecutor<'static> = Box::leak(Box::new(SmolExecutor::new()));
        for _ in 0..WORKERS {
            thread::spawn(|| smol::block_on(executor.run(std::future::pending::<()>())));
        }
        Self(executor)
    }
}

impl Pool for Smol {
    type Task<T: Send + 'static> = async_executor::Task<T>;

    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(future)
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future).detach();
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        futures::executor::block_on(async { self.spawn(future).await })
    }
}

impl SmolStatic {
    /// A pool of [`WORKERS`], whose threads end with the process. Make one only: they all share one static queue.
    #[must_use]
    pub fn new() -> Self {
        for _ in 0..WORKERS {
            thread::spawn(|| smol::block_on(STATIC.run(std::future::pending::<()>())));
        }
        Self
    }
}

impl Pool for SmolStatic {
    type Task<T: Send + 'static> = async_executor::Task<T>;

    fn spawn<F>(&self, future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        STATIC.spawn(future)
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        STATIC.spawn(future).detach();
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        futures::executor::block_on(async { self.spawn(future).await })
    }
}

macro_rules! default_is_new {
    ($($pool:ty),+) => {$(
        impl Default for $pool {
            fn default() -> Self {
                Self::new()
            }
        }
    )+};
}

default_is_new!(Motet, Tokio, Smol, SmolStatic);
