//! `try_join`: all of a few fallible futures, or the first error.

use crate::members::{AllOk, IntoMembers};
use crate::settle::{Decide, Settle};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// What [`try_join`] takes: tuples of up to twelve futures whose errors are of one type, and arrays.
pub trait TryJoinTuple: IntoMembers<Members: Decide<AllOk, Output = Self::Outputs>> {
    /// The values in the same places, or the error.
    type Outputs;
}

impl<T: IntoMembers<Members: Decide<AllOk>>> TryJoinTuple for T {
    type Outputs = <T::Members as Decide<AllOk>>::Output;
}

/// Runs a few fallible futures at once: all values, or the first error once the rest is dropped and cleaned up.
///
/// For a fixed number of futures; [`try_gather`](crate::try_gather()) takes any number. Of two errors in one poll the one that stands first is
/// given; later ones are dropped quietly.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::try_join;
///
/// let both = try_join((async { Ok::<_, String>(1) }, async { Ok("two") })).await;
/// assert_eq!(both, Ok((1, "two")));
///
/// let failed = try_join((std::future::pending::<Result<(), _>>(), async { Err::<(), _>("no") })).await;
/// assert_eq!(failed, Err("no"));
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the futures that have not finished, each apart from the others; the cleanup that they hand over goes to the frame
/// around it.
///
/// # Errors
///
/// The first error.
pub fn try_join<T: TryJoinTuple>(futures: T) -> TryJoin<T> {
    TryJoin { settle: Settle::new(futures.into_members()) }
}

pin_project! {
    /// The future of [`try_join`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TryJoin<T> where T: TryJoinTuple {
        #[pin]
        settle: Settle<T::Members, AllOk>,
    }
}

impl<T: TryJoinTuple> Future for TryJoin<T> {
    type Output = T::Outputs;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Outputs> {
        self.project().settle.poll(cx)
    }
}

impl<T: TryJoinTuple> fmt::Debug for TryJoin<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryJoin").finish_non_exhaustive()
    }
}
