//! Futures that were given what they waited for and are polled no more: named in builds with debug assertions.

use futures::future::{Either, select};
use motet_sync::futurelock::{self, Futurelock};
use motet_sync::{Condition, Lock, RwLock, Semaphore};
use motet_test::Stepped;
use std::future::{Future, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static FOUND: Mutex<Vec<Futurelock>> = Mutex::new(Vec::new());
/// The settings are the process's: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Whoever is found from now on, in this file, is kept. The other tests' locks are reported too, and passed over.
fn watch() -> MutexGuard<'static, ()> {
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    found();
    futurelock::set_threshold(Duration::ZERO);
    futurelock::set_hook(|found| {
        if found.made_at().file() == file!() {
            FOUND.lock().expect("nobody panics with it").push(found.clone());
        }
    });
    turn
}

fn found() -> Vec<Futurelock> {
    std::mem::take(&mut FOUND.lock().expect("nobody panics with it"))
}

/// That the waiter made at `line` was found, and nobody else; nothing at all where nothing is watched.
#[track_caller]
fn assert_found(what: &str, line: u32) {
    let found: Vec<_> = found().iter().map(|found| (found.what(), found.made_at().line())).collect();
    let expected = if cfg!(debug_assertions) { vec![(what, line)] } else { Vec::new() };
    assert_eq!(found, expected);
}

#[test]
fn a_waiter_that_keeps_what_it_was_handed_is_named_once_to_those_behind_it() {
    let _turn = watch();
    let lock = Arc::new(Lock::new(0));
    let holder = lock.try_lock_owned();
    // `select!` over `&mut future`: the other branch is ready, and then the task waits for the same lock.
    let (theirs, line) = (lock.clone(), line!() + 2);
    let mut task = Stepped::new(async move {
        let mut first = Box::pin(theirs.lock());
        let Either::Right(_) = select(&mut first, ready(())).await else { unreachable!("it is locked") };
        drop(theirs.lock().await);
        drop(first);
    });
    let mut other = Stepped::new(lock.lock());
    assert!(task.poll().is_pending() && other.poll().is_pending());
    assert!(found().is_empty(), "nobody has the lock but its holder");
    drop(holder);
    assert!(task.is_woken() && task.poll().is_pending(), "it polls its second future, and not the first");
    assert_found("lock", line);
    assert!(task.poll().is_pending() && other.poll().is_pending());
    assert!(found().is_empty(), "once is enough");
    drop(task);
    assert!(other.poll().is_ready());
}

