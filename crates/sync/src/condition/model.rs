//! The condition, in every interleaving: a notification against the wait for it, and against a cancel.

use super::Condition;
use crate::Lock;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
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
