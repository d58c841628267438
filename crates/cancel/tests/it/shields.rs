//! Shields: the work goes on, outside of every drain and grace.

use crate::scene::{Gate, Log};
use motet_cancel::frame::{self, Nest};
use motet_cancel::{
    Reason, TaskError, guard_local, report_unheard, scope, scope_local, set_on_unheard, shield, shield_local,
    try_shield,
};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::future::{poll_fn, ready};
use std::io;
use std::rc::Rc;
use std::task::Poll;

async fn work(log: Log, gate: Gate) -> u32 {
    log.say("began");
    gate.passed().await;
    log.say("completed");
    7
}

#[test]
fn an_undisturbed_shield_gives_the_output() {
    assert_eq!(Stepped::new(shield(ready(7))).poll(), Poll::Ready(7));
}

#[test]
fn a_cancelled_awaiter_ends_at_once_and_the_work_completes_at_the_reaper() {
    let (log, gate) = (Log::new(), Gate::new());
    let queue = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&queue);
    let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
    let (awaiter, handle) = scope(shield(work(log.clone(), gate.clone())));
    let mut awaiter = Stepped::new(awaiter);
    assert!(awaiter.poll().is_pending());
    handle.cancel("awaiter");
    assert!(awaiter.poll().is_ready(), "no drain waits for a shield");
    let mut reaped = Stepped::new(queue.borrow_mut().pop().unwrap());
    assert!(reaped.poll().is_pending());
    gate.open();
    assert!(reaped.poll().is_ready());
    assert_eq!(log.take(), ["began", "completed"]);
}

#[test]
fn a_shield_survives_the_expiry_of_a_grace() {
    let (log, gate) = (Log::new(), Gate::new());
    let queue = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&queue);
    let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
    let (awaiter, handle) = scope(shield(work(log.clone(), gate.clone())));
    let mut awaiter = Stepped::new(awaiter);
    assert!(awaiter.poll().is_pending());
    handle.cancel_with_grace((), ready(()));
    assert!(awaiter.poll().is_ready());
    gate.open();
    let reaped = queue.borrow_mut().pop().unwrap();
    assert!(Stepped::new(reaped).poll().is_ready());
    assert_eq!(log.take(), ["began", "completed"]);
}

#[test]
fn without_a_reaper_the_enclosing_frame_completes_the_work() {
    let (log, gate) = (Log::new(), Gate::new());
    let mut nest = Nest::new();
    let _alone = crate::scene::alone();
    nest.enter(|| drop(shield(work(log.clone(), gate.clone()))));
    gate.open();
    assert!(Stepped::new(poll_fn(|cx| nest.poll_drain(cx))).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["began", "completed"]);
}

#[test]
fn a_shield_is_a_frame_of_its_own() {
    let (log, gate) = (Log::new(), Gate::new());
    let lost = log.gated("lost inside", &gate);
    let mut shielded = Stepped::new(shield(async move { drop(lost) }));
    assert!(shielded.poll().is_pending());
    assert_eq!(log.take(), ["lost inside: Dropped"]);
    gate.open();
    assert!(shielded.poll().is_ready());
}

#[test]
fn a_shield_dropped_during_its_own_cleanup_leaves_that_to_the_reaper() {
    let (log, gate) = (Log::new(), Gate::new());
    let queue = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&queue);
    let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
    let lost = log.gated("lost inside", &gate);
    let mut shielded = Stepped::new(shield(async move { drop(lost) }));
    assert!(shielded.poll().is_pending());
    let mut nest = Nest::new();
    nest.enter(|| drop(shielded));
    assert!(nest.is_empty());
    gate.open();
    let reaped = queue.borrow_mut().pop().unwrap();
    assert!(Stepped::new(reaped).poll().is_ready());
    assert_eq!(log.take(), ["lost inside: Dropped", "lost inside ended"]);
}

#[test]
fn without_a_reaper_the_enclosing_scope_runs_the_cleanup_of_a_shield_that_it_drops() {
    let abandonments = crate::scene::Abandonments::heard();
    let (log, gate) = (Log::new(), Gate::new());
    let lost = log.gated("exit", &gate);
    let (outer, handle) = scope(async move {
        shield(async move {
            let _lost = lost;
            7
        })
        .await
    });
    let mut outer = Stepped::new(outer);
    assert!(outer.poll().is_pending(), "the body returned, its exit is pending");
    handle.cancel(());
    assert!(outer.poll_until_stalled().is_pending(), "the scope waits for the exit");
    gate.open();
    assert!(outer.poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["exit: Dropped", "exit ended"]);
    assert!(abandonments.take().is_empty());
}

