//! `gather`: any number of futures, all outputs in input order.

use crate::children::Children;
use crate::panics::CatchPanics;
use core::fmt;
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Runs any number of futures at once and gives all outputs, in input order.
///
/// For many futures of one kind; [`join`](crate::join()) takes a few of different kinds, [`try_gather`](crate::try_gather()) stops at the first
/// error. With fallible futures it collects errors: each stays in its place (asyncio's `return_exceptions=True`). Nothing is polled before
/// the gather is. asyncio's `gather(*coroutines)`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::gather;
///
/// let squares = gather((1..=4).map(async |x| x * x)).await;
/// assert_eq!(squares, [1, 4, 9, 16]);
/// # });
/// ```
///
/// A task has one owner, so it cannot be gathered twice:
///
/// ```compile_fail
/// # motet_executor::LocalExecutor::new().block_on(async {
/// let task = motet_executor::spawn_local(async {});
/// motet_combinators::gather([task, task]).await;
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the futures that have not finished, each apart from the others, and the outputs that are there already.
///
/// # Fairness
///
/// A future is polled when it was woken, each once a round. After 256 polls of children the gather lets other tasks run.
///
/// # Complexity
///
/// O(1) a wake: with more than 16 pending futures one allocation holds a ready bit for each.
pub fn gather<I>(futures: I) -> Gather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    let children = Children::new(futures.into_iter().map(IntoFuture::into_future));
    Gather { children, over: false }
}

/// The future of [`gather`].
#[must_use = "futures do nothing unless polled"]
pub struct Gather<F: Future> {
    children: Children<F>,
    /// The outputs were given.
    over: bool,
}

// The futures are pinned in an allocation of their own; outputs are not pinned.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future> Gather<F> {
    /// At most `n` of the futures run at once; the next in line starts when one finishes.
    ///
    /// For futures that each take something scarce: a connection, a file. Replaces `gather(...)` with a semaphore inside of each coroutine.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::gather;
    ///
    /// let pages = gather((1..=1000).map(async |page| page)).limit(8).await;
    /// assert_eq!(pages.len(), 1000);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`gather`].
    ///
    /// # Panics
    ///
    /// If `n` is 0 (nothing could ever run), or if the gather was polled before.
    pub fn limit(mut self, n: usize) -> Self {
        self.children.set_limit(n);
        self
    }

    /// Catches the panic of each future: the output of one that panicked is `Err(Panicked)`, and the others run on.
    ///
    /// For futures that do not trust each other. Without it a panic goes through the gather to whoever polls it.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::gather;
    ///
    /// let results = gather([1, 0].map(async |x| 6 / x)).catch_panics().await;
    /// assert_eq!(*results[0].as_ref().unwrap(), 6);
    /// assert_eq!(results[1].as_ref().unwrap_err().message(), Some("attempt to divide by zero"));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`gather`].
    ///
    /// # Panics
    ///
    /// If the gather was polled before.
    pub fn catch_panics(self) -> Gather<CatchPanics<F>> {
        Gather { children: self.children.map(CatchPanics::new), over: false }
    }
}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { children, over } = self.get_mut();
        assert!(!*over, "polled again after it was ready");
        core::task::ready!(children.poll_to_end(cx));
        *over = true;
        Poll::Ready(children.take_outputs())
    }
}

impl<F: Future> fmt::Debug for Gather<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("pending", &self.children.live()).finish_non_exhaustive()
    }
}
