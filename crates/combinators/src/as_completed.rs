//! `as_completed`: any number of futures, their outputs as they come.

#[cfg(feature = "timer")]
use crate::children::BUDGET;
use crate::children::Children;
use core::fmt;
use core::future::IntoFuture;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::stream::{FusedStream, Stream};

/// Runs any number of futures at once and gives each output with its future's index, in the order of completion.
///
/// For results that are worth something one by one. The stream is `Unpin`: `next().await` works on it as it is; leave the loop and come back, and it
/// goes on where it was. asyncio's `as_completed`; its `timeout` is [`AsCompleted::timeout`].
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::StreamExt;
/// use motet_combinators::as_completed;
///
/// let mut pages = as_completed(["a", "b"].map(async |name| name.to_uppercase()));
/// assert_eq!(pages.next().await, Some((0, "A".into())));
/// assert_eq!(pages.next().await, Some((1, "B".into())));
/// assert_eq!(pages.next().await, None);
/// # });
/// ```
///
/// # Cancel safety
///
/// Cancel safe: `next` on it, dropped, has taken nothing. Dropped itself, it drops the futures that have not finished, each apart from
/// the others.
///
/// # Fairness
///
/// A future is polled when it was woken, each once a round; of several that complete in one round the one that stands first comes first.
///
/// # Complexity
///
/// O(1) an output.
///
/// # Panics
///
/// The stream panics with the panic of a future, which is then out of it; the others stay.
pub fn as_completed<I>(futures: I) -> AsCompleted<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    AsCompleted { children: Children::new(futures.into_iter().map(IntoFuture::into_future)) }
}

/// The stream of [`as_completed`].
#[must_use = "streams do nothing unless polled"]
pub struct AsCompleted<F: Future> {
    children: Children<F>,
}

// The futures are pinned in an allocation of their own.
impl<F: Future> Unpin for AsCompleted<F> {}

impl<F: Future> AsCompleted<F> {
    /// How many futures have not completed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.children.live()
    }

    /// Whether all have completed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<F: Future> AsCompleted<F> {
    /// Gives up waiting after `limit`: what has completed by then, then one `Err(Elapsed)`, then the end.
    ///
    /// The futures are not cancelled: [`into_inner`](AsCompletedTimeout::into_inner) gives the stream back, and they go on. The time runs from the
    /// first poll.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use futures::StreamExt;
    /// use motet_combinators::{Elapsed, as_completed};
    /// use std::{future::pending, time::Duration};
    ///
    /// let mut items = as_completed([pending::<()>()]).timeout(Duration::ZERO);
    /// assert_eq!(items.next().await, Some(Err(Elapsed::new())));
    /// assert_eq!(items.next().await, None);
    /// assert_eq!(items.into_inner().len(), 1);
    /// # });
    /// ```
    #[cfg(feature = "timer")]
    pub fn timeout(self, limit: std::time::Duration) -> AsCompletedTimeout<F> {
        AsCompletedTimeout { items: self, limit: Limit::Running(Box::pin(crate::timeout::after(limit))) }
    }
}

/// The stream of [`AsCompleted::timeout`].
#[cfg(feature = "timer")]
#[must_use = "streams do nothing unless polled"]
pub struct AsCompletedTimeout<F: Future> {
    items: AsCompleted<F>,
    limit: Limit,
}

#[cfg(feature = "timer")]
enum Limit {
    Running(Pin<Box<crate::timeout::AfterPolled>>),
    /// The time is up; so many more polls may look for what had completed by then.
    Up {
        last_polls: usize,
    },
    /// It was said that the time is up.
    Over,
}

#[cfg(feature = "timer")]
impl<F: Future> AsCompletedTimeout<F> {
    /// The stream without the limit, with all futures that have not completed.
    pub fn into_inner(self) -> AsCompleted<F> {
        self.items
    }
}

#[cfg(feature = "timer")]
impl<F: Future> Stream for AsCompletedTimeout<F> {
    type Item = Result<(usize, F::Output), crate::Elapsed>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Limit::Over = this.limit {
            return Poll::Ready(None);
        }
        if let Poll::Ready(item) = Pin::new(&mut this.items).poll_next(cx) {
            return Poll::Ready(item.map(Ok));
        }
        if let Limit::Running(limit) = &mut this.limit {
            core::task::ready!(limit.as_mut().poll(cx));
            this.limit = Limit::Up { last_polls: this.items.len().div_ceil(BUDGET) };
        }
        if let Limit::Up { last_polls: left @ 1.. } = &mut this.limit {
            if this.items.children.has_yielded() {
                *left -= 1;
                return Poll::Pending;
            }
        }
        this.limit = Limit::Over;
        Poll::Ready(Some(Err(crate::Elapsed::new())))
    }
}

#[cfg(feature = "timer")]
impl<F: Future> fmt::Debug for AsCompletedTimeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompletedTimeout").field("items", &self.items).finish_non_exhaustive()
    }
}

impl<F: Future> Stream for AsCompleted<F> {
    type Item = (usize, F::Output);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let children = &mut self.get_mut().children;
        if children.live() == 0 {
            return Poll::Ready(None);
        }
        let mut found = None;
        let polled = children.poll(cx, |row, index| {
            found = row.take(index).map(|output| (index, output));
            ControlFlow::Break(())
        });
        polled.map(|_| found)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<F: Future> FusedStream for AsCompleted<F> {
    fn is_terminated(&self) -> bool {
        self.is_empty()
    }
}

impl<F: Future> fmt::Debug for AsCompleted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("pending", &self.len()).finish_non_exhaustive()
    }
}
