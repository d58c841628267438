//! Limits on waiting, all on the ambient timers of `motet_timer`.
//!
//! A wait arms its timer at the first poll that is pending, and moves it rather than arming another.

use crate::Timeouts;
use crate::body::{Mark, Progress, Stage};
use crate::error::{Error, Phase};
use motet_timer::{Sleep, sleep, sleep_until};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What time it is on the ambient clock.
pub(crate) fn now() -> Instant {
    motet_timer::now()
}

/// What can run out.
pub(crate) trait RunsOut {
    /// Asked when nothing else is ready.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error>;
}

pin_project_lite::pin_project! {
    /// A future with a limit. Written out, for an `async fn` would keep the future twice.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Bound<C, F> {
        clock: C,
        #[pin]
        future: F,
    }
}

impl<C: RunsOut, F: Future> Future for Bound<C, F> {
    type Output = Result<F::Output, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => this.clock.poll(cx).map(Err),
        }
    }
}

/// One phase's allowance for several waits. The clock runs from the first of them that is pending, until it is stopped.
pub(crate) struct Budget {
    phase: Phase,
    limit: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    used: Duration,
    start: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(phase: Phase, limit: Option<Duration>) -> Self {
        Self { phase, limit, sleep: None, used: Duration::ZERO, start: None }
    }

    pub(crate) fn bound<F: Future>(&mut self, future: F) -> Bound<&mut Self, F> {
        Bound { clock: self, future }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.start.is_some()
    }

    /// The clock runs from then on, unless it does already.
    pub(crate) fn run_from(&mut self, at: Instant) {
        self.start.get_or_insert(at);
    }

    /// The clock stands still from then on, until the next wait.
    pub(crate) fn stop(&mut self, at: Instant) {
        if let Some(start) = self.start.take() {
            self.used = self.used.saturating_add(at.saturating_duration_since(start));
        }
    }
}

impl RunsOut for Budget {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(limit) = self.limit else { return Poll::Pending };
        let due = later(*self.start.get_or_insert_with(now), limit.saturating_sub(self.used));
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() != due {
            sleep.as_mut().reset(due);
        }
        sleep.as_mut().poll(cx).map(|()| Error::timed_out(self.phase, limit))
    }
}

/// The allowance of a request as a whole; it moves on into the response.
pub(crate) struct Total(Option<Budget>);

impl Total {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| {
            let mut budget = Budget::new(Phase::Total, Some(limit));
            budget.run_from(now());
            budget
        }))
    }

    pub(crate) fn bound<F: Future>(&mut self, future: F) -> Bound<&mut Self, F> {
        Bound { clock: self, future }
    }

    /// The timeout, if it has run out: for a body of which there is always more.
    pub(crate) fn over(&self) -> Option<Error> {
        let &Budget { phase, limit: Some(limit), start: Some(start), .. } = self.0.as_ref()? else { return None };
        (now() >= later(start, limit)).then(|| Error::timed_out(phase, limit))
    }
}

impl RunsOut for Total {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        self.0.as_mut().map_or(Poll::Pending, |budget| budget.poll(cx))
    }
}

impl<C: RunsOut> RunsOut for &mut C {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        (**self).poll(cx)
    }
}

fn later(start: Instant, limit: Duration) -> Instant {
    // A limit past the clock's range is a century: nobody will tell the difference.
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    start.checked_add(limit).or_else(|| start.checked_add(CENTURY)).unwrap_or(start)
}

/// The read and write timeouts of an exchange: time in which nothing moved, and not for our own want of data.
///
/// The upload may move on another task, whose clock is another; so this one looks, and takes the time when it sees a change.
pub(crate) struct Stall {
    progress: Option<Progress>,
    timeouts: Timeouts,
    part: Part,
    /// When the present wait began, and where the upload was then.
    since: Option<(Instant, Option<Mark>)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// Which part of the response is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    Body,
}

impl Stall {
    /// The clock from the sending of the request on.
    pub(crate) fn of_head(progress: Option<Progress>, timeouts: Timeouts) -> Self {
        Self { progress, timeouts, part: Part::Head, since: None, sleep: None }
    }

