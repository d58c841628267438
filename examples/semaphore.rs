//! `asyncio.Semaphore`: at most three at once.

use motet::sync::Semaphore;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Counts who is inside, and the most there ever were.
#[derive(Default)]
struct Inside {
    now: Cell<usize>,
    most: Cell<usize>,
}

async fn fetch_with_limit(semaphore: &Semaphore, inside: &Inside, url: String) -> String {
    // The permit goes back when it is dropped: at the end, at an early return, in a panic, or when this future is dropped.
    let _permit = semaphore.acquire().await;
    println!("fetching {url}");
    inside.now.set(inside.now.get() + 1);
    inside.most.set(inside.most.get().max(inside.now.get()));
    motet::sleep(Duration::from_millis(100)).await;
    inside.now.set(inside.now.get() - 1);
    format!("data from {url}")
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        // The gathered futures are parts of this one task, so they share both by plain reference, and `Cell` is enough.
        let semaphore = Semaphore::new(3);
        let inside = Inside::default();

        let urls = (0..10).map(|i| format!("url_{i}"));
        let results = motet::gather(urls.map(|url| fetch_with_limit(&semaphore, &inside, url))).await;

        for result in &results {
            println!("{result}");
        }
        assert_eq!(results.len(), 10);
        assert_eq!(inside.most.get(), 3, "the semaphore lets three in, no more and no fewer");
        assert_eq!(semaphore.available(), 3, "every permit is back");
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(400), "ten in threes are four turns");
        assert!(elapsed < Duration::from_millis(1000), "not ten turns: {elapsed:?}");
    });
}
