//! `asyncio.Lock`: one at a time through a section that awaits.

use motet::sync::Lock;
use std::time::{Duration, Instant};

/// The lock owns what it protects: nobody reaches the count without it.
struct AsyncCounter {
    count: Lock<u32>,
}

impl AsyncCounter {
    async fn increment(&self) {
        let mut count = self.count.lock().await;
        let current = *count;
        // Stands in for work between the read and the write; without the lock, updates would be lost here.
        motet::sleep(Duration::from_millis(1)).await;
        *count = current + 1;
    }
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        let counter = AsyncCounter { count: Lock::new(0) };

        // A hundred at once, each waiting in the lock's queue for its turn.
        motet::gather((0..100).map(|_| counter.increment())).await;

        let count = counter.count.into_inner();
        println!("{count}");
        assert_eq!(count, 100, "no update is lost");
        assert!(start.elapsed() >= Duration::from_millis(100), "a hundred turns of a millisecond, one at a time");
    });
}
