//! `asyncio.wait_for`: at most so long for a future.

use std::time::{Duration, Instant};

async fn slow_operation() -> &'static str {
    motet::sleep(Duration::from_secs(1)).await;
    "done"
}

fn main() {
    motet::run(async {
        let start = Instant::now();

        // `wait_for` is `timeout` under asyncio's name. What it gives up on is dropped, and the cleanup of what it
        // dropped is over before it returns; over a `Task` that means: cancelled, and waited for.
        match motet::wait_for(Duration::from_millis(500), motet::spawn(slow_operation())).await {
            Ok(done) => panic!("half the time was enough: {done:?}"),
            Err(_elapsed) => println!("operation timed out"),
        }

        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(500), "no timer fires early");
        assert!(elapsed < Duration::from_secs(1), "the operation was not waited out: {elapsed:?}");
    });
}
