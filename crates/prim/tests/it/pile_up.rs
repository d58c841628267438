//! Many threads at the lock of one list.

use motet_prim::WaitList;
use std::sync::{Arc, Barrier};
use std::thread;

const THREADS: usize = 8;

/// Runs `work` in all threads at once, and says what the list holds in the end.
fn together(start: u64, work: impl Fn(&WaitList<u64, ()>, &Barrier) + Send + Sync + 'static) -> u64 {
    let shared = Arc::new((WaitList::new(start), Barrier::new(THREADS), work));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || shared.2(&shared.0, &shared.1))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    *shared.0.lock()
}

#[test]
fn threads_that_take_the_lock_again_and_again_lose_no_step() {
    let sum = together(0, |list, barrier| {
        barrier.wait();
        for _ in 0..20_000 {
            *list.lock() += 1;
        }
    });
    assert_eq!(sum, THREADS as u64 * 20_000);
}

#[test]
fn threads_that_sleep_while_the_lock_is_held_for_long_all_get_in() {
    let sum = together(0, |list, barrier| {
        for _ in 0..20 {
            let mut locked = list.lock();
            // Long enough for the others to lie down: each of them looks for some microseconds only.
            (0..20_000).for_each(|_| std::hint::spin_loop());
            *locked += 1;
            drop(locked);
        }
        barrier.wait();
    });
    assert_eq!(sum, THREADS as u64 * 20);
}
