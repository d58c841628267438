//! An allocator that counts, for each thread by itself.
#![expect(unsafe_code, reason = "an allocator is unsafe to write")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a thread has allocated since it began to count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// How often.
    pub(crate) allocations: usize,
    /// How many bytes it has not given back.
    pub(crate) held: isize,
    /// The most bytes that it held at a time.
    pub(crate) peak: isize,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { allocations: 0, held: 0, peak: 0 }) };
}

/// Runs something, and counts what it allocates on this thread.
pub(crate) fn count<R>(run: impl FnOnce() -> R) -> (R, Counts) {
    // What the thread makes once is none of it.
    futures::executor::block_on(async {});
    COUNTS.set(Counts::default());
    let result = run();
    (result, COUNTS.get())
}

fn note(allocations: usize, bytes: isize) {
    // A thread that is being torn down counts no more.
    let _ = COUNTS.try_with(|counts| {
        let mut now = counts.get();
        now.allocations += allocations;
        now.held += bytes;
        now.peak = now.peak.max(now.held);
        counts.set(now);
    });
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
