//! The group's future: polls the body, spawns children, and ends after all of them.
//!
//! ```text
//!   body runs ──ready, or dropped since the group ends──▶ children end ──last one, and all that was adopted──▶ ready
//! ```

use super::error::GroupError;
use super::members::Members;
use super::task::TaskGroup;
use crate::cancelled::{group_was_cancelled, is_cancelled};
use crate::nest::{self, Nest};
use crate::panics::silence;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::task::Spawn;
use motet_cancel::frame::adopt_wait;
use motet_cancel::{PanicPayload, TaskError, report_unheard};
use pin_project_lite::pin_project;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs a body that may spawn children, and ends after all of them: structured concurrency on any executor.
///
/// The body gets a [`TaskGroup`], which children may hold too. The first error cancels the siblings and drops the body; all errors are kept. A
/// panic does the same and goes on once the children have ended. Children are cancel scopes: they clean up before the group ends, on foreign
/// executors too. asyncio: `async with TaskGroup() as group`.
///
/// ```
/// use futures::executor::LocalPool;
/// use motet_combinators::{GroupError, task_group};
/// use std::io;
///
/// let mut pool = LocalPool::new(); // any executor
/// let spawner = pool.spawner();
/// let sum = task_group(&spawner, |group| async move {
///     let one = group.spawn(async { Ok(1) });
///     let two = group.spawn(async { Ok(2) });
///     Ok::<_, io::Error>(one.await? + two.await?) // no value, no failure: see `Closed`
/// });
/// assert_eq!(pool.run_until(sum).unwrap(), 3);
///
/// let failed = task_group(&spawner, |group| async move {
///     let hangs = group.spawn(std::future::pending::<Result<(), _>>());
///     let _fails = group.spawn(async { Err::<(), _>("no") });
///     hangs.await.ok();
///     Ok(())
/// });
/// assert_eq!(pool.run_until(failed), Err(GroupError::Failed(vec!["no"])));
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the body, cancels the children, and hands the wait for their end to the frame around it. Errors then go to the hook of
/// `motet_cancel::set_on_unheard`. The first panic, be it of before or of a child's cleanup, goes on in that frame once the children have ended, and
/// so wins over a cancel or a timeout around the group. Where nobody takes the wait, a panic of before goes to the hook too, as
/// `TaskError::Panicked`, and a later one goes on in the child's own task.
///
/// # Errors
///
/// [`GroupError::Failed`] with the errors of the children and of the body; [`GroupError::Cancelled`] if the group was cancelled before the body had a
/// result.
///
/// # Panics
///
/// With the first panic of the body or of a child, once all others have ended; errors go to the hook of `motet_cancel::set_on_unheard`.
pub async fn task_group<S, E, R, F>(spawner: &S, f: impl FnOnce(TaskGroup<E>) -> F) -> Result<R, GroupError<E>>
where
    S: Spawn,
    E: Send + 'static,
    F: Future<Output = Result<R, E>>,
{
    let members = Arc::new(Members::new());
    let group = TaskGroup { members: members.clone() };
    // Before there is a body: a panic of `f` abandons the group too.
    let mut running = Running { spawner, members, body: None, result: None, nest: Nest::new(), done: false };
    running.body = Some(f(group));
    running.await
}

pin_project! {
    struct Running<'a, S, E, R, F> where E: Send, E: 'static {
        spawner: &'a S,
        members: Arc<Members<E>>,
        // `None`: it has ended, and was dropped.
        #[pin]
        body: Option<F>,
        result: Option<R>,
        nest: Nest,
        done: bool,
    }

    impl<S, E, R, F> PinnedDrop for Running<'_, S, E, R, F> where E: Send, E: 'static {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !*this.done {
                let members = &*this.members;
                // The children are cancelled whatever the drop of the body does.
                let _waited_for = Always(|| Heir(members.clone()).hand_over());
                this.nest.enter(|| {
                    let _cancelled = Always(|| members.abandon().into_iter().for_each(report_unheard));
                    nest::alone(|| this.body.set(None));
                });
            }
        }
    }
}

/// Runs at the end of its block, unwinding included.
struct Always<F: FnMut()>(F);

impl<F: FnMut()> Drop for Always<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Waits for the children of a group that was dropped, and goes on with the panic that was kept. Dropped before, it tells the hook of it.
struct Heir<E: 'static>(Arc<Members<E>>);

