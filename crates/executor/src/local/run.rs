//! The future that polls a local executor's tasks while it waits for one future of its own.

use super::executor::LocalExecutor;
use super::queue::LocalQueue;
use crate::pool::{run_contained, run_outside};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

pin_project! {
    /// Polls the root, then what is due.
    pub(super) struct Run<'e, 'a, F> {
        #[pin]
        root: F,
        runner: Runner<'e, 'a>,
    }
}

/// A place in the queue's list of runners.
struct Runner<'e, 'a> {
    executor: &'e LocalExecutor<'a>,
    key: Option<usize>,
}

impl<'e, 'a, F> Run<'e, 'a, F> {
    pub(super) fn new(executor: &'e LocalExecutor<'a>, root: F) -> Self {
        Self { root, runner: Runner { executor, key: None } }
    }
}

impl<F: Future> Future for Run<'_, '_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _polling = this.runner.executor.enter();
        if let Poll::Ready(output) = this.root.poll(cx) {
            return Poll::Ready(output);
        }
        let queue = this.runner.executor.queue();
        let runner = *this.runner.key.get_or_insert_with(|| queue.register());
        // Foreign code, which may panic: so before the queue counts on us.
        let waker = cx.waker().clone();
        let chosen = this.runner.executor.choose();
        // One batch a poll: what its tasks wake comes after the root, and after the tasks of whoever polls us.
        match chosen {
            None => run_batch(queue),
            Some(place) => queue.begin_at(place).into_iter().for_each(run_outside),
        }
        if queue.end(runner, waker) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Runs as many tasks as are due now.
fn run_batch(queue: &LocalQueue) {
    let mut left = queue.begin();
    run_contained(|| {
        while left > 0 {
            left -= 1;
            let Some(runnable) = queue.pop() else { return };
            runnable.run();
        }
    });
}

impl Drop for Runner<'_, '_> {
    fn drop(&mut self) {
        self.key.into_iter().for_each(|key| self.executor.queue().unregister(key));
    }
}
