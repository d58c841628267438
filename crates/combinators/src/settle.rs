//! Waits for several futures until a question about them is decided, drops the rest, and answers once its cleanup is done.
//!
//! ```text
//!   Asking ──decided──▶ Draining ──nothing left to clean up──▶ Answered
//! ```
//!
//! The members are polled and dropped inside a [`Nest`]: what they hand over is run beside them while they are asked, and to its end before
//! the answer is given. Dropped while asking, the members are dropped into the nest, which hands all of it to the frame around it.

use crate::nest::Nest;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Several futures that can be dropped in place.
pub trait Clear {
    /// Drops what has not finished, each apart from the others, and outputs that nobody took.
    fn clear(self: Pin<&mut Self>);

    /// The same for members that are dropped next themselves: their outputs go with them.
    fn clear_futures(self: Pin<&mut Self>) {
        self.clear();
    }
}

/// Several futures of which `Question` can be asked.
pub trait Decide<Question>: Clear {
    /// The answer.
    type Output;

    /// Polls them until the question is decided.
    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output>;
}

pin_project! {
    /// A question that is being asked, and cleans up before it answers.
    pub struct Settle<M, Q> where M: Decide<Q> {
        #[pin]
        members: M,
        nest: Nest,
        asking: bool,
        answer: Option<M::Output>,
        question: PhantomData<fn() -> Q>,
    }

    impl<M: Decide<Q>, Q> PinnedDrop for Settle<M, Q> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.asking {
                this.nest.enter(|| this.members.clear());
            }
        }
    }
}

impl<M: Decide<Q>, Q> Settle<M, Q> {
    pub(crate) fn new(members: M) -> Self {
        Self { members, nest: Nest::new(), asking: true, answer: None, question: PhantomData }
    }

    pub(crate) fn members(&self) -> &M {
        &self.members
    }

    /// The members, for a change before the first poll.
    pub(crate) fn members_mut(&mut self) -> &mut M {
        &mut self.members
    }
}

impl<M: Decide<Q>, Q> Future for Settle<M, Q> {
    type Output = M::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<M::Output> {
        let this = self.project();
        let mut members = this.members;
        if *this.asking {
            let asked = this.nest.enter(|| {
                let answer = core::task::ready!(members.as_mut().decide(cx));
                *this.asking = false;
                members.clear();
                Poll::Ready(answer)
            });
            *this.answer = match asked {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            };
        }
        let drained = this.nest.is_empty() || this.nest.poll_drain(cx).is_ready();
        if *this.asking || !drained {
            return Poll::Pending;
        }
        Poll::Ready(this.answer.take().expect("polled again after it was ready"))
    }
}
