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
}

// The futures are pinned in an allocation of their own.
impl<F: Future> Unpin for VecMembers<F> {}

impl<F: Future> fmt::Debug for VecMembers<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VecMembers").field("pending", &self.children.live()).finish_non_exhaustive()
    }
}

impl<F: IntoFuture> IntoMembers for Vec<F> {
    type Members = VecMembers<F::IntoFuture>;

    fn into_members(self) -> Self::Members {
        VecMembers { children: Children::new(self.into_iter().map(IntoFuture::into_future)) }
    }
}

impl<F: Future> Clear for VecMembers<F> {
    fn clear(self: Pin<&mut Self>) {
        self.get_mut().children.clear();
    }
}

impl<F: Future> Decide<First> for VecMembers<F> {
    type Output = F::Output;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut first = None;
        let polled = self.get_mut().children.poll(cx, |row, child| {
            first = row.take(child);
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
        let Self { children } = self.get_mut();
        let mut value = None;
        let polled = children.poll(cx, |row, child| {
            if matches!(row.output(child), Some(Ok(_))) {
                value = row.take(child);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        match (polled, value) {
            (Poll::Pending, _) => Poll::Pending,
            (Poll::Ready(_), Some(value)) => Poll::Ready(value.map_err(|error| vec![error])),
            (Poll::Ready(_), None) => {
                Poll::Ready(Err(children.take_outputs().into_iter().filter_map(Result::err).collect()))
            }
        }
    }
}
