//! `join`: all of a few futures, of whatever kinds.

use crate::members::{All, IntoMembers};
use crate::settle::{Clear, Decide};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// What [`join`] takes: tuples of up to twelve futures, and arrays.
pub trait JoinTuple: IntoMembers<Members: Decide<All, Output = Self::Outputs>> {
    /// The outputs, in the same places.
    type Outputs;
}

impl<T: IntoMembers<Members: Decide<All>>> JoinTuple for T {
    type Outputs = <T::Members as Decide<All>>::Output;
}

/// Runs a few futures at once and gives all outputs, in the places of the futures.
///
/// For a fixed number of futures, of one kind or of several; no allocation. [`gather`](crate::gather()) takes any number.
/// asyncio's `gather(a(), b())`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::join;
///
/// let (name, age) = join((async { "Ada" }, async { 36 })).await;
/// assert_eq!((name, age), ("Ada", 36));
///
/// let squares = join([1, 2, 3].map(async |x| x * x)).await;
/// assert_eq!(squares, [1, 4, 9]);
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the futures that have not finished, each apart from the others, and outputs that are there already.
///
/// # Complexity
///
/// Each wake polls every member that has not finished.
pub fn join<T: JoinTuple>(futures: T) -> Join<T> {
    Join { members: futures.into_members() }
}

pin_project! {
    /// The future of [`join`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Join<T> where T: JoinTuple {
        #[pin]
        members: T::Members,
    }

    impl<T: JoinTuple> PinnedDrop for Join<T> {
        fn drop(this: Pin<&mut Self>) {
            this.project().members.clear_futures();
        }
    }
}

impl<T: JoinTuple> Future for Join<T> {
    type Output = T::Outputs;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Outputs> {
        self.project().members.decide(cx)
    }
}

impl<T: JoinTuple> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").finish_non_exhaustive()
    }
}
