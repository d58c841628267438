//! Q1 to Q8: putting and getting, and what a cancel leaves.

use super::{Ground, others_run};
use futures::FutureExt;
use futures::future::{Aborted, join_all};
use motet_channel::{Queue, Shutdown, TryGetError};

fn drain<T>(queue: &Queue<T>) -> Vec<T> {
    std::iter::from_fn(|| queue.try_get().ok()).collect()
}

pub(super) async fn put_blocks_at_capacity(ground: Ground) {
    let queue = Queue::bounded(1);
    queue.put(1).await.unwrap();
    let putter = queue.clone();
    let mut put = ground.spawn(async move { putter.put(2).await });
    others_run().await;
    assert!((&mut put).now_or_never().is_none(), "there is no room");
    assert!(queue.len() == 1 && queue.is_full());
    assert_eq!(queue.get().await, Ok(1));
    assert_eq!(put.await, Ok(()));
    assert_eq!(drain(&queue), [2]);
}

pub(super) async fn an_unbounded_queue_is_never_full(_: Ground) {
    let queue = Queue::unbounded();
    for item in 0..10_000 {
        assert_eq!(queue.put(item).now_or_never(), Some(Ok(())));
        assert!(!queue.is_full());
    }
    assert_eq!((queue.len(), queue.capacity()), (10_000, None));
}

pub(super) async fn the_survivor_of_a_cancelled_get_gets_the_item(ground: Ground) {
    for _ in 0..20 {
        let queue = Queue::bounded(1);
        let (first, second, putter) = (queue.clone(), queue.clone(), queue.clone());
        let (cancel, early) = ground.spawn_cancellable(async move { first.get().await });
        let late = ground.spawn(async move { second.get().await });
        let put = ground.spawn(async move { putter.put(7).await });
        others_run().await;
        cancel.abort();
        match early.await {
            Err(Aborted) => assert_eq!(late.await, Ok(7)),
            Ok(item) => {
                assert_eq!(item, Ok(7), "it was faster");
                queue.put(8).await.unwrap();
                assert_eq!(late.await, Ok(8));
            }
        }
        put.await.unwrap();
    }
}

pub(super) async fn cancelled_getters_drop_no_item(ground: Ground) {
    for (getters, items) in [(1, 1), (10, 5), (5, 10)] {
        let queue = Queue::unbounded();
        let (cancels, gets): (Vec<_>, Vec<_>) = (0..getters)
            .map(|_| {
                let getter = queue.clone();
                ground.spawn_cancellable(async move { getter.get().await.unwrap() })
            })
            .unzip();
        let putter = queue.clone();
        let put = ground.spawn(async move {
            for item in 0..items {
                putter.put(item).await.unwrap();
                others_run().await;
            }
        });
        for cancel in cancels {
            others_run().await;
            cancel.abort();
        }
        put.await;
        let mut all: Vec<_> = join_all(gets).await.into_iter().flatten().collect();
        all.extend(drain(&queue));
        all.sort_unstable();
        assert_eq!(all, (0..items).collect::<Vec<_>>());
    }
}

pub(super) async fn a_cancelled_put_has_put_nothing(ground: Ground) {
    let queue = Queue::bounded(1);
    queue.put(0).await.unwrap();
    let putter = queue.clone();
    let (cancel, put) = ground.spawn_cancellable(async move { putter.put(1).await });
    others_run().await;
    cancel.abort();
    assert_eq!(put.await, Err(Aborted));
    assert_eq!(drain(&queue), [0]);
    assert!(queue.try_put(2).is_ok(), "no place is kept");
}

pub(super) async fn a_put_skips_cancelled_putters(ground: Ground) {
    let queue = Queue::bounded(1);
    queue.put(0).await.unwrap();
    let (cancels, puts): (Vec<_>, Vec<_>) = (1..=6)
        .map(|item| {
            let putter = queue.clone();
            ground.spawn_cancellable(async move { putter.put(item).await.map(|()| item) })
        })
        .unzip();
    others_run().await;
    // Every other one goes, in the middle of the race for the place that comes free.
    let getter = queue.clone();
    let first = ground.spawn(async move { getter.get().await });
    for cancel in cancels.iter().step_by(2) {
        cancel.abort();
    }
    assert_eq!(first.await, Ok(0));
    let mut got = Vec::new();
    let mut put = Vec::new();
    for ended in puts {
        // Each put that goes on finds room, however many before it were cancelled.
        let mut ended = Box::pin(ended);
        let outcome = loop {
            got.extend(drain(&queue));
            if let Some(outcome) = (&mut ended).now_or_never() {
                break outcome;
            }
            others_run().await;
        };
        put.extend(outcome.into_iter().map(|item| item.unwrap()));
    }
    got.extend(drain(&queue));
    got.sort_unstable();
    assert_eq!(got, put);
    assert!([2, 4, 6].iter().all(|item| put.contains(item)), "they were not cancelled");
}

pub(super) async fn cancelled_waiters_are_not_kept(ground: Ground) {
    let queue = Queue::bounded(1);
    let (cancels, gets): (Vec<_>, Vec<_>) = (0..100)
        .map(|_| {
            let getter = queue.clone();
            ground.spawn_cancellable(async move { getter.get().await })
        })
        .unzip();
    others_run().await;
    cancels.iter().for_each(|cancel| cancel.abort());
    assert!(join_all(gets).await.iter().all(Result::is_err));
    queue.try_put(1).unwrap();
    assert_eq!(queue.try_get(), Ok(1), "nobody is left that it could be handed to");
    queue.try_put(2).unwrap();
    let (cancels, puts): (Vec<_>, Vec<_>) = (0..100)
        .map(|item| {
            let putter = queue.clone();
            ground.spawn_cancellable(async move { putter.put(item).await })
        })
        .unzip();
    others_run().await;
    cancels.iter().for_each(|cancel| cancel.abort());
    assert!(join_all(puts).await.iter().all(Result::is_err));
    assert_eq!((queue.try_get(), queue.try_get()), (Ok(2), Err(TryGetError::Empty)));
    assert!(queue.try_put(3).is_ok(), "nobody is left that the place could be reserved for");
}

pub(super) async fn small_queues_never_hang(ground: Ground) {
    for capacity in [1, 2] {
        let queue = Queue::bounded(capacity);
        let puts: Vec<_> = (0..10)
            .map(|putter| {
                let queue = queue.clone();
                ground.spawn(async move {
                    for item in 0..50 {
                        queue.put(putter * 50 + item).await.unwrap();
                    }
                })
            })
            .collect();
        let gets: Vec<_> = (0..10)
            .map(|_| {
                let queue = queue.clone();
                ground.spawn(async move {
                    let mut got = Vec::new();
                    while let Ok(item) = queue.get().await {
                        got.push(item);
                    }
                    got
                })
            })
            .collect();
        join_all(puts).await;
        queue.shutdown(Shutdown::Drain);
        let mut all = join_all(gets).await.concat();
        all.sort_unstable();
        assert_eq!(all, (0..500).collect::<Vec<_>>());
    }
}
