//! `RwLock`: many readers, or one writer.

use motet_sync::{RwLock, RwLockGuard, UpgradableReadGuard, WriteGuard};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

fn waiting<F: Future>(future: F) -> Stepped<F> {
    let mut wait = Stepped::new(future);
    assert!(wait.poll().is_pending());
    wait
}

fn served<F: Future>(wait: &mut Stepped<F>) -> F::Output {
    assert!(wait.is_woken(), "nobody called it");
    let Poll::Ready(guard) = wait.poll() else { panic!("called in vain") };
    guard
}

#[test]
fn readers_share_and_writers_do_not() {
    let lock = RwLock::new(0);
    let readers = (lock.try_read(), lock.try_read(), lock.try_upgradable_read());
    assert!(readers.0.is_some() && readers.1.is_some() && readers.2.is_some());
    assert!(lock.try_upgradable_read().is_none() && lock.try_write().is_none());
    drop(readers);
    let writer = lock.try_write();
    assert!(lock.try_read().is_none() && lock.try_upgradable_read().is_none() && lock.try_write().is_none());
    assert_eq!(format!("{lock:?}"), "RwLock { value: <locked> }");
    drop(writer);
    assert_eq!(format!("{lock:?}"), "RwLock { value: 0 }");
}

#[test]
fn a_writer_is_not_starved_by_readers() {
    let lock = RwLock::new(0);
    let first = lock.try_read();
    let mut writer = waiting(lock.write());
    assert!(lock.try_read().is_none(), "a newcomer goes before a writer who waits");
    let mut late = waiting(lock.read());
    drop(first);
    let held = served(&mut writer);
    assert!(!late.is_woken());
    drop(held);
    drop(served(&mut late));
}

#[test]
fn readers_are_not_starved_by_writers() {
    let lock = RwLock::new(0);
    let first = lock.try_write();
    let (mut reader, mut writer) = (waiting(lock.read()), waiting(lock.write()));
    drop(first);
    assert!(!writer.is_woken());
    drop(served(&mut reader));
    drop(served(&mut writer));
}

#[test]
fn readers_in_a_row_come_in_together() {
    let lock = RwLock::new(0);
    let first = lock.try_write();
    let mut readers: Vec<_> = (0..40).map(|_| waiting(lock.read())).collect();
    let mut upgradable = waiting(lock.upgradable_read());
    let mut second_upgradable = waiting(lock.upgradable_read());
    drop(first);
    let held: Vec<_> = readers.iter_mut().map(served).collect();
    let seen = served(&mut upgradable);
    assert!(!second_upgradable.is_woken(), "one may upgrade at a time");
    drop((held, seen));
    drop(served(&mut second_upgradable));
}

#[test]
fn a_dropped_writer_lets_the_readers_behind_it_in() {
    let lock = RwLock::new(0);
    let held = lock.try_read();
    let writer = waiting(lock.write());
    let mut readers = [waiting(lock.read()), waiting(lock.read())];
    drop(writer);
    readers.iter_mut().for_each(|reader| drop(served(reader)));
    drop(held);
    assert!(lock.try_write().is_some());
}

#[test]
fn a_hold_granted_to_a_dropped_waiter_goes_on_to_the_next() {
    let lock = RwLock::new(0);
    let held = lock.try_write();
    let (granted, mut behind) = (waiting(lock.write()), waiting(lock.write()));
    drop(held);
    assert!(granted.is_woken() && !behind.is_woken());
    drop(granted);
    drop(served(&mut behind));
    assert!(lock.try_write().is_some());
}

#[test]
fn an_upgrade_waits_for_the_readers_and_for_nobody_else() {
    let lock = RwLock::new(0);
    let (reader, seen) = (lock.try_read(), lock.try_upgradable_read().expect("readers only"));
    let mut writer = waiting(lock.write());
    let mut upgrade = waiting(UpgradableReadGuard::upgrade(seen));
    drop(reader);
    let mut upgraded = served(&mut upgrade);
    assert!(!writer.is_woken());
    *upgraded = 1;
    assert!(lock.try_read().is_none());
    drop(upgraded);
    assert_eq!(*served(&mut writer), 1);
}

#[test]
fn an_upgrade_with_no_other_reader_is_ready_at_once() {
    let lock = RwLock::new(0);
    let mut upgrade = Stepped::new(UpgradableReadGuard::upgrade(lock.try_upgradable_read().expect("free")));
    let Poll::Ready(write) = upgrade.poll() else { panic!("nobody reads") };
    assert!(lock.try_upgradable_read().is_none());
    drop(write);
    assert!(lock.try_write().is_some());
}

