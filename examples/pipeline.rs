//! A pipeline: producers → a bounded queue → workers → results. Fast producers wait for slow workers, and everything ends in order.

use motet::channel::{Queue, Receiver, Sender, ShutDown, Shutdown, bounded};
use std::time::Duration;

const PRODUCERS: u32 = 3;
const WORKERS: usize = 2;
const ORDERS_EACH: u32 = 4;

/// At most so many orders wait for a worker. Whoever puts one more waits until there is room: that is back-pressure.
const CAPACITY: usize = 2;

/// Puts its orders into the queue, as fast as the queue takes them.
async fn produce(queue: Queue<u32>, producer: u32) -> Result<(), ShutDown> {
    for i in 0..ORDERS_EACH {
        let order = producer * ORDERS_EACH + i;
        // A queue that was shut down gives the order back inside the error.
        queue.put(order).await.map_err(|_order| ShutDown)?;
        assert!(queue.len() <= CAPACITY);
    }
    Ok(())
}

/// Works on orders until the queue is shut down and empty. How many it were.
async fn work(queue: Queue<u32>, results: Sender<(u32, u32)>) -> usize {
    let mut done = 0;
    // A job counts as done when it is dropped: at the end of the loop's body, on an early return, in a panic too.
    while let Ok(job) = queue.take().await {
        motet::sleep(Duration::from_millis(10)).await;
        if results.send((*job, *job * *job)).await.is_err() {
            break;
        }
        done += 1;
    }
    done
}

/// Takes results until every worker has dropped its sender.
async fn collect(results: Receiver<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut all = Vec::new();
    while let Ok(result) = results.recv().await {
        all.push(result);
    }
    all.sort_unstable();
    all
}

fn main() {
    motet::run(async {
        let queue = Queue::bounded(CAPACITY);
        let (sender, receiver) = bounded(CAPACITY);

        let collector = motet::spawn(collect(receiver));
        let workers: Vec<_> = (0..WORKERS).map(|_| motet::spawn(work(queue.clone(), sender.clone()))).collect();
        // The workers have their own: when they end, the channel of results closes.
        drop(sender);
        let producers: Vec<_> = (0..PRODUCERS).map(|n| motet::spawn(produce(queue.clone(), n))).collect();

        // The end, in order. First everything is put …
        for producer in producers {
            producer.await.expect("no producer panics").expect("nobody shuts the queue down before the end");
        }
        println!("all orders are placed");
        // … then everything is done …
        queue.join().await;
        println!("all orders are done");
        // … then the workers learn that nothing more comes …
        queue.shutdown(Shutdown::Drain);
        let mut done = 0;
        for worker in workers {
            done += worker.await.expect("no worker panics");
        }
        println!("{WORKERS} workers have done {done} orders");
        // … and with them the results end.
        for (order, result) in collector.await.expect("the collector does not panic") {
            println!("order {order}: {result}");
        }
    });
}
