//! The two parts of a scope as an executor has them: words, bodies, and what they weigh.

use crate::scene::{Gate, Log, panic_of};
use futures::task::ArcWake;
use motet_cancel::frame::{LocalNest, Nest};
use motet_cancel::raw::{Asked, Body, CancelWord, LocalBody, Requests};
use motet_cancel::{CancelHandle, Cancelled, Reason, Taken, scope};
use motet_test::{Stepped, WakeCount};
use std::future::{Future, Pending, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

#[test]
#[cfg(target_pointer_width = "64")]
fn a_word_and_a_body_weigh_little() {
    fn overhead<F: Future>(_: &F) -> usize {
        assert_eq!(size_of::<Body<F>>(), size_of::<LocalBody<F>>());
        size_of::<Body<F>>() - size_of::<F>()
    }
    assert_eq!((size_of::<CancelWord>(), size_of::<Requests>(), size_of::<Requests<(), u32>>()), (40, 16, 16));
    assert_eq!((size_of::<Nest>(), size_of::<LocalNest>()), (8, 8));
    assert!(overhead(&ready(7_u64)) <= 16);
    let held = [7_u64; 8];
    let holds = async move {
        pending::<()>().await;
        held.len()
    };
    assert!(overhead(&holds) <= 16);
    assert!(size_of::<Body<Pending<()>>>() <= 24, "room for the ending");
}

#[test]
fn requests_say_whether_the_task_must_be_woken() {
    let requests = Requests::<()>::new();
    assert_eq!(requests.cancel(Reason::from("first")), Asked::News);
    assert_eq!(requests.cancel(Reason::from("second")), Asked::Known);
    assert_eq!(requests.cancel_with_grace(Reason::none(), Box::pin(pending())), Asked::News, "a limit is news");
    assert_eq!(requests.cancelling(), 3);
    let mut body = pin!(Body::new(pending::<()>()));
    let ended = poll(body.as_mut(), &WakeCount::new(), &requests);
    assert_eq!(ended.map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("first")));
    assert_eq!(requests.uncancel(), Err(Taken));
    assert_eq!(requests.cancel(Reason::none()), Asked::Finished);
    assert!(requests.is_finished());
}

#[test]
fn requests_taken_back_in_time_are_no_requests() {
    let (requests, wakes) = (Requests::<()>::new(), WakeCount::new());
    let mut body = pin!(Body::new(pending::<()>()));
    assert!(requests.cancel(Reason::from("taken back")).is_news());
    assert_eq!(requests.uncancel(), Ok(0));
    assert!(poll(body.as_mut(), &wakes, &requests).is_pending());
    assert!(requests.cancel(Reason::from("stands")).is_news(), "the count was zero again");
    let ended = poll(body.as_mut(), &wakes, &requests);
    assert_eq!(ended.map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("stands")));
}

#[test]
fn a_body_polled_with_requests_leaves_no_waker_behind() {
    let (requests, wakes) = (Requests::<()>::new(), WakeCount::new());
    let mut body = pin!(Body::new(pending::<()>()));
    assert!(poll(body.as_mut(), &wakes, &requests).is_pending());
    assert_eq!(wakes.wakers_alive(1), 0);
}

fn poll<F: Future>(
    body: Pin<&mut Body<F>>,
    wakes: &WakeCount,
    requests: &Requests,
) -> Poll<Result<F::Output, Cancelled>> {
    body.poll_with(&mut Context::from_waker(&wakes.waker()), requests)
}

/// One object, two kinds of waker with the same data.
#[derive(Default)]
struct TwoFaced {
    one: Mutex<usize>,
    other: Mutex<usize>,
}

impl Wake for TwoFaced {
    fn wake(self: Arc<Self>) {
        *self.one.lock().unwrap() += 1;
    }
}

impl ArcWake for TwoFaced {
    fn wake_by_ref(waker: &Arc<Self>) {
        *waker.other.lock().unwrap() += 1;
    }
}

