//! Hints to the processor; under loom, to the scheduler of the model.

#[cfg(not(motet_loom))]
pub use core::hint::spin_loop;
#[cfg(motet_loom)]
pub use loom::hint::spin_loop;
