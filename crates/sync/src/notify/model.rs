//! Notifications, in every interleaving: stored, handed over, passed on.

use super::Notify;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use motet_test::Stepped;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

#[test]
fn two_notifications_reach_two_who_wait_or_will() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let mut early = Box::pin(notify.notified());
        assert!(early.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let waiting = notify.clone();
        let waiter = thread::spawn(move || block_on(waiting.notified()));
        notify.notify_one();
        notify.notify_one();
        assert!(early.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        waiter.join().unwrap();
    });
}

#[test]
fn a_notification_against_a_drop_is_not_lost() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let (dropping, waiting) = (notify.clone(), notify.clone());
        let dropper = thread::spawn(move || {
            let mut dropped = Box::pin(dropping.notified());
            let taken = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
            if taken {
                dropping.notify_one();
            }
        });
        let waiter = thread::spawn(move || block_on(waiting.notified()));
        notify.notify_one();
        dropper.join().unwrap();
        waiter.join().unwrap();
    });
}

#[test]
fn notify_all_reaches_whoever_began_before() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let begun = notify.notified();
        let dropping = notify.clone();
        let dropper = thread::spawn(move || {
            let mut dropped = Box::pin(dropping.notified());
            let _ = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        let notifying = notify.clone();
        let notifier = thread::spawn(move || notifying.notify_all());
        block_on(begun);
        dropper.join().unwrap();
        notifier.join().unwrap();
    });
}

#[test]
fn a_notification_for_one_that_comes_while_three_are_released_is_stored() {
    // Three are more than a batch of wakes holds in a model: the line is unlocked in the midst.
    model(|| {
        let notify = Arc::new(Notify::new());
        let mut waits = [(); 3].map(|()| Stepped::new(notify.notified()));
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        let (all, one) = (notify.clone(), notify.clone());
        let before = notify.generation();
        let notifier = thread::spawn(move || all.notify_all());
        let other = thread::spawn(move || {
            let has_begun = one.generation() != before;
            one.notify_one();
            has_begun
        });
        notifier.join().unwrap();
        let has_begun = other.join().unwrap();
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
        // Before that it may have been for one of them.
        assert!(!has_begun || Stepped::new(notify.notified()).poll().is_ready());
    });
}
