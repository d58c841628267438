//! Vectors of futures to race: only those that were woken are polled.

use super::{First, FirstOk, IntoMembers};
use crate::children::Children;
use crate::settle::{Clear, Decide};
use core::fmt;
use core::future::IntoFuture;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::task::{Context, Poll};

/// The futures of a vector.
pub struct VecMembers<F: Future> {
    children: Children<F>,
    /// What came out of those that did not decide, with their places.
    outputs: Vec<(usize, F::Output)>,
}

// The futures are pinned in an allocation of their own; outputs are not pinned.
impl<F: Future> Unpin for VecMembers<F> {}

impl<F: Future> fmt::Debug for VecMembers<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VecMembers").field("pending", &self.children.live()).finish_non_exhaustive()
    }
}

impl<F: IntoFuture> IntoMembers for Vec<F> {
    type Members = VecMembers<F::IntoFuture>;

    fn into_members(self) -> Self::Members {
        let futures = self.into_iter().map(|future| Some(future.into_future()));
        VecMembers { children: Children::new(futures, usize::MAX), outputs: Vec::new() }
    }
}

impl<F: Future> Clear for VecMembers<F> {
    fn clear(self: Pin<&mut Self>) {
        let this = self.get_mut();
        this.children.clear();
        this.outputs.clear();
    }
}

impl<F: Future> Decide<First> for VecMembers<F> {
    type Output = F::Output;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut first = None;
        let polled = self.get_mut().children.poll(cx, |_, output| {
            first = Some(output);
            ControlFlow::Break(())
        });
        match (polled, first) {
            (Poll::Ready(_), Some(output)) => Poll::Ready(output),
            _ => Poll::Pending,
        }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Decide<FirstOk> for VecMembers<F> {
    type Output = Result<T, Vec<E>>;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut value = None;
        let polled = this.children.poll(cx, |index, output| match output {
            Ok(output) => {
                value = Some(output);
                ControlFlow::Break(())
            }
            failed => {
                this.outputs.push((index, failed));
                ControlFlow::Continue(())
            }
        });
        match (polled, value) {
            (Poll::Pending, _) => Poll::Pending,
            (Poll::Ready(_), Some(value)) => Poll::Ready(Ok(value)),
            (Poll::Ready(_), None) => {
                this.outputs.sort_unstable_by_key(|(index, _)| *index);
                Poll::Ready(Err(this.outputs.drain(..).filter_map(|(_, output)| output.err()).collect()))
            }
        }
    }
}
