//! The same code under other people's executors.

use motet_channel::{Queue, Shutdown, bounded, oneshot, rendezvous};
use std::future::Future;

/// Two workers on a queue, a channel that feeds it, a oneshot that reports.
async fn program<S, F>(spawn: S) -> u64
where
    S: Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> F,
    F: Future,
{
    let queue = Queue::bounded(4);
    let (tx, rx) = bounded(2);
    let (sum_tx, sum_rx) = rendezvous();
    let (done_tx, done_rx) = oneshot::channel();
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let (queue, sums) = (queue.clone(), sum_tx.clone());
        tasks.push(spawn(Box::pin(async move {
            let mut sum = 0;
            while let Ok(job) = queue.take().await {
                sum += *job;
            }
            sums.send(sum).await.unwrap();
        })));
    }
    drop(sum_tx);
    let feeder = queue.clone();
    tasks.push(spawn(Box::pin(async move {
        while let Ok(item) = rx.recv().await {
            feeder.put(item).await.unwrap();
        }
        feeder.join().await;
        feeder.shutdown(Shutdown::Drain);
        done_tx.send("fed").unwrap();
    })));
    tasks.push(spawn(Box::pin(async move {
        for item in 0..1000 {
            tx.send(item).await.unwrap();
        }
    })));
    assert_eq!(done_rx.await, Ok("fed"));
    let mut total = 0;
    while let Ok(sum) = sum_rx.recv().await {
        total += sum;
    }
    for task in tasks {
        task.await;
    }
    total
}

#[test]
fn under_tokio() {
    for threads in [1, 4] {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
        assert_eq!(runtime.block_on(program(tokio::spawn)), 499_500);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(program(tokio::spawn)), 499_500);
}

#[test]
fn under_smol() {
    assert_eq!(smol::block_on(program(smol::spawn)), 499_500);
}

#[test]
fn under_futures_block_on_with_a_thread_for_each_task() {
    let spawn = |task| {
        let (ended, end) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            futures::executor::block_on(task);
            drop(ended);
        });
        end
    };
    assert_eq!(futures::executor::block_on(program(spawn)), 499_500);
}
