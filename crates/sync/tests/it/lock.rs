//! `Lock`: one holder, and a line.

use motet_sync::{Lock, LockFuture};
use motet_test::Stepped;
use std::sync::Arc;
use std::task::Poll;

fn in_line(lock: &Lock<u32>, waiters: usize) -> Vec<Stepped<LockFuture<'_, u32>>> {
    let mut line: Vec<_> = (0..waiters).map(|_| Stepped::new(lock.lock())).collect();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_pending()));
    line
}

fn woken(line: &[Stepped<LockFuture<'_, u32>>]) -> Vec<bool> {
    line.iter().map(|waiter| waiter.wakes() > 0).collect()
}

/// S1.
#[test]
fn a_release_hands_the_lock_to_one_waiter_the_oldest() {
    let lock = Lock::new(0);
    let mut holder = lock.try_lock().expect("free");
    let mut line = in_line(&lock, 3);
    for turn in 0..3 {
        *holder += 1;
        drop(holder);
        let woken_now = woken(&line);
        assert_eq!(woken_now.iter().filter(|&&woken| woken).count(), turn + 1, "one more a release");
        let Poll::Ready(next) = line[turn].poll() else { panic!("it was this waiter's turn") };
        assert!(line[turn + 1..].iter_mut().all(|waiter| waiter.poll().is_pending()));
        holder = next;
    }
    drop(holder);
    assert_eq!(*lock.try_lock().expect("free again"), 3);
}

/// S2.
#[test]
fn a_cancelled_waiter_leaves_the_line() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let line = in_line(&lock, 1);
    drop(line);
    drop(holder);
    assert!(lock.try_lock().is_some(), "nobody is waited for");
}

/// S3.
#[test]
fn a_release_skips_a_cancelled_waiter_and_wakes_the_next() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let mut line = in_line(&lock, 3);
    drop(line.remove(0));
    drop(holder);
    assert_eq!(woken(&line), [true, false]);
    assert!(line[0].poll().is_ready());
}

/// S4: in either order. In every interleaving the model `a_dropped_waiter_leaves_the_lock_to_the_one_behind` has it, in `lock/model.rs`.
#[test]
fn of_a_release_and_a_cancel_in_one_go_exactly_one_gets_the_lock() {
    for release_first in [true, false] {
        let lock = Lock::new(0);
        let holder = lock.try_lock().expect("free");
        let mut line = in_line(&lock, 2);
        let cancelled = line.remove(0);
        if release_first {
            drop(holder);
            drop(cancelled);
        } else {
            drop(cancelled);
            drop(holder);
        }
        assert!(lock.try_lock().is_none(), "the lock went to the one who waits");
        let guard = line[0].poll();
        assert!(guard.is_ready() && lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }
}

/// S5.
#[test]
fn a_waiter_cancelled_after_the_grant_passes_the_lock_on() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let mut line = in_line(&lock, 3);
    drop(holder);
    drop(line.remove(0));
    assert_eq!(woken(&line), [true, false]);
    drop(line.remove(0));
    assert_eq!(woken(&line), [true]);
    drop(line);
    assert!(lock.try_lock().is_some(), "with nobody left the lock is free");
}

/// S6.
#[test]
fn a_guard_releases_on_every_exit_panics_included() {
    let lock = Arc::new(Lock::new(0));
    let inside = lock.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let mut guard = inside.try_lock().expect("free");
        *guard = 1;
        std::panic::panic_any("while it is held");
    }));
    assert!(panicked.is_err());
    assert_eq!(*lock.try_lock().expect("released, and not poisoned"), 1);
    let early_return = || -> Option<()> {
        let _guard = lock.try_lock()?;
        None
    };
    assert!(early_return().is_none());
    assert!(lock.try_lock().is_some());
}

#[test]
fn a_newcomer_does_not_barge_past_a_waiter_that_was_handed_the_lock() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let mut line = in_line(&lock, 1);
    drop(holder);
    assert!(lock.try_lock().is_none());
    let mut newcomer = Stepped::new(lock.lock());
    assert!(newcomer.poll().is_pending());
    let guard = line[0].poll();
    assert!(guard.is_ready());
    drop(guard);
    assert!(newcomer.is_woken());
}

#[test]
fn the_line_begins_with_the_first_poll() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let (mut created_first, mut polled_first) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
    assert!(polled_first.poll().is_pending() && created_first.poll().is_pending());
    drop(holder);
    assert!(polled_first.is_woken() && !created_first.is_woken());
}

#[test]
fn owned_and_borrowed_waiters_share_one_line() {
    let lock = Arc::new(Lock::new(0));
    let holder = lock.try_lock_owned().expect("free");
    let mut owned = Stepped::new(lock.lock_owned());
    assert!(owned.poll().is_pending());
    let mut borrowed = Stepped::new(lock.lock());
    assert!(borrowed.poll().is_pending());
    drop(holder);
    assert!(owned.is_woken() && !borrowed.is_woken());
    let guard = owned.poll();
    assert!(guard.is_ready());
    drop(guard);
    assert!(borrowed.poll().is_ready());
}

#[test]
fn an_owned_guard_keeps_the_lock_alive() {
    let lock = Arc::new(Lock::new(String::from("kept")));
    let weak = Arc::downgrade(&lock);
    let mut waiting = Stepped::new(lock.lock_owned());
    drop(lock);
    let Poll::Ready(guard) = waiting.poll() else { panic!("free") };
    drop(waiting);
    assert_eq!(*guard, "kept");
    drop(guard);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_waiter_that_moves_between_tasks_is_woken_in_its_last_one() {
    let lock = Lock::new(0);
    let holder = lock.try_lock().expect("free");
    let mut waiter = Stepped::new(lock.lock());
    assert!(waiter.poll().is_pending());
    assert!(waiter.poll_with_new_waker().is_pending());
    drop(holder);
    assert!(waiter.is_woken());
    assert_eq!(waiter.wakes(), 1);
}

#[test]
fn it_may_hold_what_has_no_size() {
    let lock: Arc<Lock<dyn Fn() -> u32 + Send>> = Arc::new(Lock::new(|| 7));
    assert_eq!((lock.lock_blocking())(), 7);
    let slice: &Lock<[u8]> = &Lock::new([1, 2, 3]);
    assert_eq!(slice.lock_blocking().len(), 3);
}

#[test]
fn it_shows_its_value_or_that_it_is_locked() {
    let lock = Lock::new(7);
    assert_eq!(format!("{lock:?}"), "Lock { value: 7 }");
    let guard = lock.try_lock();
    assert_eq!(format!("{lock:?}"), "Lock { value: <locked> }");
    drop(guard);
    assert_eq!(Lock::<u8>::default().into_inner() + Lock::from(1).into_inner(), 1);
}
