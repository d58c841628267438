//! What a local queue does.

use futures::executor::block_on;
use futures::{SinkExt, StreamExt};
use motet_channel::local::Queue;
use motet_channel::{PutError, ShutDown, Shutdown, TooManyDone, TryGetError, TryPutError};
use motet_test::{Stepped, WakeCount, assert_not_send, assert_unpin};
use std::marker::PhantomPinned;
use std::rc::Rc;
use std::task::Poll;

assert_not_send!(Queue<u8>, motet_channel::local::oneshot::Sender<u8>, motet_channel::local::oneshot::Receiver<u8>);
assert_unpin!(Queue<PhantomPinned>, motet_channel::local::Get<'static, PhantomPinned>);
assert_unpin!(motet_channel::local::Put<'static, PhantomPinned>, motet_channel::local::QueueStream<PhantomPinned>);

#[test]
fn a_put_waits_for_room_and_a_get_for_an_item() {
    let queue = Queue::bounded(1);
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    queue.try_put(1).unwrap();
    assert_eq!(get.wakes(), 1);
    assert_eq!(queue.try_get(), Err(TryGetError::Empty), "the item is the getter's");
    assert_eq!(queue.try_put(2), Err(TryPutError::Full(2)));
    let mut put = Stepped::new(queue.put(2));
    assert!(put.poll().is_pending());
    assert_eq!(get.poll(), Poll::Ready(Ok(1)));
    assert_eq!(put.wakes(), 1);
    assert_eq!(queue.try_put(3), Err(TryPutError::Full(3)), "the place is the putter's");
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
    assert_eq!(queue.try_get(), Ok(2));
}

#[test]
fn a_claim_and_a_place_that_are_given_up_go_to_the_next() {
    let queue = Queue::bounded(1);
    let (mut first, mut second) = (Stepped::new(queue.get()), Stepped::new(queue.get()));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    queue.try_put(1).unwrap();
    drop(first);
    assert_eq!((second.wakes(), second.poll()), (1, Poll::Ready(Ok(1))));
    queue.try_put(2).unwrap();
    let (mut first, mut second) = (Stepped::new(queue.put(3)), Stepped::new(queue.put(4)));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert_eq!(queue.try_get(), Ok(2));
    drop(first);
    assert_eq!((second.wakes(), second.poll()), (1, Poll::Ready(Ok(()))));
    assert_eq!(queue.try_get(), Ok(4));
}

#[test]
fn many_of_both_share_a_queue_of_one_without_a_hang() {
    let queue = Queue::bounded(1);
    let executor = smol::LocalExecutor::new();
    let tasks: Vec<_> = (0..50)
        .flat_map(|i| {
            let (putter, getter) = (queue.clone(), queue.clone());
            let put = executor.spawn(async move { putter.put(Rc::new(i)).await.map(|()| 0).unwrap() });
            [put, executor.spawn(async move { *getter.get().await.unwrap() })]
        })
        .collect();
    let sum = block_on(executor.run(async {
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }));
    assert_eq!(sum, (0..50).sum());
}

#[test]
fn shutdown_drains_or_drops_and_sends_waiters_away() {
    let queue = Queue::bounded(2);
    (0..2).for_each(|i| queue.try_put(i).unwrap());
    let mut put = Stepped::new(queue.put(2));
    assert!(put.poll().is_pending());
    queue.shutdown(Shutdown::Drain);
    assert_eq!((put.wakes(), put.poll()), (1, Poll::Ready(Err(PutError(2)))));
    assert_eq!(block_on(queue.get()), Ok(0));
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    queue.shutdown(Shutdown::Immediate);
    assert_eq!(block_on(queue.get()), Err(ShutDown));
    assert!(join.poll().is_pending(), "one was got, and is not done");
    queue.task_done().unwrap();
    assert!(join.poll().is_ready());
    assert_eq!(queue.task_done(), Err(TooManyDone));
}

#[test]
fn an_immediate_shutdown_takes_the_item_from_under_a_claim() {
    let queue = Queue::unbounded();
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    queue.try_put(1).unwrap();
    queue.shutdown(Shutdown::Immediate);
    assert_eq!(get.poll(), Poll::Ready(Err(ShutDown)));
    block_on(queue.join());
}

#[test]
fn a_job_is_done_when_dropped_even_by_a_panic() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _job = block_on(queue.take()).unwrap();
        panic!("on purpose");
    }));
    assert!(panic.is_err());
    block_on(queue.join());
}

#[test]
fn get_many_takes_what_is_there_in_one_wake() {
    let queue = Queue::unbounded();
    let mut out = Vec::new();
    let mut get = Stepped::new(queue.get_many(&mut out, 3));
    assert!(get.poll().is_pending());
    (0..5).for_each(|i| queue.try_put(i).unwrap());
    assert_eq!((get.wakes(), get.poll()), (1, Poll::Ready(Ok(3))));
    drop(get);
    assert_eq!((out, queue.len()), (vec![0, 1, 2], 2));
}

#[test]
fn stream_and_sink_carry_items_and_give_up_what_they_hold() {
    let queue = Queue::bounded(1);
    let mut stream = queue.stream();
    assert!(Stepped::new(stream.next()).poll().is_pending());
    let mut sink = queue.sink();
    block_on(sink.send(1)).unwrap();
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    drop(stream);
    assert_eq!(queue.try_get(), Ok(1), "the stream's claim was given up");
    assert!(Stepped::new(std::future::poll_fn(|cx| sink.poll_ready_unpin(cx))).poll().is_ready());
    assert!(queue.is_full());
    drop(sink);
    assert!(!queue.is_full());
}

