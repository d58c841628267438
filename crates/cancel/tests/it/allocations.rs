//! What the docs call free: work that nobody cancels, and that hands nothing over, allocates nothing. Counted, a thread at a time.

use motet_cancel::frame::{self, Nest};
use motet_cancel::raw::{Body, CancelWord, Requests};
use motet_cancel::{checkpoint, guard, scope, scope_local};
use motet_executor::LocalExecutor;
use motet_test::{CountingAllocator, WakeCount};
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// How often this thread allocates in `run`.
fn allocations<T>(run: impl FnOnce() -> T) -> usize {
    motet_test::allocations(|| drop(black_box(run()))).1.count
}

/// Yields so many times.
async fn yields(times: usize) {
    for _ in 0..times {
        checkpoint().await;
    }
}

/// Polls to the end, with the one waker and the other by turns, as a body that moves between tasks is polled; gives how often it was pending.
fn poll_to_end<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>, wakers: &[Waker; 2]) -> usize {
    wakers.iter().cycle().position(|waker| poll(&mut Context::from_waker(waker)).is_ready()).expect("it ends")
}

fn two_wakers() -> [Waker; 2] {
    [WakeCount::new().waker(), WakeCount::new().waker()]
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| Box::new(1)), 1);
}

#[test]
fn a_body_that_nobody_cancels_allocates_nothing_from_its_making_to_its_end() {
    let wakers = two_wakers();
    let with_a_word = || {
        let (word, mut body) = (CancelWord::new(), pin!(Body::new(yields(20))));
        assert_eq!(poll_to_end(|cx| body.as_mut().poll_with(cx, &word), &wakers), 20);
    };
    assert_eq!(allocations(with_a_word), 0);
    let with_requests = || {
        let (requests, mut body) = (Requests::<()>::new(), pin!(Body::new(yields(20))));
        assert_eq!(poll_to_end(|cx| body.as_mut().poll_with(cx, &requests), &wakers), 20);
    };
    assert_eq!(allocations(with_requests), 0);
}

#[test]
fn a_scope_allocates_its_word_alone_and_its_handle_asks_for_nothing() {
    let wakers = two_wakers();
    assert_eq!(allocations(|| scope(yields(1))), 1);
    assert_eq!(allocations(|| scope_local(yields(1))), 1);
    let (work, handle) = scope(yields(20));
    let mut work = pin!(work);
    let uncancelled = || {
        let polls = poll_to_end(
            |cx| {
                assert_eq!((handle.is_cancelled(), handle.uncancel()), (false, Ok(0)));
                work.as_mut().poll(cx)
            },
            &wakers,
        );
        assert_eq!(polls, 20);
        assert!(handle.clone().is_finished());
    };
    assert_eq!(allocations(uncancelled), 0);
}

#[test]
fn a_cancel_without_reason_and_grace_allocates_nothing() {
    let wakers = two_wakers();
    let (work, handle) = scope(yields(20));
    let mut work = pin!(work);
    let cancelled = || {
        assert!(work.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
        assert!(handle.cancel(()));
        assert!(work.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_ready());
    };
    assert_eq!(allocations(cancelled), 0);
}

#[test]
fn a_guard_allocates_nothing_until_its_exit_is_due() {
    let held = || guard(7, async |_seven, _outcome| ());
    assert_eq!(allocations(|| held().disarm()), 0);
    let mut nest = Nest::new();
    assert!(allocations(|| nest.enter(|| drop(held()))) > 0, "it is handed over");
}

#[test]
fn frames_into_which_nothing_is_dropped_allocate_nothing() {
    let waker = two_wakers();
    let empty = || {
        let mut nest = Nest::new();
        assert!(!nest.enter(|| frame::alone(|| frame::outside(frame::is_open))));
        assert!(nest.poll_drain(&mut Context::from_waker(&waker[0])).is_ready());
    };
    assert_eq!(allocations(empty), 0);
}

#[test]
fn a_task_that_nobody_cancels_allocates_no_more_for_many_polls_than_for_one() {
    let executor = LocalExecutor::new();
    let run = |polls| allocations(|| executor.block_on(executor.spawn(yields(polls))).expect("nobody cancels it"));
    let _first = run(200);
    assert_eq!(run(200), run(1));
}
