//! Dropping at every await: complete, and able to fail.

use motet_test::{End, Report, drop_at_every_await, drop_at_every_await_between};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

async fn yields(times: usize) -> usize {
    let mut left = times;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(times);
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[test]
fn each_await_is_dropped_at_once_and_the_last_trial_completes() {
    let ends = RefCell::new(Vec::new());
    let report = drop_at_every_await(|| (yields(2), |end| ends.borrow_mut().push(end)));
    assert_eq!(report, Report { drops: 3, completed: true });
    assert_eq!(
        ends.into_inner(),
        [End::Dropped { polls: 0 }, End::Dropped { polls: 1 }, End::Dropped { polls: 2 }, End::Completed(2)]
    );
}

#[test]
fn a_future_that_waits_for_nobody_stalls_and_is_reported() {
    let report = drop_at_every_await(|| (std::future::pending::<()>(), |_| {}));
    assert_eq!(report, Report { drops: 2, completed: false });
}

#[test]
fn the_step_between_two_polls_plays_the_other_side() {
    let report = drop_at_every_await_between(|| {
        let waiting = Rc::new(RefCell::new(None::<Waker>));
        let open = Rc::new(Cell::new(false));
        let (seen, opened) = (Rc::clone(&waiting), Rc::clone(&open));
        let future = poll_fn(move |cx| {
            if opened.get() {
                return Poll::Ready(());
            }
            seen.replace(Some(cx.waker().clone()));
            Poll::Pending
        });
        let step = move |_polls| {
            open.set(true);
            if let Some(waker) = waiting.take() {
                waker.wake();
            }
        };
        (future, step, |_| {})
    });
    assert_eq!(report, Report { drops: 2, completed: true });
}

#[test]
#[should_panic(expected = "leaked after 1 polls")]
fn a_leak_at_one_await_is_found() {
    drop_at_every_await(|| {
        let held = Rc::new(Cell::new(0));
        let inside = Rc::clone(&held);
        let leaky = async move {
            inside.set(1);
            yields(1).await;
            inside.set(0);
            yields(1).await;
        };
        (leaky, move |end| {
            if let End::Dropped { polls } = end {
                assert_eq!(held.get(), 0, "leaked after {polls} polls");
            }
        })
    });
}
