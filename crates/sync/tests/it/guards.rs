//! Guards: what they show, and parts of values.

use motet_sync::{Lock, LockGuard, MappedLockGuard, OwnedLockGuard, OwnedMappedLockGuard};
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