    /// The same clock, from the head of the response on.
    pub(crate) fn of_body(mut self) -> Self {
        self.part = Part::Body;
        self.since = None;
        self
    }

    /// Something came: the next wait starts anew.
    pub(crate) fn moved(&mut self) {
        self.since = None;
    }

    /// When the present wait began, if one has.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.since.map(|(start, _)| start)
    }

    /// Whether the whole upload was handed to the connection.
    pub(crate) fn upload_is_sent(&self) -> bool {
        self.progress.as_ref().is_none_or(Progress::is_sent)
    }

    /// Why the upload failed, if that is why hyper reset its stream.
    pub(crate) fn upload_failure(&self) -> Option<Error> {
        self.progress.as_ref().and_then(Progress::take_failure)
    }

    /// The response is over: so is an upload that has not ended.
    pub(crate) fn abandon_upload(&mut self) {
        if let Some(progress) = self.progress.take_if(|progress| !progress.is_sent()) {
            progress.abandon();
        }
    }

    /// Asked when nothing else is ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let mut mark = self.progress.as_ref().map(|progress| progress.watch(cx.waker()));
        loop {
            if mark.is_some_and(|mark| mark.stage == Stage::Failed)
                && let Some(why) = self.upload_failure()
            {
                return Poll::Ready(why);
            }
            let start = match self.since {
                Some((start, seen)) if seen == mark => start,
                _ => now(),
            };
            self.since = Some((start, mark));
            let Some((phase, limit)) = self.running(mark) else { return Poll::Pending };
            let due = later(start, limit);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if sleep.deadline() != due {
                sleep.as_mut().reset(due);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // Pieces of the upload wake nobody: if some were taken while the timer ran, it was only the time to look.
            let latest = self.progress.as_ref().map(Progress::mark);
            if latest == mark {
                return Poll::Ready(Error::timed_out(phase, limit));
            }
            mark = latest;
        }
    }

    /// Which timeout runs, if one does.
    fn running(&self, mark: Option<Mark>) -> Option<(Phase, Duration)> {
        let read = || self.timeouts.read.map(|limit| (Phase::Read, limit));
        match (mark.map(|mark| mark.stage), self.part) {
            (None | Some(Stage::Sent), _) | (Some(Stage::Sending), Part::Body) => read(),
            (Some(Stage::Sending), Part::Head) => self.timeouts.write.map(|limit| (Phase::Write, limit)),
            (Some(Stage::Starved | Stage::Failed), _) => None,
        }
    }
}

/// hyper's clock, for its pings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AmbientTimer;

/// A sleep that can be shared, as hyper asks; nobody ever locks it.
struct Nap(Mutex<Pin<Box<Sleep>>>);

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for Nap {}

impl hyper::rt::Timer for AmbientTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(Mutex::new(Box::pin(sleep(duration)))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(Mutex::new(Box::pin(sleep_until(deadline)))))
    }

    fn now(&self) -> Instant {
        now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use motet_test::Stepped;
    use motet_timer::Timers;
    use std::future::pending;

    #[test]
    fn a_budget_goes_on_where_it_was_stopped() {
        let (timers, clock) = Timers::virtual_time();
        let _entered = timers.enter();
        let second = Duration::from_secs(1);
        let mut budget = Budget::new(Phase::Pool, Some(second * 5));
        assert!(Stepped::new(budget.bound(pending::<()>())).poll().is_pending());
        clock.advance(second * 3);
        budget.stop(now());
        clock.advance(second * 10);
        let mut wait = Stepped::new(budget.bound(pending::<()>()));
        assert!(wait.poll().is_pending());
        clock.advance(second * 2 - Duration::from_millis(1));
        assert!(wait.poll().is_pending());
        clock.advance(Duration::from_millis(1));
        let Poll::Ready(Err(error)) = wait.poll() else { panic!("five seconds are over") };
        assert!(error.to_string().contains("limit 5s"), "{error}");
    }
}
