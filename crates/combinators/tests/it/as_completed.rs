//! `as_completed`: rows C22 to C26.

use crate::support::{Drops, Pinned, Polls, Yield, gate, never_rests};
use futures::StreamExt;
use motet_combinators::{Elapsed, as_completed};
use motet_test::{Stepped, assert_unpin, drop_at_every_await};
use motet_timer::Timers;
use std::cell::RefCell;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

assert_unpin!(motet_combinators::AsCompleted<Pinned>);

#[test]
fn outputs_come_in_the_order_of_completion_with_their_indices() {
    // C22, C23
    for n in [3, 100] {
        let (gates, futures): (Vec<_>, Vec<_>) = (0..n).map(|_| gate()).unzip();
        let mut items = as_completed(futures);
        assert!(Stepped::new(items.next()).poll().is_pending());
        let mut gates: Vec<_> = gates.into_iter().enumerate().rev().collect();
        gates.swap(0, n / 2);
        for (index, open) in gates {
            open.send(index * 10).unwrap();
            assert_eq!(Stepped::new(items.next()).poll_until_stalled(), Poll::Ready(Some((index, index * 10))));
        }
        assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(None));
    }
}

#[test]
fn one_that_panics_is_out_of_the_stream() {
    for (count, waiting) in [(3, 3), (20, 3), (100, 100)] {
        let mut items = as_completed((0..count).map(async |n| {
            if n < waiting {
                Yield::default().await;
            }
            assert_ne!(n, 1, "one panics");
            n
        }));
        let (mut given, mut panics) = (Vec::new(), 0);
        while panics < 9 {
            match catch_unwind(AssertUnwindSafe(|| Stepped::new(items.next()).poll_until_stalled())) {
                Ok(Poll::Ready(Some((_, n)))) => given.push(n),
                Ok(Poll::Ready(None)) => break,
                Ok(Poll::Pending) => panic!("stalled after {given:?}"),
                Err(_) => panics += 1,
            }
        }
        assert_eq!((given.len(), panics), (count - 1, 1));
    }
}

#[test]
fn leaving_the_loop_and_coming_back_continues() {
    // C26
    let (open, opened) = gate();
    let (_hang, hangs) = gate();
    let (mut first, mut second) = (Some(opened), Some(hangs));
    let mut items = as_completed([first.take().unwrap(), second.take().unwrap()]);
    {
        let mut next = Stepped::new(items.next());
        assert!(next.poll().is_pending());
        // Dropped: nothing is taken.
    }
    open.send(1).unwrap();
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some((0, 1))));
    assert_eq!(items.len(), 1);
}

#[test]
fn a_timeout_is_one_error_item_and_the_futures_live_on() {
    // C24, C25
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (open, opened) = gate();
    let mut items = as_completed([opened]).timeout(Duration::from_secs(1));
    assert!(Stepped::new(items.next()).poll().is_pending());
    clock.advance(Duration::from_secs(1));
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(Err(Elapsed::new()))));
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(None));
    let mut items = items.into_inner();
    open.send(7).unwrap();
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some((0, 7))));
}

#[test]
fn what_finished_before_the_expiry_comes_first() {
    // C25
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (open, opened) = gate();
    let (_hang, hangs) = gate();
    let mut items = as_completed([hangs, opened]).timeout(Duration::from_secs(1));
    assert!(Stepped::new(items.next()).poll().is_pending());
    open.send(7).unwrap();
    clock.advance(Duration::from_secs(2));
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(Ok((1, 7)))));
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(Err(Elapsed::new()))));
}

#[test]
fn an_event_costs_one_poll_whatever_the_number() {
    let polls = Polls::default();
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..1000).map(|_| gate()).unzip();
    let mut items = as_completed(futures.into_iter().map(|future| polls.of(future)));
    assert!(Stepped::new(items.next()).poll_until_stalled().is_pending());
    assert!(Stepped::new(items.next()).poll_until_stalled().is_pending());
    polls.take();
    while let Some(open) = gates.pop() {
        open.send(()).unwrap();
        assert!(Stepped::new(items.next()).poll_until_stalled().is_ready());
        assert_eq!(polls.take(), 1);
    }
}

#[test]
fn ready_futures_are_not_polled_ahead() {
    let polls = Polls::default();
    let mut items = as_completed((0..100).map(|n| polls.of(ready(n))));
    for n in 0..100 {
        assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some((n, n))));
        assert_eq!(polls.count(), n + 1);
    }
}

#[test]
fn what_had_completed_comes_before_the_expiry_however_far_behind() {
    // C25
    use futures::FutureExt;
    let hangs = (0..600).map(|_| pending().boxed_local());
    let futures = hangs.chain([ready(7).boxed_local()]);
    let mut items = as_completed(futures).timeout(Duration::ZERO);
    assert_eq!(Stepped::new(items.next()).poll_until_stalled(), Poll::Ready(Some(Ok((600, 7)))));
    assert_eq!(Stepped::new(items.next()).poll_until_stalled(), Poll::Ready(Some(Err(Elapsed::new()))));
    assert_eq!(Stepped::new(items.next()).poll_until_stalled(), Poll::Ready(None));
}

#[test]
fn an_expiry_comes_even_if_the_futures_never_rest() {
    let mut items = as_completed((0..600).map(|_| never_rests())).timeout(Duration::ZERO);
    let mut next = Stepped::new(items.next());
    let polled = (0..10).find_map(|_| match next.poll() {
        Poll::Ready(item) => Some(item),
        Poll::Pending => None,
    });
    assert_eq!(polled, Some(Some(Err(Elapsed::new()))));
}

#[test]
fn a_loop_dropped_at_any_await_loses_no_output_and_then_drops_all_futures() {
    for n in [3, 50] {
        let report = drop_at_every_await(|| {
            let drops = Drops::default();
            let futures = (0..n).map(|index| {
                let guard = drops.guard();
                async move {
                    let _guard = guard;
                    for _ in 0..=index % 4 {
                        Yield::default().await;
                    }
                }
            });
            let items = Rc::new(RefCell::new(as_completed(futures)));
            let seen = Rc::new(RefCell::new(Vec::new()));
            let (stream, log) = (items.clone(), seen.clone());
            let turns = async move {
                while let Some((index, ())) = poll_fn(|cx| stream.borrow_mut().poll_next_unpin(cx)).await {
                    log.borrow_mut().push(index);
                    Yield::default().await;
                }
            };
            (turns, move |_| {
                let mut items = Rc::into_inner(items).unwrap().into_inner();
                // One more, from where the loop was left.
                if let Poll::Ready(Some((index, ()))) = Stepped::new(items.next()).poll_until_stalled() {
                    seen.borrow_mut().push(index);
                }
                assert_eq!(items.len() + seen.borrow().len(), n, "no output is lost");
                seen.borrow_mut().sort_unstable();
                seen.borrow_mut().dedup();
                assert_eq!(items.len() + seen.borrow().len(), n, "none comes twice");
                drop(items);
                assert_eq!(drops.count(), n);
            })
        });
        assert!(report.completed && report.drops > 4, "{report:?}");
    }
}
