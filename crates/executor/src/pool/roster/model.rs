//! Models of the list: who reads, who ends a task, who closes.

use super::{Admitter, Key, Retired, Roster, roster};
use core::ptr::NonNull;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::cell::UnsafeCell;
use motet_prim::loom::thread;
use motet_prim::model;
use std::sync::Arc;

/// Stands for a task: a reader reads it, its end writes it, as freeing would. Loom reports the two at one time.
struct Memory(UnsafeCell<u32>);

// SAFETY: what the list promises keeps readers and the one writer apart, and loom looks on.
unsafe impl Sync for Memory {}
// SAFETY: as above.
unsafe impl Send for Memory {}

impl Memory {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(1)))
    }

    fn pointer(self: &Arc<Self>) -> NonNull<()> {
        NonNull::from(&**self).cast()
    }

    fn free(&self) {
        // SAFETY: see `Memory`.
        self.0.with_mut(|value| unsafe { *value = 0 });
    }
}

/// Reads what a list shows.
fn look_at(task: NonNull<()>) {
    // SAFETY: the models keep the memory, and loom looks on.
    let memory = unsafe { task.cast::<Memory>().as_ref() };
    // SAFETY: see `Memory`.
    assert_eq!(memory.0.with(|value| unsafe { *value }), 1, "a list shows what lives");
}

fn admit(owner: &Admitter, task: &Arc<Memory>) -> Key {
    let key = owner.vacancy();
    owner.put(key, task.pointer());
    key
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
                }
            }
        });
        let last = admit(&owner, &tasks[2]);
        list.read(look_at);
        assert_eq!(owner.retire(last).1, Retired::Uncounted);
        thief.join().unwrap();
        let vacant = [owner.vacancy(), owner.vacancy(), owner.vacancy()];
        assert!(vacant[0] != vacant[1] && vacant[1] != vacant[2] && vacant[0] != vacant[2]);
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
