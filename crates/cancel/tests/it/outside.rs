//! Where there is no frame: reapers, and what happens without one.

use crate::scene::{Abandonments, Log, alone};
use futures::future::BoxFuture;
use motet_cancel::{Abandoned, abandoned, adopt, frame, scope, set_on_abandon, set_reaper};
use motet_test::Stepped;
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::mpsc;

type Queue = Rc<RefCell<Vec<BoxFuture<'static, ()>>>>;

fn entered() -> (Queue, frame::EnteredReaper) {
    let queue = Queue::default();
    let into = Rc::clone(&queue);
    (queue, frame::enter_reaper(move |exit| into.borrow_mut().push(exit)))
}

fn run(queue: &Queue) {
    loop {
        let Some(exit) = queue.borrow_mut().pop() else { return };
        assert!(Stepped::new(exit).poll_until_stalled().is_ready());
    }
}

#[test]
fn a_scope_dropped_outside_of_any_poll_goes_to_the_threads_reaper_as_one_piece_in_order() {
    let log = Log::new();
    let (outer, inner) = (log.guard("outer"), log.guard("inner"));
    let (work, _handle) = scope(async move {
        let _outer = outer;
        let _inner = inner;
        pending::<()>().await;
    });
    let mut work = Box::pin(work);
    assert!(motet_test::WakeCount::new().poll(work.as_mut()).is_pending());
    let (queue, _entered) = entered();
    drop(work);
    assert_eq!(queue.borrow().len(), 1);
    run(&queue);
    assert_eq!(log.take(), ["inner: Dropped", "inner ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn entered_reapers_nest_and_are_taken_back() {
    let (outer, entered_outer) = entered();
    {
        let (inner, _entered_inner) = entered();
        assert!(adopt(async {}).is_ok());
        assert_eq!((outer.borrow().len(), inner.borrow().len()), (0, 1));
        run(&inner);
    }
    assert!(adopt(async {}).is_ok());
    assert_eq!(outer.borrow().len(), 1);
    drop(entered_outer);
    let _alone = alone();
    assert!(adopt(async {}).is_err());
}

#[test]
fn the_registered_reaper_is_the_one_registered_last_until_it_is_taken_back() {
    let _alone = alone();
    let (first, first_got) = mpsc::channel();
    let (second, second_got) = mpsc::channel();
    let first = set_reaper(move |exit| first.send(exit).unwrap());
    let second = set_reaper(move |exit| second.send(exit).unwrap());
    assert!(adopt(async {}).is_ok());
    assert!(second_got.try_recv().is_ok());
    drop(second);
    assert!(adopt(async {}).is_ok());
    assert!(first_got.try_recv().is_ok());
    drop(first);
    assert!(adopt(async {}).is_err());
}

#[test]
fn the_threads_reaper_comes_before_the_registered_one() {
    let _alone = alone();
    let _registered = set_reaper(|_exit| unreachable!("the thread has its own"));
    let (queue, _entered) = entered();
    assert!(adopt(async {}).is_ok());
    assert_eq!(queue.borrow().len(), 1);
}

#[test]
fn an_exit_that_its_reaper_drops_midway_is_handed_over_again() {
    let log = Log::new();
    let (queue, _entered) = entered();
    drop(log.guard("exit"));
    let mut exit = Stepped::new(queue.borrow_mut().pop().unwrap());
    assert!(exit.poll().is_pending());
    drop(exit); // An executor that shuts down.
    assert_eq!(queue.borrow().len(), 1);
    run(&queue);
    assert_eq!(log.take(), ["exit: Dropped", "exit ended"]);
}

#[test]
fn a_reaper_that_drops_or_panics_abandons_and_the_drop_does_not_panic() {
    let abandonments = Abandonments::heard();
    let log = Log::new();
    for reaper in [|exit| drop(exit), |_exit: BoxFuture<'static, ()>| panic!("no more tasks")] {
        let _entered = frame::enter_reaper(reaper);
        drop(log.guard("lost"));
        assert_eq!(abandonments.take(), [Abandoned::ReaperFailed]);
    }
    assert!(log.take().is_empty());
}

#[test]
fn without_frame_and_reaper_work_comes_back_and_guards_are_abandoned() {
    let abandonments = Abandonments::heard();
    assert!(adopt(async {}).is_err());
    let before = abandoned();
    drop(Log::new().guard("lost"));
    assert_eq!(abandonments.take(), [Abandoned::NoReaper]);
    assert!(abandoned() > before, "it is counted");
}

#[test]
fn a_panicking_hook_is_swallowed() {
    let _alone = alone();
    set_on_abandon(|_why| panic!("the hook"));
    let before = abandoned();
    drop(Log::new().guard("lost"));
    assert!(abandoned() > before, "it is counted");
    set_on_abandon(|_why| {});
}

#[test]
fn what_an_abandoned_exit_holds_is_abandoned_too() {
    let abandonments = Abandonments::heard();
    let log = Log::new();
    let inner = log.guard("held by the exit");
    let outer = motet_cancel::guard(inner, async |inner, _outcome| drop(inner));
    drop(outer);
    assert_eq!(abandonments.take(), [Abandoned::NoReaper; 2]);
}

#[test]
fn outside_hides_the_frame_from_other_tasks() {
    let log = Log::new();
    let (queue, _entered) = entered();
    let guard = log.guard("another task's");
    let (work, _handle) = scope(async move {
        assert!(frame::is_open());
        frame::outside(|| {
            assert!(!frame::is_open());
            drop(guard);
        });
        assert!(frame::is_open());
    });
    assert!(Stepped::new(work).poll().is_ready(), "nothing was adopted");
    assert_eq!(queue.borrow().len(), 1);
}
