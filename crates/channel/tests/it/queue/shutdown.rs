//! The end of a queue.

use futures::executor::block_on;
use futures::{SinkExt, StreamExt};
use motet_channel::{PutError, Queue, ShutDown, Shutdown, TryGetError, TryPutError};
use motet_test::Stepped;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

#[test]
fn shutdown_empty_getters_get_shut_down() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::<u8>::bounded(1);
        let mut gets: Vec<_> = (0..100).map(|_| Stepped::new(queue.get())).collect();
        assert!(gets.iter_mut().all(|get| get.poll().is_pending()));
        queue.shutdown(how);
        assert!(gets.iter_mut().all(|get| get.wakes() == 1 && get.poll() == Poll::Ready(Err(ShutDown))));
        assert_eq!(Stepped::new(queue.get()).poll(), Poll::Ready(Err(ShutDown)));
        assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
        assert!(queue.is_shut_down());
    }
}

#[test]
fn shutdown_not_empty_putters_get_their_item_back_and_getters_drain_and_join_waits() {
    let queue = Queue::bounded(2);
    (0..2).for_each(|i| queue.try_put(i).unwrap());
    let mut puts: Vec<_> = (2..50).map(|i| (i, Stepped::new(queue.put(i)))).collect();
    assert!(puts.iter_mut().all(|(_, put)| put.poll().is_pending()));
    queue.shutdown(Shutdown::Drain);
    for (i, put) in &mut puts {
        assert_eq!(put.wakes(), 1);
        assert_eq!(put.poll(), Poll::Ready(Err(PutError(*i))));
    }
    assert_eq!(queue.try_put(9), Err(TryPutError::ShutDown(9)));
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    assert_eq!(block_on(queue.get()), Ok(0));
    assert_eq!(block_on(queue.get()), Ok(1));
    assert_eq!(block_on(queue.get()), Err(ShutDown));
    queue.task_done().unwrap();
    assert!(!join.is_woken());
    queue.task_done().unwrap();
    assert_eq!(join.poll(), Poll::Ready(()));
}

#[test]
fn immediate_shutdown_empties_the_queue_and_join_wakes_at_zero() {
    let item = std::sync::Arc::new(());
    let queue = Queue::unbounded();
    (0..3).for_each(|_| queue.try_put(item.clone()).unwrap());
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    queue.shutdown(Shutdown::Immediate);
    assert_eq!((queue.len(), std::sync::Arc::strong_count(&item)), (0, 1));
    assert_eq!(join.poll(), Poll::Ready(()));
    assert!(queue.task_done().is_err());
}

#[test]
fn immediate_shutdown_still_waits_for_jobs_that_were_taken_and_not_done() {
    let queue = Queue::unbounded();
    (0..3).for_each(|i| queue.try_put(i).unwrap());
    let job = block_on(queue.take()).unwrap();
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    queue.shutdown(Shutdown::Immediate);
    assert!(join.poll().is_pending());
    drop(job);
    assert_eq!(join.poll(), Poll::Ready(()));
}

#[test]
fn immediate_shutdown_after_a_drain_drops_the_rest() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    queue.shutdown(Shutdown::Drain);
    queue.shutdown(Shutdown::Immediate);
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    assert!(Stepped::new(queue.join()).poll().is_ready());
}

#[test]
fn a_putter_that_was_woken_for_room_gets_its_item_back_if_the_queue_shuts_down_first() {
    let queue = Queue::bounded(1);
    queue.try_put(1).unwrap();
    let mut put = Stepped::new(queue.put(2));
    let mut reserve = Stepped::new(queue.reserve());
    assert!(put.poll().is_pending());
    assert!(reserve.poll().is_pending());
    queue.try_get().unwrap();
    assert!(put.is_woken());
    queue.shutdown(Shutdown::Drain);
    assert_eq!(put.poll(), Poll::Ready(Err(PutError(2))));
    assert!(matches!(reserve.poll(), Poll::Ready(Err(ShutDown))));
    assert_eq!(block_on(queue.get()), Err(ShutDown));
}

#[test]
fn a_slot_used_after_the_shutdown_gives_the_item_back() {
    let queue = Queue::bounded(1);
    let slot = block_on(queue.reserve()).unwrap();
    queue.shutdown(Shutdown::Drain);
    assert_eq!(slot.put(1), Err(PutError(1)));
    assert!(block_on(queue.reserve()).is_err());
}

