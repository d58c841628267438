//! The barrier, in every interleaving: rounds, and resets in their midst.

use super::Barrier;
use motet_prim::park::{Parker, block_on};
use motet_prim::{model, thread};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn pass(barrier: &Barrier, parker: &Parker) -> usize {
    let (mut wait, waker) = (Box::pin(barrier.wait()), parker.waker());
    loop {
        if let Poll::Ready(turn) = wait.as_mut().poll(&mut Context::from_waker(&waker)) {
            return turn.unwrap().index;
        }
        parker.park();
    }
}

#[test]
fn two_parties_pass_two_rounds() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        // Both parkers live to the end: a wake may come late, to one who has looked by itself, and the model checker does not
        // see the reference counts that keep the parker alive for it.
        let parkers = [(); 2].map(|()| Arc::new(Parker::new()));
        let (theirs, their_parker) = (barrier.clone(), parkers[1].clone());
        let other = thread::spawn(move || [(); 2].map(|()| pass(&theirs, &their_parker)));
        let ours = [(); 2].map(|()| pass(&barrier, &parkers[0]));
        let theirs = other.join().unwrap();
        assert!((0..2).all(|round| ours[round] + theirs[round] == 1));
    });
}

#[test]
fn a_reset_breaks_who_waits_and_leaves_the_barrier_empty() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        let (resetting, dropping) = (barrier.clone(), barrier.clone());
        let mut wait = Box::pin(barrier.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let resetter = thread::spawn(move || resetting.reset());
        let dropper = thread::spawn(move || {
            let mut dropped = Box::pin(dropping.wait());
            dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        });
        // Broken, or the dropped one came before the reset and made it two.
        let ended = block_on(wait);
        resetter.join().unwrap();
        let completed = dropper.join().unwrap();
        assert!(completed || ended.is_err());
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
    });
}
