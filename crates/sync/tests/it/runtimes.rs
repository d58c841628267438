//! The same scenarios under Motet's executor, under tokio, and in virtual time.

use futures::channel::oneshot;
use futures::future::{AbortHandle, abortable};
use motet_executor::Executor;
use motet_test::Sim;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a scenario runs, and spawns.
#[derive(Clone)]
pub(crate) struct Runtime {
    spawn: Arc<dyn Fn(Task) + Send + Sync>,
    is_simulated: bool,
}

/// A task that a scenario has spawned.
pub(crate) struct Spawned<T> {
    output: oneshot::Receiver<T>,
    abort: AbortHandle,
}

impl Runtime {
    fn new(spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self { spawn: Arc::new(spawn), is_simulated: false }
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.spawn)(Box::pin(task));
    }

    /// The size of a scenario: on threads, or one step at a time.
    pub(crate) fn of_size<S>(&self, threads: S, simulated: S) -> S {
        if self.is_simulated { simulated } else { threads }
    }

    /// Spawns a task, and returns when it has been polled: it is done, or waits in line.
    pub(crate) async fn in_line<F>(&self, future: F) -> Spawned<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let (polled, was_polled) = oneshot::channel();
        let (sender, output) = oneshot::channel();
        let (future, abort) = abortable(future);
        self.spawn(async move {
            let mut polled = Some(polled);
            let result = {
                let mut future = pin!(future);
                poll_fn(|cx| {
                    let poll = future.as_mut().poll(cx);
                    if let Some(polled) = polled.take() {
                        let _scenario_listens = polled.send(());
                    }
                    poll
                })
                .await
            };
            if let Ok(output) = result {
                let _unless_it_is_of_no_interest = sender.send(output);
            }
        });
        was_polled.await.expect("the task is polled");
        Spawned { output, abort }
    }
}

impl<T> Spawned<T> {
    /// Waits for its end.
    pub(crate) async fn join(self) -> T {
        self.output.await.expect("neither cancelled nor panicked")
    }

    /// Cancels it, and waits until what it waited for is dropped; what it had come to, if it was faster.
    pub(crate) async fn cancel(self) -> Option<T> {
        self.abort.abort();
        self.output.await.ok()
    }
}

pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a scenario on two workers of Motet's, on two and on one of tokio's, and in virtual time under four seeds.
pub(crate) fn run_everywhere<F, S>(scenario: S)
where
    S: Fn(Runtime) -> F,
    F: Future<Output = ()>,
{
    let motet = Executor::builder().threads(2).build().expect("a thread starts");
    let spawner = motet.clone();
    motet.block_on(scenario(Runtime::new(move |task| spawner.spawn(task).detach())));

    for workers in [2, 1] {
        let mut tokio = match workers {
            1 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        let tokio = tokio.worker_threads(workers).build().expect("threads start");
        let handle = tokio.handle().clone();
        tokio.block_on(scenario(Runtime::new(move |task| drop(handle.spawn(task)))));
    }

    for seed in 0..4 {
        let runtime = Runtime::new(|task| motet_executor::spawn(task).detach());
        Sim::new(seed).run(scenario(Runtime { is_simulated: true, ..runtime }));
    }
}
