//! The list in the hands of one thread.

use super::{Retired, roster};
use core::ptr::NonNull;

fn tasks<const N: usize>() -> [NonNull<()>; N] {
    core::array::from_fn(|_| NonNull::from(Box::leak(Box::new(0_u64))).cast())
}

#[test]
fn a_place_that_gets_free_is_used_again_whoever_freed_it() {
    let (owner, roster) = roster();
    let keys = tasks::<3>().map(|task| {
        let key = owner.vacancy();
        owner.put(key, task);
        key
    });
    assert_eq!(roster.len(), 3);
    assert_eq!(owner.retire(keys[0]).1, Retired::Uncounted);
    assert_eq!(roster.retire(keys[1]).1, Retired::Uncounted);
    assert_eq!(roster.len(), 1);
    assert_eq!(owner.vacancy(), keys[0], "the owner's own hole first");
    assert_eq!(owner.vacancy(), keys[1], "then what others gave back");
    assert_ne!(owner.vacancy(), keys[2]);
}

#[test]
fn many_tasks_fill_many_rows() {
    let (owner, roster) = roster();
    let task = tasks::<1>()[0];
    let keys: Vec<_> = (0..10_000)
        .map(|_| {
            let key = owner.vacancy();
            owner.put(key, task);
            key
        })
        .collect();
    assert_eq!(roster.len(), keys.len());
    let mut seen = 0;
    roster.read(|found| {
        assert_eq!(found, task);
        seen += 1;
    });
    assert_eq!(seen, keys.len());
    for key in keys {
        assert_eq!(owner.retire(key).1, Retired::Uncounted);
    }
    assert_eq!(roster.len(), 0);
}

#[test]
fn a_close_counts_each_task_once_and_its_end_says_so() {
    let (owner, roster) = roster();
    let [first, second, third] = tasks::<3>();
    let keys = [first, second].map(|task| {
        let key = owner.vacancy();
        owner.put(key, task);
        key
    });
    let counted = std::cell::Cell::new(0);
    let close = || roster.close(|| counted.set(counted.get() + 1), || unreachable!("nobody ends meanwhile"), |_| ());
    assert!(!roster.is_closed());
    close();
    assert!(roster.is_closed());
    assert_eq!(counted.get(), 2);
    let late = owner.vacancy();
    owner.put(late, third);
    close();
    assert_eq!(counted.get(), 3, "the one that was missed, and no other twice");
    assert_eq!(owner.retire(keys[0]).1, Retired::Counted);
    assert_eq!(roster.retire(keys[1]).1, Retired::Counted);
    assert_eq!(owner.retire(late).1, Retired::Counted);
    let cleanup = owner.vacancy();
    owner.put_counted(cleanup, first);
    close();
    assert_eq!(counted.get(), 3, "counted from the start");
    assert_eq!(owner.retire(cleanup).1, Retired::Counted);
}
