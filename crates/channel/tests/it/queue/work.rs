//! `task_done`, `join`, jobs.

use futures::executor::block_on;
use motet_channel::{Join, Queue, TooManyDone};
use motet_test::Stepped;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake};

#[test]
fn task_done_too_often_is_an_error() {
    let queue = Queue::unbounded();
    assert_eq!(queue.task_done(), Err(TooManyDone));
    queue.try_put(1).unwrap();
    assert_eq!(queue.task_done(), Ok(()), "asyncio too counts puts, not gets");
    assert_eq!(queue.task_done(), Err(TooManyDone));
}

#[test]
fn join_waits_for_all_that_was_put() {
    let queue = Queue::unbounded();
    (0..3).for_each(|i| queue.try_put(i).unwrap());
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    for _ in 0..3 {
        assert!(!join.is_woken());
        queue.try_get().unwrap();
        assert!(!join.is_woken(), "got, but not done");
        queue.task_done().unwrap();
    }
    assert_eq!(join.wakes(), 1);
    assert_eq!(join.poll(), Poll::Ready(()));
}

#[test]
fn join_on_an_untouched_queue_returns_at_once() {
    let queue = Queue::<u8>::bounded(1);
    assert_eq!(Stepped::new(queue.join()).poll(), Poll::Ready(()));
}

#[test]
fn join_ends_the_first_time_nothing_is_unfinished_for_all_that_wait_then() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    let mut joins: Vec<_> = (0..100).map(|_| Stepped::new(queue.join())).collect();
    assert!(joins.iter_mut().all(|join| join.poll().is_pending()));
    queue.try_get().unwrap();
    queue.task_done().unwrap();
    queue.try_put(2).unwrap();
    let mut late = Stepped::new(queue.join());
    assert!(late.poll().is_pending());
    assert!(joins.iter_mut().all(|join| join.poll().is_ready()));
    assert!(!late.is_woken());
}

/// A task whose wake, which may come amid those of others, puts an item and begins to join anew.
struct Eager {
    queue: &'static Queue<u8>,
    late: Mutex<Option<Stepped<Join<'static, u8>>>>,
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        self.queue.try_put(1).unwrap();
        let mut join = Stepped::new(self.queue.join());
        assert!(join.poll().is_pending());
        *self.late.lock().unwrap() = Some(join);
    }
}

#[test]
fn a_join_that_begins_while_others_are_woken_waits_for_what_was_put_since() {
    let queue: &'static Queue<u8> = Box::leak(Box::new(Queue::unbounded()));
    queue.try_put(0).unwrap();
    let eager = Arc::new(Eager { queue, late: Mutex::new(None) });
    let waker = eager.clone().into();
    let mut first = Box::pin(queue.join());
    assert!(first.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    // More than one batch of wakes: the lock is released in between.
    let mut joins: Vec<_> = (0..99).map(|_| Stepped::new(queue.join())).collect();
    assert!(joins.iter_mut().all(|join| join.poll().is_pending()));
    queue.task_done().unwrap();
    assert!(joins.iter_mut().all(|join| join.poll().is_ready()));
    let mut late = eager.late.lock().unwrap().take().unwrap();
    assert!(!late.is_woken());
    queue.task_done().unwrap();
    assert_eq!(late.poll(), Poll::Ready(()));
}

#[test]
fn a_job_is_done_when_it_is_dropped() {
    let queue = Queue::unbounded();
    queue.try_put(String::from("a")).unwrap();
    let mut join = Stepped::new(queue.join());
    assert!(join.poll().is_pending());
    let mut job = block_on(queue.take()).unwrap();
    job.push('b');
    assert_eq!(*job, "ab");
    let (item, done) = job.into_parts();
    assert_eq!(item, "ab");
    assert!(!join.is_woken());
    drop(done);
    assert_eq!(join.poll(), Poll::Ready(()));
}

#[test]
fn a_job_dropped_in_a_panic_counts_as_done() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    let job = block_on(queue.take()).unwrap();
    let work = AssertUnwindSafe(|| {
        let _job = job;
        panic!("the work fails");
    });
    assert!(catch_unwind(work).is_err());
    assert_eq!(Stepped::new(queue.join()).poll(), Poll::Ready(()));
}

#[test]
fn a_job_reported_twice_does_not_panic_in_its_drop() {
    let queue = Queue::unbounded();
    queue.try_put(1).unwrap();
    let job = block_on(queue.take()).unwrap();
    queue.task_done().unwrap();
    drop(job);
    assert_eq!(queue.task_done(), Err(TooManyDone));
}

#[test]
fn a_cancelled_take_has_not_begun_the_job() {
    let queue = Queue::unbounded();
    let mut take = Stepped::new(queue.take());
    assert!(take.poll().is_pending());
    queue.try_put(1).unwrap();
    drop(take);
    assert!(Stepped::new(queue.join()).poll().is_pending());
    drop(block_on(queue.take()).unwrap());
    assert!(Stepped::new(queue.join()).poll().is_ready());
}
