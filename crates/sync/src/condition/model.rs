//! The condition, in every interleaving: a notification against the wait for it, and against a cancel.

use super::Condition;
use super::future::Wait;
use crate::Lock;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use motet_test::Stepped;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

#[test]
fn a_change_reaches_whoever_waits_or_will() {
    model(|| {
        let (lock, changed) = (Arc::new(Lock::new(false)), Arc::new(Condition::new()));
        let (their_lock, their_changed) = (lock.clone(), changed.clone());
        let setter = thread::spawn(move || {
            *block_on(their_lock.lock()) = true;
            their_changed.notify(1);
        });
        block_on(async {
            let guard = lock.lock().await;
            assert!(*changed.wait_while(guard, |ready| !*ready).await);
        });
        setter.join().unwrap();
    });
}

#[test]
fn a_notification_against_a_cancel_goes_to_the_next() {
    model(|| {
        let (lock, changed) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let mut cancelled = Box::pin(changed.wait(lock.try_lock().expect("free")));
        assert!(cancelled.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let mut next = Box::pin(changed.wait(lock.try_lock().expect("unlocked by the wait")));
        assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let notifying = changed.clone();
        let notifier = thread::spawn(move || notifying.notify(1));
        // Cancelled in any of its states: in line, notified, or with the lock.
        let got_it = cancelled.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        drop(cancelled);
        if got_it {
            changed.notify(1);
        }
        drop(block_on(next));
        notifier.join().unwrap();
    });
}

#[test]
fn three_notifications_and_one_more_in_the_midst_of_them_are_four() {
    // Three are more than a batch of wakes holds in a model: the line is unlocked in the midst.
    model(|| {
        let (lock, changed) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let mut waits = [(); 3].map(|()| {
            let mut wait = Stepped::new(changed.wait(lock.try_lock().expect("unlocked by the wait before")));
            assert!(wait.poll().is_pending());
            wait
        });
        let (three, one) = (changed.clone(), changed.clone());
        let notifier = thread::spawn(move || three.notify(3));
        let their_lock = lock.clone();
        let other = thread::spawn(move || {
            let mut late = Stepped::new(one.wait_owned(their_lock.try_lock_owned().expect("free")));
            assert!(late.poll().is_pending());
            one.notify(1);
            late
        });
        notifier.join().unwrap();
        // Four notifications, and in whatever order they came, there were four to notify.
        assert_eq!(other.join().unwrap().wakes(), 1);
        assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()));
    });
}

#[test]
fn a_wait_given_up_against_a_notification_has_it_or_leaves_it_to_the_next() {
    model(|| {
        let (lock, changed) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let mut hasty = Box::pin(Wait::new(&*changed, lock.try_lock().expect("free")));
        assert!(hasty.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let mut next = Stepped::new(changed.wait(lock.try_lock().expect("unlocked by the wait")));
        assert!(next.poll().is_pending());
        let notifying = changed.clone();
        let notifier = thread::spawn(move || notifying.notify(1));
        let is_notified = hasty.as_mut().give_up();
        drop(block_on(hasty));
        notifier.join().unwrap();
        assert_eq!(next.wakes(), usize::from(!is_notified));
        assert!(is_notified || next.poll().is_ready());
    });
}

#[test]
fn a_notification_of_one_that_is_cancelled_while_it_locks_goes_to_the_next() {
    model(|| {
        let (lock, changed) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let [mut cancelled, next] = [(); 2].map(|()| {
            let mut wait = Box::pin(changed.wait(lock.try_lock().expect("unlocked by the wait before")));
            assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            wait
        });
        let held = lock.try_lock().expect("unlocked by the waits");
        let notifying = changed.clone();
        let notifier = thread::spawn(move || notifying.notify(1));
        // In line still, or for the lock by now.
        assert!(cancelled.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(cancelled);
        drop(held);
        drop(block_on(next));
        notifier.join().unwrap();
    });
}
