//! What polls a local executor's tasks while it waits for one future of its own: a future, for whatever polls that; or this
//! thread, which sleeps when nothing is due.
//!
//! Both poll the root, then the tasks that are due by then, once each: what these wake comes after the root. The future does so
//! once a poll, so that what it wakes comes after the tasks of whoever polls it, too. The thread does so until nothing is due,
//! and polls the root only if that was woken.

use super::executor::LocalExecutor;
use crate::pool::{run_contained, run_outside};
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::park::{Parker, Unparker};
use pin_project_lite::pin_project;
use std::sync::Arc;
use std::task::Wake;

pin_project! {
    /// Polls the root, then what is due.
    pub(super) struct Run<'e, 'a, F> {
        #[pin]
        root: F,
        runner: Runner<'e, 'a>,
    }
}

/// A place in the queue's list of runners, from the first poll that is pending.
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
        let (executor, queue) = (this.runner.executor, this.runner.executor.queue());
        let _entered = executor.enter();
        let polling = queue.begin();
        if let Poll::Ready(output) = this.root.poll(cx) {
            return Poll::Ready(output);
        }
        let runner = this.runner.key();
        run_due(executor);
        if !polling.rest(runner, cx.waker()) {
            cx.waker().wake_by_ref();
            // And those who rest: this one may be kept, and never polled again.
            queue.wake_resting(1);
        }
        Poll::Pending
    }
}

impl Runner<'_, '_> {
    fn key(&mut self) -> usize {
        *self.key.get_or_insert_with(|| self.executor.queue().register())
    }
}

impl Drop for Runner<'_, '_> {
    fn drop(&mut self) {
        self.key.into_iter().for_each(|key| self.executor.queue().unregister(key));
    }
}

/// Runs the tasks that are due now; of an order of somebody's own, the one that it chooses.
fn run_due(executor: &LocalExecutor<'_>) {
    let queue = executor.queue();
    match executor.choose() {
        Some(place) => queue.take(place).into_iter().for_each(run_outside),
        None => {
            let mut left = queue.collect();
            run_contained(|| {
                queue.run(&mut left, |runnable| {
                    runnable.run();
                });
            });
        }
    }
}

/// Runs a future to its end on this thread, and the executor's tasks meanwhile.
pub(super) fn block_on<F: Future>(executor: &LocalExecutor<'_>, root: F) -> F::Output {
    let (mut root, queue, parker) = (pin!(root), executor.queue(), Parker::new());
    let alarm = Arc::new(Alarm { is_set: AtomicBool::new(true), unparker: parker.unparker() });
    let (root_waker, tasks_waker) = (Waker::from(alarm.clone()), parker.waker());
    let mut runner = Runner { executor, key: None };
    let runner = runner.key();
    let _entered = executor.enter();
    loop {
        let polling = queue.begin();
        loop {
            if alarm.take() {
                if let Poll::Ready(output) = root.as_mut().poll(&mut Context::from_waker(&root_waker)) {
                    return output;
                }
            }
            run_due(executor);
            if queue.due() == 0 && !alarm.is_set() {
                break;
            }
        }
        if polling.rest(runner, &tasks_waker) {
            parker.park();
        }
    }
}

/// Wakes the root of a `block_on`.
struct Alarm {
    is_set: AtomicBool,
    unparker: Unparker,
}

impl Alarm {
    /// Whether the root was woken since the last `take`: only a look.
    fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    fn take(&self) -> bool {
        // Acquire: what the waker did before its Release is visible to the poll.
        self.is_set() && self.is_set.swap(false, Ordering::Acquire)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: pairs with `take`. One that finds it set is covered by the poll to come.
        if !self.is_set.swap(true, Ordering::AcqRel) {
            self.unparker.unpark();
        }
    }
}
