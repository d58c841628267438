//! The slab under loom: wake against poll, against a change of task, and against drop.

use super::{Rest, Slab};
use core::future::poll_fn;
use core::task::{Poll, Waker};
use motet_prim::model;
use motet_prim::park::{Parker, block_on};
use motet_prim::thread;

fn waker_of(slab: &Slab, child: usize) -> Waker {
    slab.with_waker(child, |cx| cx.waker().clone())
}

/// Polls the slab until that many children were visited; a lost wake is a deadlock, which loom reports.
fn visit(slab: &mut Slab, children: usize) -> Vec<usize> {
    let mut visited = Vec::new();
    block_on(poll_fn(|cx| {
        slab.begin(cx.waker());
        visited.extend(std::iter::from_fn(|| slab.next()));
        if visited.len() >= children {
            return Poll::Ready(());
        }
        if slab.rest() == Rest::Busy {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }));
    visited.sort_unstable();
    visited
}

#[test]
fn two_wakes_of_one_block_are_both_seen() {
    model(|| {
        let mut slab = Slab::new(2, 0);
        let (one, two) = (waker_of(&slab, 0), waker_of(&slab, 1));
        let threads = [one, two].map(|waker| thread::spawn(move || waker.wake()));
        assert_eq!(visit(&mut slab, 2), [0, 1]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_wakes_of_two_blocks_with_one_bit_are_both_seen() {
    model(|| {
        let mut slab = Slab::new(128, 0);
        let (one, two) = (waker_of(&slab, 3), waker_of(&slab, 64));
        let threads = [one, two].map(|waker| thread::spawn(move || waker.wake()));
        assert_eq!(visit(&mut slab, 2), [3, 64]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_wakes_of_two_groups_blocks_are_both_seen() {
    model(|| {
        let mut slab = Slab::new(192, 0);
        let (one, two) = (waker_of(&slab, 3), waker_of(&slab, 130));
        let threads = [one, two].map(|waker| thread::spawn(move || waker.wake()));
        assert_eq!(visit(&mut slab, 2), [3, 130]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_wake_reaches_the_new_task_when_the_task_changes() {
    model(|| {
        let mut slab = Slab::new(1, 0);
        let old = Parker::new();
        slab.begin(&old.waker());
        assert_eq!(slab.next(), None);
        assert_eq!(slab.rest(), Rest::Armed);
        let waker = waker_of(&slab, 0);
        let thread = thread::spawn(move || waker.wake());
        assert_eq!(visit(&mut slab, 1), [0]);
        thread.join().unwrap();
    });
}

#[test]
fn a_task_may_change_while_two_wakes_call() {
    model(|| {
        let mut slab = Slab::new(2, 0);
        let old = Parker::new();
        slab.begin(&old.waker());
        assert_eq!(slab.next(), None);
        assert_eq!(slab.rest(), Rest::Armed);
        let threads = [0, 1].map(|child| {
            let waker = waker_of(&slab, child);
            thread::spawn(move || waker.wake())
        });
        assert_eq!(visit(&mut slab, 2), [0, 1]);
        drop(slab);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn wakes_one_after_another_are_all_seen() {
    model(|| {
        let mut slab = Slab::new(1, 0);
        let waker = waker_of(&slab, 0);
        let thread = thread::spawn(move || {
            waker.wake_by_ref();
            waker
        });
        assert_eq!(visit(&mut slab, 1), [0]);
        let waker = thread.join().unwrap();
        let thread = thread::spawn(move || waker.wake());
        assert_eq!(visit(&mut slab, 1), [0]);
        thread.join().unwrap();
    });
}

#[test]
fn a_slab_may_go_while_its_children_are_woken() {
    model(|| {
        let mut slab = Slab::new(2, 0);
        let task = Parker::new();
        slab.begin(&task.waker());
        assert_eq!(slab.rest(), Rest::Armed);
        let (one, two) = (waker_of(&slab, 0), waker_of(&slab, 1));
        let threads = [one, two].map(|waker| thread::spawn(move || waker.wake()));
        drop(slab);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn what_happened_before_a_wake_is_visible_to_the_poll() {
    use motet_prim::atomic::{AtomicBool, Ordering};
    use std::sync::Arc;

    model(|| {
        let mut slab = Slab::new(2, 0);
        let done = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let threads = [0, 1].map(|child| {
            let (waker, done) = (waker_of(&slab, child), done.clone());
            thread::spawn(move || {
                // Relaxed: only the slab's own orderings publish it.
                done[child].store(true, Ordering::Relaxed);
                waker.wake();
            })
        });
        for child in visit(&mut slab, 2) {
            assert!(done[child].load(Ordering::Relaxed));
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
