//! Closing: an exit that is run in place, after what was adopted since its guard was made.
//!
//! ```text
//!   Due ──first poll; the frame is busy since the mark──▶ Waiting ──go──▶ Running ──▶ Ended
//!    └───first poll; it is not ────────────────────────────────────────────▲
//! ```
//!
//! While it waits, a stand-in with the guard's mark waits in the frame; when the stand-in is due, it says `go`. Meanwhile each poll moves
//! the frame's trees on, for the frame's owner may be unable to: its thread may be inside a blocking call, further down the stack, that
//! polls us. Dropped at any point before `Ended`, it hands the exit over.

use super::carried::Carried;
use super::flag::{Flag, SetOnDrop, Wait};
use super::kind::{Kind, Sendable};
use super::place;
use super::run::Run;
use crate::clock::Mark;
use futures_util::future::FutureExt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Runs an exit once nothing that the frame adopted after a mark is left.
pub(crate) struct After<K: Kind> {
    mark: Mark,
    state: State<K>,
}

enum State<K: Kind> {
    Due(K::Exit),
    Waiting(K::Exit, Wait),
    Running(Carried<K>),
    Ended,
}

impl<K: Kind> After<K> {
    pub(crate) const fn new(mark: Mark, exit: K::Exit) -> Self {
        Self { mark, state: State::Due(exit) }
    }
}

impl<K: Kind> After<K> {
    /// Ready when the exit runs.
    fn begin(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (exit, mut go) = match mem::replace(&mut self.state, State::Ended) {
            State::Ended => panic!("polled after completion"),
            State::Due(exit) if place::is_busy_since(self.mark) => (exit, queue_up(self.mark)),
            State::Waiting(exit, go) => (exit, go),
            State::Due(exit) => {
                self.state = State::Running(Carried::new(exit));
                return Poll::Ready(());
            }
            running @ State::Running(_) => {
                self.state = running;
                return Poll::Ready(());
            }
        };
        place::advance(cx);
        let polled = Pin::new(&mut go).poll(cx);
        self.state = match polled {
            Poll::Pending => State::Waiting(exit, go),
            Poll::Ready(()) => State::Running(Carried::new(exit)),
        };
        polled
    }
}

impl<K: Kind> Future for After<K> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !matches!(self.state, State::Running(_)) {
            ready!(self.begin(cx));
        }
        let State::Running(exit) = &mut self.state else { unreachable!("it has begun") };
        ready!(Pin::new(exit).poll(cx));
        self.state = State::Ended;
        Poll::Ready(())
    }
}

/// Puts a stand-in into the current frame, which says when it is due.
fn queue_up(mark: Mark) -> Wait {
    let go = Flag::new();
    let due = SetOnDrop::new(&go);
    Sendable::hand_over(mark, Run::new(async move { drop(due) }.boxed()));
    go.wait()
}

impl<K: Kind> Drop for After<K> {
    fn drop(&mut self) {
        match mem::replace(&mut self.state, State::Ended) {
            State::Due(exit) | State::Waiting(exit, _) => K::hand_over(self.mark, Run::new(exit)),
            // A running exit hands itself over.
            State::Running(_) | State::Ended => {}
        }
    }
}
