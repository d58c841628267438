//! The list in the hands of one thread.

use super::{Key, Listed, Retired};
use core::ptr::{self, NonNull};
use motet_prim::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

/// Stands for a task: its key, its link, and its references.
struct Task {
    key: AtomicU32,
    link: AtomicPtr<()>,
    released: AtomicUsize,
}

impl Task {
    fn new() -> &'static Self {
        let task =
            Self { key: AtomicU32::new(0), link: AtomicPtr::new(ptr::null_mut()), released: AtomicUsize::new(0) };
        Box::leak(Box::new(task))
    }

    fn released(&self) -> usize {
        self.released.load(Ordering::Relaxed)
    }
}

// SAFETY: a reference is an address, and the task lives for ever.
unsafe impl Listed for &'static Task {
    fn address(self) -> NonNull<()> {
        NonNull::from(self).cast()
    }

    unsafe fn from_address(address: NonNull<()>) -> Self {
        // SAFETY: it came from `address`.
        unsafe { address.cast().as_ref() }
    }

    unsafe fn key(self) -> Key {
        Key::from_bits(self.key.load(Ordering::Relaxed))
    }

    unsafe fn link<'a>(self) -> &'a AtomicPtr<()> {
        &self.link
    }

    unsafe fn release(self, reference: NonNull<()>) {
        assert_eq!(reference, REFERENCE, "what was left comes back");
        self.released.fetch_add(1, Ordering::Relaxed);
    }
}

const REFERENCE: NonNull<()> = NonNull::<u64>::dangling().cast();

type Admitter = super::Admitter<&'static Task>;
type Roster = super::Roster<&'static Task>;

/// A list with an owner who is awake.
fn roster() -> (Admitter, Arc<Roster>) {
    let (owner, roster) = super::roster();
    roster.set_heir(true);
    (owner, roster)
}

fn tasks<const N: usize>() -> [&'static Task; N] {
    core::array::from_fn(|_| Task::new())
}

fn admit(owner: &Admitter, task: &'static Task) -> Key {
    let (key, _remains) = owner.vacancy();
    task.key.store(key.to_bits(), Ordering::Relaxed);
    owner.put(key, task);
    key
}

/// Ends a task as another thread than the owner's would.
fn end_elsewhere(roster: &Roster, key: Key) -> Retired {
    let (task, retired) = roster.retire(key);
    // SAFETY: it was retired, and tasks here can be released by anybody.
    unsafe { roster.leave(key, task, REFERENCE) };
    retired
}

#[test]
fn a_place_that_gets_free_is_used_again_whoever_freed_it() {
    let (owner, roster) = roster();
    let keys = tasks::<4>().map(|task| admit(&owner, task));
    assert_eq!(roster.len(), 4);
    assert_eq!(owner.retire(keys[0]).1, Retired::Uncounted);
    assert_eq!(end_elsewhere(&roster, keys[1]), Retired::Uncounted);
    assert_eq!(roster.retire(keys[2]).1, Retired::Uncounted);
    roster.give_back(keys[2]);
    assert_eq!(roster.len(), 1);
    assert_eq!(owner.vacancy().0, keys[0], "the owner's own hole first");
    assert_eq!(owner.vacancy().0, keys[1], "then what others left");
    assert_eq!(owner.vacancy().0, keys[2], "then what they gave back");
    assert_ne!(owner.vacancy().0, keys[3]);
}

#[test]
fn what_others_left_is_freed_when_its_place_is_taken_again() {
    let (owner, roster) = roster();
    let tasks = tasks::<3>();
    let keys = tasks.map(|task| admit(&owner, task));
    assert_eq!(end_elsewhere(&roster, keys[0]), Retired::Uncounted);
    assert_eq!(end_elsewhere(&roster, keys[1]), Retired::Uncounted);
    assert_eq!(tasks.map(Task::released), [0, 0, 0]);
    let (key, remains) = owner.vacancy();
    assert_eq!(key, keys[1], "the newest first");
    drop(remains);
    assert_eq!(tasks.map(Task::released), [0, 1, 0]);
    assert!(owner.sweep());
    assert_eq!(tasks.map(Task::released), [1, 1, 0]);
    assert!(!owner.sweep());
    assert_eq!(owner.vacancy().0, keys[0], "a place that was swept is free");
}

#[test]
fn what_is_left_to_nobody_is_freed_at_once_and_its_place_used_again() {
    let (owner, roster) = roster();
    let tasks = tasks::<3>();
    let keys = tasks.map(|task| admit(&owner, task));
    assert_eq!(end_elsewhere(&roster, keys[0]), Retired::Uncounted);
    roster.set_heir(false);
    assert_eq!(tasks.map(Task::released), [0, 0, 0], "the owner sweeps once more");
    assert_eq!(end_elsewhere(&roster, keys[1]), Retired::Uncounted);
    assert_eq!(tasks.map(Task::released), [1, 1, 0]);
    assert!(!owner.sweep());
    let places = [owner.vacancy().0, owner.vacancy().0];
    assert!(places.contains(&keys[0]) && places.contains(&keys[1]));
}

#[test]
fn what_is_left_when_the_list_goes_is_freed() {
    let tasks = tasks::<3>();
    let (owner, roster) = roster();
    let keys = tasks.map(|task| admit(&owner, task));
    assert_eq!(end_elsewhere(&roster, keys[0]), Retired::Uncounted);
    assert_eq!(end_elsewhere(&roster, keys[1]), Retired::Uncounted);
    drop(owner.vacancy());
    assert_eq!(tasks.map(Task::released), [0, 1, 0]);
    drop(owner);
    assert_eq!(tasks.map(Task::released), [1, 1, 0], "the owner had taken it");
    assert_eq!(end_elsewhere(&roster, keys[2]), Retired::Uncounted);
    drop(roster);
    assert_eq!(tasks.map(Task::released), [1, 1, 1]);
}

#[test]
fn many_tasks_fill_many_rows() {
    let (owner, roster) = roster();
    let task = tasks::<1>()[0];
    let keys: Vec<_> = (0..10_000).map(|_| admit(&owner, task)).collect();
    assert_eq!(roster.len(), keys.len());
    let mut seen = 0;
    roster.read(|found| {
        assert!(ptr::eq(found, task));
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
    let keys = [first, second].map(|task| admit(&owner, task));
    let counted = std::cell::Cell::new(0);
    let close = || roster.close(|| counted.set(counted.get() + 1), || unreachable!("nobody ends meanwhile"), |_| ());
    assert!(!roster.is_closed());
    close();
    assert!(roster.is_closed());
    assert_eq!(counted.get(), 2);
    let late = admit(&owner, third);
    close();
    assert_eq!(counted.get(), 3, "the one that was missed, and no other twice");
    assert_eq!(owner.retire(keys[0]).1, Retired::Counted);
    assert_eq!(end_elsewhere(&roster, keys[1]), Retired::Counted);
    assert_eq!(owner.retire(late).1, Retired::Counted);
    let (cleanup, _) = owner.vacancy();
    owner.put_counted(cleanup, first);
    close();
    assert_eq!(counted.get(), 3, "counted from the start");
    assert_eq!(owner.retire(cleanup).1, Retired::Counted);
}
