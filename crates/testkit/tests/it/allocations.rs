//! The allocator that counts.

use motet_test::{CountingAllocator, allocations};
use std::hint::black_box;
use std::thread;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn counts_what_is_allocated_held_and_held_at_most() {
    let (kept, allocated) = allocations(|| {
        drop(black_box(vec![1_u8; 300]));
        black_box(vec![1_u8; 200])
    });
    assert_eq!((allocated.count, allocated.held, allocated.peak), (2, 200, 300));
    let ((), allocated) = allocations(|| drop(kept));
    assert_eq!((allocated.count, allocated.held, allocated.peak), (0, -200, 0));
}

#[test]
fn a_reallocation_counts_and_so_does_zeroed_memory() {
    let (grown, allocated) = allocations(|| {
        let mut grows = black_box(vec![0_u8; 100]);
        grows.reserve_exact(150);
        grows
    });
    assert_eq!((allocated.count, allocated.held), (2, grown.capacity() as isize));
}

#[test]
fn a_count_inside_of_a_count_is_part_of_it() {
    let (inner, outer) = allocations(|| {
        let one = black_box(Box::new([1_u8; 100]));
        let (other, inner) = allocations(|| black_box(Box::new([1_u8; 50])));
        drop((one, other));
        inner
    });
    assert_eq!((inner.count, inner.held, inner.peak), (1, 50, 50));
    assert_eq!((outer.count, outer.held, outer.peak), (2, 0, 150));
}

#[test]
fn other_threads_are_not_counted_in() {
    let thread = thread::spawn(|| black_box(vec![1_u8; 100]));
    let (joined, allocated) = allocations(|| thread.join().expect("no panic"));
    assert_eq!(joined.len(), 100);
    assert!(allocated.count == 0 && allocated.held <= 0, "{allocated:?}");
}
