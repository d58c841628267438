//! One free block a thread: what the last oneshot that ended on it leaves for the next one that is made there.
//!
//! Who asks makes a oneshot and gets its answer, as a rule on the same thread and one after the other; a third of the time then went into taking a
//! block from the allocator and bringing it back. One block is kept, the latest, of at most [`MOST`] bytes; it is of use for packets of its own
//! layout only, and freed when another takes its place, or the thread ends.
//!
//! A block belongs to whoever holds the [`Block`]: the thread's own cell, or for a moment a function here. While a packet lies in it, it is the packet's.
#![expect(unsafe_code, reason = "raw memory, which a packet of the same layout moves into again")]

use core::cell::Cell;
use core::ptr::NonNull;
use std::alloc::{Layout, dealloc};

/// The size of the largest block that is kept. In a model none is: it watches each packet from its making to its end.
const MOST: usize = if cfg!(motet_loom) { 0 } else { 512 };

/// Memory with nothing in it, from the global allocator.
struct Block {
    memory: NonNull<u8>,
    layout: Layout,
}

motet_prim::thread_local! {
    static SPARE: Cell<Option<Block>> = const { Cell::new(None) };
}

impl Block {
    /// The thread's spare block, if it has that layout.
    #[inline]
    fn take_spare(layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() > MOST {
            return None;
        }
        let taken = SPARE.try_with(|spare| {
            let kept = spare.take()?;
            if kept.layout == layout {
                return Some(kept.into_memory());
            }
            spare.set(Some(kept));
            None
        });
        // A thread that ends has none.
        taken.ok().flatten()
    }

    /// Keeps it as the thread's spare one, if it is not too large and the thread does not end; frees the one that is not kept.
    #[inline]
    fn keep(self) {
        if self.layout.size() <= MOST {
            let replaced = SPARE.try_with(|spare| spare.replace(Some(self)));
            drop(replaced);
        }
    }

    #[inline]
    fn into_memory(self) -> NonNull<u8> {
        core::mem::ManuallyDrop::new(self).memory
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `vacate` made it of memory that `occupy` had from the global allocator with this layout; it is freed by its only owner.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
    }
}

/// Puts a packet into a block.
#[inline]
pub(super) fn occupy<P>(packet: P) -> NonNull<P> {
    let Some(memory) = Block::take_spare(Layout::new::<P>()) else {
        return NonNull::from(Box::leak(Box::new(packet)));
    };
    let place = memory.cast::<P>();
    // SAFETY: memory of just this layout, with nothing in it, and nobody else's.
    unsafe { place.write(packet) };
    place
}

/// Drops a packet, and gives up its block.
///
/// # Safety
///
/// It was put there by [`occupy`], and nobody uses it any more.
#[inline]
pub(super) unsafe fn vacate<P>(packet: NonNull<P>) {
    // SAFETY: the caller's promise: it is there, and this is its end.
    unsafe { packet.drop_in_place() };
    Block { memory: packet.cast(), layout: Layout::new::<P>() }.keep();
}
