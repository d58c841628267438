//! The parker, in every interleaving.

use super::{Parker, block_on};
use crate::atomic::{AtomicUsize, Ordering};
use crate::{model, thread};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

#[test]
fn an_unpark_is_never_lost_and_publishes_what_came_before() {
    model(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let value = Arc::new(AtomicUsize::new(0));
        let written = value.clone();
        let other = thread::spawn(move || {
            written.store(1, Ordering::Relaxed);
            unparker.unpark();
        });
        parker.park();
        assert_eq!(value.load(Ordering::Relaxed), 1);
        other.join().unwrap();
    });
}

#[test]
fn two_unparks_wake_one_or_two_parks() {
    model(|| {
        let parker = Parker::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let unparker = parker.unparker();
                thread::spawn(move || unparker.unpark())
            })
            .collect();
        parker.park();
        others.into_iter().for_each(|other| other.join().unwrap());
        // The second unpark is still there, or was one with the first: a third makes sure that this returns.
        parker.unparker().unpark();
        parker.park();
    });
}

#[test]
fn block_on_sees_the_wake_of_another_thread() {
    model(|| {
        let set = Arc::new(AtomicUsize::new(0));
        let mut other = None;
        block_on(poll_fn(|cx| {
            if set.load(Ordering::Relaxed) == 1 {
                return Poll::Ready(());
            }
            if other.is_none() {
                let (set, waker) = (set.clone(), cx.waker().clone());
                other = Some(thread::spawn(move || {
                    set.store(1, Ordering::Relaxed);
                    waker.wake();
                }));
            }
            Poll::Pending
        }));
        other.map(|other| other.join().unwrap());
    });
}
