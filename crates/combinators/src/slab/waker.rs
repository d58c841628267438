//! The waker of one child of a slab: its block's address, and in the low six bits which child of the block it is.
//!
//! Each waker that was cloned holds one count of the slab's `Arc`; the one that is lent for a poll holds none and borrows the poller's.

use super::{BLOCK, Block};
use core::mem::ManuallyDrop;
use core::ptr;
use core::task::{RawWaker, RawWakerVTable, Waker};
use std::sync::Arc;

static CHILD: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

const _: () = assert!(align_of::<Block>() >= BLOCK && size_of::<Block>() >= BLOCK, "the low six bits are free");

/// Lends the waker of a child.
#[inline]
pub(super) fn lend<R>(blocks: &Arc<[Block]>, child: usize, f: impl FnOnce(&Waker) -> R) -> R {
    assert!(child < blocks.len() * BLOCK, "no such child");
    let first = Arc::as_ptr(blocks).cast::<Block>();
    // SAFETY: `child` is below 64 times the number of blocks, so this is one of the blocks of the allocation that `first` came from.
    let block = unsafe { first.add(child / BLOCK) };
    // Less than the size of a block further on, and still inside of it.
    let tagged = block.cast::<u8>().wrapping_add(child % BLOCK);
    // SAFETY: the functions of the table uphold the contract of `RawWaker`: they are callable from any thread, as a slab is `Send` and
    // `Sync`. This waker has no count of its own: `ManuallyDrop` keeps it from giving one back, and `blocks` outlives the borrow.
    let waker = ManuallyDrop::new(unsafe { Waker::new(tagged.cast(), &CHILD) });
    f(&waker)
}

/// The two halves of a waker's address.
fn split(tagged: *const ()) -> (*const Block, usize) {
    let block = tagged.map_addr(|address| address & !(BLOCK - 1));
    (block.cast(), tagged.addr() & (BLOCK - 1))
}

/// The whole slab around a block.
///
/// # Safety
///
/// The block belongs to a slab that is alive, and the pointer came from `lend`.
unsafe fn slab_of(block: *const Block) -> *const [Block] {
    // SAFETY: the caller says that the block is alive.
    let known = unsafe { &*block };
    // SAFETY: a block knows its place, and the pointer may reach the whole allocation, as it was derived from the `Arc`'s.
    let first = unsafe { block.sub(known.index as usize) };
    ptr::slice_from_raw_parts(first, known.count as usize)
}

/// # Safety
///
/// As for `RawWakerVTable`: `tagged` is that of a living waker.
unsafe fn clone(tagged: *const ()) -> RawWaker {
    let (block, _) = split(tagged);
    // SAFETY: a living waker's slab is alive, by its count or by the lender's.
    let slab = unsafe { slab_of(block) };
    // SAFETY: `slab` is what `Arc::as_ptr` gave for a slab that is alive.
    unsafe { Arc::increment_strong_count(slab) };
    RawWaker::new(tagged, &CHILD)
}

/// # Safety
///
/// As for `RawWakerVTable`.
unsafe fn wake_by_ref(tagged: *const ()) {
    let (block, bit) = split(tagged);
    // SAFETY: a living waker's slab is alive.
    let slab = unsafe { slab_of(block) };
    // SAFETY: as above; it stays alive for this call, as the waker does.
    let blocks = unsafe { &*slab };
    // SAFETY: as above.
    let block = unsafe { &*block };
    block.wake(bit, blocks);
}

/// # Safety
///
/// As for `RawWakerVTable`: the waker is used up by this call.
unsafe fn wake(tagged: *const ()) {
    // Gives the count back even if the task's waker panics.
    struct Count(*const ());
    impl Drop for Count {
        fn drop(&mut self) {
            // SAFETY: this is the waker that was used up; its count has not been given back.
            unsafe { drop_waker(self.0) };
        }
    }
    let count = Count(tagged);
    // SAFETY: the waker is alive until its count is given back.
    unsafe { wake_by_ref(count.0) };
}

/// # Safety
///
/// As for `RawWakerVTable`: the waker is used up by this call.
unsafe fn drop_waker(tagged: *const ()) {
    let (block, _) = split(tagged);
    // SAFETY: this waker's count keeps the slab alive until the next line.
    let slab = unsafe { slab_of(block) };
    // SAFETY: gives back the count that `clone` took for this waker.
    unsafe { Arc::decrement_strong_count(slab) };
}
