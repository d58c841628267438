//! `gather` and `try_gather`: rows C1 to C11.

use crate::support::{Drops, Polls, Yield, gate};
use motet_combinators::{gather, try_gather};
use motet_test::{End, Stepped, drop_at_every_await};
use std::future::{pending, ready};
use std::task::Poll;

#[test]
fn gather_keeps_input_order() {
    // C1
    for n in [3, 16, 17, 100, 5000] {
        let (mut gates, futures): (Vec<_>, Vec<_>) = (0..n).map(|_| gate()).unzip();
        let mut all = Stepped::new(gather(futures));
        assert!(all.poll_until_stalled().is_pending());
        for (index, open) in gates.drain(..).enumerate().rev() {
            open.send(index).unwrap();
        }
        assert_eq!(all.poll_until_stalled(), Poll::Ready((0..n).collect::<Vec<_>>()));
    }
}

#[test]
fn gather_of_nothing_is_ready_at_once() {
    // C10
    assert_eq!(Stepped::new(gather([] as [std::future::Ready<()>; 0])).poll(), Poll::Ready(vec![]));
    assert_eq!(Stepped::new(try_gather([] as [std::future::Ready<Result<(), ()>>; 0])).poll(), Poll::Ready(Ok(vec![])));
}

#[test]
fn gather_of_ready_futures_needs_one_poll_up_to_the_budget() {
    let mut some = Stepped::new(gather((0..256).map(ready)));
    assert!(some.poll().is_ready());
    let mut many = Stepped::new(gather((0..257).map(ready)));
    assert!(many.poll().is_pending());
    assert!(many.is_woken());
    assert!(many.poll().is_ready());
}

#[test]
fn one_wake_polls_one_child() {
    let n = 1000;
    let polls = Polls::default();
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..n).map(|_| gate()).unzip();
    let mut all = Stepped::new(gather(futures.into_iter().map(|future| polls.of(future))));
    assert!(all.poll_until_stalled().is_pending());
    assert!(polls.take() <= 2 * n, "each is polled to start it, and once more to register it in the slab");
    while gates.len() > 1 {
        let open = gates.swap_remove(gates.len() / 2);
        open.send(()).unwrap();
        assert!(all.is_woken());
        assert!(all.poll().is_pending());
        assert!(!all.is_woken());
        assert_eq!(polls.take(), 1);
    }
}

#[test]
fn many_wakes_between_two_polls_wake_the_task_once() {
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..500).map(|_| gate()).unzip();
    let mut all = Stepped::new(gather(futures));
    assert!(all.poll_until_stalled().is_pending());
    let before = all.wakes();
    for open in gates.drain(..400) {
        open.send(()).unwrap();
    }
    assert_eq!(all.wakes(), before + 1);
}

#[test]
fn a_task_that_moves_to_another_executor_is_woken_there() {
    for n in [3, 300] {
        let (gates, futures): (Vec<_>, Vec<_>) = (0..n).map(|_| gate()).unzip();
        let mut all = Stepped::new(gather(futures));
        for open in gates {
            while all.poll_with_new_waker().is_pending() && all.is_woken() {}
            assert!(!all.is_woken());
            open.send(()).unwrap();
            assert!(all.is_woken(), "a wake of {n} went to the old task");
        }
        assert!(all.poll_until_stalled().is_ready());
    }
}

#[test]
fn children_that_yield_are_all_polled_again() {
    for n in [1, 10, 100, 1000] {
        let mut all = Stepped::new(gather((0..n).map(|_| Yield::default())));
        assert!(matches!(all.poll_until_stalled(), Poll::Ready(done) if done.len() == n));
    }
}

#[test]
fn limit_bounds_what_runs_at_once() {
    for limit in [1, 5, 40, 1000] {
        let running = std::cell::Cell::new(0);
        let most = std::cell::Cell::new(0);
        let work = (0..500).map(|n| {
            let (running, most) = (&running, &most);
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                Yield::default().await;
                Yield::default().await;
                running.set(running.get() - 1);
                n
            }
        });
        let mut all = Stepped::new(gather(work).limit(limit));
        assert_eq!(all.poll_until_stalled(), Poll::Ready((0..500).collect::<Vec<_>>()));
        assert_eq!(most.get(), limit.min(500));
    }
}

#[test]
#[should_panic(expected = "limit 0")]
fn limit_zero_is_refused() {
    drop(gather([ready(1)]).limit(0));
}

#[test]
fn gather_of_results_collects_errors_in_their_places() {
    // C3, C13
    let mut all = Stepped::new(gather([ready(Ok(1)), ready(Err("no")), ready(Ok(3))]));
    assert_eq!(all.poll(), Poll::Ready(vec![Ok(1), Err("no"), Ok(3)]));
}

#[test]
fn try_gather_stops_at_the_first_error() {
    // C2
    let drops = Drops::default();
    let guard = drops.guard();
    let hangs: futures::future::LocalBoxFuture<'_, Result<(), &str>> = Box::pin(async move {
        let _guard = guard;
        pending().await
    });
    let mut all = Stepped::new(try_gather([hangs, Box::pin(async { Err("no") }), Box::pin(async { Err("later") })]));
    assert_eq!(all.poll(), Poll::Ready(Err("no")));
    assert_eq!(drops.count(), 1);
}

#[test]
fn wait_all_lets_the_rest_finish_before_the_error() {
    // C2
    let (open, opened) = gate();
    let rest: futures::future::LocalBoxFuture<'_, Result<(), &str>> = Box::pin(opened);
    let mut all = Stepped::new(try_gather([Box::pin(async { Err("no") }), rest]).wait_all());
    assert!(all.poll_until_stalled().is_pending());
    open.send(Err("later, dropped quietly")).unwrap();
    // C11
    assert_eq!(all.poll_until_stalled(), Poll::Ready(Err("no")));
}

#[test]
fn a_caught_panic_leaves_the_others_alone() {
    let work = (0..40).map(|n| async move {
        Yield::default().await;
        assert!(n != 7, "not seven");
        n
    });
    let mut all = Stepped::new(gather(work).catch_panics());
    let Poll::Ready(results) = all.poll_until_stalled() else { panic!("it stalled") };
    let panicked: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
    assert_eq!(results.len(), 40);
    assert_eq!(panicked.len(), 1);
    assert!(format!("{:?}", panicked[0]).contains("not seven"));
}

#[test]
fn a_dropped_gather_drops_all_children_and_outputs() {
    // C6
    for n in [3, 50] {
        drop_at_every_await(|| {
            let drops = Drops::default();
            let children = (0..n).map(|index| {
                let guard = drops.guard();
                async move {
                    for _ in 0..index % 4 {
                        Yield::default().await;
                    }
                    guard
                }
            });
            let all = gather(children);
            (all, move |end: End<Vec<_>>| {
                drop(end);
                assert_eq!(drops.count(), n);
            })
        });
    }
}