#[test]
fn an_item_handed_to_a_getter_survives_a_drain_and_not_an_immediate_shutdown_if_the_getter_goes() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::unbounded();
        let mut keeps = Stepped::new(queue.get());
        let mut goes = Stepped::new(queue.get());
        assert!(keeps.poll().is_pending());
        assert!(goes.poll().is_pending());
        (1..=2).for_each(|i| queue.try_put(i).unwrap());
        queue.shutdown(how);
        assert_eq!(keeps.poll(), Poll::Ready(Ok(1)));
        drop(goes);
        let left = queue.try_get();
        assert_eq!(left, if how == Shutdown::Drain { Ok(2) } else { Err(TryGetError::ShutDown) });
        queue.task_done().unwrap();
        assert_eq!(queue.task_done().is_ok(), how == Shutdown::Drain, "what was dropped is done");
    }
}

#[test]
fn the_stream_ends_when_the_queue_is_shut_down_and_empty() {
    let queue = Queue::bounded(2);
    let mut stream = queue.stream();
    let mut next = Stepped::new(stream.next());
    assert!(next.poll().is_pending());
    queue.try_put(1).unwrap();
    assert_eq!(next.poll(), Poll::Ready(Some(1)));
    drop(next);
    queue.try_put(2).unwrap();
    queue.shutdown(Shutdown::Drain);
    assert_eq!(block_on(stream.next()), Some(2));
    assert_eq!(block_on(stream.next()), None);
    assert!(futures::stream::FusedStream::is_terminated(&stream));
}

#[test]
fn a_stream_dropped_with_an_item_it_was_handed_gives_it_back() {
    let queue = Queue::unbounded();
    let mut stream = queue.stream();
    let mut next = Stepped::new(stream.next());
    assert!(next.poll().is_pending());
    queue.try_put(1).unwrap();
    drop(next);
    drop(stream);
    assert_eq!(queue.try_get(), Ok(1));
}

#[test]
fn the_sink_waits_for_room_and_gives_an_unused_place_back() {
    let queue = Queue::bounded(1);
    let mut sink = queue.sink();
    block_on(sink.feed(1)).unwrap();
    let mut send = Stepped::new(SinkExt::send(&mut sink, 2));
    assert!(send.poll().is_pending());
    assert_eq!(queue.try_get(), Ok(1));
    assert_eq!(send.poll(), Poll::Ready(Ok(())));
    drop(send);
    assert_eq!(queue.try_get(), Ok(2));
    block_on(std::future::poll_fn(|cx| sink.poll_ready_unpin(cx))).unwrap();
    assert!(queue.is_full());
    block_on(sink.close()).unwrap();
    assert!(!queue.is_full() && !queue.is_shut_down());
    block_on(std::future::poll_fn(|cx| sink.poll_ready_unpin(cx))).unwrap();
    queue.shutdown(Shutdown::Drain);
    assert_eq!(sink.start_send_unpin(3).unwrap_err().into_inner(), Some(3));
}

/// An item whose drop panics, once it has been counted.
struct Fragile<'a>(&'a Cell<usize>, bool);

impl Drop for Fragile<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        assert!(!self.1, "on purpose: dropped");
    }
}

#[test]
fn a_panic_in_the_drop_of_an_item_costs_nobody_else_anything() {
    let panics = |work: &mut dyn FnMut()| catch_unwind(AssertUnwindSafe(work)).is_err();
    let dropped = Cell::new(0);
    let queue = Queue::bounded(3);
    [false, true, false].into_iter().for_each(|fragile| assert!(queue.try_put(Fragile(&dropped, fragile)).is_ok()));
    let (mut put, mut join) = (Stepped::new(queue.put(Fragile(&dropped, false))), Stepped::new(queue.join()));
    assert!(put.poll().is_pending() && join.poll().is_pending());
    assert!(panics(&mut || queue.shutdown(Shutdown::Immediate)));
    assert_eq!((dropped.get(), queue.len(), put.wakes(), join.wakes()), (3, 0, 1, 1));
    assert!(matches!(put.poll(), Poll::Ready(Err(_))) && join.poll().is_ready());
    let dropped = Cell::new(0);
    let (tx, rx) = motet_channel::bounded(2);
    [true, false].into_iter().for_each(|fragile| assert!(tx.try_send(Fragile(&dropped, fragile)).is_ok()));
    let mut send = Stepped::new(tx.send(Fragile(&dropped, false)));
    assert!(send.poll().is_pending());
    let mut rx = Some(rx);
    assert!(panics(&mut || drop(rx.take())));
    assert_eq!((dropped.get(), tx.receiver_count(), send.wakes()), (2, 0, 1));
    assert!(matches!(send.poll(), Poll::Ready(Err(_))));
}
