//! `OnceCell`: made once, by whoever needs it first.

use motet_sync::{OnceCell, SetError};
use motet_test::{End, Stepped, drop_at_every_await, waker_that_panics_when_dropped};
use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn one_initialiser_runs_and_all_get_its_value() {
    let cell = OnceCell::new();
    let runs = Cell::new(0);
    let mut line: Vec<_> = (0..3)
        .map(|value| {
            let runs = &runs;
            Stepped::new(cell.get_or_init(async move || {
                runs.set(runs.get() + 1);
                yield_once().await;
                value
            }))
        })
        .collect();
    assert!(line.iter_mut().all(|candidate| candidate.poll().is_pending()));
    let mut reader = Stepped::new(cell.wait());
    assert!(reader.poll().is_pending());
    assert_eq!(line[0].poll(), Poll::Ready(&0));
    assert!(line[1..].iter_mut().all(|candidate| candidate.is_woken() && candidate.poll() == Poll::Ready(&0)));
    assert!(reader.is_woken());
    assert_eq!(reader.poll(), Poll::Ready(&0));
    assert_eq!(runs.get(), 1);
}

#[test]
fn a_failed_initialiser_hands_over_to_the_next() {
    let cell = OnceCell::new();
    let mut failing = Stepped::new(cell.get_or_try_init(async || {
        yield_once().await;
        Err::<u8, _>("down")
    }));
    let mut next = Stepped::new(cell.get_or_try_init(async || Ok::<_, &str>(2)));
    let mut last = Stepped::new(cell.get_or_init(async || 3));
    assert!(failing.poll().is_pending() && next.poll().is_pending() && last.poll().is_pending());
    assert_eq!(failing.poll(), Poll::Ready(Err("down")));
    assert!(next.is_woken() && !last.is_woken(), "one is called");
    assert_eq!(next.poll(), Poll::Ready(Ok(&2)));
    assert_eq!(last.poll(), Poll::Ready(&2));
}

#[test]
fn a_dropped_initialiser_hands_over_to_the_next() {
    let cell = OnceCell::new();
    let mut dropped = Stepped::new(cell.get_or_init(async || pending().await));
    let mut next = Stepped::new(cell.get_or_init(async || 2));
    assert!(dropped.poll().is_pending() && next.poll().is_pending());
    drop(dropped);
    assert!(next.is_woken());
    assert_eq!(next.poll(), Poll::Ready(&2));
}

#[test]
fn a_candidate_dropped_after_it_was_called_passes_the_call_on() {
    let cell = OnceCell::new();
    let mut dropped = Stepped::new(cell.get_or_init(async || pending().await));
    let mut called = Stepped::new(cell.get_or_init(async || 2));
    let mut behind = Stepped::new(cell.get_or_init(async || 3));
    assert!(dropped.poll().is_pending() && called.poll().is_pending() && behind.poll().is_pending());
    drop(dropped);
    assert!(called.is_woken() && !behind.is_woken());
    drop(called);
    assert!(behind.is_woken());
    assert_eq!(behind.poll(), Poll::Ready(&3));
}

/// Polls with a waker whose last clone is kept by what was polled.
fn waits_with_fragile<F: Future>(future: Pin<&mut F>) {
    let waker = waker_that_panics_when_dropped();
    assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
}

#[test]
fn a_candidate_that_was_called_too_late_waits_on_though_its_old_waker_panics() {
    let cell = OnceCell::new();
    let failing = || {
        Stepped::new(cell.get_or_try_init(async || {
            yield_once().await;
            Err::<u8, _>("down")
        }))
    };
    let (mut first, mut barging) = (failing(), failing());
    let mut called = Stepped::new(cell.get_or_init(async || 2));
    assert!(first.poll().is_pending());
    waits_with_fragile(called.as_mut());
    assert_eq!(first.poll(), Poll::Ready(Err("down")), "which calls it");
    assert!(barging.poll().is_pending(), "it has the turn");
    assert!(called.poll().is_pending());
    assert_eq!(barging.poll(), Poll::Ready(Err("down")));
    assert!(called.is_woken());
    assert_eq!(called.poll(), Poll::Ready(&2));
}

#[test]
fn a_wait_may_leave_with_a_waker_that_panics() {
    let cell = OnceCell::<u8>::new();
    let mut left = Box::pin(cell.wait());
    waits_with_fragile(left.as_mut());
    drop(left);
    let mut woken = Box::pin(cell.wait());
    waits_with_fragile(woken.as_mut());
    assert_eq!(cell.set(1), Ok(()));
    drop(woken);
}

#[test]
fn a_panicking_initialiser_hands_over_to_the_next() {
    let cell = OnceCell::new();
    let mut next = Stepped::new(cell.get_or_init(async || 2));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut panicking = Stepped::new(cell.get_or_init(async || {
            yield_once().await;
            panic!("on purpose")
        }));
        assert!(panicking.poll().is_pending() && next.poll().is_pending());
        let _never = panicking.poll();
    }));
    assert!(panic.is_err());
    assert!(next.is_woken());
    assert_eq!(next.poll(), Poll::Ready(&2));
}

