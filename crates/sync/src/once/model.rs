//! The cell, in every interleaving: candidates that race, and initialisers that fail, are dropped, or come too late.

use super::OnceCell;
use crate::line::model::{parkers, poll_once, wait_with};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::Parker;
use motet_prim::{model, thread};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// A candidate that makes this value, on a thread of its own.
fn candidate(cell: &Arc<OnceCell<u8>>, parker: &Arc<Parker>, value: u8) -> thread::JoinHandle<u8> {
    let (cell, parker) = (cell.clone(), parker.clone());
    thread::spawn(move || *wait_with(&parker, cell.get_or_init(async || value)))
}

#[test]
fn of_two_candidates_one_initialises_and_all_get_its_value() {
    model(|| {
        let (cell, made, [ours, theirs @ ..]) =
            (Arc::new(OnceCell::new()), Arc::new(AtomicUsize::new(0)), parkers::<3>());
        let candidates = [0, 1].map(|place| {
            let (cell, made, parker) = (cell.clone(), made.clone(), theirs[place].clone());
            let init = async move || {
                made.fetch_add(1, Ordering::Relaxed);
                place
            };
            thread::spawn(move || *wait_with(&parker, cell.get_or_init(init)))
        });
        let read = *wait_with(&ours, cell.wait());
        assert!(candidates.into_iter().all(|candidate| candidate.join().unwrap() == read));
        assert_eq!(made.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_value_made_at_last_reaches_candidates_and_readers() {
    model(|| {
        let (cell, [ours, theirs]) = (Arc::new(OnceCell::new()), parkers());
        let mut polls = 0..2;
        let init = poll_fn(move |_| if polls.next() == Some(0) { Poll::Pending } else { Poll::Ready(1) });
        let initialising = cell.clone();
        let mut initialising = Box::pin(async move { *initialising.get_or_init(|| init).await });
        assert!(!poll_once(initialising.as_mut()));
        let candidate = candidate(&cell, &theirs, 2);
        let initialiser = thread::spawn(move || poll_once(initialising.as_mut()));
        assert_eq!(*wait_with(&ours, cell.wait()), 1);
        assert_eq!(candidate.join().unwrap(), 1);
        assert!(initialiser.join().unwrap());
    });
}

#[test]
fn a_failure_against_a_candidate_hands_over() {
    model(|| {
        let (cell, [ours, theirs]) = (Arc::new(OnceCell::new()), parkers());
        let (failing, their_parker) = (cell.clone(), theirs.clone());
        let fails = async || Err::<u8, ()>(());
        let failing = thread::spawn(move || wait_with(&their_parker, failing.get_or_try_init(fails)).is_ok());
        assert_eq!(*wait_with(&ours, cell.get_or_init(async || 2)), 2);
        failing.join().unwrap();
        assert_eq!(cell.get(), Some(&2));
    });
}

#[test]
fn an_initialiser_dropped_at_its_await_hands_over() {
    model(|| {
        let (cell, [ours, theirs]) = (Arc::new(OnceCell::new()), parkers());
        let dropping = cell.clone();
        // In its turn, in line, or too late.
        let dropper = thread::spawn(move || poll_once(pin!(dropping.get_or_init(pending))));
        let candidate = candidate(&cell, &theirs, 2);
        assert_eq!(*wait_with(&ours, cell.wait()), 2);
        assert_eq!(candidate.join().unwrap(), 2);
        dropper.join().unwrap();
    });
}

#[test]
fn a_candidate_dropped_against_the_call_leaves_it_to_the_next() {
    model(|| {
        let (cell, [parker]) = (Arc::new(OnceCell::new()), parkers());
        let mut initialising = Box::pin(cell.get_or_init(pending));
        assert!(!poll_once(initialising.as_mut()));
        let waiting = cell.clone();
        let mut called = Box::pin(async move { *waiting.get_or_init(async || 1).await });
        assert!(!poll_once(called.as_mut()));
        let dropper = thread::spawn(move || drop(called));
        let next = candidate(&cell, &parker, 2);
        drop(initialising);
        assert_eq!(next.join().unwrap(), 2);
        dropper.join().unwrap();
    });
}

#[test]
fn a_value_that_is_set_against_a_candidate_is_set_once() {
    model(|| {
        let (cell, [ours, theirs]) = (Arc::new(OnceCell::new()), parkers());
        let setting = cell.clone();
        let setter = thread::spawn(move || setting.set(1).is_ok());
        let candidate = candidate(&cell, &theirs, 2);
        let read = *wait_with(&ours, cell.wait());
        let was_set = setter.join().unwrap();
        assert_eq!((read, candidate.join().unwrap()), if was_set { (1, 1) } else { (2, 2) });
    });
}
