//! `Condition`: over the guard of a lock.

use motet_sync::{Condition, ConditionWait, Lock, LockGuard};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

fn in_line<'a>(
    changed: &'a Condition,
    lock: &'a Lock<u32>,
    waiters: usize,
) -> Vec<Stepped<ConditionWait<'a, LockGuard<'a, u32>>>> {
    let wait = |_| {
        let mut wait = Stepped::new(changed.wait(lock.try_lock().expect("free")));
        assert!(wait.poll().is_pending());
        wait
    };
    (0..waiters).map(wait).collect()
}

fn woken(line: &[Stepped<ConditionWait<'_, LockGuard<'_, u32>>>]) -> Vec<bool> {
    line.iter().map(Stepped::is_woken).collect()
}

/// S12.
#[test]
fn notify_wakes_so_many_in_order() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut line = in_line(&changed, &lock, 5);
    changed.notify(0);
    assert_eq!(woken(&line), [false; 5]);
    changed.notify(2);
    assert_eq!(woken(&line), [true, true, false, false, false]);
    changed.notify(1);
    assert_eq!(woken(&line), [true, true, true, false, false]);
    changed.notify(9);
    assert_eq!(woken(&line), [true; 5]);
    assert!(line.iter_mut().all(|wait| wait.poll().is_ready()));
}

/// S12: what nobody waits for is not stored.
#[test]
fn a_notification_is_not_stored() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    changed.notify(3);
    let line = in_line(&changed, &lock, 1);
    assert_eq!(woken(&line), [false]);
}

/// S13.
#[test]
fn a_cancelled_wait_leaves() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut line = in_line(&changed, &lock, 3);
    drop(line.remove(1));
    changed.notify(2);
    assert_eq!(woken(&line), [true, true]);
}

/// S14.
#[test]
fn a_wait_dropped_while_relocking_is_without_the_lock() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut line = in_line(&changed, &lock, 1);
    let holder = lock.try_lock().expect("unlocked by the wait");
    changed.notify(1);
    assert!(line[0].poll().is_pending(), "the lock is taken");
    drop(line);
    drop(holder);
    assert!(lock.try_lock().is_some());
}

/// S14.
#[test]
fn a_wait_dropped_with_the_lock_handed_to_it_hands_it_on() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut line = in_line(&changed, &lock, 1);
    let holder = lock.try_lock().expect("unlocked by the wait");
    changed.notify(1);
    assert!(line[0].poll().is_pending());
    let mut behind = Stepped::new(lock.lock());
    assert!(behind.poll().is_pending());
    drop(holder);
    drop(line);
    assert!(behind.is_woken() && behind.poll().is_ready());
}

/// S15.
#[test]
fn a_notification_of_one_who_was_cancelled_goes_to_the_next() {
    for polled in [false, true] {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let mut line = in_line(&changed, &lock, 3);
        let holder = lock.try_lock();
        changed.notify(1);
        if polled {
            assert!(line[0].poll().is_pending(), "the lock is taken");
        }
        drop(line.remove(0));
        assert_eq!(woken(&line), [true, false]);
        drop(holder);
        assert!(line[0].poll().is_ready());
    }
}

/// S15: all were notified; there is nobody to pass it on to.
#[test]
fn a_wait_dropped_after_notify_all_wakes_no_newcomer() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let released = in_line(&changed, &lock, 2);
    changed.notify_all();
    let late = in_line(&changed, &lock, 1);
    drop(released);
    assert_eq!(woken(&late), [false]);
}

/// S16.
#[test]
fn wait_while_returns_when_the_predicate_is_false() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut wait = Stepped::new(changed.wait_while(lock.try_lock().expect("free"), |count| *count < 2));
    assert!(wait.poll().is_pending());
    *lock.try_lock().expect("unlocked by the wait") = 1;
    changed.notify(1);
    assert!(wait.is_woken() && wait.poll().is_pending());
    *lock.try_lock().expect("unlocked again") = 2;
    assert!(wait.poll().is_pending(), "nobody has notified");
    changed.notify(1);
    assert!(matches!(wait.poll(), Poll::Ready(count) if *count == 2));
    let mut at_once = Stepped::new(changed.wait_while(lock.try_lock().expect("free"), |count| *count < 2));
    assert!(at_once.poll().is_ready());
}

/// S16.
#[test]
fn a_predicate_that_panics_releases_the_lock() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let guard = lock.try_lock().expect("free");
        let _never = Stepped::new(changed.wait_while(guard, |_| panic!("on purpose"))).poll();
    }));
    assert!(panic.is_err());
    assert!(lock.try_lock().is_some());
}

/// S17.
#[test]
fn notify_all_wakes_all() {
    for waiters in [0, 1, 33, 100] {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let mut line = in_line(&changed, &lock, waiters);
        changed.notify_all();
        assert!(line.iter_mut().all(|wait| wait.wakes() == 1 && wait.poll().is_ready()), "{waiters} waiters");
    }
}

/// S18: a timeout drops the wait.
#[test]
fn a_timeout_around_a_wait_leaves_the_lock_usable() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    for polls in 0..2 {
        let mut wait = Stepped::new(changed.wait(lock.try_lock().expect("free")));
        for _ in 0..polls {
            assert!(wait.poll().is_pending());
        }
        assert_eq!(lock.is_locked(), polls == 0, "held until the first poll");
        drop(wait);
        *lock.try_lock().expect("released") += 1;
    }
}

