//! Which waker a word holds a clone of, known without its lock.
//!
//! Two wakers are the same if their data and their vtables are; so both are compared, the data as it is, the vtable by its distance from a
//! static of ours. That fits into four bytes in every program but those that load code from far away; such a waker is never known here, and is
//! compared under the lock. As long as the word holds the clone, no other waker can have the same parts and mean another task.
//!
//! Only the poller reads and writes these: they are atomics since a word is shared, not since anybody races for them.

use motet_prim::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{RawWakerVTable, Waker};

/// What the distances are from. A static and no vtable: of a constant there may be several copies.
static OURS: usize = 0;

/// So far before [`OURS`] begin the addresses whose distance fits.
const REACH: usize = 1 << 31;

/// The parts of a waker, borrowed from the word that they are fields of.
pub(super) struct Seen<'a> {
    pub(super) data: &'a AtomicUsize,
    pub(super) vtable: &'a AtomicU32,
}

impl Seen<'_> {
    /// What the second field holds if no waker is known. No distance, for vtables are aligned.
    pub(super) const NOBODY: u32 = 1;

    #[inline]
    pub(super) fn is(&self, waker: &Waker) -> bool {
        self.data.load(Ordering::Relaxed) == waker.data().addr()
            && self.vtable.load(Ordering::Relaxed) as usize == distance(waker.vtable())
    }

    pub(super) fn set(&self, waker: &Waker) {
        let vtable = u32::try_from(distance(waker.vtable())).unwrap_or(Self::NOBODY);
        self.data.store(waker.data().addr(), Ordering::Relaxed);
        self.vtable.store(vtable, Ordering::Relaxed);
    }
}

const _: () = assert!(align_of::<RawWakerVTable>() > 1 && align_of::<RawWakerVTable>() <= align_of::<usize>());

#[inline]
fn distance(vtable: &'static RawWakerVTable) -> usize {
    let start = std::ptr::from_ref(&OURS).addr().wrapping_sub(REACH);
    std::ptr::from_ref(vtable).addr().wrapping_sub(start)
}
