//! Guards: what they show, and parts of values.

use motet_sync::{
    Lock, LockGuard, MappedLockGuard, MappedReadGuard, MappedWriteGuard, OwnedLockGuard, OwnedMappedLockGuard,
    OwnedReadGuard, OwnedWriteGuard, ReadGuard, RwLock, WriteGuard,
};
use std::sync::Arc;

#[test]
fn guards_forward_debug_and_display() {
    let lock = Arc::new(Lock::new((1, String::from("one"))));
    assert_eq!(format!("{:?}", lock.lock_blocking()), r#"(1, "one")"#);
    let name = LockGuard::map(lock.lock_blocking(), |pair| &mut pair.1);
    assert_eq!(format!("{name:?} {name}"), r#""one" one"#);
    drop(name);
    let owned = lock.try_lock_owned().expect("free");
    assert_eq!(format!("{owned:?}"), r#"(1, "one")"#);
    let name = OwnedLockGuard::map(owned, |pair| &mut pair.1);
    assert_eq!(format!("{name:?} {name}"), r#""one" one"#);
}

#[test]
fn a_mapped_guard_writes_through_and_releases_once() {
    let lock = Lock::new(vec![(1, 'a'), (2, 'b')]);
    let mut first = LockGuard::map(lock.lock_blocking(), |list| &mut list[0]);
    first.0 = 7;
    let mut letter = MappedLockGuard::map(first, |pair| &mut pair.1);
    *letter = 'z';
    assert!(lock.is_locked());
    drop(letter);
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner()[0], (7, 'z'));
}

#[test]
fn an_owned_mapped_guard_outlives_every_other_reference() {
    let lock = Arc::new(Lock::new((vec![1, 2], 3)));
    let weak = Arc::downgrade(&lock);
    let list = OwnedLockGuard::map(lock.try_lock_owned().expect("free"), |pair| &mut pair.0);
    drop(lock);
    let mut last = OwnedMappedLockGuard::map(list, |list| &mut list[1]);
    *last += 1;
    assert_eq!(*last, 3);
    drop(last);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_part_that_is_not_there_leaves_the_whole() {
    let lock = Arc::new(Lock::new((vec![1], 2)));
    let Err(whole) = LockGuard::try_map(lock.lock_blocking(), |pair| pair.0.get_mut(1)) else { panic!("no such part") };
    assert_eq!(whole.1, 2);
    let list = LockGuard::map(whole, |pair| &mut pair.0);
    let Ok(first) = MappedLockGuard::try_map(list, |list| list.first_mut()) else { panic!("there is one") };
    assert!(MappedLockGuard::try_map(first, |_| None::<&mut u8>).is_err());
    assert!(!lock.is_locked());

    let owned = lock.try_lock_owned().expect("free");
    let Err(whole) = OwnedLockGuard::try_map(owned, |pair| pair.0.get_mut(1)) else { panic!("no such part") };
    let Ok(first) = OwnedLockGuard::try_map(whole, |pair| pair.0.first_mut()) else { panic!("there is one") };
    assert!(OwnedMappedLockGuard::try_map(first, |_| None::<&mut u8>).is_err());
    assert!(!lock.is_locked());
}

#[test]
fn a_map_that_panics_releases_the_lock() {
    let lock = Lock::new(0);
    let mapped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(LockGuard::map(lock.lock_blocking(), |_| -> &mut u32 { std::panic::panic_any("in the map") }));
    }));
    assert!(mapped.is_err());
    assert!(!lock.is_locked());
}

#[test]
fn a_mapped_reader_shares_the_lock_with_readers_and_keeps_writers_out() {
    let table = RwLock::new((vec![1, 2], String::from("two")));
    let list = ReadGuard::map(table.read_blocking(), |table| &table.0);
    let name = ReadGuard::map(table.try_read().expect("readers only"), |table| table.1.as_str());
    assert_eq!(format!("{list:?} {name} {name:?}"), r#"[1, 2] two "two""#);
    drop(name);
    let last = MappedReadGuard::map(list, |list| &list[1]);
    assert!(*last == 2 && table.try_write().is_none());
    drop(last);
    assert!(table.try_write().is_some());
}

#[test]
fn a_mapped_writer_writes_through_and_is_alone() {
    let table = RwLock::new(vec![(1, 'a'), (2, 'b')]);
    let mut first = WriteGuard::map(table.write_blocking(), |list| &mut list[0]);
    first.0 = 7;
    let mut letter = MappedWriteGuard::map(first, |pair| &mut pair.1);
    *letter = 'z';
    assert!(table.try_read().is_none());
    drop(letter);
    assert_eq!(table.try_read().expect("free")[0], (7, 'z'));
}

#[test]
fn owned_mapped_guards_of_a_read_write_lock_outlive_every_other_reference() {
    let table = Arc::new(RwLock::new((vec![1, 2], 3)));
    let weak = Arc::downgrade(&table);
    *OwnedWriteGuard::map(table.write_owned_blocking(), |table| &mut table.1) += 1;
    let read = OwnedReadGuard::map(table.read_owned_blocking(), |table| &table.1);
    drop(table);
    assert_eq!(*read, 4);
    drop(read);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_part_that_is_not_there_leaves_the_whole_of_a_read_write_lock() {
    let table = RwLock::new((vec![1], 2));
    let Err(whole) = ReadGuard::try_map(table.read_blocking(), |table| table.0.get(1)) else { panic!("no such part") };
    let Ok(first) = ReadGuard::try_map(whole, |table| table.0.first()) else { panic!("there is one") };
    assert!(MappedReadGuard::try_map(first, |_| None::<&u8>).is_err());
    let whole = WriteGuard::try_map(table.try_write().expect("free"), |table| table.0.get_mut(1));
    let Err(whole) = whole else { panic!("no such part") };
    let Ok(first) = WriteGuard::try_map(whole, |table| table.0.first_mut()) else { panic!("there is one") };
    let Err(mut first) = MappedWriteGuard::try_map(first, |_| None::<&mut u8>) else { panic!("no such part") };
    *first = 5;
    drop(first);
    assert_eq!(*table.try_read().expect("free"), (vec![5], 2));
}

#[test]
fn a_map_of_a_reader_that_panics_releases_the_lock() {
    let table = RwLock::new(0);
    let mapped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(ReadGuard::map(table.read_blocking(), |_| -> &u32 { std::panic::panic_any("in the map") }));
    }));
    assert!(mapped.is_err());
    assert!(table.try_write().is_some());
}
