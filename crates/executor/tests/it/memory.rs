//! The memory of tasks goes back to the allocator, whoever ended them.

use motet_executor::{Executor, yield_now};
use motet_prim::atomic::{AtomicIsize, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::ready;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// A future that holds one lies in a task with this alignment, and no other test has such tasks.
#[repr(align(32))]
struct Aligned(#[expect(dead_code, reason = "for its length")] [u8; 1000]);

/// Counts the allocations that an [`Aligned`] future needs, and all of each thread.
struct Counting;

thread_local! {
    static OF_THIS_THREAD: Cell<usize> = const { Cell::new(0) };
}

static LIVE: AtomicIsize = AtomicIsize::new(0);
static COUNTED: AtomicIsize = AtomicIsize::new(0);

fn is_ours(layout: Layout) -> bool {
    layout.align() == align_of::<Aligned>() && layout.size() > size_of::<Aligned>()
}

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(isize::from(is_ours(layout)), Ordering::Relaxed);
        COUNTED.fetch_add(isize::from(is_ours(layout)), Ordering::Relaxed);
        OF_THIS_THREAD.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(isize::from(is_ours(layout)), Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn spawn_aligned(executor: &Executor) {
    let aligned = Aligned([1; 1000]);
    executor
        .spawn(async move {
            ready(()).await;
            let _kept_until_here = aligned;
        })
        .detach();
}

/// Waits for the workers to come to rest: then nothing is left.
fn wait_until_freed() {
    let started = Instant::now();
    while LIVE.load(Ordering::Relaxed) != 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "{} are left", LIVE.load(Ordering::Relaxed));
        thread::yield_now();
    }
}

#[test]
fn tasks_that_end_on_other_threads_leave_nothing_behind_once_the_workers_rest() {
    let executor = Executor::builder().threads(5).build().unwrap();
    // From a thread that is no worker, then from a worker, whose tasks others steal; nobody comes back to take the places again.
    spawn_aligned(&executor);
    assert_ne!(COUNTED.load(Ordering::Relaxed), 0, "such tasks are counted");
    (0..1000).for_each(|_| spawn_aligned(&executor));
    wait_until_freed();
    let (spawner, (sender, all_are_spawned)) = (executor.clone(), mpsc::channel());
    let spawn_all = async move {
        (0..1000).for_each(|_| spawn_aligned(&spawner));
        sender.send(()).unwrap();
    };
    executor.spawn(spawn_all).detach();
    all_are_spawned.recv().unwrap();
    wait_until_freed();
    // From a guest, who leaves his seat with tasks on its list.
    executor.block_on(async { (0..1000).for_each(|_| spawn_aligned(&executor)) });
    wait_until_freed();
    // A guest who rests, while blocking threads end what he has spawned.
    executor.block_on(async {
        let (release, (sender, all_may_end)) = (Arc::new(Barrier::new(2)), mpsc::channel::<()>());
        let all_may_end = Arc::new(Mutex::new(all_may_end));
        for _ in 0..10 {
            let (aligned, all_may_end) = (Aligned([1; 1000]), Arc::clone(&all_may_end));
            let wait = move || {
                let _kept_until_here = aligned;
                all_may_end.lock().unwrap().recv().unwrap_err();
            };
            executor.spawn_blocking(wait).detach();
        }
        let freed = executor.spawn_blocking({
            let release = Arc::clone(&release);
            move || {
                release.wait();
                wait_until_freed();
            }
        });
        release.wait();
        drop(sender);
        freed.await.unwrap();
    });
    // Gone with the executor, if not before.
    (0..1000).for_each(|_| spawn_aligned(&executor));
    executor.block_on(executor.shutdown(std::future::pending()));
    drop(executor);
    wait_until_freed();
}

#[test]
fn a_rush_that_fills_the_ring_allocates_nothing_but_its_tasks() {
    let executor = Executor::builder().threads(1).build().unwrap();
    let rush = async {
        (0..1000).for_each(|_| executor.spawn(async {}).detach());
        while executor.metrics().live_tasks > 0 {
            yield_now().await;
        }
    };
    let allocated = || OF_THIS_THREAD.with(Cell::get);
    executor.block_on(async {
        // The list of tasks and the injector grow to their size.
        rush.await;
        let before = allocated();
        (0..1000).for_each(|_| executor.spawn(async {}).detach());
        assert_eq!(allocated() - before, 1000);
    });
}
