//! The same code under three executors that are not ours.

use motet_sync::{Event, Lock, Semaphore};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

const TASKS: usize = 20;
const ROUNDS: usize = 50;

/// Twenty tasks, three at a time, count in a lock; the last to finish sets the event. `spawn` runs them somewhere.
async fn choir(spawn: impl Fn(Task)) {
    for (lock, seats) in [(Lock::new(0), Semaphore::new(3)), (Lock::unfair(0), Semaphore::unfair(3))] {
        let (lock, seats, finished) = (Arc::new(lock), Arc::new(seats), Arc::new(Event::new()));
        for voice in 0..TASKS {
            let (lock, seats, finished) = (lock.clone(), seats.clone(), finished.clone());
            spawn(Box::pin(async move {
                for _ in 0..ROUNDS {
                    let _seats = seats.acquire_many(1 + voice % 3).await;
                    let mut count = lock.lock_owned().await;
                    yield_once().await;
                    *count += 1;
                    if *count == TASKS * ROUNDS {
                        finished.set();
                    }
                }
            }));
        }
        finished.wait().await;
        assert_eq!(*lock.lock().await, TASKS * ROUNDS);
        assert_eq!(seats.acquire_many(3).await.count(), 3);
    }
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[test]
fn they_work_under_tokio() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads start");
    workers.block_on(choir(|task| {
        workers.spawn(task);
    }));
    let current = tokio::runtime::Builder::new_current_thread().build().expect("no thread starts");
    current.block_on(choir(|task| {
        current.spawn(task);
    }));
}

#[test]
fn they_work_under_smol() {
    smol::block_on(choir(|task| smol::spawn(task).detach()));
}

#[test]
fn they_work_under_futures() {
    use futures::stream::{FuturesUnordered, StreamExt};
    use std::sync::mpsc;

    let (spawned, tasks) = mpsc::channel();
    futures::executor::block_on(async {
        let mut choir = std::pin::pin!(choir(move |task| spawned.send(task).expect("received below")));
        let mut running = FuturesUnordered::new();
        std::future::poll_fn(|cx| {
            let finished = choir.as_mut().poll(cx);
            running.extend(tasks.try_iter());
            while let std::task::Poll::Ready(Some(())) = running.poll_next_unpin(cx) {}
            finished
        })
        .await;
    });
}
