//! Arrays of futures, polled in place.

use super::{
    All, AllOk, First, FirstOk, IntoMembers, clear_future, clear_member, output, poll_member, poll_ok, poll_output,
    poll_value, value,
};
use crate::nest::{Round, Siblings};
use crate::settle::{Clear, Decide};
use crate::slots::pinned;
use core::array;
use core::future::IntoFuture;
use core::mem::needs_drop;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::future::{MaybeDone, maybe_done};
use pin_project_lite::pin_project;

pin_project! {
    /// An array of futures.
    pub struct Array<A> {
        #[pin]
        members: A,
        siblings: Siblings,
    }
}

/// The futures of an array, side by side.
pub(crate) type ArrayMembers<F, const N: usize> = Array<[MaybeDone<F>; N]>;

impl<F: Future, const N: usize> ArrayMembers<F, N> {
    #[inline]
    fn member(self: Pin<&mut Self>, index: usize) -> Pin<&mut MaybeDone<F>> {
        let members: Pin<&mut [MaybeDone<F>]> = self.project().members;
        pinned(members, index)
    }

    /// Polls each in turn, until one breaks.
    #[inline]
    fn poll_each<B>(
        self: Pin<&mut Self>,
        mut poll: impl FnMut(&Round<'_>, usize, Pin<&mut MaybeDone<F>>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let this = self.project();
        let mut members: Pin<&mut [MaybeDone<F>]> = this.members;
        let round = this.siblings.begin(needs_drop::<F>());
        (0..N).try_for_each(|index| poll(&round, index, pinned(members.as_mut(), index)))
    }

    fn clear_each(self: Pin<&mut Self>, clear: impl Fn(Pin<&mut MaybeDone<F>>, &mut Siblings, usize)) {
        let this = self.project();
        let mut members: Pin<&mut [MaybeDone<F>]> = this.members;
        (0..N).for_each(|index| clear(pinned(members.as_mut(), index), this.siblings, index));
    }
}

impl<F: IntoFuture, const N: usize> IntoMembers for [F; N] {
    type Members = ArrayMembers<F::IntoFuture, N>;

    fn into_members(self) -> Self::Members {
        Array { members: self.map(|future| maybe_done(future.into_future())), siblings: Siblings::new() }
    }
}

impl<F: Future, const N: usize> Clear for ArrayMembers<F, N> {
    fn clear(self: Pin<&mut Self>) {
        self.clear_each(clear_member);
    }

    fn clear_futures(self: Pin<&mut Self>) {
        self.clear_each(clear_future);
    }
}

impl<F: Future, const N: usize> Decide<All> for ArrayMembers<F, N> {
    type Output = [F::Output; N];

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        let _polled = self.as_mut().poll_each::<()>(|round, index, member| {
            all &= poll_member(round, index, member, cx);
            ControlFlow::Continue(())
        });
        if all { Poll::Ready(array::from_fn(|index| output(self.as_mut().member(index)))) } else { Poll::Pending }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E, const N: usize> Decide<AllOk> for ArrayMembers<F, N> {
    type Output = Result<[T; N], E>;

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        let polled = self.as_mut().poll_each(|round, index, member| match poll_ok(round, index, member, cx) {
            Ok(ready) => {
                all &= ready;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        });
        match polled {
            ControlFlow::Break(error) => Poll::Ready(Err(error)),
            ControlFlow::Continue(()) if all => {
                Poll::Ready(Ok(array::from_fn(|index| value(self.as_mut().member(index)))))
            }
            ControlFlow::Continue(()) => Poll::Pending,
        }
    }
}

impl<F: Future, const N: usize> Decide<First> for ArrayMembers<F, N> {
    type Output = F::Output;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.poll_each(|round, index, member| match poll_output(round, index, member, cx) {
            Some(output) => ControlFlow::Break(output),
            None => ControlFlow::Continue(()),
        });
        match polled {
            ControlFlow::Break(output) => Poll::Ready(output),
            ControlFlow::Continue(()) => Poll::Pending,
        }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E, const N: usize> Decide<FirstOk> for ArrayMembers<F, N> {
    type Output = Result<T, Vec<E>>;

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all_failed = true;
        let polled = self.as_mut().poll_each(|round, index, member| match poll_value(round, index, member, cx) {
            Ok(value) => ControlFlow::Break(value),
            Err(failed) => {
                all_failed &= failed;
                ControlFlow::Continue(())
            }
        });
        match polled {
            ControlFlow::Break(value) => Poll::Ready(Ok(value)),
            ControlFlow::Continue(()) if all_failed => {
                Poll::Ready(Err((0..N).filter_map(|index| output(self.as_mut().member(index)).err()).collect()))
            }
            ControlFlow::Continue(()) => Poll::Pending,
        }
    }
}