#[test]
fn a_dropped_upgrade_gives_up_the_read() {
    for granted in [false, true] {
        let lock = RwLock::new(0);
        let (mut reader, seen) = (lock.try_read(), lock.try_upgradable_read().expect("readers only"));
        let upgrade = waiting(UpgradableReadGuard::upgrade(seen));
        let mut behind = waiting(lock.upgradable_read());
        if granted {
            reader = None;
            assert!(upgrade.is_woken());
        }
        drop(upgrade);
        let seen = served(&mut behind);
        drop(reader);
        drop(seen);
        assert!(lock.try_write().is_some(), "granted: {granted}");
    }
}

#[test]
fn try_upgrade_gives_the_guard_back_if_others_read() {
    let lock = RwLock::new(0);
    let reader = lock.try_read();
    let seen = UpgradableReadGuard::try_upgrade(lock.try_upgradable_read().expect("readers only"));
    let seen = seen.expect_err("somebody reads");
    drop(reader);
    let writer = waiting(lock.write());
    let mut upgraded = UpgradableReadGuard::try_upgrade(seen).expect("who waits does not bar it");
    *upgraded += 1;
    drop((upgraded, writer));
    assert_eq!(lock.into_inner(), 1);
}

#[test]
fn a_downgrade_lets_the_readers_in_that_stand_first() {
    let lock = RwLock::new(0);
    let held = lock.try_write().expect("free");
    let (mut reader, mut writer) = (waiting(lock.read()), waiting(lock.write()));
    let mut late = waiting(lock.read());
    let held = WriteGuard::downgrade(held);
    let read = served(&mut reader);
    assert!(!writer.is_woken() && !late.is_woken());
    drop((held, read));
    drop(served(&mut writer));
    drop(served(&mut late));
}

#[test]
fn each_downgrade_keeps_what_it_says() {
    let lock = RwLock::new(0);
    let seen = WriteGuard::downgrade_to_upgradable(lock.try_write().expect("free"));
    assert!(lock.try_read().is_some() && lock.try_upgradable_read().is_none());
    let read = UpgradableReadGuard::downgrade(seen);
    assert!(lock.try_upgradable_read().is_some() && lock.try_write().is_none());
    drop(read);
    assert!(lock.try_write().is_some());
}

#[test]
fn owned_guards_keep_the_lock_alive() {
    let lock = Arc::new(RwLock::new(7));
    let (read, seen) = (lock.try_read_owned().expect("free"), lock.try_upgradable_read_owned().expect("readers only"));
    let mut upgrade = waiting(RwLockGuard::upgrade(seen));
    drop(lock);
    thread::spawn(move || drop(read)).join().expect("no panic");
    let mut write = served(&mut upgrade);
    *write += 1;
    assert_eq!(*RwLockGuard::downgrade_to_upgradable(write), 8);
}

/// All ways in, behind a holder that lets go after the first poll, and before somebody who waits.
#[test]
fn a_future_dropped_at_any_await_leaves_the_lock_to_others() {
    let report = drop_at_every_await_between(|| {
        let lock = Arc::new(RwLock::new(0));
        let holder = Rc::new(RefCell::new(lock.try_read_owned()));
        let (theirs, again) = (lock.clone(), lock.clone());
        let future = async move {
            *theirs.write().await += 1;
            drop(theirs.read_owned().await);
            let mut write = UpgradableReadGuard::upgrade(theirs.upgradable_read().await).await;
            *write += 1;
            drop(write);
            drop(RwLockGuard::upgrade(theirs.upgradable_read_owned().await).await);
            *theirs.write_owned().await += 1;
        };
        let held = holder.clone();
        let step = move |polls: usize| {
            held.take();
            if polls < 6 {
                // Whatever kind comes next has somebody to wait for.
                held.replace(again.try_read_owned());
            }
        };
        let check = move |_: End<()>| {
            holder.take();
            assert!(*lock.try_write().expect("the lock stayed held") <= 3);
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops >= 2, "{report:?}");
}

#[test]
fn threads_and_tasks_read_and_write_together() {
    const ROUNDS: usize = 500;
    let lock = Arc::new(RwLock::new((0, 0)));
    let threads: Vec<_> = (0..4)
        .map(|kind| {
            let lock = lock.clone();
            thread::spawn(move || {
                for _ in 0..ROUNDS {
                    match kind {
                        0 => futures::executor::block_on(async { lock.write().await.0 += 1 }),
                        1 => {
                            let seen = lock.upgradable_read_blocking();
                            let before = *seen;
                            let mut write = futures::executor::block_on(UpgradableReadGuard::upgrade(seen));
                            assert_eq!(*write, before, "somebody wrote in between");
                            write.1 += 1;
                        }
                        _ => assert!(lock.read_blocking().0 <= ROUNDS),
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(*lock.write_blocking(), (ROUNDS, ROUNDS));
}
