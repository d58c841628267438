//! The event, in every interleaving.

use super::Event;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use motet_test::Stepped;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

#[test]
fn a_set_reaches_all_who_wait_and_publishes_what_came_before() {
    model(|| {
        let event = Arc::new(Event::new());
        let written = Arc::new(AtomicUsize::new(0));
        let others = [(); 2].map(|()| {
            let (event, written) = (event.clone(), written.clone());
            thread::spawn(move || {
                block_on(event.wait());
                assert_eq!(written.load(Ordering::Relaxed), 1);
            })
        });
        written.store(1, Ordering::Relaxed);
        event.set();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn a_set_that_is_cleared_at_once_releases_whoever_waited_before() {
    model(|| {
        let event = Arc::new(Event::new());
        let mut wait = Box::pin(event.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let clearing = event.clone();
        let clearer = thread::spawn(move || clearing.clear());
        let dropping = event.clone();
        let dropper = thread::spawn(move || {
            let mut wait = Box::pin(dropping.wait());
            let _ = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        event.set();
        assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        clearer.join().unwrap();
        dropper.join().unwrap();
    });
}

#[test]
fn two_sets_and_a_clear_leave_nobody_behind() {
    model(|| {
        let event = Arc::new(Event::new());
        let (waiting, setting) = (event.clone(), event.clone());
        let waiter = thread::spawn(move || block_on(waiting.wait()));
        let setter = thread::spawn(move || {
            setting.set();
            setting.clear();
        });
        event.set();
        setter.join().unwrap();
        // It may have been cleared last; then this one reaches whoever came late.
        event.set();
        waiter.join().unwrap();
        assert!(event.is_set());
    });
}

#[test]
fn a_set_releases_three_who_wait_and_nobody_who_comes_after_the_clear() {
    // Three are more than a batch of wakes holds in a model: the line is unlocked in the midst.
    model(|| {
        let event = Arc::new(Event::new());
        let mut waits = [(); 3].map(|()| Stepped::new(event.wait()));
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        let (setting, clearing) = (event.clone(), event.clone());
        let setter = thread::spawn(move || setting.set());
        let clearer = thread::spawn(move || {
            clearing.clear();
            let mut late = Stepped::new(clearing.wait_owned());
            let waits = late.poll().is_pending();
            (late, waits)
        });
        setter.join().unwrap();
        let (late, waits_late) = clearer.join().unwrap();
        // It found the event clear: either the set came after that, or the clear took it back.
        assert!(!waits_late || (late.wakes() == 1) == event.is_set());
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
    });
}
