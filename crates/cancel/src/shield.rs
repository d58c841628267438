//! Shields: work that goes on when its awaiter does not.

use crate::clock::Mark;
use crate::frame::{self, Carried, Ending, Kind, Local, Run, Sendable};
use crate::reaper::{LocalReaper, Reaper};
use crate::unheard::report_unheard;
use futures_util::future::FutureExt;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Protects a future from its awaiter: dropped while pending, it goes on elsewhere, and completes. asyncio: `shield`.
///
/// A cancelled awaiter ends at once; the work goes to the reaper, outside of every scope's drain and grace, where its output is
/// dropped. Where there is no reaper ([`set_reaper`](crate::set_reaper); Motet's executor has its own), the enclosing scope runs it to its end. The work is a
/// frame of its own. Cancelling the work itself is seen through the shield: `shield(task)` of a cancelled task gives the task's error.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{set_reaper, shield};
/// use std::sync::mpsc;
///
/// let (reap, reaped) = mpsc::channel();
/// let registered = set_reaper(move |work| reap.send(work).unwrap());
/// let (done, log) = mpsc::channel();
/// let write = shield(async move { done.send("written").unwrap() });
/// drop(write); // Its awaiter was cancelled.
/// block_on(reaped.recv().unwrap());
/// assert_eq!(log.recv(), Ok("written"));
/// # drop(registered);
/// ```
///
/// # Cancel safety
///
/// Dropping it never stops the work, not even before its first poll.
pub fn shield<F: Future + Send + 'static>(f: F) -> Shield<F> {
    Shield { run: Run::new(Box::pin(f)), unheard: drop }
}

/// [`shield`] for fallible work: if its awaiter is cancelled and it fails later, the hook of [`set_on_unheard`](crate::set_on_unheard) is told, once.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{set_on_unheard, set_reaper, try_shield};
/// use std::{io, sync::mpsc};
///
/// let (tell, told) = mpsc::channel();
/// set_on_unheard(move |unheard| tell.send(unheard.to_string()).unwrap_or_default());
/// let (reap, reaped) = mpsc::channel();
/// let registered = set_reaper(move |work| reap.send(work).unwrap());
/// drop(try_shield(async { Err::<(), _>(io::Error::other("disk full")) })); // Its awaiter was cancelled.
/// block_on(reaped.recv().unwrap());
/// assert_eq!(told.recv().unwrap(), "an error that nobody awaits: disk full");
/// # drop(registered);
/// ```
///
/// # Cancel safety
///
/// Dropping it never stops the work, not even before its first poll.
pub fn try_shield<F, T, E>(f: F) -> Shield<F>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    E: 'static,
{
    Shield { run: Run::new(Box::pin(f)), unheard: tell }
}

fn tell<T, E: 'static>(output: Result<T, E>) {
    if let Err(error) = output {
        report_unheard(error);
    }
}

/// [`shield`] for work that is not `Send`: goes to the thread's local reaper, else to the nearest local frame.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::shield_local;
/// use std::rc::Rc;
///
/// assert_eq!(*block_on(shield_local(async { Rc::new(7) })), 7);
/// ```
///
/// # Cancel safety
///
/// Dropping it never stops the work, not even before its first poll. Where there is neither a local reaper nor a local frame, it is abandoned.
pub fn shield_local<F: Future + 'static>(f: F) -> LocalShield<F> {
    LocalShield { run: Run::new(Box::pin(f)) }
}

/// Work that goes on when its awaiter does not; made by [`shield`].
#[must_use = "a shield that is dropped goes to the reaper, which runs it"]
pub struct Shield<F: Future + Send + 'static> {
    run: Run<Pin<Box<F>>, Sendable>,
    /// What becomes of an output that nobody awaits.
    unheard: fn(F::Output),
}

/// A [`Shield`] that stays on its thread; made by [`shield_local`].
#[must_use = "a shield that is dropped goes to the local reaper, which runs it"]
pub struct LocalShield<F: Future + 'static> {
    run: Run<Pin<Box<F>>, Local>,
}

fn poll_run<F: Future, K: Kind>(run: &mut Run<Pin<Box<F>>, K>, cx: &mut Context<'_>) -> Poll<F::Output> {
    match ready!(Pin::new(run).poll_run(cx)) {
        Ok(Ending::Returned(output)) => Poll::Ready(output),
        Ok(Ending::Cancelled(_) | Ending::Panicked) => unreachable!("nobody can cancel it, and a panic is an `Err`"),
        Err(panic) => resume_unwind(panic),
    }
}

async fn forget_output<F: Future>(work: F, unheard: fn(F::Output)) {
    unheard(work.await);
}

impl<F: Future + Send + 'static> Future for Shield<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        poll_run(&mut self.run, cx)
    }
}

impl<F: Future + 'static> Future for LocalShield<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        poll_run(&mut self.run, cx)
    }
}

/// Only an output and cleanup are left, if anything: like the work itself they go to the reaper, outside of every drain; without one, to the frame.
fn leave_rest<F: Future, K: Kind>(run: &mut Run<Pin<Box<F>>, K>, unheard: fn(F::Output), has_reaper: fn() -> bool) {
    if run.is_over() {
        return;
    }
    let mut leave = || {
        Pin::new(&mut *run).give_output(unheard);
        Pin::new(&mut *run).hand_over_rest();
    };
    if has_reaper() { frame::outside(leave) } else { leave() }
}

impl<F: Future + Send + 'static> Drop for Shield<F> {
    fn drop(&mut self) {
        let unheard = self.unheard;
        let Some(work) = self.run.rewrap(|body| forget_output(body, unheard).boxed()) else {
            return leave_rest(&mut self.run, unheard, || Reaper::nearest().is_some());
        };
        match Reaper::nearest() {
            Some(reaper) => reaper.reap(Carried::from(work).boxed()),
            None => Sendable::hand_over(Mark::LATEST, work),
        }
    }
}

impl<F: Future + 'static> Drop for LocalShield<F> {
    fn drop(&mut self) {
        let Some(work) = self.run.rewrap(|body| forget_output(body, drop).boxed_local()) else {
            return leave_rest(&mut self.run, drop, || LocalReaper::nearest().is_some());
        };
        match LocalReaper::nearest() {
            Some(reaper) => reaper.reap(Carried::from(work).boxed_local()),
            None => Local::hand_over(Mark::LATEST, work),
        }
    }
}

impl<F: Future + Send + 'static> fmt::Debug for Shield<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shield").finish_non_exhaustive()
    }
}

impl<F: Future + 'static> fmt::Debug for LocalShield<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalShield").finish_non_exhaustive()
    }
}
