//! Loom models of the end: who waits is told, and no item is lost that somebody can still get.

use crate::shared::model::pending;
use crate::{Queue, Shutdown, bounded};
use motet_prim::loom::future::block_on;
use motet_prim::loom::thread;
use motet_prim::model;
use std::sync::Arc;
use std::task::Poll;

#[test]
fn the_last_receiver_to_go_leaves_a_value_with_its_sender_or_with_nobody() {
    model(|| {
        let value = Arc::new(());
        let (tx, rx) = bounded(1);
        let leaving = thread::spawn(move || drop(rx));
        let (first, second) = (value.clone(), value.clone());
        // Dropped if it is refused; and if it is not, by the receiver. The second waits for room, or is refused at once.
        drop(tx.try_send(first));
        assert!(block_on(tx.send(second)).is_err());
        leaving.join().unwrap();
        assert!(tx.is_closed() && tx.is_empty());
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn what_a_cancelled_get_had_goes_to_the_next_or_is_drained_whenever_the_queue_is_shut_down() {
    model(|| {
        let queue = Queue::unbounded();
        let [cancelled, mut next] = [(); 2].map(|()| pending(queue.get()));
        queue.try_put(7).unwrap();
        let closer = queue.clone();
        let closing = thread::spawn(move || closer.shutdown(Shutdown::Drain));
        drop(cancelled);
        closing.join().unwrap();
        assert_eq!(next.wakes(), 1);
        let Poll::Ready(got) = next.poll() else { panic!("it was sent away, or has the item") };
        assert_eq!((got.is_ok(), queue.try_get().is_ok()), (got.is_ok(), got.is_err()));
    });
}

#[test]
fn who_waits_for_the_close_is_told_of_it() {
    model(|| {
        let (tx, rx) = bounded::<u8>(1);
        let leaving = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        assert!(tx.is_closed());
        leaving.join().unwrap();
    });
}

#[test]
fn who_joins_waits_for_the_work_and_not_for_the_shutdown() {
    model(|| {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        let mut join = pending(queue.join());
        let closer = queue.clone();
        let closing = thread::spawn(move || closer.shutdown(Shutdown::Drain));
        assert_eq!(queue.try_get(), Ok(1));
        closing.join().unwrap();
        assert!(!join.is_woken(), "it is not done");
        queue.task_done().unwrap();
        assert_eq!((join.wakes(), join.poll()), (1, Poll::Ready(())));
    });
}

#[test]
fn a_place_that_is_filled_against_an_immediate_shutdown_leaves_nothing_behind() {
    model(|| {
        let queue = Queue::bounded(1);
        let slot = queue.try_reserve().unwrap();
        let closer = queue.clone();
        let closing = thread::spawn(move || closer.shutdown(Shutdown::Immediate));
        let _put_or_refused = slot.put(7);
        closing.join().unwrap();
        assert!(queue.is_empty());
        block_on(queue.join());
    });
}

#[test]
fn who_waits_for_a_place_is_sent_away_by_a_shutdown() {
    model(|| {
        let queue = Queue::bounded(1);
        queue.try_put(1).unwrap();
        let closer = queue.clone();
        let closing = thread::spawn(move || closer.shutdown(Shutdown::Drain));
        assert!(block_on(queue.reserve()).is_err());
        closing.join().unwrap();
    });
}
