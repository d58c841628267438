//! An allocator that counts, for each thread by itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// The system's allocator, with a count for each thread: for tests of what allocates nothing, or gives back all it took.
///
/// Make it the allocator of the test program; [`allocations`] has an example. The other tests of the program, on threads of their own, are not
/// counted in.
#[derive(Debug)]
pub struct CountingAllocator;

/// What a thread allocated while [`allocations`] counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocations {
    /// How often.
    pub count: usize,
    /// How many bytes it has not given back; negative, if it gave back what was there before.
    pub held: isize,
    /// The most bytes that it held at a time, beyond what was there before.
    pub peak: isize,
}

impl Allocations {
    const NONE: Self = Self { count: 0, held: 0, peak: 0 };

    /// With what came next.
    fn then(self, next: Self) -> Self {
        Self { count: self.count + next.count, held: self.held + next.held, peak: self.peak.max(self.held + next.peak) }
    }
}

thread_local! {
    // Without a destructor, so that an allocation in a thread's teardown is counted too.
    static COUNTED: Cell<Allocations> = const { Cell::new(Allocations::NONE) };
}

/// Runs something; what it gives, and what it allocated on this thread.
///
/// What `run` makes once in a thread's life (a thread-local, a lazily made static) counts if this is the first time.
///
/// ```standalone_crate
/// use motet_test::{CountingAllocator, allocations};
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator;
///
/// fn main() {
///     let (kept, allocated) = allocations(|| {
///         drop(vec![0_u8; 1000]);
///         Box::new([0_u8; 10])
///     });
///     assert_eq!((allocated.count, allocated.held, allocated.peak), (2, 10, 1000));
///     assert_eq!(allocations(|| drop(kept)).1.held, -10);
/// }
/// ```
///
/// # Panics
///
/// If [`CountingAllocator`] is not the program's allocator; and with the panic of `run`.
#[track_caller]
pub fn allocations<R>(run: impl FnOnce() -> R) -> (R, Allocations) {
    let before = COUNTED.replace(Allocations::NONE);
    drop(black_box(Box::new(1_u8)));
    let counts = COUNTED.replace(Allocations::NONE).count;
    assert!(
        counts == 1,
        "nothing is counted: `#[global_allocator] static ALLOCATOR: CountingAllocator = CountingAllocator;`"
    );
    let result = run();
    let allocated = COUNTED.get();
    COUNTED.set(before.then(allocated));
    (result, allocated)
}

fn note(count: usize, held: isize) {
    COUNTED.set(COUNTED.get().then(Allocations { count, held, peak: held.max(0) }));
}

// SAFETY: every call goes to the system's allocator as it came; to count is to write to a thread-local, which allocates nothing.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
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

#[cfg(test)]
mod tests {
    #[test]
    #[should_panic(expected = "nothing is counted")]
    fn without_the_allocator_there_is_no_count() {
        super::allocations(|| ());
    }
}
