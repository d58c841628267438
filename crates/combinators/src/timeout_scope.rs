//! `TimeoutScope`: a timeout that can be looked at and moved while it runs.
//!
//! ```text
//!   Fresh ──run──▶ Running ──the body is ready──▶ Finished
//!                     └─────the time is up──────▶ Expired
//! ```
//!
//! Phase and deadline are under one lock. The body is polled first, then the deadline is read: whatever the body rescheduled counts.

use crate::deadline::Elapsed;
use crate::settle::{Clear, Decide, Settle};
use core::fmt;
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use motet_timer::Sleep;
use pin_project_lite::pin_project;
use std::time::{Duration, Instant};

/// A timeout that can be looked at and moved while it runs, from inside the body too.
///
/// For work that earns more time as it gets on. [`timeout`](crate::timeout()) is for the rest. The time runs from the making of the scope, on the
/// ambient timers. asyncio: `timeout`, the context manager.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::TimeoutScope;
/// use std::{future::pending, time::Duration};
///
/// let scope = TimeoutScope::new(Duration::from_secs(3600));
/// let result = scope.run(async {
///     scope.reschedule(scope.when().map(|when| when - Duration::from_secs(3600))).unwrap();
///     pending::<()>().await;
/// });
/// assert!(result.await.is_err());
/// assert!(scope.expired());
/// # });
/// ```
#[derive(Debug)]
pub struct TimeoutScope {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    when: Option<Instant>,
    /// The task that runs the body.
    task: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    Finished,
    Expired,
}

/// The scope has finished or expired: it has no deadline to move any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeEnded;

impl fmt::Display for ScopeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timeout scope has finished or expired: reschedule it while its body runs")
    }
}

impl std::error::Error for ScopeEnded {}

impl TimeoutScope {
    /// A scope that gives its body so much time from now; `None`: any time.
    #[must_use]
    pub fn new(limit: impl Into<Option<Duration>>) -> Self {
        // A limit beyond what the clock can say is none.
        Self::at(limit.into().and_then(|limit| motet_timer::now().checked_add(limit)))
    }

    /// A scope that gives its body time until then. asyncio: `timeout_at`.
    #[must_use]
    pub fn at(when: impl Into<Option<Instant>>) -> Self {
        Self { state: Mutex::new(State { phase: Phase::Fresh, when: when.into(), task: None }) }
    }

    /// Runs a body: its output, or [`Elapsed`] once the time is up and the body is dropped and cleaned up.
    ///
    /// A deadline that is past takes effect at the first suspension.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the body; the cleanup that this hands over goes to the frame around it.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] if the deadline passed before the body was ready.
    ///
    /// # Panics
    ///
    /// If the scope has run before: make one for each body.
    pub async fn run<F: IntoFuture>(&self, body: F) -> Result<F::Output, Elapsed> {
        assert!(self.begin(), "a timeout scope runs one body: make a new one for each");
        let _finish = Finish(self);
        Settle::new(Body { scope: self, body: Some(body.into_future()), sleep: None }).await
    }

    /// The deadline, which stays after the end; `None`: there is none.
    pub fn when(&self) -> Option<Instant> {
        self.state.lock().when
    }

    /// Moves the deadline, to `None` to take it away.
    ///
    /// # Errors
    ///
    /// [`ScopeEnded`] once the body is ready or the time was up.
    pub fn reschedule(&self, when: impl Into<Option<Instant>>) -> Result<(), ScopeEnded> {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Finished | Phase::Expired) {
            return Err(ScopeEnded);
        }
        state.when = when.into();
        let task = state.task.take();
        drop(state);
        if let Some(task) = task {
            Wakeup::from(task).wake();
        }
        Ok(())
    }

    /// Whether the deadline passed before the body had ended, or in the very poll in which it did.
    pub fn expired(&self) -> bool {
        self.state.lock().phase == Phase::Expired
    }

    /// The deadline; from now on this task is woken when it is moved.
    fn watch(&self, task: &Waker) -> Option<Instant> {
        let state = self.state.lock();
        if state.task.as_ref().is_some_and(|known| known.will_wake(task)) {
            return state.when;
        }
        drop(state);
        let new = task.clone();
        let mut state = self.state.lock();
        let old = state.task.replace(new);
        let when = state.when;
        drop(state);
        drop(old);
        when
    }

    /// Fresh to Running; whether it was fresh.
    fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let fresh = state.phase == Phase::Fresh;
        if fresh {
            state.phase = Phase::Running;
        }
        fresh
    }

    /// The body is ready, or the time is up: there is no deadline to move any more.
    fn end(&self, phase: Phase) {
        let mut state = self.state.lock();
        if state.phase == Phase::Running {
            state.phase = phase;
        }
    }
}

/// Ends the scope, whichever way its body ended.
struct Finish<'a>(&'a TimeoutScope);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.end(Phase::Finished);
        let task = self.0.state.lock().task.take();
        task.into_iter().for_each(discard);
    }
}

pin_project! {
    struct Body<'a, F> {
        scope: &'a TimeoutScope,
        #[pin]
        body: Option<F>,
        // `None`: no deadline was seen so far.
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl<F> Clear for Body<'_, F> {
    fn clear(self: Pin<&mut Self>) {
        self.project().body.set(None);
    }
}

impl<F: Future> Decide<()> for Body<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let body = this.body.as_pin_mut().expect("polled again after it was ready");
        let output = body.poll(cx);
        if output.is_ready() && this.sleep.is_none() {
            // A body that is ready at once pays for no timer.
            this.scope.end(Phase::Finished);
            return output.map(Ok);
        }
        let Some(when) = this.scope.watch(cx.waker()) else {
            this.sleep.set(None);
            if output.is_ready() {
                this.scope.end(Phase::Finished);
            }
            return output.map(Ok);
        };
        match this.sleep.as_mut().as_pin_mut() {
            None => this.sleep.set(Some(motet_timer::sleep_until(when))),
            Some(sleep) if sleep.deadline() != when => sleep.reset(when),
            Some(_) => {}
        }
        let elapsed = this.sleep.as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready());
        if elapsed || output.is_ready() {
            this.scope.end(if elapsed { Phase::Expired } else { Phase::Finished });
        }
        match output {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if elapsed => Poll::Ready(Err(Elapsed::new())),
            Poll::Pending => Poll::Pending,
        }
    }
}
