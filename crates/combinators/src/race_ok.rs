//! `race_ok`: the first success of several futures.

use crate::members::{FirstOk, IntoMembers};
use crate::settle::{Decide, Settle};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// What [`race_ok`] takes: tuples of up to twelve futures with one type of result, arrays, and vectors.
pub trait RaceOkTuple: IntoMembers<Members: Decide<FirstOk, Output = Self::Winner>> {
    /// The first value, or all errors.
    type Winner;
}

impl<T: IntoMembers<Members: Decide<FirstOk>>> RaceOkTuple for T {
    type Winner = <T::Members as Decide<FirstOk>>::Output;
}

/// Gives the first success, once the losers are dropped and cleaned up; if all fail, all errors in the order of the futures.
///
/// For mirrors and fallbacks: ask several, take the first that has an answer.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::race_ok;
///
/// let value = race_ok((async { Err("down") }, async { Ok(7) })).await;
/// assert_eq!(value, Ok(7));
///
/// let errors = race_ok(["down", "away"].map(async |e| Err::<(), _>(e))).await;
/// assert_eq!(errors, Err(vec!["down", "away"]));
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops all of them, each apart from the others; the cleanup that they hand over goes to the frame around it. Dropped
/// while the losers clean up, it loses the winner's value.
///
/// # Errors
///
/// All errors, if no future succeeds; none, if there is no future.
pub fn race_ok<T: RaceOkTuple>(futures: T) -> RaceOk<T> {
    RaceOk { settle: Settle::new(futures.into_members()) }
}

pin_project! {
    /// The future of [`race_ok`].
    #[must_use = "futures do nothing unless polled"]
    pub struct RaceOk<T> where T: RaceOkTuple {
        #[pin]
        settle: Settle<T::Members, FirstOk>,
    }
}

impl<T: RaceOkTuple> Future for RaceOk<T> {
    type Output = T::Winner;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Winner> {
        self.project().settle.poll(cx)
    }
}

impl<T: RaceOkTuple> fmt::Debug for RaceOk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaceOk").finish_non_exhaustive()
    }
}
