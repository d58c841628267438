//! An asynchronous iterator written by hand: Python's `__aiter__` and `__anext__` are the trait `Stream`.

use motet::prelude::*;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Counts to `limit`, one number every 50 ms.
struct AsyncCounter {
    limit: u32,
    count: u32,
    pause: Pin<Box<motet::time::Sleep>>,
}

const PAUSE: Duration = Duration::from_millis(50);

impl AsyncCounter {
    fn new(limit: u32) -> Self {
        Self { limit, count: 0, pause: Box::pin(motet::sleep(PAUSE)) }
    }
}

impl Stream for AsyncCounter {
    type Item = u32;

    /// `Pending` says: not yet, the waker in `cx` will be called. `Ready(None)` is `StopAsyncIteration`.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        if self.count >= self.limit {
            return Poll::Ready(None);
        }
        ready!(self.pause.as_mut().poll(cx));
        self.count += 1;
        let next = motet::time::now() + PAUSE;
        self.pause.as_mut().reset(next);
        Poll::Ready(Some(self.count))
    }
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        let mut seen = Vec::new();

        // `async for` is `while let` over `next`, which `StreamExt` adds to every stream.
        let mut counter = AsyncCounter::new(5);
        while let Some(number) = counter.next().await {
            println!("{number}");
            seen.push(number);
        }

        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let elapsed = start.elapsed();
        assert!(elapsed >= 5 * PAUSE, "no timer fires early");
        assert!(elapsed < 20 * PAUSE, "five pauses, not {elapsed:?}");
    });
}
