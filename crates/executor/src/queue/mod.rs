//! The queues of a worker: its [`Ring`](ring), its LIFO [`slot()`], and the [`Injector`] that it shares with everybody.
//!
//! | queue | who adds | who takes | order |
//! | --- | --- | --- | --- |
//! | [`slot()`] | its worker | its worker; in need a thief | the newest displaces the one before |
//! | [`ring()`] | its worker | its worker, thieves half of it at a time | first in, first out |
//! | [`Injector`] | anybody | workers, in batches | first in, first out |
//!
//! All of them are generic over what they hold, so that `model.rs` can check them with numbers for tasks.

mod injector;
#[cfg(all(test, motet_loom))]
mod model;
mod ring;
mod slot;

pub(crate) use injector::Injector;
pub(crate) use ring::{Producer, Stealer, ring};
pub(crate) use slot::{Pointer, SlotOwner, SlotThief, slot};
