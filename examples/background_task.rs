//! `asyncio.create_task`: a task runs in the background until it is done, or cancelled.

use motet::TaskError;
use std::convert::Infallible;
use std::time::{Duration, Instant};

async fn background_task() -> Infallible {
    loop {
        println!("background task running...");
        motet::sleep(Duration::from_millis(200)).await;
    }
}

fn main() {
    motet::run(async {
        let start = Instant::now();

        // A spawned task starts by itself, on any worker. Its `Task` is both handle and future.
        let task = motet::spawn(background_task());

        // Do something else meanwhile.
        motet::sleep(Duration::from_millis(500)).await;

        // Ask it to stop, then wait until it has: its cleanup, had it any, would be done when `await` returns.
        assert!(task.cancel(), "it had not finished by itself");
        match task.await {
            Err(TaskError::Cancelled(_)) => println!("task cancelled"),
            Err(other) => panic!("it did not panic: {other}"),
        }

        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(500), "no timer fires early");
        assert!(elapsed < Duration::from_millis(1500), "the cancelled task is not waited out: {elapsed:?}");
    });
}
