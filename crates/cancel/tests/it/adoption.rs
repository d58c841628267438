//! Adoption: what is dropped inside a scope, by whomever, is finished by the scope.

use crate::scene::{Gate, Log};
use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, select_biased};
use motet_cancel::frame::{self, Nest};
use motet_cancel::{adopt, scope};
use motet_test::{Stepped, WakeCount};
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn, ready};
use std::task::Poll;

async fn hold_forever(log: Log, name: &'static str) {
    let _guard = log.guard(name);
    pending::<()>().await;
}

#[test]
fn the_loser_of_a_foreign_select_cleans_up_beside_the_body() {
    let (log, go_on) = (Log::new(), Gate::new());
    let (inside, resume) = (log.clone(), go_on.clone());
    let (work, _handle) = scope(async move {
        select_biased! {
            () = hold_forever(inside.clone(), "loser").fuse() => {}
            () = ready(()).fuse() => inside.say("winner"),
        }
        resume.passed().await;
        inside.say("body ended");
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["winner", "loser: Dropped", "loser ended"], "cleaned up while the body still runs");
    go_on.open();
    assert!(work.poll().is_ready());
}

#[test]
fn an_inner_scope_ends_after_its_own_cleanup_only() {
    let (log, gate) = (Log::new(), Gate::new());
    let (inner_guard, outer_guard, inside) = (log.gated("inner", &gate), log.guard("outer"), log.clone());
    let (inner, inner_handle) = scope(async move {
        let _guard = inner_guard;
        pending::<()>().await;
    });
    let (outer, _handle) = scope(async move {
        let _guard = outer_guard;
        let ended = inner.await;
        inside.say(format!("inner gave {}", ended.unwrap_err()));
    });
    let mut outer = Stepped::new(outer);
    assert!(outer.poll().is_pending());
    inner_handle.cancel("inner only");
    assert!(outer.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Cancelled(Reason(\"inner only\"))"]);
    gate.open();
    assert_eq!(outer.poll_until_stalled(), Poll::Ready(Ok(())));
    assert_eq!(log.take(), ["inner ended", "inner gave cancelled: inner only", "outer: Dropped", "outer ended"]);
}

#[test]
fn a_dropped_scope_hands_its_cleanup_to_the_enclosing_one() {
    let log = Log::new();
    let (inside, go_on) = (log.clone(), Gate::new());
    let resume = go_on.clone();
    let (outer, _handle) = scope(async move {
        let (inner, _inner_handle) = scope(hold_forever(inside.clone(), "inner"));
        let mut inner = Box::pin(inner);
        assert!(futures::poll!(inner.as_mut()).is_pending());
        drop(inner);
        resume.passed().await;
        inside.say("outer body ended");
    });
    let mut outer = Stepped::new(outer);
    assert!(outer.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Dropped", "inner ended"]);
    go_on.open();
    assert!(outer.poll().is_ready());
}

#[test]
fn a_scope_dropped_while_it_drains_hands_the_rest_over() {
    let (log, gate) = (Log::new(), Gate::new());
    let (second, first) = (log.guard("second"), log.gated("first", &gate));
    let (inner, handle) = scope(async move {
        let _guards = (first, second);
        pending::<()>().await;
    });
    let mut nest = Nest::new();
    let mut inner = Box::pin(inner);
    let wakes = WakeCount::new();
    assert!(nest.enter(|| wakes.poll(inner.as_mut())).is_pending());
    handle.cancel("enough");
    assert!(nest.enter(|| wakes.poll(inner.as_mut())).is_pending());
    assert_eq!(log.take(), ["first: Cancelled(Reason(\"enough\"))"]);
    nest.enter(|| drop(inner));
    assert!(!nest.is_empty());
    let mut drain = Stepped::new(poll_fn(|cx| nest.poll_drain(cx)));
    assert!(drain.poll_until_stalled().is_pending());
    gate.open();
    assert!(drain.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["first ended", "second: Cancelled(Reason(\"enough\"))", "second ended"]);
}

#[test]
fn futures_unordered_releases_its_children_into_the_scope() {
    let log = Log::new();
    let inside = log.clone();
    let (work, handle) = scope(async move {
        let mut children = FuturesUnordered::new();
        children.push(hold_forever(inside.clone(), "a").boxed());
        children.push(hold_forever(inside, "b").boxed());
        children.next().await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    let mut said = log.take();
    said.sort();
    assert_eq!(said, ["a ended", "a: Cancelled(Reason)", "b ended", "b: Cancelled(Reason)"]);
}

#[test]
fn a_future_released_on_another_thread_goes_to_that_threads_frame() {
    let log = Log::new();
    let guard = log.guard("elsewhere");
    let (work, _handle) = scope(async move {
        std::thread::spawn(move || {
            let mut nest = Nest::new();
            nest.enter(|| drop(guard));
            assert!(!nest.is_empty());
            assert!(Stepped::new(poll_fn(|cx| nest.poll_drain(cx))).poll_until_stalled().is_ready());
        })
        .join()
        .unwrap();
    });
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(())), "nothing was left for this scope");
    assert_eq!(log.take(), ["elsewhere: Dropped", "elsewhere ended"]);
}

#[test]
fn a_guard_in_a_thread_local_goes_to_the_threads_reaper_or_is_abandoned() {
    std::thread_local! {
        static HELD: RefCell<Option<crate::scene::Noted>> = const { RefCell::new(None) };
    }
    let _alone = crate::scene::alone();
    let log = Log::new();
    let (guard, before) = (log.guard("thread-local"), motet_cancel::abandoned());
    std::thread::spawn(|| HELD.set(Some(guard))).join().unwrap();
    assert!(motet_cancel::abandoned() > before, "no frame, no reaper, and no crash");
}

#[test]
fn adopted_work_wakes_the_scope_by_itself() {
    let gate = Gate::new();
    let (work, _handle) = scope({
        let gate = gate.clone();
        async move { assert!(adopt(async move { gate.passed().await }).is_ok()) }
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    gate.open();
    assert_eq!(work.wakes(), 1);
    assert_eq!(work.poll_with_new_waker(), Poll::Ready(Ok(())));
}

#[test]
fn a_nest_polls_its_trees_only_when_they_were_woken() {
    let (gate, polls) = (Gate::new(), std::sync::Arc::new(std::sync::Mutex::new(0)));
    let mut nest = Nest::new();
    nest.enter(|| {
        let (gate, polls) = (gate.clone(), polls.clone());
        let mut passed = Box::pin(async move { gate.passed().await });
        let counted = poll_fn(move |cx| {
            *polls.lock().unwrap() += 1;
            passed.as_mut().poll(cx)
        });
        assert!(adopt(counted).is_ok());
    });
    let mut drain = Stepped::new(poll_fn(|cx| nest.poll_drain(cx)));
    for _ in 0..5 {
        assert!(drain.poll().is_pending());
    }
    assert_eq!(*polls.lock().unwrap(), 1);
    gate.open();
    assert!(drain.poll().is_ready());
}

#[test]
fn a_dropped_nest_hands_over_what_is_left() {
    let log = Log::new();
    let mut outer = Nest::new();
    outer.enter(|| {
        let mut nest = Nest::new();
        nest.enter(|| drop(log.guard("exit")));
    });
    assert!(Stepped::new(poll_fn(|cx| outer.poll_drain(cx))).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["exit: Dropped", "exit ended"]);
}

#[test]
fn a_panic_inside_a_nest_restores_the_outer_frame() {
    let log = Log::new();
    let mut outer = Nest::new();
    let mut inner = Nest::new();
    outer.enter(|| {
        assert_eq!(crate::scene::panic_of(|| inner.enter(|| panic!("inside"))), "inside");
        drop(log.guard("outer's"));
    });
    assert!(inner.is_empty() && !outer.is_empty());
    assert!(!frame::is_open());
    assert!(Stepped::new(poll_fn(|cx| outer.poll_drain(cx))).poll_until_stalled().is_ready());
}
