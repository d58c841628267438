//! Work that may not leave its thread: which frame takes it, and who waits for it.

use crate::scene::{Abandonments, Gate, Log};
use motet_cancel::frame::{self, LocalNest, Nest, Siblings};
use motet_cancel::{LocalGuard, Outcome, adopt_local, guard_local, scope, scope_local};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

type Said = Rc<RefCell<Vec<String>>>;

/// A guard that is not `Send`, whose exit says "name: outcome", yields once, and says "name ended".
fn local(said: &Said, name: &'static str) -> LocalGuard<Said, impl FnOnce(Said, Outcome) -> LocalExit> {
    guard_local(Rc::clone(said), move |said: Said, outcome| -> LocalExit {
        Box::pin(async move {
            said.borrow_mut().push(format!("{name}: {outcome:?}"));
            motet_cancel::checkpoint().await;
            said.borrow_mut().push(format!("{name} ended"));
        })
    })
}

type LocalExit = std::pin::Pin<Box<dyn Future<Output = ()>>>;

#[test]
fn a_local_scope_runs_local_exits_in_order_with_the_others() {
    let (said, log) = (Said::default(), Log::new());
    let (work, handle) = scope_local({
        let (said, log) = (Rc::clone(&said), log.clone());
        async move {
            let _outer = local(&said, "outer");
            let _middle = log.guard("middle");
            let _inner = local(&said, "inner");
            pending::<()>().await;
        }
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel(());
    assert!(work.poll_until_stalled().is_ready());
    let reason = "Cancelled(Reason)";
    assert_eq!(
        *said.borrow(),
        [format!("inner: {reason}"), "inner ended".into(), format!("outer: {reason}"), "outer ended".into()]
    );
    assert_eq!(log.take().len(), 2);
}

#[test]
fn a_send_scope_sends_local_work_to_the_local_frame_beyond_and_waits_for_it_in_its_place() {
    let (log, before, during) = (Log::new(), Gate::new(), Gate::new());
    let mut local_frame = LocalNest::new();
    let inside = (log.clone(), before.clone(), during.clone());
    let (inner, _handle) = scope(async move {
        let (log, before, during) = inside;
        let _outer = log.guard("outer");
        let local = (Rc::new(log.clone()), during);
        let _local = guard_local(local, async |(log, during): (Rc<Log>, Gate), _outcome| {
            log.say("local");
            during.passed().await;
            log.say("local ended");
        });
        let _inner = log.gated("inner", &before);
    });
    let mut inner = Box::pin(inner);
    let mut both = Stepped::new(poll_fn(|cx| {
        let ended = local_frame.enter(|| inner.as_mut().poll(cx));
        let _drained = local_frame.poll_drain(cx);
        ended
    }));
    assert!(both.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner: Dropped"], "the local exit waits for its turn among the others");
    before.open();
    assert!(both.poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["inner ended", "local"], "and they wait for it");
    during.open();
    assert_eq!(both.poll_until_stalled(), Poll::Ready(Ok(())));
    assert_eq!(log.take(), ["local ended", "outer: Dropped", "outer ended"]);
    drop(both);
    assert!(local_frame.is_empty());
}

#[test]
fn a_send_exit_in_a_local_scope_may_drop_local_guards() {
    let said = Said::default();
    let inside = Rc::clone(&said);
    let (work, _handle) = scope_local(async move {
        std::thread_local! {
            static SAID: RefCell<Option<Said>> = const { RefCell::new(None) };
        }
        SAID.set(Some(inside));
        drop(motet_cancel::guard((), async |(), _outcome| {
            let said = SAID.take().unwrap();
            drop(local(&said, "dropped by an exit"));
            said.borrow_mut().push("exit ended".into());
        }));
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["exit ended", "dropped by an exit: Dropped", "dropped by an exit ended"]);
}

#[test]
fn without_a_local_frame_local_work_comes_back() {
    let (work, _handle) = scope(async { adopt_local(async {}).is_err() });
    assert_eq!(Stepped::new(work).poll(), Poll::Ready(Ok(true)));
    assert!(adopt_local(async {}).is_err());
    assert!(Nest::new().enter(|| adopt_local(async {}).is_err()));
}

#[test]
fn without_a_local_frame_a_local_guard_is_abandoned() {
    let abandonments = Abandonments::heard();
    let said = Said::default();
    drop(local(&said, "lost"));
    assert_eq!(abandonments.take().len(), 1);
    assert!(said.borrow().is_empty());
}

#[test]
fn a_local_scope_dropped_without_a_local_frame_sends_its_send_part_on() {
    let abandonments = Abandonments::heard();
    let (said, log) = (Said::default(), Log::new());
    let inside = (Rc::clone(&said), log.clone());
    let (work, _handle) = scope_local(async move {
        let (said, log) = inside;
        let _outer = log.guard("outer");
        let _local = local(&said, "lost");
        let _inner = log.guard("inner");
        pending::<()>().await;
    });
    let mut work = Box::pin(work);
    assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending());
    let mut nest = Nest::new();
    nest.enter(|| drop(work));
    assert_eq!(abandonments.take().len(), 1, "the local exit only");
    assert!(Stepped::new(poll_fn(|cx| nest.poll_drain(cx))).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["inner: Dropped", "inner ended", "outer: Dropped", "outer ended"]);
    assert!(said.borrow().is_empty());
}

#[test]
fn a_local_reaper_takes_local_work_where_there_is_no_local_frame() {
    let (said, queue) = (Said::default(), Rc::new(RefCell::new(Vec::new())));
    let into = Rc::clone(&queue);
    let entered = frame::enter_local_reaper(move |exit| into.borrow_mut().push(exit));
    drop(local(&said, "reaped"));
    drop(entered);
    assert!(adopt_local(async {}).is_err(), "it was taken back");
    let exit = queue.borrow_mut().pop().unwrap();
    assert!(Stepped::new(exit).poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["reaped: Dropped", "reaped ended"]);
}

#[test]
fn a_local_guard_closes_in_place_anywhere() {
    let said = Said::default();
    assert!(Stepped::new(local(&said, "closed").close()).poll_until_stalled().is_ready());
    assert!(Stepped::new(local(&said, "failed").fail()).poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["closed: Returned", "closed ended", "failed: Failed", "failed ended"]);
}

#[test]
fn send_exits_that_each_hand_over_local_work_do_not_hold_the_poll_past_its_bound() {
    const EXITS: usize = 100;
    std::thread_local! {
        static ENDED: Cell<usize> = const { Cell::new(0) };
    }
    let (work, _handle) = scope_local(async {
        for _ in 0..EXITS {
            let exit = async |(), _outcome| {
                assert!(adopt_local(async { ENDED.set(ENDED.get() + 1) }).is_ok());
                ENDED.set(ENDED.get() + 1);
            };
            // Each made after the one before was dropped: none waits for another.
            drop(motet_cancel::guard((), exit));
        }
    });
    let mut work = Stepped::new(work);
    let mut most_in_a_poll = 0;
    loop {
        let before = ENDED.get();
        let is_ready = work.poll().is_ready();
        most_in_a_poll = most_in_a_poll.max(ENDED.get() - before);
        if is_ready {
            break;
        }
        assert!(work.is_woken(), "it yields, and goes on");
    }
    assert_eq!(ENDED.get(), 2 * EXITS);
    assert!(most_in_a_poll <= 32, "{most_in_a_poll}");
}

#[test]
fn a_local_scope_dropped_without_a_local_frame_sends_on_what_a_local_exit_left_behind() {
    let abandonments = Abandonments::heard();
    let (log, queue) = (Log::new(), Rc::new(RefCell::new(Vec::new())));
    let into = Rc::clone(&queue);
    let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
    let gate = Gate::new();
    let (left, deeper) = (log.gated("left by the exit", &gate), log.gated("left by an exit of the exit", &gate));
    let (work, _handle) = scope_local(async move {
        drop(guard_local((), async |(), _outcome| {
            drop(left);
            drop(guard_local((), async |(), _outcome| {
                drop(deeper);
                pending::<()>().await;
            }));
            pending::<()>().await;
        }));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending(), "both local exits have begun");
    assert_eq!(log.take().len(), 2, "and so have those that they left");
    drop(work);
    assert_eq!(abandonments.take().len(), 2, "the local exits only");
    gate.open();
    for tree in queue.take() {
        assert!(Stepped::new(tree).poll_until_stalled().is_ready());
    }
    let mut said = log.take();
    said.sort_unstable();
    assert_eq!(said, ["left by an exit of the exit ended", "left by the exit ended"]);
}

#[test]
fn a_local_guard_dropped_alone_exits_after_what_its_child_left_as_it_was_polled() {
    let (said, gate) = (Said::default(), Gate::new());
    let (outer, inner) = (local(&said, "outer"), guard_local(gate.clone(), async |gate: Gate, _| gate.passed().await));
    let (work, _handle) = scope_local(async move {
        let mut siblings = Siblings::new();
        let polls = siblings.begin();
        Siblings::child(1);
        drop(inner);
        drop(polls);
        siblings.alone(1, || drop(outer));
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert!(said.borrow().is_empty());
    gate.open();
    assert!(work.poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["outer: Dropped", "outer ended"]);
}

#[test]
fn a_close_that_blocks_in_a_send_scope_moves_on_what_the_local_frame_beyond_has_taken() {
    let said = Said::default();
    let (older, newer) = (local(&said, "older"), local(&said, "newer"));
    let (inner, _handle) = scope(async move {
        drop(newer);
        // As a foreign `block_on` would: nobody further up the stack can go on.
        assert!(Stepped::new(older.close()).poll_until_stalled().is_ready());
    });
    let (work, _handle) = scope_local(inner);
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["newer: Dropped", "newer ended", "older: Returned", "older ended"]);
}

#[test]
fn local_work_from_within_a_send_frame_of_one_child_is_in_no_lane_of_a_sibling() {
    let (said, gate) = (Said::default(), Gate::new());
    let (waits, opens) = (
        guard_local(gate.clone(), async |gate: Gate, _| gate.passed().await),
        guard_local((Rc::clone(&said), gate), async |(said, gate): (Said, Gate), _| {
            said.borrow_mut().push("opened".into());
            gate.open();
        }),
    );
    let (work, _handle) = scope_local(async move {
        let (mut outer, mut inner, mut nest) = (Siblings::new(), Siblings::new(), Nest::new());
        let polls = outer.begin();
        Siblings::child(1);
        nest.enter(|| {
            let polls = inner.begin();
            // As the second child of the whole is numbered, too.
            Siblings::child(2);
            drop(waits);
            drop(polls);
        });
        Siblings::child(2);
        drop(opens);
        drop(polls);
        poll_fn(|cx| nest.poll_drain(cx)).await;
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["opened"]);
}