#[test]
fn a_waiter_polled_with_another_waker_is_woken_by_the_new_one() {
    let queue = Queue::unbounded();
    let mut get = Box::pin(queue.get());
    let (old, new) = (WakeCount::new(), WakeCount::new());
    assert!(old.poll(get.as_mut()).is_pending());
    assert!(new.poll(get.as_mut()).is_pending());
    assert_eq!(new.count(), 0, "it waits");
    queue.try_put(1).unwrap();
    assert_eq!((old.count(), new.count()), (0, 1));
    assert_eq!(old.wakers_alive(1), 0);
    assert_eq!(new.poll(get.as_mut()), Poll::Ready(Ok(1)));
}

#[test]
fn a_wait_that_is_polled_with_a_new_waker_each_time_does_not_wake_itself() {
    let queue = Queue::bounded(1);
    let mut get = Stepped::new(queue.get());
    let full = Queue::bounded(1);
    full.try_put(0).unwrap();
    let (mut put, mut join) = (Stepped::new(full.put(1)), Stepped::new(full.join()));
    for _ in 0..10 {
        assert!(get.poll_with_new_waker().is_pending() && put.poll_with_new_waker().is_pending());
        assert!(join.poll_with_new_waker().is_pending());
        assert!(!get.is_woken() && !put.is_woken() && !join.is_woken());
    }
    queue.try_put(7).unwrap();
    assert_eq!((get.wakes(), get.poll_with_new_waker()), (1, Poll::Ready(Ok(7))));
}

#[test]
fn an_items_drop_may_use_the_queue() {
    struct Loud(Queue<Self>);
    impl Drop for Loud {
        fn drop(&mut self) {
            let _ = self.0.len();
        }
    }
    let queue = Queue::unbounded();
    (0..3).for_each(|_| queue.try_put(Loud(queue.clone())).ok().unwrap());
    drop(queue.try_get());
    queue.shutdown(Shutdown::Immediate);
}

#[test]
fn a_put_that_is_taken_back_gives_up_its_place_and_its_turn() {
    let queue = Queue::bounded(1);
    queue.try_put(0).unwrap();
    let mut puts = [1, 2, 3].map(|item| Box::pin(queue.put(item)));
    let wakes = WakeCount::new();
    assert!(puts.iter_mut().all(|put| wakes.poll(put.as_mut()).is_pending()));
    assert_eq!(puts[1].as_mut().take_back(), Some(2));
    assert_eq!((queue.try_get(), wakes.take()), (Ok(0), 1));
    // Admitted already: its place is for the next.
    assert_eq!((puts[0].as_mut().take_back(), wakes.take()), (Some(1), 1));
    assert!(wakes.poll(puts[2].as_mut()).is_ready());
    assert_eq!((puts[2].as_mut().take_back(), queue.try_get()), (None, Ok(3)));
}

#[test]
fn a_place_is_reserved_at_once_if_there_is_one_and_nobody_waits() {
    let queue = Queue::bounded(1);
    let slot = queue.try_reserve().unwrap();
    assert_eq!(queue.try_reserve().unwrap_err(), TryPutError::Full(()));
    let mut put = Stepped::new(queue.put(1));
    assert!(put.poll().is_pending());
    drop(slot);
    assert_eq!(queue.try_reserve().unwrap_err(), TryPutError::Full(()), "it is the putter's");
    assert_eq!(put.poll(), Poll::Ready(Ok(())));
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.try_reserve().unwrap_err(), TryPutError::ShutDown(()));
}

#[test]
fn a_batch_is_put_in_turn_and_keeps_what_was_not_put() {
    let queue = Queue::bounded(2);
    let mut items = (0..5).collect();
    let mut batch = Stepped::new(queue.put_many(&mut items));
    assert!(batch.poll().is_pending());
    let mut behind = Stepped::new(queue.put(9));
    assert!(behind.poll().is_pending());
    assert_eq!((queue.try_get(), batch.wakes()), (Ok(0), 1));
    assert!(batch.poll().is_pending());
    // Its next item waits behind who came meanwhile.
    assert_eq!((queue.try_get(), batch.wakes(), behind.wakes()), (Ok(1), 1, 1));
    assert_eq!(behind.poll(), Poll::Ready(Ok(())));
    assert_eq!((queue.try_get(), batch.wakes()), (Ok(2), 2));
    // Admitted, and dropped: the place is for the next.
    drop(batch);
    assert_eq!(items, [3, 4]);
    assert!(queue.try_put(7).is_ok());
    let mut rest = Stepped::new(queue.put_many(&mut items));
    assert!(rest.poll().is_pending());
    queue.shutdown(Shutdown::Drain);
    assert_eq!(rest.poll(), Poll::Ready(Err(ShutDown)));
    drop(rest);
    assert_eq!((items.len(), queue.try_get(), queue.try_get()), (2, Ok(9), Ok(7)));
    assert_eq!(Stepped::new(Queue::unbounded().put_many(&mut items)).poll(), Poll::Ready(Ok(())));
}