#[test]
fn without_a_reaper_the_enclosing_scope_runs_what_the_output_of_a_dropped_shield_leaves() {
    let _alone = crate::scene::alone();
    let (log, gate) = (Log::new(), Gate::new());
    let (lost, given) = (log.gated("exit", &gate), log.guard("output"));
    let (outer, handle) = scope(async move {
        drop(
            shield(async move {
                drop(lost);
                given
            })
            .await,
        );
    });
    let mut outer = Stepped::new(outer);
    assert!(outer.poll().is_pending());
    handle.cancel("why");
    gate.open();
    assert!(outer.poll_until_stalled().is_ready());
    let mut said = log.take();
    said.sort_unstable();
    assert_eq!(said, ["exit ended", "exit: Dropped", "output ended", "output: Cancelled(Reason(\"why\"))"]);
}

#[test]
fn without_a_local_reaper_the_local_frame_runs_the_cleanup_of_a_local_shield_that_it_drops() {
    let _alone = crate::scene::alone();
    let (said, gate) = (Rc::new(RefCell::new(Vec::new())), Gate::new());
    let lost = guard_local((Rc::clone(&said), gate.clone()), async |(said, gate): (Rc<RefCell<Vec<_>>>, Gate), _| {
        said.borrow_mut().push("exit");
        gate.passed().await;
        said.borrow_mut().push("exit ended");
    });
    let (outer, handle) = scope_local(shield_local(async move { drop(lost) }));
    let mut outer = Stepped::new(outer);
    assert!(outer.poll().is_pending());
    handle.cancel(());
    assert!(outer.poll_until_stalled().is_pending(), "the scope waits for the exit");
    gate.open();
    assert!(outer.poll_until_stalled().is_ready());
    assert_eq!(*said.borrow(), ["exit", "exit ended"]);
}

#[test]
fn a_local_shield_goes_to_the_local_frame_if_there_is_no_local_reaper() {
    let done = Rc::new(Cell::new(false));
    let inside = Rc::clone(&done);
    let (outer, _handle) = scope_local(async move { drop(shield_local(async move { inside.set(true) })) });
    assert!(Stepped::new(outer).poll_until_stalled().is_ready());
    assert!(done.get());
}

/// What the hook for errors that nobody awaits was told while `run` ran; the hook is the process's.
fn unheard_in(run: impl FnOnce()) -> Vec<String> {
    let _alone = crate::scene::alone();
    let log = Log::new();
    let (hook, thread) = (log.clone(), std::thread::current().id());
    set_on_unheard(move |unheard| {
        if std::thread::current().id() == thread {
            hook.say(unheard.to_string());
        }
    });
    run();
    set_on_unheard(|_| {});
    log.take()
}

#[test]
fn an_inner_error_after_the_awaiter_was_cancelled_is_told_once() {
    // C39
    let told = unheard_in(|| {
        let gate = Gate::new();
        let queue = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&queue);
        let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
        let (awaiter, handle) = scope(try_shield({
            let gate = gate.clone();
            async move {
                gate.passed().await;
                Err::<(), _>(io::Error::other("disk full"))
            }
        }));
        let mut awaiter = Stepped::new(awaiter);
        assert!(awaiter.poll().is_pending());
        handle.cancel("awaiter");
        assert!(awaiter.poll().is_ready());
        gate.open();
        assert!(Stepped::new(queue.borrow_mut().pop().unwrap()).poll().is_ready());
    });
    assert_eq!(told, ["an error that nobody awaits: disk full"]);
}

#[test]
fn an_error_that_is_held_while_its_work_cleans_up_is_told_too() {
    let told = unheard_in(|| {
        let (log, exit) = (Log::new(), Gate::new());
        let guard = log.gated("exit", &exit);
        let mut work = Box::pin(try_shield(async move {
            drop(guard);
            Err::<(), _>("a text")
        }));
        assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending(), "the exit runs");
        let _entered = frame::enter_reaper(drop);
        drop(work);
    });
    assert_eq!(told, ["an error that nobody awaits, of the type &str"]);
}

#[test]
fn an_error_that_is_awaited_and_a_cancel_are_not_told() {
    let told = unheard_in(|| {
        let awaited = Stepped::new(try_shield(ready(Err::<(), _>("awaited")))).poll();
        assert_eq!(awaited, Poll::Ready(Err("awaited")));
        let (cancelled, handle) = scope(ready(()));
        handle.cancel("inner");
        let queue = Rc::new(RefCell::new(Vec::new()));
        let into = Rc::clone(&queue);
        let _entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
        drop(try_shield(cancelled));
        assert!(Stepped::new(queue.borrow_mut().pop().unwrap()).poll().is_ready());
        report_unheard(TaskError::Cancelled(Reason::none()));
        report_unheard(std::io::Error::from(TaskError::Cancelled(Reason::none())));
        report_unheard::<Box<dyn std::error::Error + Send + Sync>>(TaskError::Cancelled(Reason::none()).into());
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_hook_and_an_error_that_panic_harm_nobody() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in the drop of the error");
        }
    }
    let _alone = crate::scene::alone();
    set_on_unheard(|_| panic!("in the hook"));
    report_unheard(Bad);
    set_on_unheard(|_| {});
}
