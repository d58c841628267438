//! `map_bounded`: a future for each item, so many at a time, as a stream.

use crate::wait_set::WaitSet;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;
use std::collections::{BTreeSet, VecDeque};
use std::iter::Fuse;
use std::panic::resume_unwind;

/// Makes a future of each item and runs `n` of them at a time; gives the outputs in input order.
///
/// For inputs that are too many to have as futures at once: items are taken, and futures made, only when there is room. At most `n` outputs and
/// running futures are held; an output that came early keeps its place, so one slow item holds up the rest. Where the order does not matter
/// [`unordered`](MapBounded::unordered) has no such hold-ups.
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::StreamExt;
/// use motet_combinators::map_bounded;
///
/// let squares = map_bounded(1..=5, 2, async |x| x * x);
/// assert_eq!(squares.collect::<Vec<_>>().await, [1, 4, 9, 16, 25]);
/// # });
/// ```
///
/// # Cancel safety
///
/// Cancel safe: `next` on it, dropped, has taken nothing. Dropped itself, it drops the futures that run, each apart from the others.
///
/// # Complexity
///
/// O(1) an output.
///
/// # Panics
///
/// If `n` is 0: nothing could ever run. The stream panics with the panic of a future, which has no output then; the others go on, and keep their order.
pub fn map_bounded<I, F, Fut>(items: I, n: usize, f: F) -> MapBounded<I::IntoIter, F, Fut>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> Fut,
    Fut: Future,
{
    assert!(n > 0, "with the limit 0 nothing can ever run: give at least 1");
    MapBounded {
        items: items.into_iter().fuse(),
        f,
        n,
        ordered: true,
        started: 0,
        running: WaitSet::new(),
        outputs: VecDeque::new(),
    }
}

/// The stream of [`map_bounded`].
#[must_use = "streams do nothing unless polled"]
pub struct MapBounded<I, F, Fut: Future> {
    items: Fuse<I>,
    f: F,
    n: usize,
    ordered: bool,
    /// How many items were taken.
    started: usize,
    running: WaitSet<Numbered<Fut>>,
    /// Ordered: one for each item that was taken, but for those whose output was given. Unordered: what has come.
    outputs: VecDeque<Held<Fut::Output>>,
}

/// What an item has come to that was taken.
enum Held<T> {
    Running,
    Done(T),
    /// There will be no output.
    Panicked,
}

// Futures are pinned in allocations of their own; nothing else is pinned.
impl<I, F, Fut: Future> Unpin for MapBounded<I, F, Fut> {}

impl<I, F, Fut: Future> MapBounded<I, F, Fut> {
    /// Gives the outputs as they come.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use futures::StreamExt;
    /// use motet_combinators::map_bounded;
    ///
    /// let squares = map_bounded(1..=5, 2, async |x| x * x).unordered();
    /// let mut squares: Vec<_> = squares.collect().await;
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9, 16, 25]);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If it was polled before.
    pub fn unordered(mut self) -> Self {
        assert!(self.started == 0, "ask for unordered outputs before the first is taken");
        self.ordered = false;
        self
    }

    /// How many running futures and held outputs there are.
    fn held(&self) -> usize {
        if self.ordered { self.outputs.len() } else { self.running.len() + self.outputs.len() }
    }

    fn take_output(&mut self) -> Option<Fut::Output> {
        while let Some(Held::Done(_) | Held::Panicked) = self.outputs.front() {
            if let Some(Held::Done(output)) = self.outputs.pop_front() {
                return Some(output);
            }
        }
        None
    }

    /// Puts what has come into its place.
    fn sort_in(&mut self) {
        let first = self.first();
        for (_, (index, output)) in self.running.take_outputs() {
            if self.ordered {
                self.outputs[index - first] = Held::Done(output);
            } else {
                self.outputs.push_back(Held::Done(output));
            }
        }
    }

    /// One that runs has panicked: the others pass it by.
    #[cold]
    fn pass_by(&mut self) {
        let first = self.first();
        let running: BTreeSet<_> = self.running.iter().map(|(_, future)| future.index).collect();
        for (at, held) in self.outputs.iter_mut().enumerate() {
            if matches!(held, Held::Running) && !running.contains(&(first + at)) {
                *held = Held::Panicked;
            }
        }
    }

    /// The number of the first item that has a place among the outputs.
    fn first(&self) -> usize {
        self.started - if self.ordered { self.outputs.len() } else { 0 }
    }
}

impl<I: Iterator, F: FnMut(I::Item) -> Fut, Fut: Future> MapBounded<I, F, Fut> {
    fn start(&mut self) {
        while self.held() < self.n {
            let Some(item) = self.items.next() else { return };
            let future = (self.f)(item);
            self.running.insert(Numbered { index: self.started, future });
            self.started += 1;
            if self.ordered {
                self.outputs.push_back(Held::Running);
            }
        }
    }
}

impl<I: Iterator, F: FnMut(I::Item) -> Fut, Fut: Future> Stream for MapBounded<I, F, Fut> {
    type Item = Fut::Output;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Fut::Output>> {
        let this = self.get_mut();
        if let Some(output) = this.take_output() {
            return Poll::Ready(Some(output));
        }
        this.start();
        if this.held() == 0 {
            return Poll::Ready(None);
        }
        let round = this.running.try_round(cx);
        this.sort_in();
        let round = round.unwrap_or_else(|panic| {
            this.pass_by();
            resume_unwind(panic)
        });
        if let Some(output) = this.take_output() {
            return Poll::Ready(Some(output));
        }
        if round.is_ready() {
            this.running.rest(cx);
        }
        Poll::Pending
    }
}

impl<I: Iterator, F: FnMut(I::Item) -> Fut, Fut: Future> FusedStream for MapBounded<I, F, Fut> {
    fn is_terminated(&self) -> bool {
        self.held() == 0 && self.items.size_hint() == (0, Some(0))
    }
}

pin_project! {
    /// A future with the index of its item.
    pub(crate) struct Numbered<F> {
        index: usize,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Numbered<F> {
    type Output = (usize, F::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let index = *this.index;
        this.future.poll(cx).map(|output| (index, output))
    }
}

impl<I, F, Fut: Future> fmt::Debug for MapBounded<I, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapBounded").field("n", &self.n).field("running", &self.running.len()).finish_non_exhaustive()
    }
}