impl<E: Send + 'static> Heir<E> {
    /// Hands the wait to the frame around.
    fn hand_over(self) {
        if self.0.leaves_something() {
            // Neither a frame nor a reaper: nobody waits, and the children, which are cancelled, end by themselves.
            drop(adopt_wait(self.wait()));
        }
    }

    async fn wait(self) {
        TaskGroup { members: self.0.clone() }.drained().await;
        if let Some(panic) = self.0.take_inheritance() {
            panic.resume();
        }
    }
}

impl<E: 'static> Drop for Heir<E> {
    fn drop(&mut self) {
        if let Some(panic) = self.0.take_inheritance() {
            report_unheard(TaskError::Panicked(panic));
        }
    }
}

impl<S: Spawn, E: Send + 'static, R, F: Future<Output = Result<R, E>>> Running<'_, S, E, R, F> {
    /// Polls the body, or drops it if the group ends.
    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let this = self.project();
        let (mut body, members, result) = (this.body, this.members, this.result);
        if body.is_none() {
            return;
        }
        let polled = this.nest.enter(|| {
            catch_unwind(AssertUnwindSafe(|| {
                if members.is_open() {
                    if let Some(running) = body.as_mut().as_pin_mut() {
                        let Poll::Ready(output) = running.poll(cx) else { return None };
                        body.set(None);
                        return Some(output);
                    }
                }
                body.set(None);
                None
            }))
        });
        match polled {
            Ok(Some(Ok(value))) => *result = Some(value),
            // A body that reports a cancellation has not failed.
            Ok(Some(Err(error))) if is_cancelled(&error) => members.cancel(),
            Ok(Some(Err(error))) => drop(members.fail(error)),
            Ok(None) => {}
            Err(panic) => {
                this.nest.enter(|| silence(|| body.set(None)));
                drop(members.panicked(PanicPayload::new(panic)));
            }
        }
    }

    /// Drops a result that nobody will get, so that what it leaves is cleaned up before the group returns.
    fn refuse_result(self: Pin<&mut Self>) {
        let this = self.project();
        let refused = this.result.take();
        let dropped = this.nest.enter(|| catch_unwind(AssertUnwindSafe(|| drop(refused))));
        if let Err(panic) = dropped {
            drop(this.members.panicked(PanicPayload::new(panic)));
        }
    }

    /// Spawns what the body and the children gave to the group, or drops it unpolled if the group ends.
    fn spawn_arrivals(self: Pin<&mut Self>) {
        let this = self.project();
        for child in this.members.take_arrivals() {
            if this.members.is_open() {
                // An executor that is shut down drops the child: its handle says `Closed`.
                drop(this.spawner.spawn_obj(child));
            } else {
                this.nest.enter(|| nest::alone(|| drop(child)));
            }
        }
    }
}

impl<S: Spawn, E: Send + 'static, R, F: Future<Output = Result<R, E>>> Future for Running<'_, S, E, R, F> {
    type Output = Result<R, GroupError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Before anything is looked at: what changes from now on wakes the task.
        self.members.set_owner(cx.waker());
        self.as_mut().poll_body(cx);
        self.as_mut().spawn_arrivals();
        if !self.members.is_open() {
            // The body's own poll may have ended the group.
            self.as_mut().poll_body(cx);
        }
        if self.result.is_some() && self.members.has_failed() {
            self.as_mut().refuse_result();
        }
        let this = self.project();
        let drained = catch_unwind(AssertUnwindSafe(|| this.nest.poll_drain(cx).is_ready()));
        let drained = drained.unwrap_or_else(|panic| {
            // An exit of the body's; the nest has nothing left.
            drop(this.members.panicked(PanicPayload::new(panic)));
            true
        });
        if this.body.is_some() || !drained {
            return Poll::Pending;
        }
        let Some(ended) = this.members.try_close(this.result.is_some()) else {
            if this.result.is_some() && this.members.has_failed() {
                // A child has failed meanwhile: the result is refused by the next poll.
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        };
        *this.done = true;
        if let Some(panic) = ended.panic {
            ended.errors.into_iter().for_each(report_unheard);
            panic.resume();
        }
        Poll::Ready(match this.result.take() {
            _ if !ended.errors.is_empty() => Err(GroupError::Failed(ended.errors)),
            Some(value) => Ok(value),
            None => {
                group_was_cancelled::<E>();
                Err(GroupError::Cancelled)
            }
        })
    }
}
