//! Atomics: `core`'s, or loom's under `cfg(motet_loom)`.
//!
//! Loom's constructors are no `const fn`; wrap a `const fn new` that builds atomics in [`const_fn!`](crate::const_fn).

#[cfg(not(motet_loom))]
pub use core::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering, fence,
};
#[cfg(motet_loom)]
pub use loom::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering, fence,
};

/// A full fence, right after a sequentially consistent exchange (any read-modify-write) of this thread.
///
/// On x86 such an exchange is a full fence by itself, so that only the compiler has to be told; elsewhere, and in models, this is
/// `fence(Ordering::SeqCst)`. For the hot side of a pair that each write one word and then read the other's.
///
/// ```
/// use motet_prim::atomic::{AtomicBool, Ordering, fence_after_exchange};
///
/// static LEFT: AtomicBool = AtomicBool::new(false);
/// static IS_SOMEBODY_THERE: AtomicBool = AtomicBool::new(false);
///
/// LEFT.swap(true, Ordering::SeqCst);
/// fence_after_exchange();
/// // Whoever comes, fences, and looks, has seen `LEFT`, or is seen here.
/// assert!(!IS_SOMEBODY_THERE.load(Ordering::Relaxed));
/// ```
#[inline]
pub fn fence_after_exchange() {
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(motet_loom))) {
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}
