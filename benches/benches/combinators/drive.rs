//! Futures polled by hand, and the children of the contest: ready, yielding, or waiting for a bell.

use futures::Stream;
use motet_prim::atomic::{AtomicBool, Ordering};
use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// What stands for a task: whether it was woken, and its waker.
pub(crate) struct Task {
    woken: Arc<Woken>,
    waker: Waker,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Relaxed: one thread.
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    /// A task that is to be polled.
    pub(crate) fn new() -> Self {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        Self { waker: Waker::from(Arc::clone(&woken)), woken }
    }

    fn wake(&self) {
        // Relaxed: one thread.
        self.woken.0.store(true, Ordering::Relaxed);
    }

    /// Polls as long as it is woken, until that is ready.
    pub(crate) fn run_while_woken<T>(&self, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        // Relaxed: one thread.
        while self.woken.0.load(Ordering::Relaxed) {
            self.woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(output) = poll(&mut Context::from_waker(&self.waker)) {
                // For the next item, or the next future.
                self.wake();
                return Poll::Ready(output);
            }
        }
        Poll::Pending
    }

    /// Runs a future that wakes itself.
    #[inline]
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.run_pinned(pin!(future))
    }

    /// Out of line for all contestants alike: what one of them gains by being polled where it was made is the luck of a single call.
    #[inline(never)]
    fn run_pinned<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        match self.run_while_woken(|cx| future.as_mut().poll(cx)) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nobody will ever wake it"),
        }
    }

    /// Runs a stream that wakes itself, to its end; gives the number of items.
    #[inline]
    pub(crate) fn count(&self, stream: impl Stream) -> u32 {
        let mut stream = pin!(stream);
        let mut items = 0;
        loop {
            match self.run_while_woken(|cx| stream.as_mut().poll_next(cx)) {
                Poll::Ready(Some(item)) => {
                    black_box(item);
                    items += 1;
                }
                Poll::Ready(None) => return items,
                Poll::Pending => panic!("nobody will ever wake it"),
            }
        }
    }
}

/// Yields once, then gives its number.
pub(crate) struct YieldOnce {
    number: u32,
    yielded: bool,
}

/// A child that yields once.
pub(crate) fn yield_once(number: u32) -> YieldOnce {
    YieldOnce { number, yielded: false }
}

impl Future for YieldOnce {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.yielded {
            return Poll::Ready(self.number);
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A child that holds what has to be dropped, over its polls: as nearly every future of an `async fn` does.
pub(crate) struct Held<F> {
    future: F,
    held: Holding,
}

struct Holding(u32);

impl Drop for Holding {
    fn drop(&mut self) {
        black_box(self.0);
    }
}

/// The same child, holding something.
pub(crate) fn held<F: Future>(future: F) -> Held<F> {
    Held { future, held: Holding(1) }
}

impl<F: Future + Unpin> Future for Held<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        black_box(&self.held);
        Pin::new(&mut self.future).poll(cx)
    }
}

/// Bells that are rung one after another, in a scrambled order.
#[derive(Clone, Copy)]
pub(crate) struct Bells {
    bells: &'static [Bell],
    order: &'static [usize],
}

#[derive(Default)]
struct Bell {
    rung: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

/// Waits for its bell, then gives its number.
pub(crate) struct Rings {
    number: u32,
    bell: &'static Bell,
}

impl Bells {
    /// So many bells, for as long as the process runs: tokio's tasks borrow nothing.
    pub(crate) fn new(count: u32) -> Self {
        let mut order: Vec<usize> = (0..count as usize).collect();
        let mut random = 1_u64;
        for last in (1..order.len()).rev() {
            // Knuth's linear congruential generator.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(last, (random >> 33) as usize % (last + 1));
        }
        let bells = (0..count).map(|_| Bell::default()).collect();
        Self { bells: Vec::leak(bells), order: Vec::leak(order) }
    }

    /// A child for each bell.
    pub(crate) fn children(self) -> impl ExactSizeIterator<Item = Rings> {
        self.bells.iter().enumerate().map(|(number, bell)| Rings { number: number as u32, bell })
    }

    /// The scrambled order.
    pub(crate) fn order(self) -> &'static [usize] {
        self.order
    }

    /// Rings one after another; `answer` is called after each.
    pub(crate) fn ring_all(self, mut answer: impl FnMut()) {
        for &at in self.order {
            self.bells[at].ring();
            answer();
        }
    }

    /// The same for a round that is itself a future.
    pub(crate) async fn ring_all_async(self, mut answer: impl AsyncFnMut()) {
        for &at in self.order {
            self.bells[at].ring();
            answer().await;
        }
    }

    /// Runs a future that awaits all children.
    #[inline]
    pub(crate) fn run<F: Future>(self, task: &Task, future: F) -> F::Output {
        self.run_pinned(task, pin!(future))
    }

    /// Out of line, as that of a task.
    #[inline(never)]
    fn run_pinned<F: Future>(self, task: &Task, mut future: Pin<&mut F>) -> F::Output {
        let mut output = task.run_while_woken(|cx| future.as_mut().poll(cx));
        self.ring_all(|| {
            if output.is_pending() {
                output = task.run_while_woken(|cx| future.as_mut().poll(cx));
            }
        });
        match output {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("every bell was rung"),
        }
    }

    /// Runs a stream that gives one item for each child; gives their number.
    pub(crate) fn count(self, task: &Task, stream: impl Stream) -> u32 {
        let mut stream = pin!(stream);
        task.wake();
        let mut items = 0;
        let mut drain = || {
            while let Poll::Ready(Some(_)) = task.run_while_woken(|cx| stream.as_mut().poll_next(cx)) {
                items += 1;
            }
        };
        drain();
        self.ring_all(drain);
        items
    }
}

impl Bell {
    fn ring(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Future for Rings {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.bell.rung.replace(false) {
            return Poll::Ready(self.number);
        }
        let waker = match self.bell.waker.take() {
            Some(known) if known.will_wake(cx.waker()) => known,
            _ => cx.waker().clone(),
        };
        self.bell.waker.set(Some(waker));
        Poll::Pending
    }
}
