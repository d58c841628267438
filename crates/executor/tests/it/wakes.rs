//! No wake is lost, and none is made up: counted on tasks stepped by hand.

use crate::tasks::one_thread;
use futures::channel::oneshot;
use motet_executor::{Executor, spawn, yield_now};
use motet_test::{End, drop_at_every_await};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;

/// A future that counts its polls and keeps its newest waker where others find it.
fn counted(polls: Arc<Mutex<(usize, Option<Waker>)>>, last: usize) -> impl Future<Output = usize> + Send {
    std::future::poll_fn(move |cx| {
        let mut polls = polls.lock().unwrap();
        polls.0 += 1;
        polls.1 = Some(cx.waker().clone());
        if polls.0 == last { Poll::Ready(last) } else { Poll::Pending }
    })
}

#[test]
fn many_wakes_before_a_poll_are_one_poll() {
    let executor = one_thread();
    let polls = Arc::new(Mutex::new((0, None)));
    let task = executor.spawn(counted(polls.clone(), 3));
    executor.block_on(yield_now());
    assert_eq!(polls.lock().unwrap().0, 1);
    let waker = polls.lock().unwrap().1.take().unwrap();
    (0..10).for_each(|_| waker.wake_by_ref());
    executor.block_on(yield_now());
    executor.block_on(yield_now());
    assert_eq!(polls.lock().unwrap().0, 2);
    waker.wake();
    assert_eq!(executor.block_on(task).unwrap(), 3);
}

#[test]
fn cancelling_wakes_a_task_once() {
    let executor = one_thread();
    let polls = Arc::new(Mutex::new((0, None)));
    let task = executor.spawn(counted(polls.clone(), 3));
    executor.block_on(yield_now());
    let before = executor.metrics().polls();
    assert!(task.cancel() && task.cancel() && task.cancel());
    executor.block_on(async { assert!(task.await.is_err()) });
    assert_eq!(executor.metrics().polls(), before + 1);
    assert_eq!(polls.lock().unwrap().0, 1, "the body was dropped, not polled");
}

#[test]
fn foreign_wakes_are_never_lost() {
    let executor = Executor::builder().threads(3).build().unwrap();
    for round in 0..300 {
        let pairs: Vec<_> = (0..4).map(|_| oneshot::channel::<u32>()).collect();
        let (senders, receivers): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let tasks: Vec<_> = receivers.into_iter().map(|receiver| executor.spawn(receiver)).collect();
        let waker = thread::spawn(move || senders.into_iter().for_each(|sender| sender.send(round).unwrap()));
        for task in tasks {
            assert_eq!(futures::executor::block_on(task).unwrap(), Ok(round));
        }
        waker.join().unwrap();
    }
}

#[test]
fn wakes_between_workers_are_never_lost() {
    let executor = Executor::builder().threads(3).build().unwrap();
    executor.block_on(async {
        for _ in 0..300 {
            let (ping, pinged) = oneshot::channel();
            let (pong, ponged) = oneshot::channel();
            let one = spawn(async move {
                ping.send(1).unwrap();
                ponged.await
            });
            let two = spawn(async move {
                let got = pinged.await;
                pong.send(2).unwrap();
                got
            });
            assert_eq!((one.await.unwrap(), two.await.unwrap()), (Ok(2), Ok(1)));
        }
    });
}

#[test]
fn awaiting_a_task_may_be_dropped_at_every_await() {
    drop_at_every_await(|| {
        let executor = one_thread();
        let (sender, receiver) = oneshot::channel::<()>();
        let task = executor.task().eager().spawn(receiver);
        let held = executor.clone();
        let future = async move {
            yield_now().await;
            task.await
        };
        (future, move |end: End<_>| {
            assert!(matches!(end, End::Dropped { .. }));
            held.block_on(yield_now());
            held.block_on(yield_now());
            assert!(sender.is_canceled(), "the task was cancelled, and its body dropped");
            assert_eq!(executor.metrics().live_tasks, 0);
        })
    });
}

#[test]
fn a_task_awaited_by_reference_survives_the_awaiter() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel();
    let mut task = executor.spawn(receiver);
    let mut looked = Box::pin(async { (&mut task).await });
    assert!(motet_test::WakeCount::new().poll(looked.as_mut()).is_pending());
    drop(looked);
    sender.send(7).unwrap();
    assert_eq!(executor.block_on(task).unwrap(), Ok(7));
}
