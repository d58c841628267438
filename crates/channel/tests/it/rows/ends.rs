//! Q9 to Q18: order, `task_done` and `join`, shutdown.

use super::{Ground, others_run};
use futures::FutureExt;
use futures::future::join_all;
use motet_channel::{
    LifoQueue, PriorityQueue, PutError, Queue, Ranked, ShutDown, Shutdown, TooManyDone, TryGetError, TryPutError,
};
use std::panic::AssertUnwindSafe;

pub(super) async fn a_lifo_queue_gives_the_newest_first(_: Ground) {
    let queue = LifoQueue::unbounded();
    for item in 0..5 {
        queue.put(item).await.unwrap();
    }
    for item in (0..5).rev() {
        assert_eq!(queue.get().await, Ok(item));
    }
}

pub(super) async fn a_priority_queue_gives_the_smallest_first_and_ties_in_order(_: Ground) {
    let queue = PriorityQueue::unbounded();
    for (priority, name) in [(2, "a"), (1, "b"), (2, "c"), (0, "d"), (1, "e"), (2, "f")] {
        queue.put(Ranked::new(priority, name)).await.unwrap();
    }
    let mut order = Vec::new();
    while let Ok(ranked) = queue.try_get() {
        order.push(ranked.item);
    }
    assert_eq!(order, ["d", "b", "e", "a", "c", "f"]);
}

pub(super) async fn task_done_too_often_is_an_error(_: Ground) {
    let queue = Queue::unbounded();
    assert_eq!(queue.task_done(), Err(TooManyDone));
    queue.put(1).await.unwrap();
    queue.get().await.unwrap();
    assert_eq!((queue.task_done(), queue.task_done()), (Ok(()), Err(TooManyDone)));
}

pub(super) async fn join_waits_for_all_that_was_put(ground: Ground) {
    let queue = Queue::bounded(2);
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            ground.spawn(async move {
                let mut done = 0;
                while let Ok(job) = queue.take().await {
                    others_run().await;
                    done += *job;
                }
                done
            })
        })
        .collect();
    let total = 30;
    for _ in 0..total {
        queue.put(1).await.unwrap();
    }
    queue.join().await;
    assert_eq!(queue.task_done(), Err(TooManyDone), "everything was done when join returned");
    queue.shutdown(Shutdown::Drain);
    assert_eq!(join_all(workers).await.iter().sum::<i32>(), total);
}

pub(super) async fn join_on_an_untouched_queue_returns_at_once(_: Ground) {
    assert_eq!(Queue::<u8>::bounded(1).join().now_or_never(), Some(()));
}

pub(super) async fn shutdown_of_an_empty_queue_ends_its_getters(ground: Ground) {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::<u8>::bounded(1);
        let gets: Vec<_> = (0..5)
            .map(|_| {
                let getter = queue.clone();
                ground.spawn(async move { getter.get().await })
            })
            .collect();
        others_run().await;
        queue.shutdown(how);
        assert_eq!(join_all(gets).await, [Err(ShutDown); 5]);
        assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
        assert_eq!(queue.put(1).await, Err(PutError(1)));
    }
}

pub(super) async fn shutdown_refuses_putters_and_lets_getters_drain(ground: Ground) {
    let queue = Queue::bounded(2);
    queue.put(0).await.unwrap();
    queue.put(1).await.unwrap();
    let putter = queue.clone();
    let put = ground.spawn(async move { putter.put(2).await });
    others_run().await;
    queue.shutdown(Shutdown::Drain);
    assert_eq!(put.await, Err(PutError(2)), "its item comes back");
    assert_eq!(queue.try_put(3), Err(TryPutError::ShutDown(3)));
    let joiner = queue.clone();
    let mut join = ground.spawn(async move { joiner.join().await });
    for item in 0..2 {
        others_run().await;
        assert!((&mut join).now_or_never().is_none(), "{item} is not done");
        assert_eq!(queue.get().await, Ok(item));
        queue.task_done().unwrap();
    }
    join.await;
    assert_eq!(queue.get().await, Err(ShutDown));
}

pub(super) async fn immediate_shutdown_empties_and_wakes_join(ground: Ground) {
    let queue = Queue::unbounded();
    for item in 0..5 {
        queue.put(item).await.unwrap();
    }
    let joiner = queue.clone();
    let join = ground.spawn(async move { joiner.join().await });
    others_run().await;
    queue.shutdown(Shutdown::Immediate);
    join.await;
    assert!(queue.is_empty());
    assert_eq!(queue.task_done(), Err(TooManyDone), "what was dropped counts as done");
}

pub(super) async fn immediate_shutdown_waits_for_jobs_that_were_taken(ground: Ground) {
    let queue = Queue::unbounded();
    for item in 0..5 {
        queue.put(item).await.unwrap();
    }
    let job = queue.take().await.unwrap();
    let joiner = queue.clone();
    let mut join = ground.spawn(async move { joiner.join().await });
    queue.shutdown(Shutdown::Immediate);
    others_run().await;
    assert!((&mut join).now_or_never().is_none(), "one job was taken, and is not done");
    drop(job);
    join.await;
}

pub(super) async fn a_job_dropped_in_a_panic_counts_as_done(ground: Ground) {
    let queue = Queue::unbounded();
    queue.put(1).await.unwrap();
    let worker = queue.clone();
    let work = AssertUnwindSafe(async move {
        let _job = worker.take().await.unwrap();
        others_run().await;
        panic!("on purpose");
    });
    let ended = ground.spawn(work.catch_unwind().map(|ended| ended.is_err()));
    queue.join().await;
    assert!(ended.await);
}