/// S19.
#[test]
fn two_conditions_share_a_lock() {
    let (lock, filled, emptied) = (Lock::new(0), Condition::new(), Condition::new());
    let (mut getter, mut putter) = (in_line(&filled, &lock, 1), in_line(&emptied, &lock, 1));
    filled.notify(1);
    assert_eq!((woken(&getter), woken(&putter)), (vec![true], vec![false]));
    emptied.notify(1);
    let Poll::Ready(held) = getter[0].poll() else { panic!("the lock is free") };
    assert!(putter[0].poll().is_pending(), "the lock is taken");
    drop(held);
    assert!(putter[0].is_woken() && putter[0].poll().is_ready());
}

#[test]
fn one_condition_serves_two_locks() {
    let (one, two, changed) = (Lock::new(1), Lock::new(2), Condition::new());
    let (mut of_one, mut of_two) = (in_line(&changed, &one, 1), in_line(&changed, &two, 1));
    changed.notify_all();
    assert!(matches!(of_one[0].poll(), Poll::Ready(guard) if *guard == 1));
    assert!(matches!(of_two[0].poll(), Poll::Ready(guard) if *guard == 2));
}

/// They are woken in order; which of them is polled first the executor decides, and that is the order in which they join the lock's line.
#[test]
fn those_notified_lock_in_the_order_in_which_they_are_polled() {
    for polled in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let mut line = in_line(&changed, &lock, 3);
        let mut held = lock.try_lock();
        changed.notify_all();
        for waiter in polled {
            assert!(line[waiter].poll().is_pending(), "the lock is taken");
        }
        for (turn, &waiter) in polled.iter().enumerate() {
            drop(held.take());
            assert!(polled[turn + 1..].iter().all(|&behind| line[behind].poll().is_pending()));
            let Poll::Ready(guard) = line[waiter].poll() else { panic!("it was handed the lock") };
            held = Some(guard);
        }
    }
}

/// One whose task does something else holds up nobody: the lock is free.
#[test]
fn one_who_is_notified_and_not_polled_does_not_hold_up_those_notified_after_it() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut line = in_line(&changed, &lock, 2);
    changed.notify_all();
    assert!(line[1].poll().is_ready());
    assert!(line[0].poll().is_ready());
}

#[test]
fn a_wait_dropped_at_any_await_loses_neither_lock_nor_notification() {
    let report = drop_at_every_await_between(|| {
        let (lock, changed) = (Arc::new(Lock::new(0)), Rc::new(Condition::new()));
        let (their_lock, their_changed) = (lock.clone(), changed.clone());
        let holder = Rc::new(RefCell::new(None));
        let future = async move {
            let guard = their_changed.wait(their_lock.lock().await).await;
            drop(their_changed.wait_while(guard, |rounds| *rounds < 4).await);
        };
        let (step_lock, step_changed, held) = (lock.clone(), changed.clone(), holder.clone());
        // One poll finds the lock taken, the next one gets it.
        let step = move |polls: usize| {
            held.take();
            if let (Some(mut guard), 1) = (step_lock.try_lock_owned(), polls % 2) {
                *guard += 1;
                step_changed.notify(1);
                held.replace(Some(guard));
            }
        };
        let check = move |_: End<()>| {
            holder.take();
            let mut line = in_line(&changed, &lock, 2);
            changed.notify(2);
            assert!(line.iter_mut().all(|wait| wait.is_woken() && wait.poll().is_ready()));
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops >= 4, "{report:?}");
}

#[test]
fn threads_and_tasks_pass_a_token() {
    const ROUNDS: u32 = 1000;
    let shared = Arc::new((Lock::new(0), Condition::new()));
    let theirs = shared.clone();
    let thread = thread::spawn(move || {
        let (token, moved) = &*theirs;
        let mut token = token.lock_blocking();
        for round in 0..ROUNDS {
            while *token != 2 * round + 1 {
                token = moved.wait_blocking(token);
            }
            *token += 1;
            moved.notify(1);
        }
    });
    futures::executor::block_on(async {
        let (token, moved) = &*shared;
        let mut token = token.lock().await;
        for round in 0..ROUNDS {
            token = moved.wait_while(token, |token| *token != 2 * round).await;
            *token += 1;
            moved.notify(1);
        }
    });
    thread.join().expect("no panic");
    assert_eq!(*shared.0.lock_blocking(), 2 * ROUNDS);
}

#[test]
fn an_owned_guard_is_given_up_and_taken_again_and_keeps_the_lock_alive() {
    let (lock, changed) = (Arc::new(Lock::new(0)), Condition::new());
    let mut wait = Stepped::new(changed.wait_while(lock.try_lock_owned().expect("free"), |count| *count < 2));
    assert!(wait.poll().is_pending());
    for count in 1..=2 {
        *lock.try_lock().expect("unlocked by the wait") = count;
        changed.notify(1);
        assert!(wait.is_woken());
        assert_eq!(wait.poll().is_ready(), count == 2);
    }
    drop(wait);
    let mut wait = Stepped::new(changed.wait(lock.try_lock_owned().expect("free")));
    assert!(wait.poll().is_pending());
    let weak = Arc::downgrade(&lock);
    drop(lock);
    changed.notify(1);
    let Poll::Ready(guard) = wait.poll() else { panic!("notified, and the lock is free") };
    assert_eq!(*guard, 2);
    drop((guard, wait));
    assert!(weak.upgrade().is_none());
}
