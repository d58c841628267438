//! Arrays of futures, polled in place.

use super::{
    All, AllOk, First, FirstOk, IntoMembers, clear_member, output, poll_member, poll_ok, poll_output, poll_value, value,
};
use crate::settle::{Clear, Decide};
use crate::slots::pinned;
use core::array;
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::future::{MaybeDone, maybe_done};

/// The futures of an array, side by side.
pub(crate) type ArrayMembers<F, const N: usize> = [MaybeDone<F>; N];

#[inline]
fn member<'a, F: Future, const N: usize>(
    members: &'a mut Pin<&mut ArrayMembers<F, N>>,
    index: usize,
) -> Pin<&'a mut MaybeDone<F>> {
    let members: Pin<&mut [MaybeDone<F>]> = members.as_mut();
    pinned(members, index)
}

impl<F: IntoFuture, const N: usize> IntoMembers for [F; N] {
    type Members = ArrayMembers<F::IntoFuture, N>;

    fn into_members(self) -> Self::Members {
        self.map(|future| maybe_done(future.into_future()))
    }
}

impl<F: Future, const N: usize> Clear for ArrayMembers<F, N> {
    fn clear(mut self: Pin<&mut Self>) {
        (0..N).for_each(|index| clear_member(member(&mut self, index)));
    }
}

impl<F: Future, const N: usize> Decide<All> for ArrayMembers<F, N> {
    type Output = [F::Output; N];

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        for index in 0..N {
            all &= poll_member(member(&mut self, index), cx);
        }
        if all { Poll::Ready(array::from_fn(|index| output(member(&mut self, index)))) } else { Poll::Pending }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E, const N: usize> Decide<AllOk> for ArrayMembers<F, N> {
    type Output = Result<[T; N], E>;

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all = true;
        for index in 0..N {
            all &= poll_ok(member(&mut self, index), cx)?;
        }
        if all { Poll::Ready(Ok(array::from_fn(|index| value(member(&mut self, index))))) } else { Poll::Pending }
    }
}

impl<F: Future, const N: usize> Decide<First> for ArrayMembers<F, N> {
    type Output = F::Output;

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let first = (0..N).find_map(|index| poll_output(member(&mut self, index), cx));
        first.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<F: Future<Output = Result<T, E>>, T, E, const N: usize> Decide<FirstOk> for ArrayMembers<F, N> {
    type Output = Result<T, Vec<E>>;

    fn decide(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all_failed = true;
        for index in 0..N {
            match poll_value(member(&mut self, index), cx) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(failed) => all_failed &= failed,
            }
        }
        if !all_failed {
            return Poll::Pending;
        }
        Poll::Ready(Err((0..N).filter_map(|index| output(member(&mut self, index)).err()).collect()))
    }
}
