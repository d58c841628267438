//! `select`: the first of a few futures with different outputs.

use crate::members::{IntoMembers, Which};
use crate::settle::{Decide, Settle};
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// What [`select`] takes: tuples of two to six futures.
pub trait SelectTuple: IntoMembers<Members: Decide<Which, Output = Self::Selected>> {
    /// Which was first, with its output: [`Select2`] to [`Select6`].
    type Selected;
}

impl<T: IntoMembers<Members: Decide<Which>>> SelectTuple for T {
    type Selected = <T::Members as Decide<Which>>::Output;
}

/// Says which future was first, with its output, once the losers are dropped and cleaned up.
///
/// For a choice between different things, without a macro: a `match` on the result has an arm for each. To keep a loser for the next turn
/// of a loop, pass it as `Pin<&mut F>`, or put it into a [`WaitSet`](crate::WaitSet).
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{Select2, select};
///
/// match select((async { 7 }, std::future::pending::<String>())).await {
///     Select2::First(number) => assert_eq!(number, 7),
///     Select2::Second(text) => unreachable!("{text}"),
/// }
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
pub fn select<T: SelectTuple>(futures: T) -> Select<T> {
    Select { settle: Settle::new(futures.into_members()) }
}

pin_project! {
    /// The future of [`select`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Select<T> where T: SelectTuple {
        #[pin]
        settle: Settle<T::Members, Which>,
    }
}

impl<T: SelectTuple> Future for Select<T> {
    type Output = T::Selected;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Selected> {
        self.project().settle.poll(cx)
    }
}

impl<T: SelectTuple> fmt::Debug for Select<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").finish_non_exhaustive()
    }
}

/// Which of two futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select2<A, B> {
    /// The first future's output.
    First(A),
    /// The second future's output.
    Second(B),
}

/// Which of three futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select3<A, B, C> {
    /// The first future's output.
    First(A),
    /// The second future's output.
    Second(B),
    /// The third future's output.
    Third(C),
}

/// Which of four futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select4<A, B, C, D> {
    /// The first future's output.
    First(A),
    /// The second future's output.
    Second(B),
    /// The third future's output.
    Third(C),
    /// The fourth future's output.
    Fourth(D),
}

/// Which of five futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select5<A, B, C, D, E> {
    /// The first future's output.
    First(A),
    /// The second future's output.
    Second(B),
    /// The third future's output.
    Third(C),
    /// The fourth future's output.
    Fourth(D),
    /// The fifth future's output.
    Fifth(E),
}

/// Which of six futures was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select6<A, B, C, D, E, F> {
    /// The first future's output.
    First(A),
    /// The second future's output.
    Second(B),
    /// The third future's output.
    Third(C),
    /// The fourth future's output.
    Fourth(D),
    /// The fifth future's output.
    Fifth(E),
    /// The sixth future's output.
    Sixth(F),
}
