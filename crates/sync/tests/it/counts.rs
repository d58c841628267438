//! `Latch` and `WaitGroup`: waiting until a count is zero.

use motet_sync::{Latch, WaitGroup};
use motet_test::{End, Stepped, WakeCount, drop_at_every_await_between};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

#[test]
fn a_latch_opens_with_the_last_count_and_stays_open() {
    let latch = Latch::new(3);
    let mut line: Vec<_> = (0..3).map(|_| Stepped::new(latch.wait())).collect();
    assert!(line.iter_mut().all(|wait| wait.poll().is_pending()));
    latch.count_down();
    assert!(!latch.is_open() && line.iter().all(|wait| !wait.is_woken()));
    latch.count_down_by(2);
    assert!(latch.is_open());
    assert!(line.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
    latch.count_down_by(5);
    assert_eq!(latch.left(), 0);
    assert!(Stepped::new(latch.wait()).poll().is_ready());
    assert_eq!(format!("{latch:?}"), "Latch { left: 0, .. }");
}

#[test]
fn a_wait_dropped_leaves_nothing_behind() {
    let (latch, group) = (Latch::new(1), WaitGroup::new());
    let member = group.add();
    let wakes = WakeCount::new();
    let (mut of_latch, mut of_group) = (Box::pin(latch.wait()), Box::pin(group.wait()));
    assert!(wakes.poll(of_latch.as_mut()).is_pending() && wakes.poll(of_group.as_mut()).is_pending());
    drop((of_latch, of_group));
    assert_eq!(wakes.wakers_alive(1), 0);
    latch.count_down();
    drop(member);
    assert_eq!(wakes.count(), 0);
}

#[test]
fn a_group_is_over_when_the_last_member_is_dropped() {
    let group = WaitGroup::new();
    let (one, two) = (group.add(), group.add());
    let mut wait = Stepped::new(group.wait());
    assert!(wait.poll().is_pending());
    drop(one);
    assert!(!wait.is_woken());
    assert_eq!(format!("{group:?}"), "WaitGroup { members: 1, .. }");
    drop(two);
    assert!(wait.is_woken() && wait.poll().is_ready());
}

#[test]
fn a_waiter_that_was_released_completes_even_if_a_member_follows() {
    let group = WaitGroup::new();
    let member = group.add();
    let mut wait = Stepped::new(group.wait());
    assert!(wait.poll().is_pending());
    drop(member);
    let _next = group.add();
    let mut late = Stepped::new(group.wait());
    assert!(late.poll().is_pending());
    assert!(wait.poll().is_ready());
    assert!(!late.is_woken() && late.poll().is_pending());
}

#[test]
fn a_member_is_done_in_a_panic_too() {
    let group = Arc::new(WaitGroup::new());
    let member = group.add_owned();
    let thread = thread::spawn(move || {
        let _member = member;
        panic!("on purpose");
    });
    group.wait_blocking();
    assert!(thread.join().is_err());
}

#[test]
fn waits_dropped_at_any_await_leave_the_counts_to_others() {
    let report = drop_at_every_await_between(|| {
        let (latch, group) = (Rc::new(Latch::new(1)), Rc::new(WaitGroup::new()));
        let (their_latch, their_group) = (latch.clone(), group.clone());
        let member = Arc::new(WaitGroup::new());
        let owned = Rc::new(RefCell::new(Some(member.add_owned())));
        let theirs = member.clone();
        let future = async move {
            their_latch.wait().await;
            their_group.wait().await;
            theirs.wait().await;
        };
        let (counting, leaving) = (latch.clone(), owned.clone());
        let step = move |polls: usize| {
            counting.count_down();
            if polls == 2 {
                leaving.take();
            }
        };
        let check = move |_: End<()>| {
            latch.count_down();
            owned.take();
            assert!(Stepped::new(latch.wait()).poll().is_ready());
            assert!(Stepped::new(group.wait()).poll().is_ready());
            assert!(Stepped::new(member.wait()).poll().is_ready());
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops == 3, "{report:?}");
}

#[test]
fn threads_and_tasks_are_released_together() {
    for _ in 0..200 {
        let (latch, group) = (Arc::new(Latch::new(2)), Arc::new(WaitGroup::new()));
        let (done, all) = mpsc::channel();
        for task in 0..2 {
            let (latch, member, done) = (latch.clone(), group.add_owned(), done.clone());
            thread::spawn(move || {
                latch.count_down();
                if task == 0 {
                    latch.wait_blocking();
                } else {
                    futures::executor::block_on(latch.wait());
                }
                done.send(()).expect("the test listens");
                drop(member);
            });
        }
        drop(done);
        group.wait_blocking();
        assert_eq!(all.try_iter().count(), 2);
    }
}
