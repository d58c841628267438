//! The readers-writer lock, in every interleaving: writers alone, readers together, upgrades, and waiters that are dropped.

use super::{RwLock, UpgradableReadGuard, WriteGuard};
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use motet_test::Stepped;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

fn count_one(lock: &RwLock<usize>) {
    *block_on(lock.write()) += 1;
}

fn poll_and_drop(future: impl Future) {
    let mut future = Box::pin(future);
    drop(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
}

#[test]
fn writers_and_readers_take_turns() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let (writing, reading) = (lock.clone(), lock.clone());
        let writer = thread::spawn(move || count_one(&writing));
        let reader = thread::spawn(move || assert!(*block_on(reading.read()) <= 2));
        count_one(&lock);
        writer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(*lock.try_write().expect("free"), 2);
    });
}

#[test]
fn a_dropped_writer_lets_the_readers_behind_it_in() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let held = lock.try_read_owned().expect("free");
        let (dropping, reading) = (lock.clone(), lock.clone());
        let dropper = thread::spawn(move || poll_and_drop(dropping.write()));
        // Without the drop it would wait for the writer, and that for us.
        let reader = thread::spawn(move || drop(block_on(reading.read())));
        reader.join().unwrap();
        drop(held);
        dropper.join().unwrap();
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn an_upgrade_waits_for_the_readers_and_goes_before_writers() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let seen = lock.try_upgradable_read().expect("free");
        let reader = lock.try_read_owned().expect("readers only");
        let writing = lock.clone();
        let leaver = thread::spawn(move || drop(reader));
        let writer = thread::spawn(move || count_one(&writing));
        let mut upgraded = block_on(UpgradableReadGuard::upgrade(seen));
        assert_eq!(*upgraded, 0, "a writer was before");
        *upgraded += 1;
        drop(upgraded);
        leaver.join().unwrap();
        writer.join().unwrap();
        assert_eq!(*lock.try_read().expect("free"), 2);
    });
}

#[test]
fn an_upgrade_dropped_at_any_time_releases_all_it_had() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let seen = lock.try_upgradable_read_owned().expect("free");
        let reader = lock.try_read_owned().expect("readers only");
        let writing = lock.clone();
        let upgrader = thread::spawn(move || poll_and_drop(super::RwLockGuard::upgrade(seen)));
        let writer = thread::spawn(move || count_one(&writing));
        drop(reader);
        upgrader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(*lock.try_write().expect("free"), 1);
    });
}

#[test]
fn a_downgrade_lets_readers_in_and_keeps_writers_out() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let mut held = lock.try_write().expect("free");
        *held += 1;
        let (reading, writing) = (lock.clone(), lock.clone());
        let reader = thread::spawn(move || assert!(*block_on(reading.read()) >= 1));
        let writer = thread::spawn(move || count_one(&writing));
        let held = WriteGuard::downgrade(held);
        assert_eq!(*held, 1);
        drop(held);
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(*lock.try_read().expect("free"), 2);
    });
}

#[test]
fn three_readers_are_let_in_whoever_comes_and_goes_in_the_midst() {
    // Three are more than a batch of wakes holds in a model: the line is unlocked in the midst.
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let held = lock.try_write_owned().expect("free");
        let mut reads = [(); 3].map(|()| Stepped::new(lock.read()));
        assert!(reads.iter_mut().all(|read| read.poll().is_pending()));
        let releaser = thread::spawn(move || drop(held));
        let writing = lock.clone();
        let writer = thread::spawn(move || poll_and_drop(writing.write()));
        releaser.join().unwrap();
        writer.join().unwrap();
        assert!(reads.iter().all(|read| read.wakes() == 1));
        let guards = reads.each_mut().map(Stepped::poll);
        assert!(guards.iter().all(|guard| guard.is_ready()));
        assert!(lock.try_write().is_none());
        drop(guards);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn an_upgrade_given_up_against_the_last_reader_writes_or_reads_on() {
    model(|| {
        let lock = Arc::new(RwLock::new(0));
        let reader = lock.try_read_owned().expect("free");
        let mut upgrade = Box::pin(UpgradableReadGuard::upgrade(lock.try_upgradable_read().expect("readers only")));
        assert!(upgrade.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let leaver = thread::spawn(move || drop(reader));
        match upgrade.as_mut().give_up() {
            Ok(mut written) => *written += 1,
            Err(seen) => assert!(*seen == 0 && lock.try_upgradable_read().is_none()),
        }
        drop(upgrade);
        leaver.join().unwrap();
        assert!(lock.try_write().is_some());
    });
}
