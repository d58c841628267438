//! Models of the list: who reads, who ends a task, who closes.

use super::{Key, Listed, Retired};
use core::ptr::{self, NonNull};
use motet_prim::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use motet_prim::cell::UnsafeCell;
use motet_prim::loom::thread;
use motet_prim::model;
use std::sync::Arc;

/// Stands for a task: a reader reads it, its end writes it, as freeing would. Loom reports the two at one time.
struct Memory {
    value: UnsafeCell<u32>,
    key: AtomicU32,
    link: AtomicPtr<()>,
}

// SAFETY: what the list promises keeps readers and the one writer apart, and loom looks on.
unsafe impl Sync for Memory {}
// SAFETY: as above.
unsafe impl Send for Memory {}

impl Memory {
    fn new() -> Arc<Self> {
        let (key, link) = (AtomicU32::new(0), AtomicPtr::new(ptr::null_mut()));
        Arc::new(Self { value: UnsafeCell::new(1), key, link })
    }

    fn free(&self) {
        // SAFETY: see `Memory`.
        self.value.with_mut(|value| unsafe {
            assert_eq!(*value, 1, "freed once");
            *value = 0;
        });
    }
}

/// A task in a list; the models keep its memory.
#[derive(Clone, Copy)]
struct Task(NonNull<Memory>);

// SAFETY: `Memory` is, and lives long enough.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

// SAFETY: the address is that of memory that begins with words.
unsafe impl Listed for Task {
    fn address(self) -> NonNull<()> {
        self.0.cast()
    }

    unsafe fn from_address(address: NonNull<()>) -> Self {
        Self(address.cast())
    }

    unsafe fn key(self) -> Key {
        Key::from_bits(self.memory().key.load(Ordering::Relaxed))
    }

    unsafe fn link<'a>(self) -> &'a AtomicPtr<()> {
        &self.memory().link
    }

    unsafe fn release(self, _reference: NonNull<()>) {
        self.memory().free();
    }
}

impl Task {
    fn memory<'a>(self) -> &'a Memory {
        // SAFETY: the models keep it.
        unsafe { self.0.as_ref() }
    }
}

type Admitter = super::Admitter<Task>;
type Roster = super::Roster<Task>;

/// A list with an owner who is awake.
fn roster() -> (Admitter, Arc<Roster>) {
    let (owner, list) = super::roster();
    list.set_heir(true);
    (owner, list)
}

/// Reads what a list shows.
fn look_at(task: Task) {
    // SAFETY: see `Memory`.
    assert_eq!(task.memory().value.with(|value| unsafe { *value }), 1, "a list shows what lives");
}

fn admit(owner: &Admitter, task: &Arc<Memory>) -> Key {
    let (key, remains) = owner.vacancy();
    drop(remains);
    task.key.store(key.to_bits(), Ordering::Relaxed);
    owner.put(key, Task(NonNull::from(&**task)));
    key
}

/// Ends a task as another thread than the owner's does; the owner frees it.
fn leave(list: &Roster, key: Key) -> Retired {
    let (task, retired) = list.retire(key);
    // SAFETY: it was retired, and has one reference.
    unsafe { list.leave(key, task, NonNull::<u64>::dangling().cast()) };
    retired
}

#[test]
fn a_task_is_not_freed_while_a_reader_looks_at_it() {
    model(|| {
        let (owner, list) = roster();
        let (ours, stolen) = (Memory::new(), Memory::new());
        let (first, second) = (admit(&owner, &ours), admit(&owner, &stolen));
        let reader = thread::spawn({
            let list = list.clone();
            move || list.read(look_at)
        });
        let thief = thread::spawn({
            let (list, stolen) = (list.clone(), stolen.clone());
            move || {
                assert_eq!(list.retire(second).1, Retired::Uncounted);
                stolen.free();
            }
        });
        assert_eq!(owner.retire(first).1, Retired::Uncounted);
        ours.free();
        reader.join().unwrap();
        thief.join().unwrap();
        assert_eq!(list.len(), 0);
    });
}

