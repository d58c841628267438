//! The group, in every interleaving: the last member against who waits, who joins, and who goes.

use super::WaitGroup;
use crate::line::model::{parkers, poll_once, wait_with};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::{model, thread};
use std::sync::Arc;

#[test]
fn the_last_member_releases_who_waits_and_publishes_what_each_did() {
    model(|| {
        let (group, written) = (Arc::new(WaitGroup::new()), Arc::new([(); 2].map(|()| AtomicUsize::new(0))));
        let [parker] = parkers();
        let members = [0, 1].map(|place| {
            let (member, written) = (group.add_owned(), written.clone());
            thread::spawn(move || {
                written[place].store(1, Ordering::Relaxed);
                drop(member);
            })
        });
        wait_with(&parker, group.wait());
        assert!(written.iter().all(|place| place.load(Ordering::Relaxed) == 1));
        members.into_iter().for_each(|member| member.join().unwrap());
    });
}

#[test]
fn who_waited_is_released_even_if_a_member_is_added_at_once() {
    model(|| {
        let (group, [ours, theirs]) = (Arc::new(WaitGroup::new()), parkers());
        let member = group.add_owned();
        let (leaving, waiting, their_parker) = (group.clone(), group.clone(), theirs.clone());
        let mut wait = Box::pin(group.wait());
        assert!(!poll_once(wait.as_mut()));
        let leaver = thread::spawn(move || {
            drop(member);
            leaving.add_owned()
        });
        // Whether it comes before the end, between, or after the next has joined: it has its turn when that one leaves.
        let late = thread::spawn(move || wait_with(&their_parker, waiting.wait()));
        wait_with(&ours, wait);
        let next = leaver.join().unwrap();
        assert_eq!(group.members(), 1);
        drop(next);
        late.join().unwrap();
    });
}

#[test]
fn a_wait_dropped_against_the_last_member_leaves_the_others_theirs() {
    model(|| {
        let (group, [parker]) = (Arc::new(WaitGroup::new()), parkers());
        let member = group.add_owned();
        let (waiting, their_parker) = (group.clone(), parker.clone());
        let mut dropped = Box::pin(group.wait());
        assert!(!poll_once(dropped.as_mut()));
        let leaver = thread::spawn(move || drop(member));
        let waiter = thread::spawn(move || wait_with(&their_parker, waiting.wait()));
        drop(dropped);
        leaver.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(group.members(), 0);
    });
}
