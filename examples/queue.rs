//! `asyncio.Queue`: a producer and a consumer, and an end that needs no sentinel.

use motet::channel::{Queue, ShutDown, Shutdown};
use std::time::{Duration, Instant};

async fn producer(queue: &Queue<String>) -> Result<(), ShutDown> {
    for i in 0..5 {
        motet::sleep(Duration::from_millis(50)).await;
        let item = format!("item_{i}");
        println!("produced: {item}");
        // A queue that was shut down gives the item back inside the error.
        queue.put(item).await.map_err(|_item| ShutDown)?;
    }
    // Nothing more will come. The consumer drains what is there, and then learns it.
    queue.shutdown(Shutdown::Drain);
    Ok(())
}

async fn consumer(queue: &Queue<String>) -> Vec<String> {
    let mut consumed = Vec::new();
    // `take` gives a job: dropped, it counts as done, in a panic as well. Python's `get` and `task_done` are there too.
    while let Ok(job) = queue.take().await {
        println!("consumed: {}", *job);
        let (item, _done) = job.into_parts();
        consumed.push(item);
    }
    consumed
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        let queue = Queue::bounded(2);

        // Two different futures: `join` takes a tuple.
        let (produced, consumed) = motet::join((producer(&queue), consumer(&queue))).await;

        assert!(produced.is_ok());
        assert_eq!(consumed, ["item_0", "item_1", "item_2", "item_3", "item_4"]);
        // Every item was done: `join` returns at once.
        queue.join().await;
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(250), "no timer fires early");
        assert!(elapsed < Duration::from_millis(1000), "five pauses of 50 ms, not {elapsed:?}");
    });
}
