//! An asynchronous generator: `yield` is `emit`, and the result is a `Stream` like any other.

use motet::prelude::*;
use std::pin::pin;
use std::time::{Duration, Instant};

fn async_range(start: u32, stop: u32) -> impl Stream<Item = u32> {
    motet::stream::stream(move |mut generator| async move {
        for i in start..stop {
            motet::sleep(Duration::from_millis(10)).await;
            // Hands `i` over and waits until the consumer asks for the next one.
            generator.emit(i).await;
        }
    })
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        let mut seen = Vec::new();

        // The generator lives on the stack, so it is pinned before the loop.
        let mut range = pin!(async_range(1, 6));
        while let Some(number) = range.next().await {
            println!("{number}");
            seen.push(number);
        }

        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(50), "no timer fires early");
        assert!(elapsed < Duration::from_millis(500), "five pauses of 10 ms, not {elapsed:?}");
    });
}
