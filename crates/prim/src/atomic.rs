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