#[test]
fn a_place_that_another_thread_frees_is_used_again_while_somebody_reads() {
    model(|| {
        let (owner, list) = roster();
        let tasks = [Memory::new(), Memory::new(), Memory::new()];
        let keys = [&tasks[0], &tasks[1]].map(|task| admit(&owner, task));
        let thief = thread::spawn({
            let (list, tasks) = (list.clone(), [tasks[0].clone(), tasks[1].clone()]);
            move || {
                for (key, task) in keys.into_iter().zip(tasks) {
                    assert_eq!(list.retire(key).1, Retired::Uncounted);
                    task.free();
                    list.give_back(key);
                }
            }
        });
        let last = admit(&owner, &tasks[2]);
        list.read(look_at);
        assert_eq!(owner.retire(last).1, Retired::Uncounted);
        thief.join().unwrap();
        let vacant = [owner.vacancy().0, owner.vacancy().0, owner.vacancy().0];
        assert!(vacant[0] != vacant[1] && vacant[1] != vacant[2] && vacant[0] != vacant[2]);
    });
}

#[test]
fn what_two_thieves_leave_is_freed_once_by_the_owner() {
    model(|| {
        let (owner, list) = roster();
        let tasks = [Memory::new(), Memory::new(), Memory::new()];
        let keys = [&tasks[0], &tasks[1]].map(|task| admit(&owner, task));
        let thieves = keys.map(|key| {
            let list = list.clone();
            thread::spawn(move || assert_eq!(leave(&list, key), Retired::Uncounted))
        });
        let last = admit(&owner, &tasks[2]);
        owner.sweep();
        thieves.into_iter().for_each(|thief| thief.join().unwrap());
        while owner.sweep() {}
        assert_eq!(leave(&list, last), Retired::Uncounted);
        drop((owner, list));
        // SAFETY: all the others are gone.
        let freed = tasks.iter().all(|task| task.value.with(|value| unsafe { *value }) == 0);
        assert!(freed, "nothing is left over");
    });
}

#[test]
fn what_a_thief_leaves_to_an_owner_who_lies_down_is_not_left_over() {
    model(|| {
        let (owner, list) = roster();
        let tasks = [Memory::new(), Memory::new()];
        let keys = [&tasks[0], &tasks[1]].map(|task| admit(&owner, task));
        let thieves = keys.map(|key| {
            let list = list.clone();
            thread::spawn(move || assert_eq!(leave(&list, key), Retired::Uncounted))
        });
        list.set_heir(false);
        while owner.sweep() {}
        thieves.into_iter().for_each(|thief| thief.join().unwrap());
        // SAFETY: all the others are gone.
        let freed = tasks.iter().all(|task| task.value.with(|value| unsafe { *value }) == 0);
        assert!(freed, "the owner sleeps, and nobody else comes");
    });
}

#[test]
fn what_a_thief_leaves_while_somebody_reads_is_freed_after_that() {
    model(|| {
        let (owner, list) = roster();
        let task = Memory::new();
        let key = admit(&owner, &task);
        let thief = thread::spawn({
            let list = list.clone();
            move || assert_eq!(leave(&list, key), Retired::Uncounted)
        });
        let reader = thread::spawn({
            let list = list.clone();
            move || list.read(look_at)
        });
        owner.sweep();
        thief.join().unwrap();
        reader.join().unwrap();
        owner.sweep();
        // SAFETY: all the others are gone.
        assert_eq!(task.value.with(|value| unsafe { *value }), 0);
    });
}

/// Ends a task, and counts it out if a close has counted it in.
fn end(list: &Roster, key: Key, task: &Memory, counted: &AtomicUsize) {
    if list.retire(key).1 == Retired::Counted {
        counted.fetch_sub(1, Ordering::AcqRel);
    }
    task.free();
}

#[test]
fn a_close_counts_what_lives_and_each_end_counts_itself_out() {
    model(|| {
        let (owner, list) = roster();
        let counted = Arc::new(AtomicUsize::new(0));
        let (task, late) = (Memory::new(), Memory::new());
        let key = admit(&owner, &task);
        let thief = thread::spawn({
            let (list, task, counted) = (list.clone(), task.clone(), counted.clone());
            move || end(&list, key, &task, &counted)
        });
        let close = |list: &Roster, counted: &AtomicUsize| {
            let count = || {
                counted.fetch_add(1, Ordering::AcqRel);
            };
            let uncount = || {
                counted.fetch_sub(1, Ordering::AcqRel);
            };
            list.close(count, uncount, look_at);
        };
        let closer = thread::spawn({
            let (list, counted) = (list.clone(), counted.clone());
            move || close(&list, &counted)
        });
        let last = admit(&owner, &late);
        // The owner has not seen the close, and looks again.
        close(&list, &counted);
        end(&list, last, &late, &counted);
        thief.join().unwrap();
        closer.join().unwrap();
        assert_eq!(counted.load(Ordering::Acquire), 0);
    });
}