#[test]
fn a_waker_with_the_same_data_and_another_vtable_is_another_waker() {
    let faces = Arc::new(TwoFaced::default());
    let (one, other) = (Waker::from(Arc::clone(&faces)), futures::task::waker(Arc::clone(&faces)));
    assert_eq!(one.data(), other.data(), "or this tests nothing");
    let (work, handle) = scope(pending::<()>());
    let mut work = pin!(work);
    assert!(work.as_mut().poll(&mut Context::from_waker(&one)).is_pending());
    assert!(work.as_mut().poll(&mut Context::from_waker(&other)).is_pending());
    handle.cancel(());
    assert_eq!((*faces.one.lock().unwrap(), *faces.other.lock().unwrap()), (0, 1));
}

#[test]
fn a_waker_without_data_of_its_own_is_known_and_moved_on_from() {
    let (work, handle) = scope(pending::<()>());
    let mut work = pin!(work);
    let mut noop = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut noop).is_pending());
    assert!(work.as_mut().poll(&mut noop).is_pending());
    let wakes = WakeCount::new();
    assert!(wakes.poll(work.as_mut()).is_pending());
    handle.cancel(());
    assert_eq!(wakes.count(), 1);
}

/// A scope whose handle its own limits can reach.
fn graced() -> (impl Future<Output = Result<(), Cancelled>>, CancelHandle) {
    scope(pending::<()>())
}

#[test]
fn a_limit_that_takes_its_cancel_back_is_dropped_and_does_not_end_the_body() {
    let (work, handle) = graced();
    let (mut work, held) = (Stepped::new(work), Arc::new(()));
    handle.cancel_with_grace("taken back", {
        let (handle, _held) = (handle.clone(), Arc::clone(&held));
        poll_fn(move |_| {
            let _holds = &_held;
            assert_eq!(handle.uncancel(), Ok(0));
            Poll::Pending
        })
    });
    assert!(work.poll().is_pending());
    assert_eq!(Arc::strong_count(&held), 1, "the limit is gone");
    handle.cancel("stands");
    assert!(work.is_woken());
    assert!(work.poll().is_ready());
}

#[test]
fn a_limit_that_is_added_while_others_are_asked_is_asked_too() {
    let (work, handle) = graced();
    let (mut work, gate) = (Stepped::new(work), Gate::new());
    handle.cancel_with_grace("slow", {
        let (handle, gate, mut added) = (handle.clone(), gate.clone(), false);
        poll_fn(move |_| {
            if !std::mem::replace(&mut added, true) {
                let gate = gate.clone();
                handle.cancel_with_grace("added", async move { gate.passed().await });
            }
            Poll::Pending
        })
    });
    assert!(work.poll().is_pending());
    assert!(work.poll().is_pending(), "neither limit is ready");
    gate.open();
    assert!(work.is_woken());
    assert_eq!(work.poll().map(|ended| ended.unwrap_err().reason), Poll::Ready(Reason::from("slow")));
}

#[test]
fn a_limit_that_panics_is_asked_again() {
    let (work, handle) = graced();
    let (mut work, polls) = (Stepped::new(work), Arc::new(Mutex::new(0)));
    handle.cancel_with_grace("stop", {
        let polls = Arc::clone(&polls);
        poll_fn(move |_| {
            *polls.lock().unwrap() += 1;
            assert!(*polls.clone().lock().unwrap_or_else(|poisoned| poisoned.into_inner()) > 1, "in the first poll");
            Poll::Ready(())
        })
    });
    assert_eq!(panic_of(|| work.poll()), "in the first poll");
    assert!(work.poll().is_ready(), "the limit was not lost");
}

#[test]
fn a_dropped_scope_drops_its_limits_after_its_body() {
    struct Says(Log, &'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            self.0.say(self.1);
        }
    }
    let log = Log::new();
    let (body, limit) = (Says(log.clone(), "body"), Says(log.clone(), "limit"));
    let (work, handle) = scope(async move {
        let _body = body;
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel_with_grace("stop", async move {
        let _limit = limit;
        pending::<()>().await;
    });
    assert!(work.poll().is_pending());
    drop(work);
    assert_eq!(log.take(), ["body", "limit"]);
}