#[test]
fn its_message_says_what_was_made_where_and_what_to_do() {
    let _turn = watch();
    let lock = Lock::new(0);
    let holder = lock.try_lock();
    let (mut kept, line) = (Stepped::new(lock.lock()), line!());
    assert!(kept.poll().is_pending());
    drop(holder);
    let mut behind = Stepped::new(lock.lock());
    assert!(behind.poll().is_pending());
    if cfg!(debug_assertions) {
        let message = found().pop().expect("it is found").to_string();
        for part in ["futurelock", &format!("futurelock.rs:{line}:"), "given its lock", "Poll it, or drop it"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn every_kind_of_waiter_is_named_by_what_it_was_given() {
    let _turn = watch();
    let lock = Arc::new(Lock::unfair(0));
    let (mut kept, line) = (Stepped::new(lock.lock_owned()), line!());
    let holder = lock.try_lock();
    assert!(kept.poll().is_pending());
    drop(holder);
    let barger = lock.try_lock().expect("unfair");
    let mut behind = Stepped::new(lock.lock());
    assert!(behind.poll().is_pending());
    assert_found("lock", line);
    drop((barger, kept));

    let table = RwLock::new(0);
    let writer = table.try_write();
    let (mut kept, line) = (Stepped::new(table.read()), line!());
    assert!(kept.poll().is_pending());
    drop(writer);
    let mut behind = Stepped::new(table.write());
    assert!(behind.poll().is_pending());
    assert_found("hold on a read-write lock", line);
    drop(kept);

    let seats = Semaphore::new(0);
    let (mut kept, line) = (Stepped::new(seats.acquire_many(2)), line!());
    assert!(kept.poll().is_pending());
    seats.release(2);
    let mut behind = Stepped::new(seats.acquire());
    assert!(behind.poll().is_pending());
    assert_found("permit", line);
    drop(kept);

    let (lock, changed) = (Lock::new(0), Condition::new());
    let (mut kept, line) = (Stepped::new(changed.wait(lock.try_lock().expect("free"))), line!());
    assert!(kept.poll().is_pending());
    let holder = lock.try_lock();
    changed.notify(1);
    assert!(kept.poll().is_pending());
    drop(holder);
    let mut behind = Stepped::new(lock.lock());
    assert!(behind.poll().is_pending());
    assert_found("lock", line);
}

#[test]
fn one_that_is_polled_or_dropped_too_late_is_named_then() {
    let _turn = watch();
    let lock = Lock::new(0);
    for polled in [true, false] {
        let holder = lock.try_lock();
        let (mut kept, line) = (Stepped::new(lock.lock()), line!());
        assert!(kept.poll().is_pending());
        drop(holder);
        if polled {
            assert!(kept.poll().is_ready());
        }
        drop(kept);
        assert_found("lock", line);
    }
}

#[test]
fn one_that_is_polled_in_time_is_not_named() {
    let _turn = watch();
    futurelock::set_threshold(Duration::MAX);
    let lock = Lock::new(0);
    let holder = lock.try_lock();
    let (mut waiter, mut behind) = (Stepped::new(lock.lock()), Stepped::new(lock.lock()));
    assert!(waiter.poll().is_pending() && behind.poll().is_pending());
    drop(holder);
    assert!(behind.poll().is_pending() && waiter.poll().is_ready());
    assert!(found().is_empty());
    assert!(futurelock::overdue().is_empty());
}

#[test]
fn a_watchdog_may_ask_at_any_time() {
    let _turn = watch();
    let lock = Lock::new(0);
    let holder = lock.try_lock();
    let (mut kept, line) = (Stepped::new(lock.lock()), line!());
    assert!(kept.poll().is_pending());
    drop(holder);
    let is_named = || futurelock::overdue().iter().any(|found| found.made_at().line() == line);
    assert_eq!(is_named(), cfg!(debug_assertions));
    drop(kept);
    assert!(!is_named());
}

#[test]
fn a_hook_that_panics_does_not_panic_in_the_drop_that_calls_it() {
    let _turn = watch();
    futurelock::set_hook(|found| assert!(found.made_at().file() != file!(), "a hook of this test"));
    let lock = Lock::new(0);
    let holder = lock.try_lock();
    let mut kept = Stepped::new(lock.lock());
    assert!(kept.poll().is_pending());
    drop(holder);
    drop(kept);
    assert!(lock.try_lock().is_some());
}

/// So that whoever is told may look at it, or lock it.
#[test]
fn one_that_is_dropped_has_handed_on_what_it_was_given_before_it_is_named() {
    static LOCK: Lock<()> = Lock::new(());
    static TABLE: RwLock<()> = RwLock::new(());
    static SEATS: Semaphore = Semaphore::new(1);
    static WAS_FREE: Mutex<Vec<bool>> = Mutex::new(Vec::new());

    /// The place is granted while nobody polls it, and then dropped.
    fn grant_and_drop<H, F: Future>(held: H, wait: F) {
        let mut wait = Stepped::new(wait);
        assert!(wait.poll().is_pending());
        drop(held);
    }

    let _turn = watch();
    futurelock::set_hook(|found| {
        let is_free = match (found.made_at().file() == file!(), found.what()) {
            (false, _) => return,
            (true, "lock") => LOCK.try_lock().is_some(),
            (true, "permit") => SEATS.try_acquire().is_some(),
            (true, _) => TABLE.try_write().is_some(),
        };
        WAS_FREE.lock().expect("nobody panics with it").push(is_free);
    });
    grant_and_drop(LOCK.try_lock(), LOCK.lock());
    grant_and_drop(TABLE.try_write(), TABLE.write());
    grant_and_drop(SEATS.try_acquire(), SEATS.acquire());
    let expected = if cfg!(debug_assertions) { vec![true; 3] } else { Vec::new() };
    assert_eq!(*WAS_FREE.lock().expect("nobody panics with it"), expected);
}
