//! A body together with what it handed over: the state machine under scopes, tasks, exits and `with`.
//!
//! ```text
//!                body ready, cancelled or panicked: dropped inside the frame
//!   Running ─────────────────────────────────────────────────────────────────▶ Ended
//!      │                                                                       (how, or taken)
//!      └── each poll: the body, then the trees          each poll: the trees until none is left
//! ```
//!
//! Only the owner of the pinned `Run` changes the state. A panic, wherever it comes from, is kept until the trees have ended, and takes the
//! body or the held output with it; then it goes on. What to fear: foreign drops. Each happens inside the frame and under `catch`.

use super::adopted::{Adopted, Poller};
use super::kind::Kind;
use super::place::{Cause, abandoning};
use crate::abandon::Abandoned;
use crate::clock::Mark;
use crate::error::{PanicPayload, TaskError};
use crate::panic::{Payload, catch, silence};
use crate::reason::Reason;
use crate::unheard::report_unheard;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// How a body ended.
pub(crate) enum Ending<T> {
    Returned(T),
    Cancelled(Reason),
    /// The panic is kept with the trees.
    Panicked,
}

/// What came of a poll of the body alone.
pub(crate) enum Step<T> {
    /// It is pending, and has left nothing behind.
    Pending,
    /// It has ended, and has left nothing behind.
    Returned(T),
    /// There is more to poll: [`Run::poll_rest`].
    Rest,
}

pin_project_lite::pin_project! {
    /// A body and the trees it handed over.
    pub(crate) struct Run<F: Future, K: Kind> {
        #[pin]
        stage: Stage<F>,
        adopted: Adopted<K>,
    }

    impl<F: Future, K: Kind> PinnedDrop for Run<F, K> {
        fn drop(this: Pin<&mut Self>) {
            this.hand_over_rest();
        }
    }
}