#[test]
fn a_value_that_comes_too_late_is_given_back() {
    let cell = OnceCell::new();
    let mut running = Stepped::new(cell.get_or_init(async || {
        yield_once().await;
        1
    }));
    assert!(running.poll().is_pending());
    assert_eq!(cell.set(2), Err(SetError::Initializing(2)));
    assert_eq!(running.poll(), Poll::Ready(&1));
    let late = cell.set(3).expect_err("it has a value");
    assert_eq!((late, late.into_inner()), (SetError::AlreadySet(3), 3));
    assert!(late.to_string().contains("get"));
    assert_eq!(format!("{cell:?}"), "OnceCell(1)");
}

#[test]
fn set_wakes_readers_and_candidates() {
    let cell = OnceCell::new();
    let mut reader = Stepped::new(cell.wait());
    assert!(reader.poll().is_pending());
    assert_eq!(cell.set(1), Ok(()));
    assert!(reader.is_woken());
    assert_eq!(reader.poll(), Poll::Ready(&1));
}

#[test]
fn an_initialiser_dropped_at_any_await_leaves_the_cell_to_others() {
    let report = drop_at_every_await(|| {
        let cell = Rc::new(OnceCell::new());
        let theirs = cell.clone();
        let future = async move {
            let init = async || {
                yield_once().await;
                yield_once().await;
                1
            };
            *theirs.get_or_init(init).await
        };
        let check = move |end: End<i32>| {
            let expected = if end == End::Completed(1) { 1 } else { 2 };
            assert_eq!(Stepped::new(cell.get_or_init(async || 2)).poll(), Poll::Ready(&expected));
        };
        (future, check)
    });
    assert!(report.completed && report.drops == 3, "{report:?}");
}

#[test]
fn threads_that_race_make_one_value() {
    for _ in 0..200 {
        let cell = Arc::new(OnceCell::new());
        let threads: Vec<_> = (0..4)
            .map(|value| {
                let cell = cell.clone();
                thread::spawn(move || match value {
                    0 => *cell.wait_blocking(),
                    1 => futures::executor::block_on(cell.get_or_try_init(async || Err(()))).copied().unwrap_or(9),
                    _ => *futures::executor::block_on(cell.get_or_init(async || value)),
                })
            })
            .collect();
        let values: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        let value = *cell.get().expect("somebody made it");
        assert!(values.iter().all(|&seen| seen == value || seen == 9), "{values:?}");
    }
}

#[test]
fn a_reader_dropped_at_any_await_leaves_nothing_behind() {
    let report = drop_at_every_await(|| {
        let cell = Rc::new(OnceCell::new());
        let theirs = cell.clone();
        let future = async move { *theirs.wait().await };
        let check = move |end: End<i32>| {
            assert!(matches!(end, End::Dropped { .. }));
            assert_eq!(Stepped::new(cell.get_or_init(async || 2)).poll(), Poll::Ready(&2));
        };
        (future, check)
    });
    assert!(!report.completed && report.drops == 2, "{report:?}");
}

#[test]
fn a_clone_has_the_value_and_goes_its_own_way() {
    let empty = OnceCell::<String>::new();
    let clone = empty.clone();
    assert_eq!(empty, clone);
    assert_eq!(clone.set("Ave".to_owned()), Ok(()));
    assert_ne!(empty, clone, "one has a value, the other has none");
    assert_eq!(clone.clone(), clone);
    assert_eq!(clone.clone().get().map(String::as_str), Some("Ave"));
    assert_ne!(clone, OnceCell::from("Salve".to_owned()));
    // A clone of one that is being initialised is empty: the initialiser is not its own.
    let busy = OnceCell::<String>::new();
    let mut making = Stepped::new(busy.get_or_init(std::future::pending::<String>));
    assert!(making.poll().is_pending());
    assert_eq!(busy.clone().set("Ave".to_owned()), Ok(()));
}

#[test]
fn a_refused_value_need_not_be_debug_for_its_error_to_be_one() {
    struct Opaque;
    let refused = OnceCell::from(Opaque).set(Opaque).unwrap_err();
    assert_eq!(format!("{refused:?}"), "AlreadySet(..)");
    let error: Box<dyn std::error::Error> = Box::new(refused);
    assert!(error.to_string().contains("`get`"));
}

#[test]
fn a_thread_waits_for_the_initialiser_of_a_task_and_takes_over_if_it_is_dropped() {
    let cell = OnceCell::new();
    let mut task = Stepped::new(cell.get_or_init(async || pending().await));
    assert!(task.poll().is_pending());
    thread::scope(|scope| {
        let taker = scope.spawn(|| *cell.get_or_init_blocking(|| 2));
        drop(task);
        assert_eq!(taker.join().unwrap(), 2);
    });
    assert_eq!(*cell.get_or_init_blocking(|| unreachable!("it is there")), 2);
}

#[test]
fn an_initialiser_of_a_thread_that_fails_or_panics_leaves_the_cell_to_the_next() {
    let cell = OnceCell::new();
    let mut waiting = None;
    let failed = cell.get_or_try_init_blocking(|| {
        // While it runs, others wait.
        let mut next = Stepped::new(cell.get_or_init(async || 2));
        assert!(next.poll().is_pending());
        waiting = Some(next);
        Err::<u8, _>("down")
    });
    assert_eq!(failed, Err("down"));
    drop(waiting.take().filter(Stepped::is_woken).expect("the next is called"));
    let panicked = std::panic::AssertUnwindSafe(|| *cell.get_or_init_blocking(|| panic!("on purpose")));
    assert!(std::panic::catch_unwind(panicked).is_err());
    assert_eq!(cell.get_or_try_init_blocking(|| Ok::<_, ()>(3)), Ok(&3));
}
