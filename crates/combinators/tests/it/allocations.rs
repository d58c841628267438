//! How often the combinators allocate: counted.

use crate::support::{Yield, gate};
use futures::stream::Stream as _;
use motet_combinators::{FirstCompleted, WaitSet, as_completed, gather, join, race, select, timeout, try_join, wait};
use motet_test::CountingAllocator;
use std::future::{pending, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What `run` gives, and how often it allocates.
fn count<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let (result, allocated) = motet_test::allocations(run);
    (result, allocated.count)
}

/// Polls until it is ready, without a wake; the future and its waker allocate nothing by themselves.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

#[test]
fn a_few_in_place_allocate_nothing() {
    let (_, allocations) = count(|| {
        run(join((Yield::default(), ready(1), Yield::default())));
        run(join([Yield::default(), Yield::default()]));
        run(try_join((ready(Ok::<_, ()>(1)), ready(Ok(2))))).unwrap();
        run(race((pending(), ready(1))));
        run(select((pending::<()>(), ready(1))));
        run(timeout(Duration::MAX, ready(1))).unwrap();
    });
    assert_eq!(allocations, 0);
}

#[test]
fn a_gather_allocates_its_futures_and_its_outputs_and_one_slab_for_any_number() {
    // Outputs as large as their futures stay where these were.
    assert_eq!(count(|| run(gather((0..1000_u64).map(ready)))).1, 1);
    assert_eq!(count(|| run(gather((0..10_u8).map(ready)))).1, 1, "small enough to stay");
    // Small outputs of large futures get a vector of their own.
    let large = |n: u8| async move {
        let large = [n; 100];
        Yield::default().await;
        large[usize::from(n) % 100]
    };
    let (sum, allocations) = count(|| run(gather((0..200).map(large))).into_iter().map(u32::from).sum::<u32>());
    assert_eq!((sum, allocations), ((0..200).sum(), 3), "futures, slab, outputs");
    // The slab is one allocation, however many are pending.
    for n in [17, 1000, 50_000] {
        let ((), allocations) = count(|| drop(run(gather((0..n).map(|_| Yield::default())))));
        assert!(allocations <= 3, "{allocations} for {n}");
    }
}

#[test]
fn taking_outputs_one_by_one_allocates_nothing_an_item() {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..300).map(|_| gate()).unzip();
    let mut items = as_completed(futures);
    let mut next = move || Pin::new(&mut items).poll_next(&mut Context::from_waker(Waker::noop()));
    while next().is_pending() && count(&mut next).1 > 0 {}
    for (index, open) in gates.into_iter().enumerate().rev() {
        open.send(()).unwrap();
        let (item, allocations) = count(|| {
            loop {
                if let Poll::Ready(item) = next() {
                    break item;
                }
            }
        });
        assert_eq!((item, allocations), (Some((index, ())), 0));
    }
}

#[test]
fn a_wait_for_the_first_allocates_nothing_a_turn() {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..300).map(|_| gate()).unzip();
    let mut set: WaitSet<_> = futures.into_iter().collect();
    let mut turn = |open: Option<futures::channel::oneshot::Sender<()>>| {
        count(|| {
            if let Some(open) = open {
                open.send(()).unwrap();
            }
            let mut first = wait(&mut set, FirstCompleted);
            for _ in 0..4 {
                if Pin::new(&mut first).poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    return true;
                }
            }
            false
        })
    };
    turn(None);
    let mut gates = gates.into_iter();
    // The first turns may grow what the set keeps.
    gates.by_ref().take(3).for_each(|open| assert!(turn(Some(open)).0));
    for open in gates {
        assert_eq!(turn(Some(open)), (true, 0));
    }
}
