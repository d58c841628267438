//! `race`: the first of several futures with one type of output.

use crate::members::{First, IntoMembers};
use crate::settle::{Decide, Settle};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// What [`race`] takes: tuples of up to twelve futures with one type of output, arrays, and vectors.
pub trait RaceTuple: IntoMembers<Members: Decide<First, Output = Self::Winner>> {
    /// The output of the first.
    type Winner;
}

impl<T: IntoMembers<Members: Decide<First>>> RaceTuple for T {
    type Winner = <T::Members as Decide<First>>::Output;
}

/// Gives the first output, once the losers are dropped and cleaned up.
///
/// For alternatives with one type of output; [`select`](crate::select()) is for several types, [`race_ok`](crate::race_ok()) wants a success.
/// A race of nothing is never ready.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::race;
///
/// let first = race((std::future::pending(), async { "here" })).await;
/// assert_eq!(first, "here");
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops all of them, each apart from the others; the cleanup that they hand over goes to the frame around it. Dropped
/// while the losers clean up, it loses the winner's output.
///
/// # Fairness
///
/// None: of several that are ready in one poll the one that stands first wins.
pub fn race<T: RaceTuple>(futures: T) -> Race<T> {
    Race { settle: Settle::new(futures.into_members()) }
}

pin_project! {
    /// The future of [`race`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Race<T> where T: RaceTuple {
        #[pin]
        settle: Settle<T::Members, First>,
    }
}

impl<T: RaceTuple> Future for Race<T> {
    type Output = T::Winner;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Winner> {
        self.project().settle.poll(cx)
    }
}

impl<T: RaceTuple> fmt::Debug for Race<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race").finish_non_exhaustive()
    }
}
