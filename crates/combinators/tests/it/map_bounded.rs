//! `map_bounded`.

use crate::support::{Drops, Yield, gate};
use futures::StreamExt;
use motet_combinators::map_bounded;
use motet_test::{Stepped, drop_at_every_await};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;

#[test]
fn outputs_come_in_input_order() {
    let items = map_bounded(0..1000, 7, async |n: usize| {
        for _ in 0..n % 5 {
            Yield::default().await;
        }
        n
    });
    assert_eq!(Stepped::new(items.collect::<Vec<_>>()).poll_until_stalled(), Poll::Ready((0..1000).collect()));
}

#[test]
fn unordered_outputs_come_as_they_are_ready() {
    let gates = RefCell::new(Vec::new());
    let mut items = map_bounded(0..4, 2, |n| {
        let (open, opened) = gate::<()>();
        gates.borrow_mut().push(Some(open));
        async move {
            opened.await;
            n
        }
    })
    .unordered();
    assert!(Stepped::new(items.next()).poll().is_pending());
    let open = |n: usize| gates.borrow_mut()[n].take().unwrap().send(()).unwrap();
    assert_eq!(gates.borrow().len(), 2);
    open(1);
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(1)));
    assert!(Stepped::new(items.next()).poll().is_pending());
    assert_eq!(gates.borrow().len(), 3);
    open(2);
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(2)));
}

#[test]
fn never_more_than_n_run_or_are_held() {
    let (started, given) = (Cell::new(0), Cell::new(0));
    let items = map_bounded(0..500, 20, |n| {
        started.set(started.get() + 1);
        assert!(started.get() - given.get() <= 20);
        async move {
            for _ in 0..(n * 7) % 11 {
                Yield::default().await;
            }
        }
    });
    let all = items.for_each(|()| {
        given.set(given.get() + 1);
        async {}
    });
    assert!(Stepped::new(all).poll_until_stalled().is_ready());
    assert_eq!(given.get(), 500);
}

#[test]
fn items_are_taken_only_when_there_is_room() {
    let taken = Cell::new(0);
    let items = std::iter::from_fn(|| {
        taken.set(taken.get() + 1);
        Some(taken.get())
    });
    let mut items = map_bounded(items, 3, async |n| n);
    assert_eq!(taken.get(), 0);
    assert_eq!(Stepped::new(items.next()).poll(), Poll::Ready(Some(1)));
    assert_eq!(taken.get(), 3);
}

#[test]
#[should_panic(expected = "limit 0")]
fn zero_is_refused() {
    drop(map_bounded(0..1, 0, async |n| n));
}

#[test]
fn one_that_panics_is_passed_by() {
    for unordered in [false, true] {
        let items = map_bounded(0..9, 3, async |n| {
            for _ in 0..(9 - n) % 4 {
                Yield::default().await;
            }
            assert!(n % 4 != 1, "{n} panics");
            n
        });
        let mut items = if unordered { items.unordered() } else { items };
        let (mut given, mut panics) = (Vec::new(), 0);
        while panics < 9 {
            match catch_unwind(AssertUnwindSafe(|| Stepped::new(items.next()).poll_until_stalled())) {
                Ok(Poll::Ready(Some(n))) => given.push(n),
                Ok(Poll::Ready(None)) => break,
                Ok(Poll::Pending) => panic!("stalled after {given:?}"),
                Err(_) => panics += 1,
            }
        }
        if unordered {
            given.sort_unstable();
        }
        assert_eq!((given, panics), (vec![0, 2, 3, 4, 6, 7, 8], 2));
    }
}

#[test]
fn a_loop_dropped_at_any_await_loses_no_item_and_drops_what_it_began() {
    for unordered in [false, true] {
        let report = drop_at_every_await(|| {
            let (drops, begun) = (Drops::default(), Rc::new(Cell::new(0)));
            let (guards, count) = (drops.clone(), begun.clone());
            let work = move |n: usize| {
                count.set(count.get() + 1);
                let guard = guards.guard();
                async move {
                    let _guard = guard;
                    for _ in 0..=n % 3 {
                        Yield::default().await;
                    }
                    n
                }
            };
            let items = map_bounded(0..12, 4, work);
            let items = if unordered { items.unordered().left_stream() } else { items.right_stream() };
            let items = Rc::new(RefCell::new(Box::pin(items)));
            let seen = Rc::new(RefCell::new(Vec::new()));
            let (stream, log) = (items.clone(), seen.clone());
            let turns = async move {
                while let Some(n) = poll_fn(|cx| stream.borrow_mut().poll_next_unpin(cx)).await {
                    log.borrow_mut().push(n);
                    Yield::default().await;
                }
            };
            (turns, move |_| {
                assert!(begun.get() - seen.borrow().len() <= 4, "no more at once than it may");
                let mut items = Rc::into_inner(items).unwrap().into_inner();
                if let Poll::Ready(Some(n)) = Stepped::new(items.next()).poll_until_stalled() {
                    seen.borrow_mut().push(n);
                }
                let in_order = (0..seen.borrow().len()).collect::<Vec<_>>();
                if !unordered {
                    assert_eq!(*seen.borrow(), in_order, "none is lost");
                }
                drop(items);
                assert_eq!(drops.count(), begun.get());
            })
        });
        assert!(report.completed && report.drops > 4, "{report:?}");
    }
}