pin_project_lite::pin_project! {
    #[project = StageProjection]
    enum Stage<F: Future> {
        Running { #[pin] body: F },
        // `None`: the ending was taken.
        Ended { ending: Option<Ending<F::Output>> },
    }
}

impl<F: Future, K: Kind> Run<F, K> {
    /// A body that has not been polled.
    pub(crate) const fn new(body: F) -> Self {
        Self { stage: Stage::Running { body }, adopted: Adopted::none() }
    }

    /// Whether the body has not ended yet.
    #[inline]
    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// Whether the output was given out.
    const fn is_taken(&self) -> bool {
        matches!(self.stage, Stage::Ended { ending: None })
    }

    /// Whether nothing is left: the output was given out, and every tree has ended.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_taken() && self.adopted.is_none()
    }

    /// Whether a body or an output is here that a panic makes pointless.
    const fn holds_value(&self) -> bool {
        matches!(self.stage, Stage::Running { .. } | Stage::Ended { ending: Some(Ending::Returned(_)) })
    }

    /// Polls the body, then the trees. Ready when both have ended; `Err` is the first panic.
    #[inline]
    pub(crate) fn poll_run(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Ending<F::Output>, Payload>> {
        match self.as_mut().poll_body(cx) {
            Step::Pending => Poll::Pending,
            Step::Returned(output) => Poll::Ready(Ok(Ending::Returned(output))),
            Step::Rest => self.poll_rest(cx),
        }
    }

    /// One poll of the body, if it runs, inside the frame. If that was its last, the body is dropped in there too.
    #[inline]
    pub(crate) fn poll_body(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<F::Output> {
        if !self.is_running() {
            return Step::Rest;
        }
        let this = self.as_mut().project();
        let mut stage = this.stage;
        let mut output = None;
        let polled = K::enter(this.adopted, Cause::Fresh, || {
            catch(|| {
                let StageProjection::Running { body } = stage.as_mut().project() else {
                    unreachable!("only a running body is polled");
                };
                output = Some(ready!(body.poll(cx)));
                stage.set(Stage::Ended { ending: None });
                Poll::Ready(())
            })
            .inspect_err(|_| after_panic(stage.as_mut(), output.take()))
        });
        // The way of a task that nobody cancels: nothing adopted, nothing stored.
        match polled {
            Ok(Poll::Pending) if this.adopted.is_none() => return Step::Pending,
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => match output {
                Some(output) if this.adopted.is_none() => return Step::Returned(output),
                output => self.hold(output),
            },
            Err(panic) => self.hold_panic(panic),
        }
        Step::Rest
    }

    /// The body has given its output, but left something behind.
    #[cold]
    fn hold(self: Pin<&mut Self>, output: Option<F::Output>) {
        self.project().stage.set(Stage::Ended { ending: output.map(Ending::Returned) });
    }

    #[cold]
    fn hold_panic(self: Pin<&mut Self>, panic: Payload) {
        let mut this = self.project();
        this.adopted.record(panic);
        this.stage.set(Stage::Ended { ending: Some(Ending::Panicked) });
    }

    /// Polls the trees; gives the ending once both they and the body have ended.
    #[cold]
    pub(crate) fn poll_rest(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ending<F::Output>, Payload>> {
        assert!(!self.is_taken(), "polled after completion");
        let mut drained = K::poll_trees(self.as_mut().project().adopted, Poller::Owner, cx);
        if self.adopted.has_panicked() && self.holds_value() {
            self.as_mut().end(Ending::Panicked, Cause::Fresh);
            drained = K::poll_trees(self.as_mut().project().adopted, Poller::Owner, cx);
        }
        ready!(drained);
        let this = self.project();
        let StageProjection::Ended { ending } = this.stage.project() else { return Poll::Pending };
        let ending = ending.take().expect("checked above: not taken yet");
        Poll::Ready(match this.adopted.take_panic() {
            None => Ok(ending),
            Some(panic) => Err(panic),
        })
    }

    /// Drops the body, or the output it gave, inside the frame; from now on the run has ended like this.
    pub(crate) fn end(self: Pin<&mut Self>, ending: Ending<F::Output>, cause: Cause<'_>) {
        let this = self.project();
        let mut stage = this.stage;
        let dropped = K::enter(this.adopted, cause, || catch(|| stage.set(Stage::Ended { ending: Some(ending) })));
        if let Err(panic) = dropped {
            this.adopted.record(panic);
        }
    }

    /// Gives an output that is held to `last`, inside the frame: nobody will fetch it.
    pub(crate) fn give_output(self: Pin<&mut Self>, last: impl FnOnce(F::Output)) {
        let this = self.project();
        let StageProjection::Ended { ending } = this.stage.project() else { return };
        match ending.replace(Ending::Panicked) {
            Some(Ending::Returned(output)) => {
                if let Err(panic) = K::enter(this.adopted, Cause::Inherited, || catch(|| last(output))) {
                    this.adopted.record(panic);
                }
            }
            other => *ending = other,
        }
    }

    /// Drops what still runs in an abandoning frame: the body, which then ended like this, and the trees. A held output stays.
    pub(crate) fn expire(mut self: Pin<&mut Self>, ending: Ending<F::Output>) {
        if self.is_running() {
            self.as_mut().drop_abandoning(Some(ending), Abandoned::GraceExpired);
        }
        self.project().adopted.abandon(Abandoned::GraceExpired);
    }

    /// Drops everything in an abandoning frame.
    pub(crate) fn abandon_all(mut self: Pin<&mut Self>, why: Abandoned) {
        self.as_mut().drop_abandoning(None, why);
        let adopted = self.project().adopted;
        adopted.abandon(why);
        if let Some(panic) = adopted.take_panic() {
            // Nobody is left in whom it could go on.
            report_unheard(TaskError::Panicked(PanicPayload::new(panic)));
        }
    }

    fn drop_abandoning(self: Pin<&mut Self>, ending: Option<Ending<F::Output>>, why: Abandoned) {
        let this = self.project();
        let mut stage = this.stage;
        if let Err(panic) = abandoning(why, || catch(|| stage.set(Stage::Ended { ending }))) {
            this.adopted.record(panic);
        }
    }

    /// Drops the body or the output in the frame, and hands what is left to the enclosing frame.
    pub(crate) fn hand_over_rest(mut self: Pin<&mut Self>) {
        if self.holds_value() {
            self.as_mut().end(Ending::Panicked, Cause::Inherited);
        }
        let adopted = std::mem::take(self.project().adopted);
        if !adopted.is_none() {
            K::hand_over(Mark::LATEST, Run::remaining(adopted));
        }
    }
}

/// A body has panicked in its poll or in its drop: nothing of it stays, nor of its output.
#[cold]
fn after_panic<F: Future>(mut stage: Pin<&mut Stage<F>>, output: Option<F::Output>) {
    silence(|| stage.set(Stage::Ended { ending: None }));
    silence(|| drop(output));
}

impl<K: Kind> Run<K::Exit, K> {
    /// A tree that is nothing but what another run left behind.
    pub(crate) const fn remaining(adopted: Adopted<K>) -> Self {
        Self { stage: Stage::Ended { ending: Some(Ending::Returned(())) }, adopted }
    }

    /// Takes what the run has adopted out of it.
    pub(crate) fn take_adopted(&mut self) -> Adopted<K> {
        std::mem::take(&mut self.adopted)
    }
}

impl<F: Future + Unpin, K: Kind> Run<F, K> {
    /// Takes a running body out and gives it to `wrap`; the run that comes back goes on with what the old one adopted.
    pub(crate) fn rewrap<G: Future>(&mut self, wrap: impl FnOnce(F) -> G) -> Option<Run<G, K>> {
        match std::mem::replace(&mut self.stage, Stage::Ended { ending: None }) {
            Stage::Running { body } => {
                Some(Run { stage: Stage::Running { body: wrap(body) }, adopted: std::mem::take(&mut self.adopted) })
            }
            ended @ Stage::Ended { .. } => {
                self.stage = ended;
                None
            }
        }
    }
}
