//! Every future of the local queue dropped at every await, with a shutdown in between: each item is in one place, and nothing is kept.

use motet_channel::local::Queue;
use motet_channel::{Shutdown, TryPutError};
use motet_test::{End, drop_at_every_await_between};

const WATCHED: usize = 1_000;
const CAPACITIES: [usize; 3] = [1, 2, 100];

/// How the queue is shut down, after the first poll.
const ENDS: [Option<Shutdown>; 3] = [None, Some(Shutdown::Drain), Some(Shutdown::Immediate)];

fn drain(queue: &Queue<usize>) -> Vec<usize> {
    std::iter::from_fn(|| queue.try_get().ok()).collect()
}

fn putting_side<F, Fut>(put: F)
where
    F: Fn(Queue<usize>) -> Fut,
    Fut: Future<Output = bool>,
{
    for (capacity, how) in CAPACITIES.into_iter().flat_map(|capacity| ENDS.map(|how| (capacity, how))) {
        let report = drop_at_every_await_between(|| {
            let queue = Queue::bounded(capacity);
            (0..capacity).for_each(|item| queue.try_put(item).unwrap());
            let (other, putter) = (queue.clone(), queue.clone());
            let step = move |polls| match how {
                Some(how) if polls == 1 => other.shutdown(how),
                _ => drop(other.try_get()),
            };
            let check = move |end: End<bool>| {
                let put = end == End::Completed(true);
                assert_eq!(drain(&queue).contains(&WATCHED), put);
                let refill: Vec<_> = (0..=capacity).map(|item| queue.try_put(item)).collect();
                if !queue.is_shut_down() {
                    assert!(refill[..capacity].iter().all(Result::is_ok), "a place was kept");
                    assert_eq!(refill[capacity], Err(TryPutError::Full(capacity)));
                }
            };
            (put(putter), step, check)
        });
        assert!(report.completed);
        assert_eq!(report.drops, 2);
    }
}

#[test]
fn dropped_put_reserve_and_sink_have_put_nothing() {
    putting_side(|queue| async move { queue.put(WATCHED).await.is_ok() });
    putting_side(|queue| async move {
        match queue.reserve().await {
            Ok(slot) => slot.put(WATCHED).is_ok(),
            Err(_) => false,
        }
    });
    putting_side(|queue| async move { futures::SinkExt::send(&mut queue.sink(), WATCHED).await.is_ok() });
}

fn getting_side<F, Fut>(get: F)
where
    F: Fn(Queue<usize>) -> Fut,
    Fut: Future<Output = Vec<usize>>,
{
    for (capacity, how) in CAPACITIES.into_iter().flat_map(|capacity| ENDS.map(|how| (capacity, how))) {
        let report = drop_at_every_await_between(|| {
            let queue = Queue::bounded(capacity);
            let (other, getter) = (queue.clone(), queue.clone());
            let step = move |polls| {
                let _ = other.try_put(polls);
                if let Some(how) = how {
                    other.shutdown(how);
                }
            };
            let check = move |end: End<Vec<usize>>| {
                let mut all = match end {
                    End::Completed(items) => items,
                    End::Dropped { .. } => Vec::new(),
                };
                let polled = !all.is_empty() || !queue.is_empty();
                all.extend(drain(&queue));
                let expected: &[usize] = if polled && how != Some(Shutdown::Immediate) { &[1] } else { &[] };
                assert_eq!(all, expected);
            };
            (get(getter), step, check)
        });
        assert!(report.completed);
        assert_eq!(report.drops, 2);
    }
}

#[test]
fn dropped_get_take_get_many_and_stream_have_taken_nothing() {
    getting_side(|queue| async move { queue.get().await.into_iter().collect() });
    getting_side(|queue| async move { queue.take().await.map(|job| job.into_parts().0).into_iter().collect() });
    getting_side(|queue| async move {
        let mut out = Vec::new();
        let _ = queue.get_many(&mut out, 3).await;
        out
    });
    getting_side(|queue| async move { futures::StreamExt::next(&mut queue.stream()).await.into_iter().collect() });
}

#[test]
fn dropped_join_changes_nothing() {
    let report = drop_at_every_await_between(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let (joiner, worker) = (queue.clone(), queue.clone());
        let step = move |_| drop(futures::executor::block_on(worker.take()));
        let check = move |end| assert_eq!(queue.len() == 1, end == End::Dropped { polls: 0 });
        (async move { joiner.join().await }, step, check)
    });
    assert!(report.completed);
}
