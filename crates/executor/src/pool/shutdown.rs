//! The end of an executor: waiting for it, and seeing to it when nobody is left who would.

use super::executor::Executor;
use super::shared::Shared;
use super::threads;
use crate::task::TaskRef;
use crate::yield_now;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use futures_util::future::{Either, select};
use motet_cancel::Reason;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// So long a shutdown waits, after its limit, for the next of the tasks that the workers drop: they may not have a processor at the moment.
const PATIENCE: Duration = Duration::from_millis(100);
/// And so many looks at least: this thread may not have run meanwhile.
const LOOKS: usize = 100;

impl Executor {
    /// Closes the executor and waits for the cleanups of its tasks, until `limit` is ready; then drops what is left, and says
    /// how many tasks that were.
    ///
    /// Any future is a limit: a timer, a second Ctrl-C, `std::future::pending()`. It is to be awaited in `block_on`, or on
    /// another executor: a task of this one would be cancelled itself. A task that blocks its thread in one long poll, or on
    /// a blocking thread, counts as dropped and goes when that poll ends; the shutdown waits a tenth of a second for it, beyond the limit.
    ///
    /// Some things end at the limit only, so that a limit which never comes is for programs without them: cleanups that await the results of one another's
    /// tasks in a ring; and the root of a `block_on` of this executor that blocks its thread until the shutdown has ended, other than by a `block_on`, for it
    /// may have spawned what nobody has seen yet; and a task or closure of this executor that blocks until the shutdown has ended, for it is one of those
    /// that are waited for.
    ///
    /// ```
    /// use motet_executor::Executor;
    /// use std::future::{pending, ready};
    ///
    /// let executor = Executor::new();
    /// executor.spawn(pending::<()>()).detach();
    /// assert_eq!(executor.block_on(executor.shutdown(pending())), 0, "everything ended in time");
    /// assert_eq!(executor.block_on(executor.shutdown(ready(()))), 0, "a second shutdown has nothing to do");
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: once polled the executor is closed and stays so; a new `shutdown` goes on with the wait.
    pub async fn shutdown(&self, limit: impl Future<Output = ()>) -> usize {
        let shared = self.shared();
        shared.close();
        let over = Over { shared, key: None };
        let Either::Right(((), over)) = select(over, pin!(limit)).await else { return 0 };
        drop(over);
        let left = shared.tasks();
        abandon(&left);
        let count = left.len();
        until_dropped(left).await;
        count
    }
}

/// Waits while tasks end, one after another; not for one whose poll takes no end, nor for those behind it.
async fn until_dropped(mut left: Vec<TaskRef>) {
    let (mut since, mut looks) = (Instant::now(), 0);
    loop {
        let before = left.len();
        left.retain(|task| !task.is_finished());
        if left.is_empty() {
            return;
        }
        if left.len() < before {
            (since, looks) = (Instant::now(), 0);
        } else if looks >= LOOKS && since.elapsed() >= PATIENCE {
            return;
        }
        looks += 1;
        // Both: the workers are other threads, or this one.
        thread::yield_now();
        yield_now().await;
    }
}

/// Drops bodies and cleanups at their next polls.
fn abandon(tasks: &[TaskRef]) {
    let reason = Reason::from("the executor was shut down");
    tasks.iter().for_each(|task| task.abandon(reason.clone()));
}

/// Ready when the executor is closed and its last task has ended.
struct Over<'a> {
    shared: &'a Shared,
    key: Option<usize>,
}

impl Future for Over<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shared, key } = &mut *self;
        if shared.ledger.is_over() || shared.ledger.watch(key, cx.waker()) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.key.into_iter().for_each(|key| self.shared.ledger.unwatch(key));
    }
}

impl Shared {
    /// Sees to it that somebody runs the exits of an executor that has no handle and no thread of its own.
    pub(super) fn see_to_the_end(self: &Arc<Self>) {
        if self.seats.len() > 1 || self.handle().is_some() || self.ledger.is_over() {
            return;
        }
        let Some(kit) = self.guest.take() else { return };
        if threads::start(self, 0, kit, "motet-exits".to_owned()).is_err() {
            // No thread for the exits: then there are none. What is queued is dropped; the rest goes as it is woken, and whatever
            // never is keeps the state.
            std::mem::forget(self.clone());
            abandon(&self.tasks());
            std::iter::from_fn(|| self.injector.pop()).for_each(drop);
        }
    }
}
