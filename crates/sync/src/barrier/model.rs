//! The barrier, in every interleaving: rounds, and resets in their midst.

use super::Barrier;
use super::future::Entry;
use crate::line::Look;
use crate::line::model::{parkers, poll_once, wait_with};
use motet_prim::park::Parker;
use motet_prim::{model, thread};
use std::pin::pin;
use std::sync::Arc;

fn pass(barrier: &Barrier, parker: &Parker) -> usize {
    wait_with(parker, barrier.wait()).unwrap().index
}

#[test]
fn two_parties_pass_two_rounds() {
    model(|| {
        let (barrier, [ours, theirs]) = (Arc::new(Barrier::new(2).unwrap()), parkers());
        let (their_barrier, their_parker) = (barrier.clone(), theirs.clone());
        let other = thread::spawn(move || [(); 2].map(|()| pass(&their_barrier, &their_parker)));
        let ours = [(); 2].map(|()| pass(&barrier, &ours));
        let theirs = other.join().unwrap();
        assert!((0..2).all(|round| ours[round] + theirs[round] == 1));
    });
}

#[test]
fn a_reset_breaks_who_waits_and_leaves_the_barrier_empty() {
    model(|| {
        let (barrier, [parker]) = (Arc::new(Barrier::new(2).unwrap()), parkers());
        let (resetting, dropping) = (barrier.clone(), barrier.clone());
        let mut wait = Box::pin(barrier.wait());
        assert!(!poll_once(wait.as_mut()));
        let resetter = thread::spawn(move || resetting.reset());
        let dropper = thread::spawn(move || poll_once(pin!(dropping.wait())));
        // Broken, or the dropped one came before the reset and made it two.
        let ended = wait_with(&parker, wait);
        resetter.join().unwrap();
        let completed = dropper.join().unwrap();
        assert!(completed || ended.is_err());
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
    });
}

#[test]
fn one_that_gives_up_against_the_last_to_come_leaves_with_it_or_not_at_all() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        let mut hasty = Entry::of(&*barrier);
        assert!(matches!(hasty.advance(), Look::Wait(_)));
        let coming = barrier.clone();
        let last = thread::spawn(move || poll_once(pin!(coming.wait())));
        let through = hasty.give_up();
        assert_eq!(last.join().unwrap(), through.is_some_and(|turn| turn.is_ok_and(|turn| turn.index == 1)));
        assert_eq!(barrier.waiting(), 0);
    });
}
