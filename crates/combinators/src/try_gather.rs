//! `try_gather`: any number of fallible futures, all values or the first error.

use crate::children::Children;
use crate::settle::{Clear, Decide, Settle};
use core::fmt;
use core::future::IntoFuture;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Runs any number of fallible futures at once: all values in input order, or the first error once the rest is dropped and cleaned up.
///
/// asyncio's `gather` lets the siblings of a failed coroutine run on unobserved; here they are dropped, and what they leave to clean up is
/// awaited. With [`wait_all`](TryGather::wait_all) they finish first. Errors after the first are dropped quietly. To keep every error, use
/// [`gather`](crate::gather()).
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::try_gather;
///
/// let ports = try_gather(["80", "443"].map(async |port| port.parse::<u16>())).await;
/// assert_eq!(ports, Ok(vec![80, 443]));
///
/// let failed = try_gather(["80", "https"].map(async |port| port.parse::<u16>())).await;
/// assert!(failed.is_err());
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the futures that have not finished, each apart from the others, and the values that are there already; the
/// cleanup that they hand over goes to the frame around it.
///
/// # Fairness
///
/// As that of [`gather`](crate::gather()). Of two errors in one poll the one that was found first is given.
///
/// # Complexity
///
/// As that of [`gather`](crate::gather()).
///
/// # Errors
///
/// The first error.
pub fn try_gather<I, F, T, E>(futures: I) -> TryGather<F>
where
    I: IntoIterator,
    I::Item: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
{
    let children = Children::new(futures.into_iter().map(IntoFuture::into_future));
    TryGather { settle: Settle::new(Fallible { children, error: None, wait_all: false }) }
}

pin_project! {
    /// The future of [`try_gather`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TryGather<F> where F: TryFuture {
        #[pin]
        settle: Settle<Fallible<F>, ()>,
    }
}

impl<F: TryFuture> TryGather<F> {
    /// At most `n` of the futures run at once; the next in line starts when one finishes, and none after an error.
    ///
    /// # Cancel safety
    ///
    /// As that of [`try_gather`].
    ///
    /// # Panics
    ///
    /// If `n` is 0 (nothing could ever run), or if it was polled before.
    pub fn limit(mut self, n: usize) -> Self {
        self.settle.members_mut().children.set_limit(n);
        self
    }

    /// Lets the rest finish before the first error is given, as asyncio's `gather` does.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::try_gather;
    /// use std::cell::Cell;
    ///
    /// let saved = &Cell::new(0);
    /// let save = async |page| {
    ///     saved.set(saved.get() + 1);
    ///     if page == 0 { Err("no page 0") } else { Ok(page) }
    /// };
    /// assert_eq!(try_gather([0, 1, 2].map(save)).wait_all().await, Err("no page 0"));
    /// assert_eq!(saved.get(), 3);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`try_gather`].
    pub fn wait_all(mut self) -> Self {
        self.settle.members_mut().wait_all = true;
        self
    }
}

impl<F: TryFuture> Future for TryGather<F> {
    type Output = Result<Vec<F::Ok>, F::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().settle.poll(cx)
    }
}

impl<F: TryFuture> fmt::Debug for TryGather<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.settle.members().children.live();
        f.debug_struct("TryGather").field("pending", &pending).finish_non_exhaustive()
    }
}

/// A future whose output is a `Result`; every such future is one.
pub trait TryFuture: Future<Output = Result<Self::Ok, Self::Error>> {
    /// What it gives if all goes well.
    type Ok;
    /// What it gives otherwise.
    type Error;
}

impl<F: Future<Output = Result<T, E>>, T, E> TryFuture for F {
    type Ok = T;
    type Error = E;
}

/// The futures of a [`TryGather`].
pub(crate) struct Fallible<F: TryFuture> {
    children: Children<F>,
    error: Option<F::Error>,
    wait_all: bool,
}

// The futures are pinned in an allocation of their own; errors are not pinned.
impl<F: TryFuture> Unpin for Fallible<F> {}

impl<F: TryFuture> Clear for Fallible<F> {
    fn clear(self: Pin<&mut Self>) {
        self.get_mut().children.clear();
    }
}

impl<F: TryFuture> Decide<()> for Fallible<F> {
    type Output = Result<Vec<F::Ok>, F::Error>;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { children, error, wait_all } = self.get_mut();
        let polled = children.poll(cx, |row, child| {
            if !matches!(row.output(child), Some(Err(_))) {
                return ControlFlow::Continue(());
            }
            if let Some(Err(failed)) = row.take(child) {
                error.get_or_insert(failed);
            }
            if *wait_all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        polled.map(|_| match error.take() {
            Some(error) => Err(error),
            None => children.take_outputs().into_iter().collect(),
        })
    }
}
